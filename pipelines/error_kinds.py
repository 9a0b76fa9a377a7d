"""What an error means for whoever started the command: a refusal, with its words and exit code.

What belongs here: telling the disk, a damaged file and a missing permission from a defect of ours,
also where a library wrapped them, and an interruption from an error. What does not: the refusals
themselves (errors).
"""

from __future__ import annotations

from pipelines.durable import NO_ROOM_WORDS
from pipelines.errors import ReleaseError, StorageError, ZhibiaoError

_DISK_WORDS = (
    "disk I/O error",
    "attempt to write a readonly database",
    "unable to open database file",
    "database disk image is malformed",
    "file is not a database",
    "Read-only file system",
    "Input/output error",
)
"""SQLite's and the system's, as other libraries pass them on."""


def as_refusal(error: Exception) -> ZhibiaoError:
    """The refusal that an error amounts to; one of ours as it is."""
    if isinstance(error, ZhibiaoError):
        return error
    if isinstance(error, OSError):
        return StorageError(
            f"{error.filename or 'file system'}: expected to be able to use it, "
            f"got: {error.strerror or error}. Mend the folder, its rights or the disk's space."
        )
    if found := disk_trouble(str(error)):
        return StorageError(
            f"disk of the warehouse: expected to read and write it, got {found!r}. "
            "Free some space or mend the disk, and run the night again; what has landed and the "
            "current release are untouched."
        )
    return ReleaseError(
        f"zhibiao: expected to succeed, got {type(error).__name__}: {error}. "
        "This is a defect; `ZHIBIAO_LOG_LEVEL=debug zhibiao nightly` shows where it is."
    )


def raise_interruption(error: BaseException) -> None:
    """Raise the interruption that a library has made an error like any other, if it is one.

    DuckDB does so with Ctrl-C and with the end of a night's time: what was under way is not to
    blame, and would be refused or held for it.
    """
    cause: BaseException | None = error
    while cause is not None:
        if not isinstance(cause, Exception):
            raise cause
        cause = cause.__cause__ or cause.__context__


def disk_trouble(text: str) -> str:
    """The words in an error's text that speak of the disk; empty when none do."""
    return next((words for words in (*NO_ROOM_WORDS, *_DISK_WORDS) if words in text), "")
