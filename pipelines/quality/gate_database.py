"""The gate's database: it shows the extracts to be judged as one table, in memory.

Belongs here: its views, the table `gate.extracts` that volume rules read, and the functions that
rules may call. Does not: judging (`gates`). It holds no rows, only views over Parquet.

    landing.<source>__<table>   the contract's columns in its types, _extract_id, _row_number,
                                _latest_day
    gate.extracts               one row per extract to be judged: rows, span, latest_day, and what
                                earlier ones held
    one_by_one.extract_<n>      the n-th of them alone, where a rule must see it so

`_latest_day` is the last day that a delivery can know of. A rule that says "no day lies after …"
compares with it and never with the night: a verdict then depends on extract and suite alone.

Landing leaves trimmed text, null for what is empty, and one spelling of each type, so that a cast
is all that a rule would need; it stands here once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection as Connection

from pipelines.errors import ContractError, GateError
from pipelines.settings import Settings
from pipelines.sources.columns import Column
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract
from pipelines.sql_text import exact_path, identifier, literal

_RECENT, _EVER = 31, 36_500
_EXTRACTS = """
create table gate.all_extracts (
    _extract_id varchar, slot varchar, sequence bigint, data_through date, covers_from date,
    latest_day date, rows_delivered bigint, is_judged boolean, is_held boolean
);
"""
# The measure of a delivery is what was accepted before it and nothing that was held. Of its own
# slot the newest version or a larger one before it, of a full table one of the last 31 days: nine
# in a hundred lost each night would pass by the newest alone, and lists do shrink over the years.
# Of other slots (a new period) the newest version of each, per day.
_MEASURES = """
create view gate.extracts as
with spans as (
    select
        *,
        -- A month that has only begun is measured by the days that its file can know of.
        greatest(1, least(data_through, latest_day) - coalesce(covers_from, data_through) + 1)
            as days_covered,
    from gate.all_extracts
),
latest_versions as (
    select later._extract_id, earlier.slot, max(earlier.sequence) as sequence,
    from spans as later
    inner join spans as earlier on earlier.sequence < later.sequence
    where later.is_judged and not earlier.is_held
    group by later._extract_id, earlier.slot
),
own_versions as (
    select later._extract_id, max(e.rows_delivered) as previous_version_rows,
    from latest_versions as latest
    inner join spans as later on later._extract_id = latest._extract_id and later.slot = latest.slot
    inner join spans as e
        on e.slot = later.slot and e.sequence <= latest.sequence and not e.is_held
        and (e.sequence = latest.sequence or e.latest_day >= later.latest_day - {days})
    group by later._extract_id
),
earlier as (
    select
        latest._extract_id,
        median(e.rows_delivered / e.days_covered) filter (e.slot <> later.slot)
            as usual_rows_per_day,
        count(*) filter (e.slot <> later.slot) as earlier_slots,
    from latest_versions as latest
    inner join spans as e on e.sequence = latest.sequence
    inner join spans as later on later._extract_id = latest._extract_id
    group by latest._extract_id
)
select
    spans._extract_id,
    spans.slot,
    spans.covers_from,
    spans.data_through,
    spans.latest_day,
    spans.rows_delivered,
    spans.days_covered,
    spans.rows_delivered / spans.days_covered as rows_per_day,
    own_versions.previous_version_rows,
    earlier.usual_rows_per_day,
    coalesce(earlier.earlier_slots, 0) as earlier_slots,
from spans
left join earlier on earlier._extract_id = spans._extract_id
left join own_versions on own_versions._extract_id = spans._extract_id
where spans.is_judged
order by spans.sequence;
"""


_TYPES = {
    "date": "date",
    "timestamp": "timestamp",
    "boolean": "boolean",
    # What landing calls a number has up to 38 digits, more than a DECIMAL of any scale holds.
    "integer": "hugeint",
    "decimal": "double",
}


def typed_columns(table: SourceTable) -> str:
    """A select list of the contract's columns over landed text, each in its type.

    Text, JSON and pseudonyms stay text; what cannot be cast is null, and landing lets none in.
    """
    return ", ".join(_typed(column) for column in table.columns)


def _typed(column: Column) -> str:
    name = identifier(column.name)
    kind = _TYPES.get(column.data_type)
    if kind is None or column.sensitivity == "personal":
        return name
    return f"try_cast({name} as {kind}) as {name}"


def _view(extract: Extract, columns: str) -> str:
    return (
        f"select {columns}, cast({literal(extract.extract_id)} as varchar) as _extract_id,"
        f" cast(_row_number as bigint) as _row_number,"
        f" date '{extract.latest_day}' as _latest_day"
        f" from read_parquet({exact_path(extract.data_path)})"
    )


def open_gate_database(folder: Path, table: SourceTable, settings: Settings) -> Connection:
    """An empty database in memory, bounded by the settings; what does not fit goes to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return duckdb.connect(
        config={
            "threads": settings.threads,
            "memory_limit": settings.memory_limit,
            "temp_directory": str(folder / f"gate_{table.id}.tmp"),
        }
    )


def fill_gate_database(
    connection: Connection,
    table: SourceTable,
    extracts: Sequence[Extract],
    *,
    functions: str,
    history: Sequence[Extract],
) -> None:
    """Show the extracts in an empty database.

    Raises:
        ContractError: `_functions.sql` cannot be read by the database.
        GateError: the landed rows of an extract cannot be read.
    """
    connection.execute("create schema landing; create schema gate")
    try:
        connection.execute(functions)
    except duckdb.Error as error:
        raise ContractError(
            f"expectations/_functions.sql: expected SQL that DuckDB takes, got: {error}. "
            "Mend the function."
        ) from None
    _create_measures(connection, table, extracts, history)
    _create_view(connection, table, extracts)


def _create_measures(
    connection: Connection,
    table: SourceTable,
    extracts: Sequence[Extract],
    history: Sequence[Extract],
) -> None:
    known = {e.extract_id: e for e in [*history, *extracts]}
    judged = {e.extract_id for e in extracts}
    connection.execute(_EXTRACTS)
    connection.executemany(
        "insert into gate.all_extracts values (?, ?, ?, ?, ?, ?, ?, ?, false)",
        [
            [
                e.extract_id, e.slot, e.sequence, e.data_through, e.covers_from,
                e.latest_day, e.rows_delivered, e.extract_id in judged,
            ]
            for e in known.values()
        ],
    )  # fmt: skip
    days = _EVER if table.delivery == "period" else _RECENT
    connection.execute(_MEASURES.format(days=days))


def _create_view(connection: Connection, table: SourceTable, extracts: Sequence[Extract]) -> None:
    columns = typed_columns(table)
    views = [_view(extract, columns) for extract in extracts]
    try:
        connection.execute(f"create view landing.{table.id} as {' union all '.join(views)}")
    except duckdb.Error:
        for extract, view in zip(extracts, views, strict=True):
            _require_readable(connection, table, extract, view)
        raise


def _require_readable(
    connection: Connection, table: SourceTable, extract: Extract, view: str
) -> None:
    try:
        connection.execute(f"explain {view}")
    except duckdb.Error as error:
        raise GateError(
            f"{table.id}, {extract.extract_id}: expected landed rows with the contract's "
            f"columns, got {type(error).__name__}. Restore the extract's folder, or remove "
            "it whole and let the source deliver again."
        ) from None


def create_single_views(
    connection: Connection, table: SourceTable, extracts: Sequence[Extract]
) -> list[str]:
    """A view of each extract alone, `<schema>.<table>` in their order."""
    connection.execute("create schema one_by_one")
    names = [f"one_by_one.extract_{number}" for number in range(len(extracts))]
    for name, extract in zip(names, extracts, strict=True):
        where = f"where _extract_id = {literal(extract.extract_id)}"
        connection.execute(f"create view {name} as from landing.{table.id} {where}")
    return names
