"""Fixtures: one build of a very small bureau, SQL of the macros, and figures of ledgers by hand."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from pipelines.orchestration.transformation import INDICATORS
from tests import warm
from tests.built_tables import make_layout, make_tables, require_good
from tests.compiled_project import compiled_folder, compiled_project
from tests.dbt.build_database import DBT_PROJECT, make_build_database
from tests.dbt.indicator_build import DISTRICT, Ask, IndicatorBuild, build_indicators
from tests.dbt.ledger_rows import ROWS
from tests.machine import PATIENCE_SECONDS
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


class LedgerBuild(NamedTuple):
    """A build database with ledgers, to be read and not changed; SQL of macros by name."""

    database: Path
    macros: dict[str, str]


@pytest.fixture(scope="session")
def ledger_build(shared_folder: Path) -> LedgerBuild:
    """Seeds, staging and ledgers, built with all their tests."""
    folder = build_once(shared_folder, "ledgers", _build_ledgers)
    macros = json.loads((folder / "macros.json").read_text(encoding="utf-8"))
    return LedgerBuild(folder / "build" / "build.duckdb", macros)


def _build_ledgers(folder: Path) -> None:
    layout = make_layout(folder)
    make_build_database(layout.build_database, ROWS)
    tables = make_tables(
        layout, compiled_project(), lambda table: table.schema_name not in INDICATORS
    )
    require_good(tables)
    macros = json.dumps(_compile_macros(folder))
    (folder / "macros.json").write_text(macros, encoding="utf-8")


def _compile_macros(folder: Path) -> dict[str, str]:
    target = folder / "target"
    shutil.copytree(compiled_folder(), target)
    dbt = warm.start(
        "dbt", "--quiet", "--no-populate-cache", "compile", "--no-introspect", "--inline", MACROS,
        "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT),
        "--target-path", str(target), "--log-path", str(target),
        cwd=folder,
        env=os.environ | {"ZHIBIAO_BUILD_DATABASE": "build.duckdb", "DO_NOT_TRACK": "1"},
    )  # fmt: skip
    out, err = dbt.communicate(timeout=PATIENCE_SECONDS)
    assert dbt.returncode == 0, f"{out}\n{err}"
    compiled = next((target / "compiled").rglob("inline_query*"))
    parts = re.split(r"^-- (\w+)\n", compiled.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.fixture(scope="session")
def indicator_build(shared_folder: Path) -> IndicatorBuild:
    """The indicators of the ledgers by hand."""
    folder = build_once(shared_folder, "indicators", build_indicators)
    return IndicatorBuild(folder / "build" / "build.duckdb", compiled_folder())


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
