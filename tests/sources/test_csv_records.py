"""Counting records by bytes and by Python's csv: the same of the same text, however it comes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import ExtractHeldError
from pipelines.sources.connectors import csv_records
from pipelines.sources.connectors.csv_records import RecordCount, count_records
from pipelines.sources.contracts import CsvDialect
from tests.sources.bureau import csv_contract

TABLE = csv_contract()
DIALECT = TABLE.dialect_as(CsvDialect)
TEXTS = st.lists(
    st.sampled_from([",", '"', '""', "\n", "\n\n", "\r\n", "\r", "甲", "a", '"b,\n"', ' "', "\0"]),
    max_size=30,
).map("".join)


class Found(NamedTuple):
    """What one reader says of each record."""

    header: list[str]
    lines: list[int]
    """Lines of each record."""
    blank: list[int]
    misquoted: list[int]


def read_whole(text: str) -> Found | None:
    """One tolerant reader over the whole text; None where a quote is not closed."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    found = Found([], [], [], [])
    for place, record in enumerate(csv.reader(lines())):
        try:
            is_well_quoted = len(list(csv.reader(taken, strict=True))) == 1
        except csv.Error:
            is_well_quoted = False
        if not is_well_quoted and (place == 0 or len(taken) > 1):
            return None
        if place == 0:
            found.header.extend(record)
        found.lines.append(len(taken))
        found.blank.extend([place] if not record else [])
        found.misquoted.extend([] if is_well_quoted else [place])
        taken.clear()
    return found


def flat(count: RecordCount) -> Found:
    """The blocks of a count as one."""
    found = Found(count.header, [], [], [])
    for block in count.blocks:
        first = len(found.lines)
        lengths = [1] * block.records
        for place, surplus in zip(block.longer, block.surplus, strict=True):
            lengths[place] += int(surplus)
        found.lines.extend(lengths)
        found.blank.extend(first + place for place in block.blank)
        found.misquoted.extend(first + place for place in block.misquoted)
    assert len(found.lines) == count.records
    assert sum(found.lines) == count.lines
    return found


def count_in_pieces(text: bytes, size: int) -> RecordCount:
    """Count a text that comes in pieces of whole characters."""
    characters = [character.encode() for character in text.decode()]
    pieces = (
        b"".join(characters[start : start + size]) for start in range(0, len(characters), size)
    )
    return count_records(TABLE, DIALECT, pieces)


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.integers(1, 40))
def test_pieces_and_bytes_change_nothing_of_what_one_reader_counts(text: str, size: int) -> None:
    """Of any text, quoted well or ill, cut anywhere; the blocks are the text."""
    whole = f"编号,姓名\n{text}\n"
    expected = read_whole(whole)
    if expected is None:
        with pytest.raises(ExtractHeldError, match="引号没有配对"):
            count_in_pieces(whole.encode(), size)
        return
    count = count_in_pieces(whole.encode(), size)
    assert flat(count) == expected
    assert sum(block.size for block in count.blocks) == len(whole.encode())
    assert whole.encode()[: count.header_size].decode() == "编号,姓名\n"


def test_text_as_programs_write_it_is_counted_by_bytes_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Record by record takes ten times as long."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("counted record by record")

    monkeypatch.setattr(csv_records, "_count_each", refuse)
    rows = [["1", '说 "好"\n第二行', "", 'a"b'], ["2", "", '"', ","]] * 20
    for ending in ("\n", "\r\n"):
        stream = io.StringIO()
        csv.writer(stream, lineterminator=ending).writerows(rows)
        text = stream.getvalue()
        assert flat(count_records(TABLE, DIALECT, [text.encode()])) == read_whole(text)


def test_a_record_without_end_is_not_held_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its quote is closed somewhere far below, or nowhere."""
    monkeypatch.setattr(csv_records, "LONGEST_RECORD", 1000)
    pieces = [b'a\n1\n"2', *[b"x" * 100] * 100]
    with pytest.raises(ExtractHeldError, match="第 3 条记录（文件第 3 行）的引号没有配对"):
        count_records(TABLE, DIALECT, [*pieces, b"\n"])
    with pytest.raises(MemoryError):
        count_records(TABLE, DIALECT, [*pieces, b'"\n'])
