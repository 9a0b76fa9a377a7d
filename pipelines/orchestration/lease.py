"""One night at a time: an advisory lock on a file, released by the kernel when its holder dies.

A pid file would outlive a killed night; `flock` cannot. The file's text only says who holds it.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from pipelines.errors import NightRunningError

# `is_held` has the lock for microseconds; no night may be refused because somebody looked.
_SECOND_TRY_SECONDS = 0.1


@contextmanager
def hold_lease(path: Path) -> Iterator[None]:
    """Hold the lease of a warehouse for the length of the block.

    Raises:
        NightRunningError: at once, saying which process holds it and since when.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        if not (_lock(file, fcntl.LOCK_EX) or _lock_later(file)):
            raise _running(path)
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "since": datetime.now(UTC).isoformat()}))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def refuse_while_held(path: Path) -> None:
    """Refuse what a night that is running would refuse, before anything is begun.

    A courtesy: only who holds the lease knows that no other night can begin.

    Raises:
        NightRunningError: saying which process holds the lease and since when.
    """
    if is_held(path):
        raise _running(path)


def _running(path: Path) -> NightRunningError:
    holder = path.read_text(encoding="utf-8").strip() or "unknown"
    return NightRunningError(
        f"{path.name}: expected no other night on this warehouse, got one running "
        f"({holder}). Wait until it ends; `zhibiao status` shows where it stands."
    )


def is_held(path: Path) -> bool:
    """Whether a night is running on the warehouse, asked without waiting for it."""
    try:
        with path.open("r", encoding="utf-8") as file:
            return not _lock(file, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def _lock(file: TextIO, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_later(file: TextIO) -> bool:
    time.sleep(_SECOND_TRY_SECONDS)
    return _lock(file, fcntl.LOCK_EX)
