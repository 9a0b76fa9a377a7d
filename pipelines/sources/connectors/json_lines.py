"""JSON lines: one object a line, taken apart by the declared paths.

What belongs here: lines to text columns. What does not: types, nulls and personal data (screening),
and flat lines taken many at a time (flat_lines).
A line is JSON where both Python's json and DuckDB say so. DuckDB is asked first and extracts;
Python, ten times slower, is asked where the two may differ. Numbers stay the very text that was
delivered, also inside a json column, where they become JSON strings: read as numbers,
1234567890123456.78 would lose its last digits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from typing import NoReturn

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.errors import ExtractHeldError
from pipelines.sources.column_types import NUMBER_TYPES
from pipelines.sources.columns import Column
from pipelines.sources.connectors.file_drops import settled_pieces
from pipelines.sources.connectors.flat_lines import (
    Taken,
    common_frames,
    frame_lines,
    take_columns,
)
from pipelines.sources.connectors.interface import (
    ROW_NUMBER,
    Batch,
    BrokenRow,
    Candidate,
    Reading,
    Visit,
)
from pipelines.sources.contracts import JsonLinesDialect, SourceTable
from pipelines.sources.drift import (
    require_columns,
    require_count,
    require_decodable,
    require_splittable,
)
from pipelines.sources.sessions import open_session
from pipelines.sources.text_encodings import is_utf_8
from pipelines.sql_text import identifier, literal

# Everything up to the next number outside a string, then the number. With a number put at the
# line's end, the matches cover the line and none begins inside a string.
_NUMBER = r'((?:[^"0-9-]|"(?:[^"\\]|\\.)*")*)(-?[0-9][0-9.eE+-]*)'
_MARK = b"\xef\xbb\xbf"
_NEW_LINE, _SPACE = b"\n "
_JOINTS = (".", "[")
_FLAT_PATH = re.compile(r'\$[.]("?)(\w+)\1')
_UNDECODABLE = "encoding.undecodable"
_DOUBTFUL = " or ".join(
    f"regexp_matches(line, {literal(pattern)})"
    for pattern in (
        r"^ *[^{ ]|, *[]}]|[:,[] *-?(?i:nan|inf)",
        r"[\x00-\x0c\x0e-\x1f]|\r(?s:.)",
        r"[0-9]{1000}",
        r"^(?:[^\[{]*[\[{]){200}",
    )
)
"""What only DuckDB might take for an object: another value, a comma before the end, NaN and
infinity; control characters, and numbers and depths beyond what Python reads."""

_NUMBER_MARK = "\ufdd0"
"""Stands before what was a number where texts write numbers otherwise; a code point that Unicode
keeps out of every text."""

LONGEST_LINE = 16 * 2**20
"""Bytes. A case with all its documents stays far below. One of 100 MB took 40 s and all the memory
that DuckDB was allowed."""


def read_json_lines(table: SourceTable, candidate: Candidate, visit: Visit) -> Reading:
    """Read one file; a row's number is its line.

    Raises:
        ExtractHeldError: `empty`, `truncated`, `wrong_encoding`, `malformed`, or what drift
            raises.
        FileChangedError: it changed since it was found.
    """
    records = 0
    block = b""
    for block in _line_blocks(settled_pieces(candidate, visit)):
        records += _count_lines(block)
    if not records:
        raise ExtractHeldError(f"{table.label}：文件是空的。请重新导出。", reason="empty")
    if not block.endswith(b"\n"):
        raise ExtractHeldError(
            f"{table.label}：文件末尾没有换行，最后一行可能被截断。请重新导出或重新传送。",
            reason="truncated",
        )
    return Reading(records, _parse(table, records, settled_pieces(candidate, visit), visit))


def _count_lines(block: bytes) -> int:
    """Lines that are not blank; only one that begins with a blank may be so."""
    raw = np.frombuffer(block, np.uint8)
    begins = np.concatenate(([0], np.flatnonzero(raw == _NEW_LINE) + 1))
    if (raw[begins[begins < len(raw)]] > _SPACE).all():
        return len(begins) - block.endswith(b"\n")
    return sum(map(bool, map(bytes.strip, block.split(b"\n"))))


def _line_blocks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The file in blocks of whole lines; of a line that is too long, no more than tells so."""
    begun = b""
    first = next(pieces, b"").removeprefix(_MARK)
    for piece in chain((first,), pieces):
        place = piece.rfind(b"\n") + 1
        if place:
            yield b"".join((begun, memoryview(piece)[:place]))
            begun = piece[place:]
        elif len(begun) <= LONGEST_LINE:
            begun += piece
        elif piece.strip():
            begun = b"." * len(begun)
    if begun:
        yield begun


def _parse(
    table: SourceTable, records: int, pieces: Iterator[bytes], visit: Visit
) -> Iterator[Batch]:
    """Take the lines apart; the whole is judged at the end."""
    parsed = broken = undecodable = 0
    number = 1
    paths = _Paths(table)
    with open_session(visit.memory_limit, share=1) as session:  # one line may take half of it
        for block in _line_blocks(pieces):
            batch = _read_block(session, table, paths, block, number)
            number += block.count(b"\n")
            parsed += batch.rows.num_rows
            broken += len(batch.broken)
            undecodable += sum(row.rule_id == _UNDECODABLE for row in batch.broken)
            yield batch
    require_decodable(table, undecodable, records)
    require_splittable(table, broken - undecodable, records)
    paths.require_declared()
    require_count(table, parsed + broken, records)


def _read_block(
    session: duckdb.DuckDBPyConnection,
    table: SourceTable,
    paths: _Paths,
    block: bytes,
    first: int,
) -> Batch:
    """The rows of a block: flat lines many at a time, each other line by itself."""
    taken = _take_flat(session, table, block)
    is_taken = np.zeros(block.count(b"\n") + 1, np.bool_)
    rows = []
    if taken is not None:
        paths.add(session, _numbered([*enumerate(taken.frames)]))
        is_taken[taken.lines] = True
        names = _flat_names(table)
        columns = {column: taken.columns[name] for column, name in names.items()}
        rows.append(pa.table(columns | {ROW_NUMBER: pa.array(first + taken.lines)}))
    if is_taken[:-1].all() and block.endswith(b"\n"):
        return Batch(rows[0])
    lines, unreadable = _separate(block, first, is_taken)
    lines, invalid = _set_apart_invalid(session, lines)
    paths.add(session, lines)
    rows.append(_extract(table, session, lines))
    together = pa.concat_tables(rows).sort_by(ROW_NUMBER) if len(rows) > 1 else rows[0]
    return Batch(together, sorted([*unreadable, *invalid]))


def _take_flat(
    session: duckdb.DuckDBPyConnection, table: SourceTable, block: bytes
) -> Taken | None:
    """The lines of a block that are flat objects, where the contract asks for no more."""
    names = _flat_names(table)
    is_too_long = len(block) > LONGEST_LINE
    framed = frame_lines(block) if names and not is_too_long else None
    if framed is None:
        return None
    frames = [*common_frames(framed).items()]
    _, broken = _set_apart_invalid(session, _numbered(frames))
    invalid = {row.row_number for row in broken}
    valid = [frame for number, frame in frames if number not in invalid]
    return take_columns(framed, set(names.values()), valid)


def _flat_names(table: SourceTable) -> dict[str, str]:
    """By column the name in the object; empty where one lies deeper or numbers are respelled."""
    if table.dialect.number_signs[0] != ".":
        return {}
    found = {column.name: _FLAT_PATH.fullmatch(_path(column)) for column in table.columns}
    names = {name: path[2] for name, path in found.items() if path}
    return names if len(names) == len(found) else {}


def _numbered(lines: Sequence[tuple[int, str | bytes]]) -> pa.Table:
    numbers = pa.array([n for n, _ in lines], pa.int64())
    return pa.table(
        {"line": pa.array([line for _, line in lines], pa.string()), ROW_NUMBER: numbers}
    )


def _separate(
    block: bytes, first: int, is_taken: NDArray[np.bool_]
) -> tuple[pa.Table, list[BrokenRow]]:
    """Lines of text that were not taken, numbered, and the others; blank lines are neither."""
    numbered = [
        (n, line)
        for n, line in enumerate(block.split(b"\n"), first)
        if not is_taken[n - first] and line.strip()
    ]
    broken: dict[int, BrokenRow] = {}
    if len(block) > LONGEST_LINE:
        too_long = f"这一行超过 {LONGEST_LINE // 2**20} MB，未读取"
        broken |= {
            n: BrokenRow(n, "structure.too_long", too_long)
            for n, line in numbered
            if len(line) > LONGEST_LINE
        }
    if not is_utf_8(block):
        broken |= {
            n: BrokenRow(n, _UNDECODABLE, "含有无法解码的字符")
            for n, line in numbered
            if n not in broken and not is_utf_8(line)
        }
    if broken:
        numbered = [(n, line) for n, line in numbered if n not in broken]
    return _numbered(numbered), list(broken.values())


def _set_apart_invalid(
    session: duckdb.DuckDBPyConnection, numbered: pa.Table
) -> tuple[pa.Table, list[BrokenRow]]:
    """Lines that both Python and DuckDB take for JSON objects, and the others.

    DuckDB refuses a lone surrogate; Python is asked about what DuckDB refuses, for the reason, and
    about what only DuckDB might take.
    """
    session.register("numbered", numbered)
    doubted = session.execute(f"""
        select {ROW_NUMBER}, line, json_valid(line) from numbered
        where not json_valid(line) or {_DOUBTFUL}
        order by {ROW_NUMBER}
    """).fetchall()
    broken = [
        BrokenRow(number, "structure.json", fault)
        for number, line, is_valid in doubted
        if (fault := _find_fault(line) or ("" if is_valid else "不是完整的 JSON"))
    ]
    if broken:
        apart = pa.array([row.row_number for row in broken], pa.int64())
        numbered = numbered.filter(pc.invert(pc.is_in(numbered[ROW_NUMBER], value_set=apart)))
    return numbered, broken


def _find_fault(line: str) -> str:
    try:
        value = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return "不是完整的 JSON"
    return "" if isinstance(value, dict) else "不是 JSON 对象"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


class _Paths:
    """The paths that occur anywhere in a file, against the declared ones."""

    def __init__(self, table: SourceTable) -> None:
        self._table = table
        dialect = table.dialect_as(JsonLinesDialect)
        self._declared = {_plain(_path(column)): column.name for column in table.columns}
        known = self._declared.keys() | {_plain(path) for path in dialect.ignored}
        self._above = {outer for path in known for outer in _outer_paths(path)}
        self._below = tuple(path + sign for path in known for sign in _JOINTS)
        self._expected = known | self._above
        self._reached: set[str] = set()

    def add(self, session: duckdb.DuckDBPyConnection, lines: pa.Table) -> None:
        """Add the paths of some lines."""
        session.register("lines", lines)
        structures = session.execute("select distinct json_structure(line) from lines").fetchall()
        self._reached |= {
            path for (text,) in structures for path in _reach("$", json.loads(text), self._above)
        }

    def require_declared(self) -> None:
        """Compare them.

        Raises:
            ExtractHeldError: what drift raises of columns.
        """
        unknown = {
            path
            for path in self._reached
            if path not in self._expected and not path.startswith(self._below)
        }
        taken = self._reached - unknown
        present = [name for path, name in self._declared.items() if _occurs(path, taken)]
        added = sorted(path.removeprefix("$.") for path in unknown)
        require_columns(self._table, [*present, *added])


def _extract(table: SourceTable, session: duckdb.DuckDBPyConnection, lines: pa.Table) -> pa.Table:
    session.register("lines", lines)
    decimal, _ = table.dialect.number_signs
    mark = "" if decimal == "." else _NUMBER_MARK
    paths = ", ".join(literal(_path(column)) for column in table.columns)
    picked = ", ".join(
        f"{_respelled(column, f'found[{place}]', decimal, mark)} as {identifier(column.name)}"
        for place, column in enumerate(table.columns, start=1)
    )
    return session.execute(f"""
        with exact as (
            select {ROW_NUMBER},
                regexp_replace(line || '0', {literal(_NUMBER)}, '\\1"{mark}\\2"', 'g') as line
            from lines
        ), taken as (
            select {ROW_NUMBER},
                json_extract_string(left(line, length(line) - {len(mark + '"0"')}), [{paths}])
                    as found
            from exact
        )
        select {picked}, {ROW_NUMBER} from taken order by {ROW_NUMBER}
    """).to_arrow_table()


def _respelled(column: Column, found: str, decimal: str, mark: str) -> str:
    """A value as the file's texts say it, where they do not write numbers as JSON does."""
    if not mark:
        return found
    bare = f"replace({found}, {literal(mark)}, '')"
    if column.data_type not in NUMBER_TYPES:
        return bare
    return (
        f"case when starts_with({found}, {literal(mark)})"
        f" then replace({bare}, '.', {literal(decimal)}) else {found} end"
    )


def _path(column: Column) -> str:
    return column.path or f'$."{column.name}"'


def _plain(path: str) -> str:
    """A path as observed structures spell it: `$.parties[0].kind` is `$.parties[*].kind`."""
    return re.sub(r"\[\d+\]", "[*]", path.replace('"', ""))


def _reach(path: str, structure: object, above: Collection[str]) -> Iterator[str]:
    """The paths that a structure reaches, each as far as the declared ones go and one name beyond.

    What lies below that one is the sender's: a million names, or one path of gigabytes.
    """
    is_open = path in above
    if is_open and isinstance(structure, dict) and structure:
        for name, inner in structure.items():
            yield from _reach(f"{path}.{name}", inner, above)
    elif is_open and isinstance(structure, list) and structure and _is_nested(structure[0]):
        yield from _reach(f"{path}[*]", structure[0], above)
    else:
        yield path


def _is_nested(structure: object) -> bool:
    return isinstance(structure, dict | list)


def _outer_paths(path: str) -> Iterator[str]:
    return (path[:place] for place, sign in enumerate(path) if sign in _JOINTS)


def _covers(outer: str, inner: str) -> bool:
    return inner == outer or inner.startswith(tuple(outer + sign for sign in _JOINTS))


def _occurs(path: str, reached: Collection[str]) -> bool:
    """A path occurs with itself, with one below it, or above it with nothing but null or empty."""
    return any(_covers(path, other) or _covers(other, path) for other in reached)
