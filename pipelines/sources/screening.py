"""Screening: delivered text becomes landed rows and rejected rows, batch by batch in DuckDB.

What belongs here: nulls, types, required values, pseudonyms, exact duplicates, and for an increment
the rows that are already landed. What does not: reading (connectors) and writing (extract_folder).
Personal values end here: the tables made hold pseudonyms only, in rejected rows as well.

Tables made in the session: `screened` (the contract's columns, `_row_number`, `_line_number` where
the reading has lines, `_violations`: the places of the rules a row breaks, or null, and
`_fingerprint` of the columns), its rows in their order, and `rejected` (one row per rejected row
and rule).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.sources.column_types import TYPE_NAMES, normalised
from pipelines.sources.columns import Column
from pipelines.sources.connectors.interface import (
    LINE_NUMBER,
    ROW_NUMBER,
    Batch,
    BrokenRow,
    Reading,
)
from pipelines.sources.contracts import SourceTable
from pipelines.sources.drift import require_decodable, require_same_types
from pipelines.sources.extracts import Extract
from pipelines.sources.format_breaks import TypedColumn, require_one_format
from pipelines.sources.full_width import to_half_width
from pipelines.sources.given_cells import given_cells
from pipelines.sources.sampling import is_sampled
from pipelines.sql_text import exact_path, identifier, name_list

_UNREADABLE = {
    "\ufffd": ("encoding.undecodable", "含有无法解码的字符"),
    "\0": ("encoding.nul", "含有空字符（NUL），文件可能没有写完"),
}

_MANY_ROWS, _MANY_BYTES = 50_000, 16 * 2**20


class _Rule(NamedTuple):
    rule_id: str
    column_name: str
    meaning: str
    is_broken: str
    """SQL condition over `typed`."""


class Screened(NamedTuple):
    """What screening found beside the tables that it made."""

    duplicates: int
    """Rows left out because they equal an earlier one."""
    rows: int
    """Rows that could be read as columns."""
    sample: pa.Table
    """Of those the rows that a profile is made from, as their cells are given."""


def screen(session: duckdb.DuckDBPyConnection, table: SourceTable, reading: Reading) -> Screened:
    """Make `screened` and `rejected`.

    Rows pass in batches, and stay as what a batch has become: personal values lie nowhere else
    than in the batch under way.

    Raises:
        ExtractHeldError: what the reading raises; a column was retyped or is written otherwise from
            a row on, or too much cannot be decoded.
    """
    rules = _rules(table)
    screening = _screening_sql(table, rules, reading)
    rows = unreadable = 0
    nothing = _no_rows(table, reading)
    sample = [nothing]
    session.register("delivered", nothing)
    session.execute(f"create temp table screened as {screening}")
    _make_unsplit(session)
    for batch in _gather(reading.batches):
        rows += batch.rows.num_rows
        sample.append(given_cells(table, _sampled(session, batch.rows, reading.records)))
        readable, broken = _set_apart_unreadable(batch.rows)
        unreadable += len(broken)
        session.register("delivered", _folded(table, given_cells(table, readable)))
        session.execute(f"insert into screened {screening}")
        _add_unsplit(session, [*batch.broken, *broken])
    session.unregister("delivered")
    require_decodable(table, unreadable, reading.records)
    _require_types(session, table, rules, reading)
    _collect_rejected(session, table, rules, reading)
    return Screened(_drop_duplicates(session, table), rows, pa.concat_tables(sample))


def _no_rows(table: SourceTable, reading: Reading) -> pa.Table:
    names = [column.name for column in table.columns]
    numbers = [ROW_NUMBER, *([LINE_NUMBER] if reading.has_lines else [])]
    types = dict.fromkeys(names, pa.string()) | dict.fromkeys(numbers, pa.int64())
    return pa.schema(list(types.items())).empty_table()


def _sampled(session: duckdb.DuckDBPyConnection, rows: pa.Table, records: int) -> pa.Table:
    """The rows that a profile is made from, which their numbers tell."""
    session.register("numbers", rows.select([ROW_NUMBER]))
    chosen = session.execute(f"from numbers where {is_sampled(records)}").to_arrow_table()
    session.unregister("numbers")
    return rows.filter(pc.is_in(rows[ROW_NUMBER], value_set=chosen[ROW_NUMBER].combine_chunks()))


def _gather(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Batches so large that planning a statement for each takes little beside its rows."""
    rows: list[pa.Table] = []
    broken: list[BrokenRow] = []
    for batch in batches:
        rows.append(batch.rows)
        broken += batch.broken
        if sum(map(len, rows)) > _MANY_ROWS or sum(part.nbytes for part in rows) > _MANY_BYTES:
            yield Batch(pa.concat_tables(rows), broken)
            rows, broken = [], []
    if rows:
        yield Batch(pa.concat_tables(rows), broken)


def _set_apart_unreadable(rows: pa.Table) -> tuple[pa.Table, list[BrokenRow]]:
    broken: dict[int, BrokenRow] = {}
    numbers = [name for name in (ROW_NUMBER, LINE_NUMBER) if name in rows.column_names]
    for mark, (rule_id, meaning) in _UNREADABLE.items():
        for name in rows.column_names:
            if name in numbers or not _may_contain(rows[name], mark.encode()):
                continue
            found = rows.select(numbers).filter(pc.match_substring(rows[name], mark)).to_pylist()
            broken |= {
                row[ROW_NUMBER]: BrokenRow(row[ROW_NUMBER], rule_id, meaning, row.get(LINE_NUMBER))
                for row in found
            }
    if broken:
        apart = pa.array(list(broken), pa.int64())
        rows = rows.filter(pc.invert(pc.is_in(rows[ROW_NUMBER], value_set=apart)))
    return rows, list(broken.values())


def _may_contain(texts: pa.ChunkedArray[Any], mark: bytes) -> bool:
    """Whether the bytes of all texts in a row hold a mark: five times as fast as text by text."""
    chunks = (chunk.buffers()[-1] for chunk in texts.chunks)
    return any(mark in chunk.to_pybytes() for chunk in chunks if chunk is not None)


def _folded(table: SourceTable, rows: pa.Table) -> pa.Table:
    """Personal texts in half width: what a pseudonym is made from, many at a time."""
    for column in table.columns:
        if column.sensitivity == "personal" and column.data_type == "text":
            folded = [to_half_width(chunk) for chunk in rows[column.name].chunks]
            place = rows.column_names.index(column.name)
            rows = rows.set_column(place, column.name, pa.chunked_array(folded, pa.string()))
    return rows


def _rules(table: SourceTable) -> list[_Rule]:
    rules = []
    for place, column in enumerate(table.columns):
        name = identifier(column.name)
        if column.required:
            meaning = f"必填项“{column.label_zh}”为空"
            rules.append(_Rule(f"required.{column.name}", column.name, meaning, f"{name} is null"))
        if column.data_type != "text":
            meaning = f"“{column.label_zh}”不是{_expected(column)}"
            condition = f"{name} is not null and _typed_{place} is null"
            rules.append(_Rule(f"type.{column.name}", column.name, meaning, condition))
    return rules


def _expected(column: Column) -> str:
    kind = TYPE_NAMES[column.data_type]
    if column.data_type in ("date", "timestamp"):
        return f"约定格式的{kind}，或不在 {column.earliest} 至 {column.latest} 之间"
    return f"有效的{kind}"


def _screening_sql(table: SourceTable, rules: Sequence[_Rule], reading: Reading) -> str:
    typed, values = [], []
    for place, column in enumerate(table.columns):
        name = identifier(column.name)
        value = name
        if column.data_type != "text":
            spelled = normalised(column, name, reading.serial_epoch, table.dialect.number_signs)
            typed.append(f"{spelled} as _typed_{place}")
            value = f"coalesce(_typed_{place}, {name})"
        if column.sensitivity == "personal":
            value = f"pseudonym({value})"
        values.append(f"{value} as {name}")
    broken = [f"case when {rule.is_broken} then {n} end" for n, rule in enumerate(rules)]
    violations = (
        f"case when {' or '.join(f'({rule.is_broken})' for rule in rules)}"
        f" then list_filter([{', '.join(broken)}], lambda place: place is not null) end"
        if rules
        else "cast(null as integer[])"
    )
    numbers = f"{ROW_NUMBER}, {LINE_NUMBER}" if reading.has_lines else ROW_NUMBER
    names = name_list(column.name for column in table.columns)
    return f"""
        with typed as not materialized (select {", ".join(["*", *typed])} from delivered),
        final as not materialized (
            select {", ".join(values)}, {numbers}, {violations} as _violations from typed
        )
        select *, hash({names}) as _fingerprint from final
    """


def _require_types(
    session: duckdb.DuckDBPyConnection,
    table: SourceTable,
    rules: Sequence[_Rule],
    reading: Reading,
) -> None:
    typed = [(n, rule.column_name) for n, rule in enumerate(rules) if rule.rule_id[:5] == "type."]
    if not typed:
        return
    counts = ", ".join(
        f"count(*) filter (list_contains(_violations, {n})), count({identifier(name)})"
        for n, name in typed
    )
    found = session.execute(f"select {counts} from screened").fetchone() or ()
    columns = {column.name: column for column in table.columns}
    require_one_format(
        session,
        table,
        [TypedColumn(columns[name], n, found[2 * i]) for i, (n, name) in enumerate(typed)],
        reading,
    )
    require_same_types(
        table,
        [(name, found[2 * i], found[2 * i + 1]) for i, (_, name) in enumerate(typed)],
    )


def _make_unsplit(session: duckdb.DuckDBPyConnection) -> None:
    session.execute(f"""
        create temp table unsplit
        ({ROW_NUMBER} bigint, rule_id varchar, meaning varchar, {LINE_NUMBER} bigint)
    """)


def _add_unsplit(session: duckdb.DuckDBPyConnection, broken: Sequence[BrokenRow]) -> None:
    if not broken:
        return
    added = pa.table(
        {
            ROW_NUMBER: pa.array([row.row_number for row in broken], pa.int64()),
            "rule_id": pa.array([row.rule_id for row in broken], pa.string()),
            "meaning": pa.array([row.meaning for row in broken], pa.string()),
            LINE_NUMBER: pa.array([row.line_number for row in broken], pa.int64()),
        }
    )
    session.register("added", added)
    session.execute("insert into unsplit by name from added")
    session.unregister("added")


def _collect_rejected(
    session: duckdb.DuckDBPyConnection,
    table: SourceTable,
    rules: Sequence[_Rule],
    reading: Reading,
) -> None:
    names = [column.name for column in table.columns]
    declared = pa.table(
        {
            "place": pa.array(range(len(rules)), pa.int32()),
            "rule_id": pa.array([rule.rule_id for rule in rules], pa.string()),
            "column_name": pa.array([rule.column_name for rule in rules], pa.string()),
            "meaning": pa.array([rule.meaning for rule in rules], pa.string()),
        }
    )
    line = f"{LINE_NUMBER}, " if reading.has_lines else ""
    session.register("rules", declared)
    session.execute(f"""
        create temp table rejected as
        select failing.{ROW_NUMBER}, {line}rules.rule_id, rules.column_name, rules.meaning,
            {name_list(names, "failing")}
        from (
            select *, unnest(_violations) as place from screened where _violations is not null
        ) as failing
        inner join rules using (place)
        union all by name
        select {ROW_NUMBER}, {line}rule_id, meaning from unsplit
    """)
    session.execute("delete from screened where _violations is not null")


def _drop_duplicates(session: duckdb.DuckDBPyConnection, table: SourceTable) -> int:
    """Leave out rows equal to an earlier one in every column.

    Fingerprints find the few that may be equal; only those are compared in full.
    """
    names = name_list(column.name for column in table.columns)
    session.execute("""
        create temp table repeated as
        select _fingerprint from screened group by _fingerprint having count(*) > 1
    """)
    deleted = session.execute(f"""
        delete from screened where {ROW_NUMBER} in (
            select {ROW_NUMBER} from (
                select {ROW_NUMBER},
                    row_number() over (partition by {names} order by {ROW_NUMBER}) as occurrence
                from screened semi join repeated using (_fingerprint)
            ) where occurrence > 1
        )
    """).fetchone()
    return int(deleted[0]) if deleted else 0


def newest_cursor(session: duckdb.DuckDBPyConnection, cursor: str) -> str | None:
    """The greatest value of the cursor column among the screened rows."""
    found = session.execute(f"select max({identifier(cursor)}) from screened").fetchone()
    return found[0] if found else None


def drop_known(
    session: duckdb.DuckDBPyConnection, table: SourceTable, landed: Sequence[Extract]
) -> int:
    """Leave out what the overlap of an increment brought again unchanged; returns how many rows.

    A screened row is known when it equals the newest landed row of its key, a rejected one when it
    was rejected before in the same form. What is left is numbered anew, from 1.
    """
    known = 0
    if landed:
        known = _delete_known(session, table, "screened", _newest_landed(table, landed))
        earlier = ", ".join(exact_path(extract.rejected_path) for extract in landed)
        known += _delete_known(session, table, "rejected", f"from read_parquet([{earlier}])")
    _close_gaps(session)
    return known


def _close_gaps(session: duckdb.DuckDBPyConnection) -> None:
    """Number what is left anew, in its order."""
    numbers = f"select {ROW_NUMBER} from screened union select {ROW_NUMBER} from rejected"
    found = session.execute(f"select count(*), max({ROW_NUMBER}) from ({numbers})").fetchone()
    if found is None or found[0] == (found[1] or 0):
        return
    session.execute(f"""
        create temp table numbering as
        select {ROW_NUMBER}, row_number() over (order by {ROW_NUMBER}) as place from ({numbers})
    """)
    for name in ("screened", "rejected"):
        session.execute(
            f"update {name} set {ROW_NUMBER} = place from numbering"
            f" where numbering.{ROW_NUMBER} = {name}.{ROW_NUMBER}"
        )


def _newest_landed(table: SourceTable, landed: Sequence[Extract]) -> str:
    parts = " union all by name ".join(
        f"select *, {extract.sequence} as _sequence"
        f" from read_parquet({exact_path(extract.data_path)})"
        for extract in landed
    )
    key = name_list(table.key)
    return (
        f"from ({parts}) semi join (select {key} from screened) using ({key})"
        f" qualify row_number() over (partition by {key}"
        f" order by _sequence desc, {ROW_NUMBER} desc) = 1"
    )


def _delete_known(
    session: duckdb.DuckDBPyConnection, table: SourceTable, name: str, known: str
) -> int:
    names = [column.name for column in table.columns]
    same = " and ".join(
        f"candidate.{identifier(n)} is not distinct from known.{identifier(n)}" for n in names
    )
    session.execute(f"""
        create or replace temp table surplus as
        select distinct candidate.{ROW_NUMBER} from {name} as candidate
        semi join (select {name_list(names)} {known}) as known on {same}
    """)
    session.execute(f"delete from {name} where {ROW_NUMBER} in (select {ROW_NUMBER} from surplus)")
    counted = session.execute("select count(*) from surplus").fetchone()
    return int(counted[0]) if counted else 0
