"""JSON lines: one object a line, taken apart by the declared paths.

What belongs here: lines to text columns. What does not: types, nulls and personal data (screening).
Python's json decides which lines are JSON and counts them (DuckDB's parser accepts trailing commas
and NaN); DuckDB extracts. Numbers stay the very text that was delivered, also inside a json column,
where they become JSON strings: read as numbers, 1234567890123456.78 would lose its last digits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import NoReturn

import duckdb
import pyarrow as pa

from pipelines.errors import ExtractHeldError
from pipelines.sources.column_types import NUMBER_TYPES
from pipelines.sources.columns import Column
from pipelines.sources.connectors.file_drops import read_settled
from pipelines.sources.connectors.interface import (
    ROW_NUMBER,
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
from pipelines.sql_text import identifier, literal

# Everything up to the next number outside a string, then the number. With a number put at the
# line's end, the matches cover the line and none begins inside a string.
_NUMBER = r'((?:[^"0-9-]|"(?:[^"\\]|\\.)*")*)(-?[0-9][0-9.eE+-]*)'
_MARK = b"\xef\xbb\xbf"
_JOINTS = (".", "[")

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
    """
    raw = read_settled(table, candidate, visit).removeprefix(_MARK)
    if not raw.strip():
        raise ExtractHeldError(f"{table.label}：文件是空的。请重新导出。", reason="empty")
    if not raw.endswith(b"\n"):
        raise ExtractHeldError(
            f"{table.label}：文件末尾没有换行，最后一行可能被截断。请重新导出或重新传送。",
            reason="truncated",
        )
    lines, broken = _separate(raw)
    records = lines.num_rows + len(broken)
    with open_session(visit.threads, visit.memory_limit) as session:
        session.register("parsed", lines)
        broken += _set_apart_invalid(session)
        undecodable = sum(row.rule_id == "encoding.undecodable" for row in broken)
        require_decodable(table, undecodable, records)
        require_splittable(table, len(broken) - undecodable, records)
        _require_paths(table, session)
        rows = _extract(table, session)
    require_count(table, rows.num_rows + len(broken), records)
    return Reading(rows, records, tuple(broken))


def _separate(raw: bytes) -> tuple[pa.Table, list[BrokenRow]]:
    """Lines that are one JSON object, numbered, and the others; blank lines are neither."""
    lines: list[str] = []
    numbers: list[int] = []
    broken: list[BrokenRow] = []
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if not line.strip():
            continue
        if len(line) > LONGEST_LINE:
            size = f"这一行超过 {LONGEST_LINE // 2**20} MB，未读取"
            broken.append(BrokenRow(number, "structure.too_long", size))
            continue
        try:
            text = line.decode()
            value = json.loads(text, parse_constant=_refuse_constant)
        except UnicodeDecodeError:
            broken.append(BrokenRow(number, "encoding.undecodable", "含有无法解码的字符"))
        except (ValueError, RecursionError):
            broken.append(BrokenRow(number, "structure.json", "不是完整的 JSON"))
        else:
            if isinstance(value, dict):
                lines.append(text)
                numbers.append(number)
            else:
                broken.append(BrokenRow(number, "structure.json", "不是 JSON 对象"))
    columns = {"line": pa.array(lines, pa.string())}
    return pa.table(columns).append_column(ROW_NUMBER, pa.array(numbers, pa.int64())), broken


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _set_apart_invalid(session: duckdb.DuckDBPyConnection) -> list[BrokenRow]:
    """Make `lines` of what DuckDB takes for JSON as well: it refuses a lone surrogate."""
    session.execute("create temp table lines as from parsed where json_valid(line)")
    refused = session.execute(
        f"select {ROW_NUMBER} from parsed where not json_valid(line) order by all"
    ).fetchall()
    return [BrokenRow(number, "structure.json", "不是完整的 JSON") for (number,) in refused]


def _extract(table: SourceTable, session: duckdb.DuckDBPyConnection) -> pa.Table:
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


def _require_paths(table: SourceTable, session: duckdb.DuckDBPyConnection) -> None:
    """Compare the paths that occur anywhere in the file with the declared ones."""
    dialect = table.dialect_as(JsonLinesDialect)
    declared = {_plain(_path(column)): column.name for column in table.columns}
    known = declared.keys() | {_plain(path) for path in dialect.ignored}
    above = {outer for path in known for outer in _outer_paths(path)}
    below = tuple(path + sign for path in known for sign in _JOINTS)
    structures = session.execute("select distinct json_structure(line) from lines").fetchall()
    reached = {path for (text,) in structures for path in _reach("$", json.loads(text), above)}
    expected = known | above
    unknown = {path for path in reached if path not in expected and not path.startswith(below)}
    taken = reached - unknown
    present = [name for path, name in declared.items() if _occurs(path, taken)]
    require_columns(table, [*present, *sorted(path.removeprefix("$.") for path in unknown)])


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
