"""One night at a time: an advisory lock on a file, released by the kernel when its holder dies.

A pid file would outlive a killed night; `flock` cannot. The file's text only says who holds it.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from pipelines.durable import reason_of
from pipelines.errors import NightRunningError, StorageError

# `is_held` has the lock for microseconds; no night may be refused because somebody looked.
_SECOND_TRY_SECONDS = 0.1


@contextmanager
def hold_lease(path: Path) -> Iterator[None]:
    """Hold the lease of a warehouse for the length of the block.

    Raises:
        NightRunningError: at once, saying which process holds it and since when.
        StorageError: the file, or its folder, cannot be made or written.
    """
    try:
        file = _take(path)
    except OSError as error:
        raise StorageError(
            f"{path}: expected to be able to write it, got {reason_of(error)!r}. See that "
            "ZHIBIAO_WAREHOUSE lies on a disk that has room and that this user may write to."
        ) from None
    try:
        yield
    finally:
        with suppress(OSError):
            file.truncate(0)
        file.close()


def _take(path: Path) -> TextIO:
    """Lock the file and write into it who holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+", encoding="utf-8")
    try:
        if not (_lock(file, fcntl.LOCK_EX) or _lock_later(file)):
            raise _running(path)
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "since": datetime.now(UTC).isoformat()}))
        file.flush()
    except BaseException:
        with suppress(OSError):  # what could not be written is tried once more when it is closed
            file.close()
        raise
    return file


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
