"""Screening: delivered text becomes landed rows and rejected rows, in one pass of DuckDB.

What belongs here: nulls, types, required values, pseudonyms, exact duplicates, and for an increment
the rows that are already landed. What does not: reading (connectors) and writing (extract_folder).
Personal values end here: the tables made hold pseudonyms only, in rejected rows as well.

Tables made in the session: `screened` (the contract's columns, `_row_number`, `_violations`: the
places of the rules a row breaks, or null) and `rejected` (one row per rejected row and rule).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.sources.column_types import TYPE_NAMES, normalised
from pipelines.sources.columns import BLANKS, Column
from pipelines.sources.connectors.interface import ROW_NUMBER, BrokenRow, Reading
from pipelines.sources.contracts import SourceTable
from pipelines.sources.drift import require_decodable, require_same_types
from pipelines.sources.extracts import Extract
from pipelines.sources.format_breaks import TypedColumn, require_one_format
from pipelines.sql_text import exact_path, identifier, literal, name_list

_UNREADABLE = {
    "\ufffd": ("encoding.undecodable", "含有无法解码的字符"),
    "\0": ("encoding.nul", "含有空字符（NUL），文件可能没有写完"),
}


class _Rule(NamedTuple):
    rule_id: str
    column_name: str
    meaning: str
    is_broken: str
    """SQL condition over `typed`."""


def screen(session: duckdb.DuckDBPyConnection, table: SourceTable, reading: Reading) -> int:
    """Make `screened` and `rejected`; returns how many exact duplicates were left out.

    Raises:
        ExtractHeldError: a column was retyped or is written otherwise from a row on, or too much
            cannot be decoded.
    """
    rows, unreadable = _set_apart_unreadable(reading.rows)
    require_decodable(table, len(unreadable), reading.records)
    rules = _rules(table)
    session.register("delivered", rows)
    session.execute(_screening_sql(table, rules, reading.serial_epoch))
    session.unregister("delivered")
    _require_types(session, table, rules, reading)
    _collect_rejected(session, table, rules, [*reading.broken, *unreadable])
    return _drop_duplicates(session, table)


def _set_apart_unreadable(rows: pa.Table) -> tuple[pa.Table, list[BrokenRow]]:
    broken: dict[int, BrokenRow] = {}
    for mark, (rule_id, meaning) in _UNREADABLE.items():
        for name in rows.column_names:
            if name == ROW_NUMBER:
                continue
            found = pc.match_substring(rows[name], mark)
            if pc.any(found).as_py():
                numbers = rows.select([ROW_NUMBER]).filter(found)[ROW_NUMBER].to_pylist()
                broken |= {int(n): BrokenRow(int(n), rule_id, meaning) for n in numbers if n}
    if broken:
        apart = pa.array(list(broken), pa.int64())
        rows = rows.filter(pc.invert(pc.is_in(rows[ROW_NUMBER], value_set=apart)))
    return rows, list(broken.values())


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


def given_values(table: SourceTable) -> str:
    """Table expressions over `delivered`: in `emptied`, values are trimmed and nulls are null."""
    nulls = ", ".join(literal(text) for text in table.dialect.nulls)
    trimmed, emptied = [], []
    for column in table.columns:
        name = identifier(column.name)
        # trim takes 0.4 µs a value, the look whether it is needed a third of that.
        trimmed.append(
            f"case when regexp_matches({name}, '^[{BLANKS}]|[{BLANKS}]$')"
            f" then trim({name}, {literal(BLANKS)}) else {name} end as {name}"
        )
        emptied.append(f"case when {name} not in ({nulls}) then {name} end as {name}")
    return (
        f"trimmed as (select {ROW_NUMBER}, {', '.join(trimmed)} from delivered),"
        f" emptied as (select {ROW_NUMBER}, {', '.join(emptied)} from trimmed)"
    )


def _screening_sql(table: SourceTable, rules: Sequence[_Rule], serial_epoch: date) -> str:
    typed, values = [], []
    for place, column in enumerate(table.columns):
        name = identifier(column.name)
        value = name
        if column.data_type != "text":
            signs = table.dialect.number_signs
            typed.append(f"{normalised(column, name, serial_epoch, signs)} as _typed_{place}")
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
    return f"""
        create temp table screened as
        with {given_values(table)},
        typed as (select {", ".join(["*", *typed])} from emptied)
        select {", ".join(values)}, {ROW_NUMBER}, {violations} as _violations from typed
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


def _collect_rejected(
    session: duckdb.DuckDBPyConnection,
    table: SourceTable,
    rules: Sequence[_Rule],
    broken: Sequence[BrokenRow],
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
    unsplit = pa.table(
        {
            ROW_NUMBER: pa.array([row.row_number for row in broken], pa.int64()),
            "rule_id": pa.array([row.rule_id for row in broken], pa.string()),
            "meaning": pa.array([row.meaning for row in broken], pa.string()),
        }
    )
    session.register("rules", declared)
    session.register("unsplit", unsplit)
    session.execute(f"""
        create temp table rejected as
        select failing.{ROW_NUMBER}, rules.rule_id, rules.column_name, rules.meaning,
            {name_list(names, "failing")}
        from (select *, unnest(_violations) as place from screened) as failing
        inner join rules using (place)
        union all by name
        select {ROW_NUMBER}, rule_id, meaning from unsplit
    """)
    session.execute("delete from screened where _violations is not null")


def _drop_duplicates(session: duckdb.DuckDBPyConnection, table: SourceTable) -> int:
    """Leave out rows equal to an earlier one in every column.

    Hashes find the few that may be equal; only those are compared in full.
    """
    names = name_list(column.name for column in table.columns)
    deleted = session.execute(f"""
        delete from screened where {ROW_NUMBER} in (
            select {ROW_NUMBER} from (
                select {ROW_NUMBER},
                    row_number() over (partition by {names} order by {ROW_NUMBER}) as occurrence
                from screened
                where hash({names}) in (
                    select hash({names}) as fingerprint from screened
                    group by fingerprint having count(*) > 1
                )
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
    session.execute(f"""
        create temp table numbering as
        select {ROW_NUMBER}, row_number() over (order by {ROW_NUMBER}) as place
        from (select {ROW_NUMBER} from screened union select {ROW_NUMBER} from rejected)
    """)
    for name in ("screened", "rejected"):
        session.execute(
            f"update {name} set {ROW_NUMBER} = place from numbering"
            f" where numbering.{ROW_NUMBER} = {name}.{ROW_NUMBER}"
        )
    return known


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
