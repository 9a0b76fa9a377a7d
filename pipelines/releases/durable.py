"""Bytes that survive a crash, and the refusal when there is no room for them.

What belongs here: fsync, hashes and permissions of finished files and folders. What does not: what
the files say.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.errors import ReleaseError

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# DuckDB wraps the system's message and gives no error number.
_NO_ROOM_WORDS = tuple(os.strerror(code) for code in sorted(_NO_ROOM))


def hash_file(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync_file(path: Path) -> None:
    """Wait until the file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_to_group(path: Path) -> None:
    """Let the group of a file or folder read it, and nobody else, whatever the umask.

    A folder that hands its group on (setgid) goes on doing so.
    """
    mode = path.stat().st_mode
    path.chmod(0o750 | mode & stat.S_ISGID if stat.S_ISDIR(mode) else 0o640)


def make_group_folder(folder: Path) -> None:
    """Make a folder for the group, and those above it that are missing; others stay."""
    if folder.is_dir():
        return
    make_group_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    open_to_group(folder)


def open_release_to_group(folder: Path) -> None:
    """Let the group read all of a finished folder, and see it on the disk."""
    for path in (*folder.rglob("*"), folder):
        open_to_group(path)
        sync_file(path)


@contextmanager
def refusing_full_disk(subject: str, folder: Path) -> Iterator[None]:
    """Turn "no room" of the system or of DuckDB into one message that helps.

    Raises:
        ReleaseError: when the disk, the quota or the size limit is reached.
    """
    try:
        yield
    except (OSError, duckdb.Error) as error:
        if not _is_no_room(error):
            raise
        raise ReleaseError(
            f"{subject}: expected room to write below {folder}, got {_reason(error)!r}. "
            "Free some space or lower ZHIBIAO_KEEP_RELEASES, then run the night again; "
            "the current release is untouched."
        ) from error


def _is_no_room(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    return _reason(error) != ""


def _reason(error: Exception) -> str:
    text = str(error)
    return next((words for words in _NO_ROOM_WORDS if words in text), "")
