"""What the indicator macros compile from declarations: one scan a ledger, and the catalogue."""

from __future__ import annotations

import copy
import re
from datetime import date
from pathlib import Path

import duckdb

from tests.dbt.indicator_build import IndicatorBuild
from tests.dbt.visits_project import DECLARED, run_in_process, write_project

VISIT_FILTER = "{{ Dimension('visit__purpose') }} in ('a', 'b')"


def test_indicators_refuse_to_run_before_their_ledgers_are_built(tmp_path: Path) -> None:
    write_project(tmp_path, copy.deepcopy(DECLARED))
    succeeded, messages = run_in_process(tmp_path, "run", "--select", "monthly_measures")
    assert not succeeded
    assert "ledger visits: expected the table" in messages
    assert "Build the ledgers first" in messages


def test_the_catalogue_says_how_a_value_is_made_and_what_its_versions_changed(
    tmp_path: Path,
) -> None:
    """A sentence that YAML folds is whole again; a filter stands without its outer brackets."""
    declared = copy.deepcopy(DECLARED)
    second = {
        "version": 2,
        "valid_from": "2024-01-01",
        "change": "含回访， 2024年起",
        "change_en": "Returns",
    }
    folded = {"definition": "走访次数， 含 3 次回访。 按日计", "versions": [second]}
    declared["metrics"][3] |= {"filter": VISIT_FILTER, "config": {"meta": folded}}
    write_project(tmp_path, declared)
    selected = ["indicators.indicators", "indicators.indicator_versions"]
    succeeded, messages = run_in_process(tmp_path, "run", "--select", *selected)
    assert succeeded, messages
    with duckdb.connect(str(tmp_path / "build.duckdb")) as connection:
        assert connection.execute(
            "select definition, formula, filter, time_column"
            " from indicators.indicators where indicator_id in ('help_rate', 'long_visits')"
            " order by indicator_id"
        ).fetchall() == [
            (
                "走访次数",
                "count(*) filter (where why = 'help') / visits",
                "",
                "made_on",
            ),
            (
                "走访次数，含 3 次回访。按日计",
                "count(*)",
                "why in ('a', 'b')",
                "made_on",
            ),
        ]
        assert connection.execute(
            "select version, valid_from, change_zh from indicators.indicator_versions"
            " where indicator_id = 'long_visits' order by version"
        ).fetchall() == [(1, None, "首版"), (2, date(2024, 1, 1), "含回访，2024年起")]


def test_a_new_ledger_without_streets_needs_its_declarations_and_nothing_else(
    tmp_path: Path,
) -> None:
    write_project(tmp_path, copy.deepcopy(DECLARED))
    for step in ("ledgers", "indicators"):
        succeeded, messages = run_in_process(tmp_path, "run", "--select", step)
        assert succeeded, messages
    with duckdb.connect(str(tmp_path / "build.duckdb")) as connection:
        figures = connection.execute(
            "select indicator_id, period_grain, breakdown_value, cast(value as varchar), area_code"
            " from indicators.indicator_values where period_end in ('2024-02-29', '2024-12-31')"
            " and period_grain in ('month', 'year') order by all"
        ).fetchall()
    assert {area for *_, area in figures} == {"330108"}
    assert [tuple(row[:4]) for row in figures] == [
        ("firms_visited", "year", "help", "1.000000"),
        ("firms_visited", "year", "it's", "1.000000"),
        ("firms_visited", "year", "total", "2.000000"),
        ("firms_visited", "year", "unknown", "1.000000"),
        ("help_rate", "month", "total", "0.500000"),
        ("help_rate", "year", "total", "0.500000"),
        ("long_visits", "month", "total", "0.000000"),
        ("long_visits", "year", "it's", "1.000000"),
        ("long_visits", "year", "total", "1.000000"),
        ("plans", "month", "help", "1.000000"),
        ("plans", "month", "total", "1.000000"),
        ("plans", "year", "help", "1.000000"),
        ("plans", "year", "it's", "1.000000"),
        ("plans", "year", "total", "2.000000"),
        ("visits", "month", "help", "1.000000"),
        ("visits", "month", "total", "2.000000"),
        ("visits", "month", "unknown", "1.000000"),
        ("visits", "year", "help", "2.000000"),
        ("visits", "year", "it's", "1.000000"),
        ("visits", "year", "total", "4.000000"),
        ("visits", "year", "unknown", "1.000000"),
    ]


def test_each_ledger_is_scanned_once_however_many_metrics_it_has(
    indicator_build: IndicatorBuild,
) -> None:
    compiled = next(
        indicator_build.target.glob("compiled/*/models/indicators/monthly_measures.sql")
    )
    with duckdb.connect(str(indicator_build.database), read_only=True) as connection:
        sql = compiled.read_text(encoding="utf-8")
        (plan,) = connection.execute("explain (format json) " + sql).fetchall()
        ledgers = connection.execute(
            "select distinct ledger from indicators.indicators"
            " where kind in ('count', 'sum', 'stock', 'ratio')"
        ).fetchall()
    scans = re.findall(r'"Table": "[^"]*\bledgers\.(\w+)"', plan[1])
    assert sorted(scans) == sorted(name for (name,) in ledgers)
