"""Files that must still hold what they held: hashed again before use, and cheaply.

A file is read once per change of its stamp (size, times, inode), and once in a month besides, by a
rolling share of all each night, since a disk that loses a bit changes no stamp. What was read is
remembered in the operations store; a lost store only means reading anew. What belongs here: which
files differ from the hash that they should have. What does not: what follows from it.
"""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

from pipelines.errors import StorageError
from pipelines.hashing import hash_file
from pipelines.layout import Layout
from pipelines.operations import open_operations

ROUND = 30
"""Nights in which every file is read again."""
_PATIENCE_SECONDS = 0.5
"""What is not remembered is read again: that costs less than waiting."""
_OVERDUE = timedelta(days=ROUND + 1)
"""A share whose night did not come is made good by the next."""


def find_differing(
    layout: Layout, expected: Mapping[Path, str], day: date | None = None
) -> list[Path]:
    """The files that are gone, cannot be read or have another hash, in the order given.

    Args:
        layout: Of the warehouse that the files lie in, and of its operations store.
        expected: SHA-256 by file.
        day: Also reads again the share of this night; None reads only what has changed.

    Raises:
        StorageError: we may not read one, or the store cannot be used.
    """
    names = {path: path.relative_to(layout.warehouse).as_posix() for path in expected}
    with open_operations(layout.operations) as operations:
        rows = operations.execute(
            "select path, sha256, stamp, read_on from checked_files"
            " where path in (select value from json_each(?))",
            [json.dumps(list(names.values()))],
        ).fetchall()
    known = {row["path"]: row for row in rows}
    differing, read = [], []
    for path, name in names.items():
        stamp, row = _stamp(path), known.get(name)
        is_known = row is not None and (row["sha256"], row["stamp"]) == (expected[path], stamp)
        if row is not None and is_known and not (day and _is_due(name, row["read_on"], day)):
            continue
        if stamp is None or _hash(path, from_disk=is_known) != expected[path]:
            differing.append(path)
        else:
            read.append((name, expected[path], stamp, (day or date.min).isoformat()))
    if read:
        _remember(layout, read)
    return differing


def _remember(layout: Layout, read: Sequence[tuple[str, str, str, str]]) -> None:
    """Note what was read; who has a transaction open on the store is not waited for."""
    with (
        suppress(StorageError),
        open_operations(layout.operations, patience=_PATIENCE_SECONDS) as operations,
    ):
        operations.executemany(
            "insert into checked_files (path, sha256, stamp, read_on) values (?, ?, ?, ?)"
            " on conflict (path) do update set sha256 = excluded.sha256, stamp = excluded.stamp,"
            " read_on = max(read_on, excluded.read_on)",
            read,
        )


def _is_due(name: str, read_on: str, day: date) -> bool:
    """Whether a file belongs to the share of a day, or missed its own."""
    last = date.fromisoformat(read_on)
    if last >= day:
        return False
    its_day = zlib.crc32(name.encode()) % ROUND == day.toordinal() % ROUND
    return its_day or (last != date.min and day - last >= _OVERDUE)


def _stamp(path: Path) -> str | None:
    """What changes when somebody writes a file; None when there is none."""
    try:
        state = path.stat()
    except OSError as error:
        _refuse_forbidden(path, error)
        return None
    return f"{state.st_size} {state.st_mtime_ns} {state.st_ino} {state.st_ctime_ns}"


def _hash(path: Path, *, from_disk: bool) -> str:
    """SHA-256; empty for a file that the disk no longer gives."""
    try:
        if from_disk:
            _drop_from_memory(path)
        return hash_file(path)
    except OSError as error:
        _refuse_forbidden(path, error)
        return ""


def _drop_from_memory(path: Path) -> None:
    """Let the system read a file from the disk, where it can rot, and not from its memory."""
    if not hasattr(os, "posix_fadvise"):
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def _refuse_forbidden(path: Path, error: OSError) -> None:
    """A permission is no damage: the file may be as it was."""
    if error.errno in (errno.EACCES, errno.EPERM):
        raise StorageError(
            f"{path}: expected a file that we may read, got {os.strerror(error.errno)!r}. Give "
            "this user the permission, and run the night again."
        ) from None
