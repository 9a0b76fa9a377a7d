"""Fixtures: one build of a very small bureau, SQL of the macros, and figures of ledgers by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from tests.dbt.build_database import make_build_database, run_dbt
from tests.dbt.indicator_build import DISTRICT, Ask, IndicatorBuild, build_indicators
from tests.dbt.ledger_rows import ROWS
from tests.shared_builds import build_once

MACROS = """
-- due_dates
{{ with_due_date('starts') }}
-- rule_due_dates
with ruled as (
    {{ with_days_of_rule('begun') }}
)
{{ with_due_date('ruled') }}
-- capital
select {{ parse_capital_amount('written') }}, {{ parse_capital_currency_code('written') }}
from texts
-- credit_codes
select {{ is_credit_code_valid('written') }}, {{ entity_kind_of_credit_code('written') }} from texts
-- quotients
select {{ divide_half_up('value', 'base') }}, {{ change_since('base') }}, {{ share_of('base') }}
from pairs
"""


BUILDABLE = ("--indirect-selection", "buildable")
"""Only the tests of which every table is there."""


class LedgerBuild(NamedTuple):
    """A build database with ledgers, to be read and not changed; SQL of macros by name."""

    database: Path
    macros: dict[str, str]


@pytest.fixture(scope="session")
def ledger_build(shared_folder: Path) -> LedgerBuild:
    """Seeds, staging and ledgers, built with all their tests."""
    folder = build_once(shared_folder, "ledgers", _build_ledgers)
    macros = json.loads((folder / "macros.json").read_text(encoding="utf-8"))
    return LedgerBuild(folder / "build.duckdb", macros)


def _build_ledgers(folder: Path) -> None:
    database = make_build_database(folder / "build.duckdb", ROWS)
    selection = ["+path:models/ledgers", "path:seeds"]
    # And the tests that read only these.
    run_dbt(database, folder / "target", "build", *BUILDABLE, "--select", *selection)
    macros = json.dumps(_compile_macros(folder, database))
    (folder / "macros.json").write_text(macros, encoding="utf-8")


def _compile_macros(folder: Path, database: Path) -> dict[str, str]:
    run_dbt(database, folder / "target", "compile", "--quiet", "--inline", MACROS)
    compiled = next((folder / "target" / "compiled").rglob("inline_query*"))
    parts = re.split(r"^-- (\w+)\n", compiled.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.fixture(scope="session")
def indicator_build(shared_folder: Path) -> IndicatorBuild:
    """The indicators of the ledgers by hand."""
    folder = build_once(shared_folder, "indicators", build_indicators)
    return IndicatorBuild(folder / "build.duckdb", folder / "target")


@pytest.fixture(scope="session")
def figures(indicator_build: IndicatorBuild) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(indicator_build.database), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def ask(figures: duckdb.DuckDBPyConnection) -> Ask:
    """One cell of indicator_values or indicator_comparisons, as the given columns."""

    def ask_one(
        indicator: str,
        period_end: date,
        columns: str = "value",
        *,
        grain: str = "month",
        area: str = DISTRICT,
        cell: tuple[str, str] = ("total", "total"),
        table: str = "indicator_values",
    ) -> Any:
        rows = figures.execute(
            f"select {columns} from indicators.{table} where indicator_id = ? and period_end = ?"
            " and period_grain = ? and area_code = ? and breakdown = ? and breakdown_value = ?",
            [indicator, period_end, grain, area, *cell],
        ).fetchall()
        assert len(rows) == 1, f"expected one figure, got {rows}"
        return rows[0] if "," in columns else rows[0][0]

    return ask_one
