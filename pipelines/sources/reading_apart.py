"""One delivery read under the limits of its visit, in a child process where its kind may not end.

What belongs here: which kinds are read apart, what they may take, and what passing a limit means
for a delivery. What does not: the child itself (bounded) and reading (connectors). What is read
comes back through a pipe as columns, batch by batch: nothing of it is held.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

from pipelines.bounded import BoundExceededError, Bounds, Limit, stream_bounded
from pipelines.error_places import keep_place
from pipelines.errors import ExtractHeldError, SourceUnavailableError
from pipelines.settings import count_bytes
from pipelines.sources.connectors import CONNECTORS
from pipelines.sources.connectors.interface import (
    Batch,
    Candidate,
    NotNowError,
    Reading,
    Visit,
)
from pipelines.sources.contracts import SourceTable

APART = ("excel", "sql")
"""Kinds whose code in C waits for a server, follows a query without end, or unfolds a small file to
one that fills the memory. Lines of text take what their bytes are."""

CHILDREN_IMPORT = ("pandas",)
"""What pyarrow imports by itself with the first array that it makes; half a second a child."""

_PROGRAM_BYTES = 256 * 2**20
"""What the interpreter and the libraries take themselves; 110 MB on x86-64."""


@contextmanager
def read_delivery(table: SourceTable, candidate: Candidate, visit: Visit) -> Iterator[Reading]:
    """Read one delivery as its connector does, within what is left of the visit.

    Raises:
        ExtractHeldError: what the connector raises; of a file that passes a limit `too_slow`,
            `too_large` or `unreadable`.
        NotNowError: the file is still being written, or the visit was half over when it came to it.
        SourceUnavailableError: the source cannot be reached, or its database passes a limit.
    """
    had = visit.seconds_left
    try:
        with _parts(table, candidate, visit) as parts:
            reading = next(parts)
            yield replace(reading, batches=parts)
        return
    except BoundExceededError as error:
        passed = error.limit
    if candidate.path is None:
        raise _away(table, visit, passed)
    if passed == "seconds" and had < visit.max_seconds / 2:
        raise NotNowError(candidate.origin)  # the deliveries before it took the time
    raise _held(table, visit, passed)


@contextmanager
def _parts(table: SourceTable, candidate: Candidate, visit: Visit) -> Iterator[Iterator[Any]]:
    """A reading and then its batches, from a child or from here."""
    if table.dialect.connector in APART:
        with stream_bounded(_bounds(visit), _read, table, candidate, visit) as parts:
            yield parts
    else:
        with closing(_read(table, candidate, visit)) as parts:
            yield parts


def _read(
    table: SourceTable, candidate: Candidate, visit: Visit
) -> Generator[Reading | Batch, None, None]:
    try:
        reading = CONNECTORS[table.dialect.connector].read(table, candidate, visit)
        yield replace(reading, batches=iter(()))
        yield from reading.batches
    except Exception as error:
        keep_place(error)
        raise


def _bounds(visit: Visit) -> Bounds:
    """Twice the memory of a database: what it holds, and the columns that are made of it."""
    twice = 2 * count_bytes(visit.memory_limit)
    return Bounds(visit.seconds_left, _PROGRAM_BYTES + twice, twice)


def _away(table: SourceTable, visit: Visit, passed: Limit) -> SourceUnavailableError:
    found, found_zh = {
        "seconds": (
            f"no end within {visit.max_seconds:g} s (ZHIBIAO_MAX_VISIT)",
            f"在 {visit.max_seconds:g} 秒内没有答完（可能被锁住、负荷过重或停止响应）",
        ),
        "process": ("an answer that ended the process reading it", "的应答使读取程序异常终止"),
    }.get(passed, ("an answer that fills the memory allowed", "的应答没有止境，超出允许使用的内存"))
    return SourceUnavailableError(
        f"{table.id}: expected an answer from the database of {table.source}, got {found}. "
        "See whether it is locked, busy or broken; the next night tries again.",
        found_zh=found_zh,
    )


def _held(table: SourceTable, visit: Visit, passed: Limit) -> ExtractHeldError:
    reason, finding = {
        "seconds": (
            "too_slow",
            f"读取超过 {visit.max_seconds:g} 秒（ZHIBIAO_MAX_VISIT），已停止",
        ),
        "process": ("unreadable", "文件使读取程序异常终止，可能已损坏"),
    }.get(passed, ("too_large", "读取超出允许使用的内存（ZHIBIAO_MEMORY_LIMIT），已停止"))
    return ExtractHeldError(
        f"{table.label}：{finding}。请检查文件能否正常打开，删去多余的内容或分批导出后重新提交。",
        reason=reason,
    )
