"""A small build database for tests of the dbt project: what the night writes before it computes.

What belongs here: the landing and night schemas with a few given rows, in the shape that admission
gives them. What does not: expectations about models (test modules).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb

from pipelines.sources.contracts import SourceTable, read_contracts

PROJECT_ROOT = Path(__file__).resolve().parents[2]
DBT_PROJECT = PROJECT_ROOT / "dbt_project"

Row = Mapping[str, str | None]


def make_build_database(
    path: Path,
    rows: Mapping[str, Sequence[Row]] | None = None,
    as_of: date = date(2025, 1, 15),
    *,
    data_through: Mapping[str, date] | None = None,
    stale: Mapping[str, tuple[date, str]] | None = None,
) -> Path:
    """Create a build database at `path` and return the path.

    Args:
        path: The file to create; it must not exist.
        rows: Per source table id (`complaints__items`), rows under the sender's column names.
            Columns that a row leaves out are null; `_extract_id` and `_row_number` may be given.
        as_of: The business date.
        data_through: Per source table id, the last day covered; default `as_of`.
        stale: Per source table id, the day from which figures are stale and the Chinese reason.
    """
    given = rows or {}
    contracts = read_contracts(DBT_PROJECT)
    unknown = set(given) - set(contracts)
    if unknown:
        raise KeyError(f"source tables: expected {sorted(contracts)}, got {sorted(unknown)}")
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema landing")
        connection.execute("create schema night")
        for contract in contracts.values():
            _create_landing_table(connection, contract, given.get(contract.id, ()))
        connection.execute("create table night.business_day as select ?::date as as_of", [as_of])
        connection.execute(
            "create table night.extract_states"
            " (source_table varchar, data_through date, stale_from date, reason varchar)"
        )
        for identifier in contracts:
            stale_from, reason = (stale or {}).get(identifier, (None, None))
            through = (data_through or {}).get(identifier, as_of)
            connection.execute(
                "insert into night.extract_states values (?, ?, ?, ?)",
                [identifier, through, stale_from, reason],
            )
        connection.execute(
            "create table night.covered_spans as select source_table,"
            " date '1900-01-01' as covers_from, data_through as covers_through, false as is_stale"
            " from night.extract_states"
        )
    return path


def _create_landing_table(
    connection: duckdb.DuckDBPyConnection, contract: SourceTable, rows: Iterable[Row]
) -> None:
    names = [column.name for column in contract.columns]
    declared = ", ".join(f'"{name}" varchar' for name in names)
    table = f'landing."{contract.id}"'
    connection.execute(
        f"create table {table} ({declared}, _extract_id varchar, _row_number bigint)"
    )
    values = []
    for ordinal, row in enumerate(rows, start=2):
        unknown = set(row) - {*names, "_extract_id", "_row_number"}
        if unknown:
            raise KeyError(f"{contract.id}: expected contract columns, got {sorted(unknown)}")
        provenance = [
            row.get("_extract_id", "fixture.v001.00000000"),
            row.get("_row_number", ordinal),
        ]
        values.append([*(row.get(name) for name in names), *provenance])
    if values:
        marks = ", ".join("?" * (len(names) + 2))
        connection.executemany(f"insert into {table} values ({marks})", values)
