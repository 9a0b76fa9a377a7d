"""One night at a time: an advisory lock on a file, released by the kernel when its holder dies.

A pid file would outlive a killed night; `flock` cannot. The file's text only says who holds it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipelines.errors import NightRunningError


@contextmanager
def hold_lease(path: Path) -> Iterator[None]:
    """Hold the lease of a warehouse for the length of the block.

    Raises:
        NightRunningError: at once, saying which process holds it and since when.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise NightRunningError(
                f"{path.name}: expected no other night on this warehouse, got one running "
                f"({holder}). Wait until it ends; `zhibiao status` shows where it stands."
            ) from None
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "since": datetime.now(UTC).isoformat()}))
        file.flush()
        yield
        file.truncate(0)
