"""What every connector does: find deliveries, and read one into text columns with its count.

What belongs here: the forms that connectors and landing exchange. What does not: any one kind of
system, and what happens to the rows afterwards (screening, landing).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from pydantic import SecretStr

from pipelines.sources.contracts import SourceTable

ROW_NUMBER = "_row_number"
LINE_NUMBER = "_line_number"


class FirstLooks(NamedTuple):
    """What lay in the file drops when the night began: the first look at every file at once.

    Twenty tables that each wait half a second for their second look wait ten seconds.
    """

    taken_at: float
    """On the monotonic clock, in seconds."""
    files: Mapping[str, tuple[int, int]]
    """(mtime in ns, size) by origin."""


@dataclass(frozen=True)
class Visit:
    """One night's visit to the source of one table."""

    sources: Path
    business_date: date
    today: date
    """The day by the bureau's clock: nothing is delivered for a period that begins after it."""
    connection: SecretStr | None = None
    since: date | None = None
    """First day whose changes an increment must bring; None takes everything."""
    look_interval: float = 0.5
    """Seconds between the two looks at a file that was never seen before."""
    first_looks: FirstLooks | None = None
    """Taken before; without them, both looks are taken during the visit."""
    known_files: frozenset[tuple[str, int, int]] = frozenset()
    """(origin, mtime in ns, size) of files already judged; they need no second look."""
    memory_limit: str = "1GB"
    workspace: Path | None = None
    """A folder that only its owner may enter, gone when the visit is over: what does not fit into
    the memory lies there meanwhile. None when nothing may."""
    max_seconds: float = 600.0
    """How long the visit may last, with all tries and all its deliveries."""
    began_at: float = field(default_factory=time.monotonic)
    """On the monotonic clock, in seconds; a child process reads the same one."""

    @property
    def seconds_left(self) -> float:
        """Until the visit is over; 0 when it is."""
        return max(0.0, self.began_at + self.max_seconds - time.monotonic())

    @property
    def last_full_day(self) -> date:
        """The last day that is over, for which a delivery made by now can speak.

        The business date where that is today itself, on request.
        """
        return max(self.business_date, self.today - timedelta(days=1))


@dataclass(frozen=True)
class Candidate:
    """One delivery that could be read now."""

    slot: str
    origin: str
    covers_from: date | None
    data_through: date
    """The last day that the delivery itself speaks for, whatever night takes it."""
    path: Path | None = None
    modified_ns: int = 0
    size: int = 0
    sha256: str | None = None
    """Of the delivered bytes; None for a database, whose content has no bytes before it is read."""


class RefusedFile(NamedTuple):
    """A file that cannot even be considered: its period is no date, or we may not read it."""

    origin: str
    slot: str
    reason: str
    message: str


@dataclass(frozen=True)
class Discovery:
    """What a visit found."""

    candidates: tuple[Candidate, ...] = ()
    waiting: tuple[str, ...] = ()
    """Origins of files that are still being written; the next night takes them."""
    refused: tuple[RefusedFile, ...] = ()


class BrokenRow(NamedTuple):
    """A delivered row that cannot be read as columns; its text is kept nowhere."""

    row_number: int
    rule_id: str
    meaning: str
    line_number: int | None = None
    """The line on which it begins, where the reading has lines."""


class Batch(NamedTuple):
    """Some rows of a delivery, all after those of the batch before."""

    rows: pa.Table
    """The contract's columns as text, in the contract's order, `_row_number`, by which they are in
    order, and `_line_number` where the reading has lines."""
    broken: Sequence[BrokenRow] = ()


@dataclass(frozen=True)
class Reading:
    """One delivery that is being read, nothing of it held or written."""

    records: int
    """Rows delivered, counted by other means than those that parse them."""
    batches: Iterator[Batch]
    """Taken once. What is wrong with the delivery as a whole is raised when they end, so that
    nothing may be kept of rows whose batches did not end."""
    has_lines: bool = False
    """Whether records are longer than lines, so that a row's number is not its line."""
    serial_epoch: date = field(default=date(1899, 12, 30))
    """Day 0 of spreadsheet day numbers."""


def complete(table: SourceTable, rows: pa.Table, numbers: pa.Array[Any]) -> pa.Table:
    """The contract's columns in the contract's order, numbered; one not delivered is null."""
    names = [column.name for column in table.columns]
    nothing = pa.nulls(rows.num_rows, pa.string())
    columns = {n: rows[n] if n in rows.column_names else nothing for n in names}
    return pa.table(columns | {ROW_NUMBER: numbers})


class NotNowError(Exception):
    """Nothing is known against the delivery, and it is not read now: the next night takes it."""


class FileChangedError(NotNowError):
    """The file changed while it was read: not yet complete."""


class Connector(NamedTuple):
    """One kind of source system."""

    discover: Callable[[SourceTable, Visit], Discovery]
    """Finds the deliveries of a table, oldest first; raises SourceUnavailableError."""
    read: Callable[[SourceTable, Candidate, Visit], Reading]
    """Reads one of them; it and its batches raise ExtractHeldError where the delivery as a whole
    cannot be used, FileChangedError where it is still being written, and SourceUnavailableError."""
