"""Bytes that survive a crash: written aside, synced, renamed, and their folder synced.

A power cut takes whatever was not synced: a file's content, and its name in the folder. Every file
that must outlive a night is written through here, so that the order stands in one place and one
test can watch it. What belongs here: sync, rename, and the words of a full disk. What does not:
what the files say, and the operations store, which SQLite syncs itself.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import StorageError
from pipelines.group_access import open_to_group

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# DuckDB and SQLite wrap the system's message, or have words of their own, and give no error number.
NO_ROOM_WORDS = (*(os.strerror(code) for code in sorted(_NO_ROOM)), "database or disk is full")


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's names, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path, mode: int = 0o777, *, for_group: bool = False) -> None:
    """Make a folder and those above it, if they are not there, so that their names survive.

    Those that are made are for the group, if asked.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True, mode=mode)
    for path in missing:
        if for_group:
            open_to_group(path)
        sync(path.parent)


def write_file(path: Path, content: str | bytes) -> None:
    """Write one file, whole or not at all; see `write_files`."""
    write_files(path.parent, {path.name: content})


def write_files(
    folder: Path, files: Mapping[str, str | bytes], *, for_group: bool = False
) -> list[Path]:
    """Write files below a folder: all of them aside first, then each named by one rename.

    Text is written as UTF-8 and as it stands. What failed half-way leaves the files of before.

    Args:
        folder: Made when it is not there.
        files: Content by the path below the folder.
        for_group: Whether the group of the folder reads them, or their owner alone.

    Returns:
        The paths of the files, in the order given.
    """
    paths = {folder / name: content for name, content in files.items()}
    for parent in dict.fromkeys(path.parent for path in paths):
        make_folder(parent, for_group=for_group)
    aside = {path: path.with_name(f".{path.name}.{os.getpid()}.aside") for path in paths}
    try:
        for path, content in paths.items():
            aside[path].write_bytes(content.encode() if isinstance(content, str) else content)
            if for_group:
                open_to_group(aside[path])
            sync(aside[path])
        for path in paths:
            aside[path].replace(path)
        for parent in dict.fromkeys(path.parent for path in paths):
            sync(parent)
    finally:
        for left in aside.values():
            left.unlink(missing_ok=True)
    return list(paths)


def publish_file(aside: Path, path: Path) -> None:
    """Give a file that was written aside its name, in place of the one that had it."""
    sync(aside)
    aside.replace(path)
    sync(path.parent)


def publish_new_file(aside: Path, path: Path) -> None:
    """Give a file that was written aside its name, unless another has it by then.

    The name aside is gone afterwards, also when it was not needed.
    """
    sync(aside)
    try:
        os.link(aside, path)  # unlike a rename, it never replaces what was made at the same moment
    except FileExistsError:
        pass
    finally:
        aside.unlink()
    sync(path.parent)


def publish_folder(aside: Path, folder: Path) -> None:
    """Give a folder that was filled aside its name, by one rename, with all that lies in it."""
    for path in (*aside.rglob("*"), aside):
        sync(path)
    move(aside, folder)


def move(path: Path, target: Path) -> None:
    """Rename a file or folder that is on the disk already, so that its new name survives."""
    path.rename(target)
    sync(target.parent)
    if path.parent != target.parent:
        sync(path.parent)


def point_link(link: Path, target: Path, aside: Path) -> None:
    """Point a link at a folder below its own, by one rename of a link made ready aside."""
    aside.unlink(missing_ok=True)
    aside.symlink_to(target.relative_to(link.parent), target_is_directory=True)
    os.replace(aside, link)  # noqa: PTH105 -- the one atomic step, under its plain name
    sync(link.parent)


@contextmanager
def refusing_full_disk(subject: str, folder: Path) -> Iterator[None]:
    """Turn "no room" of the system or of DuckDB into one message that helps.

    Raises:
        StorageError: when the disk, the quota or the size limit is reached.
    """
    import duckdb

    try:
        yield
    except (OSError, duckdb.Error) as error:
        if not is_no_room(error):
            raise
        raise StorageError(
            f"{subject}: expected room to write below {folder}, got {reason_of(error)!r}. "
            "Free some space or lower ZHIBIAO_KEEP_RELEASES, then run the night again; "
            "the current release is untouched."
        ) from error


def is_no_room(error: BaseException) -> bool:
    """Whether an error of the system or of a library says that a disk or a quota is full."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _NO_ROOM
    return says_no_room(str(error))


def says_no_room(text: str) -> bool:
    """Whether a text has the words of a full disk."""
    return any(words in text for words in NO_ROOM_WORDS)


def reason_of(error: BaseException) -> str:
    """What the system said: a library's own text may quote a cell."""
    if isinstance(error, OSError):
        return os.strerror(error.errno or errno.EIO)
    return next((words for words in NO_ROOM_WORDS if words in str(error)), os.strerror(errno.EIO))
