"""Delimited text (CSV): strict decoding, a fixed dialect, two independent readers.

What belongs here: bytes to text columns. What does not: types, nulls and personal data (screening),
the count (csv_records). Nothing is sniffed, and no decoded text is written anywhere. The file is
read twice: counted as a whole, then parsed by pyarrow block by block, so that no file is too long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from pipelines.errors import ExtractHeldError
from pipelines.sources.connectors.csv_records import Block, Numbers, RecordCount, count_records
from pipelines.sources.connectors.file_drops import settled_pieces
from pipelines.sources.connectors.headers import match_names
from pipelines.sources.connectors.interface import (
    LINE_NUMBER,
    Batch,
    BrokenRow,
    Candidate,
    Reading,
    Visit,
    complete,
)
from pipelines.sources.contracts import CsvDialect, SourceTable
from pipelines.sources.drift import (
    require_columns,
    require_count,
    require_decodable,
    require_splittable,
    wrong_encoding,
)
from pipelines.sources.text_encodings import (
    REPLACEMENT,
    decode_pieces,
    find_foreign_mark,
    is_utf_8_instead,
)

_UNDECODABLE = "encoding.undecodable"
_MISQUOTED = ("structure.quotes", "引号不成对，无法确定字段的边界")


def read_delimited(table: SourceTable, candidate: Candidate, visit: Visit) -> Reading:
    """Read one file; the header is row 1, and rows are records, which can be several lines.

    Raises:
        ExtractHeldError: `empty`, `truncated`, `wrong_encoding`, `unclosed_quote`,
            `count_mismatch`, `malformed`, or what drift raises.
        FileChangedError: it changed since it was found.
        MemoryError: a record is longer than csv_records allows.
    """
    dialect = table.dialect_as(CsvDialect)
    pieces = settled_pieces(candidate, visit)
    try:
        count = count_records(table, dialect, _whole_text(table, dialect, pieces))
        names = [column.name for column in table.columns]
        header = match_names(names, [[name] for name in count.header])
        if any(REPLACEMENT in name for name in header):
            raise wrong_encoding(table, "表头无法解码")
        require_columns(table, header)
    except ExtractHeldError:
        _take_rest(pieces)
        raise
    return Reading(
        count.records - 1 - count.blank,
        _parse(table, dialect, header, count, settled_pieces(candidate, visit)),
        has_lines=count.has_longer,
    )


def _take_rest(pieces: Iterator[bytes]) -> None:
    """Read to the end: a file that has changed meanwhile is not to be judged yet."""
    for _ in pieces:
        pass


def _whole_text(
    table: SourceTable, dialect: CsvDialect, pieces: Iterator[bytes]
) -> Iterator[bytes]:
    """The delivery as UTF-8; every byte that does not decode becomes U+FFFD, rejected later."""
    end, is_blank = b"", True
    for text in decode_pieces(_in_its_encoding(table, dialect, pieces), dialect.encoding):
        is_blank = is_blank and not text.decode().strip()
        end = text[-1:] or end
        yield text
    if is_blank:
        raise ExtractHeldError(f"{table.label}：文件是空的。请重新导出。", reason="empty")
    if end not in (b"\n", b"\r"):
        raise ExtractHeldError(
            f"{table.label}：文件末尾没有换行，最后一行可能被截断。请重新导出或重新传送。",
            reason="truncated",
        )


def _in_its_encoding(
    table: SourceTable, dialect: CsvDialect, pieces: Iterator[bytes]
) -> Iterator[bytes]:
    """The pieces, of which the first is looked at."""
    first = next(pieces, b"")
    if first.strip() and (finding := find_foreign_mark(first, dialect.encoding)):
        raise wrong_encoding(table, finding)
    if is_utf_8_instead(first, dialect.encoding):
        raise wrong_encoding(table, "内容是 utf-8")
    yield first
    yield from pieces


def _parse(
    table: SourceTable,
    dialect: CsvDialect,
    header: list[str],
    count: RecordCount,
    pieces: Iterator[bytes],
) -> Iterator[Batch]:
    """Parse what was counted; the whole is judged at the end."""
    parsed = broken = undecodable = 0
    record, line = 1, 1
    for block, text in _cut(decode_pieces(pieces, dialect.encoding), count.blocks):
        above = int(record == 1)  # the header
        try:
            rows, unsplit = _parse_block(dialect, header, text[above * count.header_size :])
        except pa.ArrowInvalid:  # its message quotes the row
            _take_rest(pieces)
            raise ExtractHeldError(
                f"{table.label}：文件无法按约定的格式读取。请重新导出。", reason="malformed"
            ) from None
        parsed += rows.num_rows + len(unsplit)
        if rows.num_rows + len(unsplit) == block.records - above:
            lines = _lines(block, line) if count.has_longer else None
            batch = _number(table, block, record, rows, unsplit, lines)
            broken += len(batch.broken)
            undecodable += sum(row.rule_id == _UNDECODABLE for row in batch.broken)
            yield batch
        record += block.records
        line += block.lines
    require_count(table, parsed, count.records - 1)
    records = count.records - 1 - count.blank
    require_decodable(table, undecodable, records)
    require_splittable(table, broken - undecodable, records)


def _cut(texts: Iterator[bytes], blocks: Sequence[Block]) -> Iterator[tuple[Block, bytes]]:
    """Each block and its text; the last one comes when the file was seen not to have changed."""
    begun = b""
    for block in blocks:
        while len(begun) < block.size and (text := next(texts, b"")):
            begun += text
        yield block, begun[: block.size]
        begun = begun[block.size :]
    _take_rest(texts)


def _lines(block: Block, first: int) -> Numbers:
    """The line on which each record of a block begins."""
    lengths = np.ones(block.records, np.int64)
    lengths[block.longer] += block.surplus
    return first + np.cumsum(lengths) - lengths


def _number(
    table: SourceTable,
    block: Block,
    first: int,
    rows: pa.Table,
    unsplit: dict[int, tuple[str, str]],
    lines: Numbers | None,
) -> Batch:
    """The rows of a block under their numbers, and the broken ones, without what is blank."""
    above = int(first == 1)
    is_parsed = np.ones(block.records, np.bool_)
    is_parsed[[*range(above), *(place + above for place in unsplit)]] = False
    places = np.flatnonzero(is_parsed)
    numbered = complete(table, rows, pa.array(first + places))
    if lines is not None:
        numbered = numbered.append_column(LINE_NUMBER, pa.array(lines[places]))
    if block.blank or block.misquoted:
        is_dropped = np.isin(places, [*block.blank, *block.misquoted])
        numbered = numbered.filter(pa.array(~is_dropped))
    reasons = {place + above: reason for place, reason in unsplit.items()}
    reasons |= dict.fromkeys(block.misquoted, _MISQUOTED)
    broken = [
        BrokenRow(first + place, *reasons[place], None if lines is None else int(lines[place]))
        for place in sorted(reasons.keys() - set(block.blank))
    ]
    return Batch(numbered, broken)


def _parse_block(
    dialect: CsvDialect, header: list[str], text: bytes
) -> tuple[pa.Table, dict[int, tuple[str, str]]]:
    """All columns as text; by its place, rule and meaning of each row with other fields."""
    unsplit: dict[int, tuple[str, str]] = {}

    def note(row: arrow_csv.InvalidRow) -> Literal["skip", "error"]:
        if row.number is None:  # only when several threads read; the count then disagrees
            return "error"
        meaning = f"应有 {row.expected_columns} 个字段，实有 {row.actual_columns} 个"
        is_decoded = row.text is not None and REPLACEMENT not in row.text
        unsplit[row.number - 1] = (
            ("structure.field_count", meaning)
            if is_decoded
            else (_UNDECODABLE, "含有无法解码的字符")
        )
        return "skip"

    types = dict.fromkeys(header, pa.string())
    if not text:
        return pa.schema(types).empty_table(), unsplit
    # One thread: rows are then numbered. The whole is one block: no row lies across two.
    parsed = arrow_csv.read_csv(
        pa.BufferReader(text),  # type: ignore[arg-type]  # the stubs know Python files only
        read_options=arrow_csv.ReadOptions(
            column_names=header, use_threads=False, block_size=len(text) + 1
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=note,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=types, strings_can_be_null=False, check_utf8=False
        ),
    )
    return parsed, unsplit
