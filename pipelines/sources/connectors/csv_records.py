"""Records of delimited text, counted without parsing them: how many, and where each begins.

What belongs here: the count that the parser's is held against, blank and misquoted records, lines.
What does not: columns (delimited). Blocks whose quotes all stand as RFC 4180 has them are counted
by their bytes, as fast as they come; any other by Python's csv, record by record. Both tell the
same of the same bytes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ExtractHeldError
from pipelines.sources.contracts import CsvDialect, SourceTable

LONGEST_RECORD = 32 * 2**20
"""Bytes of one record; with the copies that parsing takes it fills a quarter of 1 GB."""

_END, _RETURN = 0x0A, 0x0D
_SENTINEL = "\0end"
"""A line of our own after those of a block: a record that takes it in is not over."""

# One cell may be as long as a record; the limit is the process's, and Python's default is 128 KiB.
csv.field_size_limit(2**31 - 1)

Numbers = NDArray[np.int64]


class Block(NamedTuple):
    """A run of whole records."""

    size: int
    """Bytes of its text in UTF-8."""
    records: int
    longer: Numbers
    """Places of records longer than a line, counted from 0 within the block."""
    surplus: Numbers
    """By how many lines each of them is longer."""
    blank: tuple[int, ...] = ()
    misquoted: tuple[int, ...] = ()

    @property
    def lines(self) -> int:
        """Lines of all its records."""
        return self.records + int(self.surplus.sum())


_NONE: Numbers = np.array([], np.int64)


@dataclass
class RecordCount:
    """What was found in one text; record 1 is the header."""

    header: list[str] = field(default_factory=list)
    header_size: int = 0
    """Bytes of its text."""
    records: int = 0
    lines: int = 0
    blocks: list[Block] = field(default_factory=list)

    @property
    def has_longer(self) -> bool:
        """Whether any record is longer than a line."""
        return self.lines > self.records

    @property
    def blank(self) -> int:
        """Records of no character."""
        return sum(len(block.blank) for block in self.blocks)


def count_records(table: SourceTable, dialect: CsvDialect, texts: Iterable[bytes]) -> RecordCount:
    """Count the records of a text in UTF-8, which comes in pieces of any length.

    Raises:
        ExtractHeldError: `unclosed_quote`.
        MemoryError: a record is longer than LONGEST_RECORD.
    """
    count = RecordCount()
    begun = b""
    texts = iter(texts)
    for text in texts:
        begun += text
        block = _count_bytes(begun, dialect) or _count_each(table, dialect, begun, count)
        begun = _take(count, dialect, begun, block)
        if len(begun) > LONGEST_RECORD:
            if any(dialect.quote.encode() in later for later in texts):
                raise MemoryError
            raise _unclosed(table, count.records + 1, count.lines + 1)
    if begun:
        _take(count, dialect, begun, _count_each(table, dialect, begun, count, is_last=True))
    return count


def _take(count: RecordCount, dialect: CsvDialect, text: bytes, block: Block) -> bytes:
    """Add a block to the count; returns what of the text comes after it."""
    if not block.records:
        return text
    if not count.blocks:
        lines = io.StringIO(text[: block.size].decode(), newline="")
        reader = csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote)
        count.header = next(reader)
        lines.seek(0)
        count.header_size = sum(len(next(lines).encode()) for _ in range(reader.line_num))
    count.blocks.append(block)
    count.records += block.records
    count.lines += block.lines
    return text[block.size :]


def _count_bytes(text: bytes, dialect: CsvDialect) -> Block | None:
    """Count by bytes; None where a quote, a blank record or an end of line needs a closer look."""
    delimiter, quote = dialect.delimiter.encode(), dialect.quote.encode()
    has_returns = b"\r" in text
    if has_returns and text.count(b"\r", 0, -1) != text.count(b"\r\n"):
        return None
    if quote in text:
        if len(quote) > 1 or len(delimiter) > 1:
            return None
        return _count_quoted(np.frombuffer(text, np.uint8), delimiter[0], quote[0])
    size = text.rfind(b"\n") + 1
    blank = (b"\n\n", b"\n\r\n") if has_returns else (b"\n\n",)
    if text.startswith((b"\n", b"\r\n")) or any(text.find(ends, 0, size) >= 0 for ends in blank):
        return None
    return Block(size, text.count(b"\n"), _NONE, _NONE)


def _count_quoted(text: NDArray[np.uint8], delimiter: int, quote: int) -> Block | None:
    quotes, ends = np.flatnonzero(text == quote), np.flatnonzero(text == _END)
    quotes_before = np.searchsorted(quotes, ends)
    is_outside = quotes_before % 2 == 0
    outside = ends[is_outside]
    if not len(outside):
        return Block(0, 0, _NONE, _NONE)
    size = int(outside[-1]) + 1
    quotes = quotes[: quotes_before[is_outside][-1]]
    opening, closing = quotes[::2], quotes[1::2]
    before, after = text[opening - 1], text[closing + 1]
    # Of two quotes that stand for one within a field, the first closes here and the second opens.
    opens = (opening == 0) | (before == delimiter) | (before == _END) | (before == quote)
    closes = (after == delimiter) | (after == _END) | (after == _RETURN) | (after == quote)
    lengths = np.diff(outside, prepend=-1)
    is_blank = lengths == 1 + (text[outside - 1] == _RETURN)
    if not opens.all() or not closes.all() or is_blank.any():
        return None
    within = ends[~is_outside & (ends < size)]
    longer, surplus = np.unique(np.searchsorted(outside, within), return_counts=True)
    return Block(size, len(outside), longer, surplus)


class _Remembering:
    """Lines, keeping those handed out since the last record ended."""

    def __init__(self, text: str, *more: str) -> None:
        self.taken: list[str] = []
        self._lines = [*io.StringIO(text, newline=""), *more]

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.taken.append(line)
            yield line


def _count_each(
    table: SourceTable,
    dialect: CsvDialect,
    text: bytes,
    count: RecordCount,
    *,
    is_last: bool = False,
) -> Block:
    """Count with tolerant quoting, marking each record that a strict reader refuses."""
    if not is_last:  # a line of which the rest may be to come is left
        text = text[: max(text.rfind(b"\n"), text[:-1].rfind(b"\r")) + 1]
    lines = _Remembering(text.decode(), *(() if is_last else (_SENTINEL,)))
    reader = csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote)
    blank, misquoted, longer, surplus = [], [], [], []
    place, taken_lines, unfinished = 0, count.lines, 0
    for record in reader:
        taken = lines.taken.copy()
        lines.taken.clear()
        if not is_last and taken[-1] is _SENTINEL:
            unfinished = sum(len(line.encode()) for line in taken[:-1])
            break
        if not record:
            blank.append(place)
        if len(taken) > 1:
            longer.append(place)
            surplus.append(len(taken) - 1)
        if any(dialect.quote in line for line in taken) and not _is_well_quoted(taken, dialect):
            number = count.records + place + 1
            if len(taken) > 1 or number == 1:
                raise _unclosed(table, number, taken_lines + 1)
            misquoted.append(place)
        taken_lines += len(taken)
        place += 1
    return Block(
        len(text) - unfinished,
        place,
        np.array(longer, np.int64),
        np.array(surplus, np.int64),
        tuple(blank),
        tuple(misquoted),
    )


def _unclosed(table: SourceTable, record: int, line: int) -> ExtractHeldError:
    return ExtractHeldError(
        f"{table.label}：第 {record} 条记录（文件第 {line} 行）的引号没有配对，"
        "无法确定它在哪一行结束。请补全引号后重新导出。",
        reason="unclosed_quote",
    )


def _is_well_quoted(lines: list[str], dialect: CsvDialect) -> bool:
    reader = csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True)
    try:
        return len(list(reader)) == 1
    except csv.Error:
        return False
