"""A night of its own process that never ends by itself: `python overdue_night.py HOW FOLDER`."""

from __future__ import annotations

import hashlib
import sys
import time
from collections import deque
from contextlib import suppress
from itertools import repeat
from pathlib import Path

from pipelines.orchestration import night_limit
from pipelines.orchestration.lifecycle import open_night
from pipelines.orchestration.night_limit import NightLimit, NightOverdueError
from pipelines.orchestration.steps import Step
from pipelines.settings import Settings

IN_C = ("in a library", "with the interpreter")


def run(how: str, folder: Path, max_night: str = "1s") -> None:
    """Open a night and hang in it."""
    settings = Settings(
        warehouse=folder / "warehouse",
        sources=folder / "sources",
        max_night=max_night,
    )
    with open_night(settings, how, None) as night:
        if how == "in python":
            time.sleep(100_000)
        elif how == "in a handler of errors":
            while True:
                try:
                    time.sleep(100_000)
                except Exception:  # noqa: S112 the kind that must not catch it
                    continue
        elif how == "swallowed":
            with suppress(NightOverdueError):
                time.sleep(100_000)
            night.note_step(Step("next", "began", 0.0))


def hang_in_c(how: str, folder: Path) -> None:
    """Hang where no interruption reaches."""
    settings = Settings(warehouse=folder / "warehouse", max_night="1s")

    def close(message: str) -> None:
        (folder / "closed").write_text(message, encoding="utf-8")

    with NightLimit(settings, close) as limit, limit.interrupting():
        if how == "in a library":
            hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
        elif how == "with the interpreter":
            deque(repeat(0), maxlen=0)


if __name__ == "__main__":
    night_limit.GRACE_SECONDS = 3.0
    runs = hang_in_c if sys.argv[1] in IN_C else run
    runs(sys.argv[1], Path(sys.argv[2]))
