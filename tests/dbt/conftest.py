"""Fixtures: one build of a very small bureau, SQL of the macros, and figures of ledgers by hand."""

from __future__ import annotations

import fcntl
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from tests.dbt.build_database import make_build_database, run_dbt
from tests.dbt.indicator_build import DISTRICT, Ask, build_indicators
from tests.dbt.ledger_rows import ROWS

MACROS = """
-- due_dates
{{ with_due_date('starts') }}
-- mediation_due_dates
with starts as (
    select accepted.starts_on, rules.days, rules.day_kind
    from accepted
    left join {{ ref('statutory_rules') }} as rules
        on
            rules.rule_id = 'complaint_mediation'
            and {{ is_in_force('rules', 'accepted.starts_on') }}
)
{{ with_due_date('starts') }}
-- capital
select {{ parse_capital_amount('written') }}, {{ parse_capital_currency_code('written') }}
from texts
-- credit_codes
select {{ is_credit_code_valid('written') }}, {{ entity_kind_of_credit_code('written') }} from texts
"""


class LedgerBuild(NamedTuple):
    """A build database with ledgers, to be read and not changed; SQL of macros by name."""

    database: Path
    macros: dict[str, str]


@pytest.fixture(scope="session")
def ledger_build(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> LedgerBuild:
    """Seeds, staging and ledgers, built once with all their tests, whichever worker asks first."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "ledgers"
    folder.mkdir(exist_ok=True)
    database, compiled = folder / "build.duckdb", folder / "macros.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not compiled.exists():
            _build(folder, database)
            compiled.write_text(json.dumps(_compile_macros(folder, database)), encoding="utf-8")
    return LedgerBuild(database, json.loads(compiled.read_text(encoding="utf-8")))


def _build(folder: Path, database: Path) -> None:
    database.unlink(missing_ok=True)
    make_build_database(database, ROWS)
    selection = ["+path:models/ledgers", "path:seeds"]  # and the tests that read only these
    run_dbt(database, folder / "target", "build", "--select", *selection)


def _compile_macros(folder: Path, database: Path) -> dict[str, str]:
    run_dbt(database, folder / "target", "compile", "--quiet", "--inline", MACROS)
    compiled = next((folder / "target" / "compiled").rglob("inline_query*"))
    parts = re.split(r"^-- (\w+)\n", compiled.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.fixture(scope="session")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    build = build_indicators(tmp_path_factory.getbasetemp())
    with duckdb.connect(str(build.database), read_only=True) as connection:
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
