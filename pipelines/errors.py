"""The exception tree of Zhibiao. Nothing else belongs here.

    ZhibiaoError                    anything that we refuse, with what to do about it
    ├── SettingsError               the environment or a .env value is unusable
    │   └── UsageError              an argument of the command line says nothing that there is
    ├── ContractError               a declaration (source, suite, metric) contradicts itself
    ├── SourceUnavailableError      a source system cannot be reached now; worth another try
    ├── StorageError                the warehouse's disk cannot take what must be written
    │   └── StoreDamagedError       the operations store is no database any more
    ├── ExtractHeldError            a delivery was read and refused; the last good one stays in use
    ├── GateError                   a check could not be carried out, or closed the gate
    ├── ReleaseError                a release could not be built, verified or switched to
    │   └── NotFoundError           the release, or the year in it, that was asked for is not there
    ├── DeliveryError               a message was not delivered; it waits for the next night
    ├── NightRunningError           another night holds the lease
    └── NightInterruptedError       Ctrl-C or SIGTERM ended the night

What else is raised under a name of ours ends within its room and refuses nothing: `NotNowError`
and what follows from it (connectors), `BoundExceededError` (bounded), `NightOverdueError`
(night_limit), and the errors of a workbook that its connector turns into a held delivery.

Every message reads `<subject>: expected <x>, got <y>. <What to do.>` and never quotes a value of a
personal column: a cast error of the database quotes the cell, so it is rewritten before it gets
here.
"""

from __future__ import annotations

from typing import ClassVar


class ZhibiaoError(Exception):
    """Anything that Zhibiao refuses; `exit_code` is what a scheduler sees (sysexits.h)."""

    exit_code: ClassVar[int] = 1


class SettingsError(ZhibiaoError):
    """The environment or a `.env` value is unusable."""

    exit_code = 78  # EX_CONFIG


class UsageError(SettingsError):
    """An argument of the command line says nothing that there is: a mistyped id, period or day."""

    exit_code = 64  # EX_USAGE


class ContractError(ZhibiaoError):
    """A declaration under dbt_project/ or expectations/ contradicts itself or its schema."""

    exit_code = 78  # EX_CONFIG


class SourceUnavailableError(ZhibiaoError):
    """A source system cannot be reached now; the next try may succeed.

    `found_zh` says what was found, as the predicate of a sentence for the steward.
    """

    exit_code = 69  # EX_UNAVAILABLE

    def __init__(self, message: str, *, found_zh: str = "暂时无法连接") -> None:
        super().__init__(message)
        self.found_zh = found_zh


class StorageError(ZhibiaoError):
    """The warehouse's disk cannot take what must be written; what lies there is untouched."""

    exit_code = 74  # EX_IOERR


class StoreDamagedError(StorageError):
    """The operations store cannot be read as a database; the next night rebuilds it.

    `found` is what SQLite says of it.
    """

    def __init__(self, message: str, *, found: str) -> None:
        super().__init__(message)
        self.found = found


class ExtractHeldError(ZhibiaoError):
    """A delivery was read and refused as a whole; `reason` is its machine name.

    The last good extract of the table stays in use.
    """

    exit_code = 65  # EX_DATAERR

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class GateError(ZhibiaoError):
    """A check could not be carried out, or a gate that stops the release is closed."""

    exit_code = 65  # EX_DATAERR


class ReleaseError(ZhibiaoError):
    """A release could not be built, verified, switched to, or read."""

    exit_code = 70  # EX_SOFTWARE


class NotFoundError(ReleaseError):
    """The release that was asked for, or the year or period in it, is not there."""

    exit_code = 66  # EX_NOINPUT


class DeliveryError(ZhibiaoError):
    """A message was not delivered; the text names no address and no token.

    `is_silent` when nothing was answered: another message would wait as long.
    """

    def __init__(self, message: str, *, is_silent: bool = False) -> None:
        super().__init__(message)
        self.is_silent = is_silent


class NightRunningError(ZhibiaoError):
    """Another night holds the lease of this warehouse."""

    exit_code = 75  # EX_TEMPFAIL


class NightInterruptedError(ZhibiaoError):
    """The night was ended from outside, by Ctrl-C or SIGTERM."""

    exit_code = 130  # as a shell says of SIGINT
