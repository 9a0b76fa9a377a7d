"""The registers' deliveries as the pipeline takes them: landed by their connectors, then staged.

Staged in plain Python from the contract alone (`as`, `words`, `times`), and sifted by the rules
that every contract implies. Nothing of the demo's writer is used, so agreement means something.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from demo.bureau import DemoSummary
from pipelines.sources.columns import Column
from pipelines.sources.contracts import SourceTable
from tests.demo.delivered import STREETS
from tests.sources.bureau import Bureau

LARGE_SYSTEMS = {
    "complaints__items", "ip_pledges__pledged_rights", "penalty_cases__cases",
    "registrations__events",
}  # fmt: skip
"""What is read by `delivered`; all else are registers."""


@dataclass
class Landed:
    """One landed table: its good rows by ledger name, and what became of the others."""

    rows: list[dict[str, Any]]
    outcomes: Counter[str]


def land_registers(demo: DemoSummary, tables: list[SourceTable], root: Path) -> dict[str, Landed]:
    """Land every table as a night of the demo's last day does."""
    bureau = Bureau(root)
    shutil.copytree(demo.sources, bureau.layout.sources)
    (root / "warehouse").mkdir()
    return {table.id: land(bureau, table, demo.marker.end) for table in tables}


def land(bureau: Bureau, table: SourceTable, day: date) -> Landed:
    """Land one table, stage what landed and sift it."""
    (extract,) = bureau.land(table, day).extracts
    with duckdb.connect() as session:
        found = session.execute(f"from read_parquet('{extract.data_path}') order by _row_number")
        names = [column[0] for column in found.description]
        delivered = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    good, broken = [], 0
    for row in delivered:
        values = {column.name: _value(column, row[column.name]) for column in table.columns}
        if _breaks_a_rule(table, row, values, day):
            broken += 1
        else:
            good.append(
                {column.as_ or column.name: values[column.name] for column in table.columns}
            )
    outcomes = Counter(
        delivered=extract.rows_delivered,
        duplicate=extract.rows_duplicate,
        rejected=extract.rows_rejected,
        quarantined=broken,
    )
    return Landed(good, outcomes)


_READ: dict[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "decimal": Decimal,
    "integer": int,
    "boolean": lambda text: text == "true",
}


def _value(column: Column, text: str | None) -> Any:
    if text is None:
        return None
    if column.words:
        return column.words.get(text)
    if column.as_ == "street":
        return text if text in STREETS.values() else STREETS.get(text)
    value = _READ.get(column.data_type, str)(text)
    return value * column.times if isinstance(value, Decimal) else value


def _breaks_a_rule(
    table: SourceTable, row: dict[str, Any], values: dict[str, Any], day: date
) -> bool:
    for column in table.columns:
        value = values[column.name]
        if value is None and row[column.name] is not None:
            return True
        if isinstance(value, date):
            if value > day and not column.may_lie_ahead:
                return True
            start = values[column.not_before] if column.not_before else None
            if start is not None and value < start:
                return True
    return False
