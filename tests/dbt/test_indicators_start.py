"""Where figures begin: at the project's first day, or at the one that a semantic model says.

The project's figures begin in 2024. The ledger of visits is joined by one of calls, which has a
call in 2022, one in 2023 and two in 2024.
"""

from __future__ import annotations

import copy
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from tests.dbt.visits_project import AS_OF, DECLARED, run_in_process, write_project

CALLS = """
select * from (values
    ('c1', date '2022-12-31'), ('c2', date '2023-01-01'), ('c3', date '2024-03-01'),
    ('c4', date '2024-03-01')
) as t (call_no, made_on)
"""


def declare(calls_from: object = None, visits_from: object = None) -> dict[str, Any]:
    """Visits, calls and the rate of visits per call, each ledger with its own first day."""
    declared = copy.deepcopy(DECLARED)
    (visits,) = declared["semantic_models"]
    calls = {
        "name": "calls",
        "model": "ref('calls')",
        "defaults": {"agg_time_dimension": "made_on"},
        "entities": [{"name": "call", "type": "primary", "expr": "call_no"}],
        "dimensions": visits["dimensions"][:1],
        "measures": [{"name": "calls_made", "agg": "count", "expr": "1"}],
    }
    declared["semantic_models"].append(calls)
    for model, first_day in ((calls, calls_from), (visits, visits_from)):
        if first_day is not None:
            model["config"] = {"meta": {"figures_from": first_day}}
    undivided: dict[str, Any] = {"meta": {"breakdowns": []}}
    parts = {"numerator": "visits", "denominator": "calls"}
    declared["metrics"] += [
        {
            "name": "calls",
            "label": "来电",
            "type_params": {"measure": "calls_made"},
            "config": undivided,
        },
        {
            "name": "visits_per_call",
            "label": "走访比",
            "type": "ratio",
            "type_params": parts,
            "config": copy.deepcopy(undivided),
        },
    ]
    return declared


def build(
    folder: Path, declared: dict[str, Any], *, calls: str = CALLS, as_of: date = AS_OF
) -> duckdb.DuckDBPyConnection:
    write_project(folder, declared, as_of)
    (folder / "models" / "ledgers" / "calls.sql").write_text(calls)
    for step in ("ledgers", "indicators"):
        succeeded, messages = run_in_process(folder, "run", "--select", step)
        assert succeeded, messages
    return duckdb.connect(str(folder / "build.duckdb"), read_only=True)


def years_of(connection: duckdb.DuckDBPyConnection, indicator: str) -> dict[int, float | None]:
    rows = connection.execute(
        "select year(period_start), value::double from indicators.indicator_values"
        " where indicator_id = ? and period_grain = 'year' and breakdown = 'total'",
        [indicator],
    ).fetchall()
    return dict(rows)


def first_periods_of(connection: duckdb.DuckDBPyConnection, indicator: str) -> dict[str, str]:
    rows = connection.execute(
        "select period_grain, min(period_start)::varchar from indicators.indicator_values"
        " where indicator_id = ? group by all",
        [indicator],
    ).fetchall()
    return dict(rows)


def test_a_ledger_that_begins_earlier_moves_its_own_figures_and_no_others(tmp_path: Path) -> None:
    """Zero-filled from its first day on; a ratio across two ledgers begins with the later one."""
    with build(tmp_path, declare(calls_from="2021-01-01")) as connection:
        assert years_of(connection, "calls") == {2021: 0, 2022: 1, 2023: 1, 2024: 2}
        assert set(first_periods_of(connection, "calls").values()) == {"2021-01-01"}
        assert len(first_periods_of(connection, "calls")) == 4
        assert years_of(connection, "plans") == {2024: 2}, "a plan of 2023 is before the figures"
        assert years_of(connection, "firms_visited") == {2024: 2}
        assert years_of(connection, "visits_per_call") == {2024: 2}
        assert set(first_periods_of(connection, "visits_per_call").values()) == {"2024-01-01"}
        changes = connection.execute(
            "select year(period_start), change_on_year::double"
            " from indicators.indicator_comparisons"
            " where indicator_id = 'calls' and period_grain = 'year' order by all"
        ).fetchall()
        # Nothing from nothing; 2024 is not over on 31 March, and had one call by then in 2023.
        assert changes == [(2021, None), (2022, None), (2023, 0), (2024, 1)]


def test_a_ledger_that_begins_later_states_nothing_before(tmp_path: Path) -> None:
    with build(tmp_path, declare("2025-01-01", "2023-01-01")) as connection:
        assert years_of(connection, "calls") == {}
        assert years_of(connection, "visits_per_call") == {}
        assert years_of(connection, "plans") == {2023: 1, 2024: 2}
        assert years_of(connection, "firms_visited") == {2023: 0, 2024: 2}
