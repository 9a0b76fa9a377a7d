"""What the indicator macros compile from declarations: one scan a ledger, and refusals that help.

The refusals are tried on a small dbt project with a ledger and metrics of its own.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dbt.indicator_build import IndicatorBuild
from tests.dbt.visits_project import DECLARED, run_in_process, write_project

Change = Callable[[dict[str, Any]], object]


def change_metric(number: int, **changes: object) -> Change:
    """Change what a metric declares; its meta is merged."""

    def change(declared: dict[str, Any]) -> None:
        meta = changes.pop("meta", {})
        metric = declared["metrics"][number]
        metric.update(changes)
        metric.setdefault("config", {}).setdefault("meta", {}).update(meta)

    return change


def change_measure(number: int, **changes: object) -> Change:
    """Change what a measure declares."""
    return lambda declared: declared["semantic_models"][0]["measures"][number].update(changes)


VISIT_FILTER = "{{ Dimension('visit__purpose') }} in ('a', 'b')"


def filter_by_a_list_that_is_not_there(declared: dict[str, Any]) -> None:
    dimension = {"name": "source_table", "type": "categorical", "expr": "why"}
    declared["semantic_models"][0]["dimensions"].append(dimension)
    declared["metrics"][0]["filter"] = "{{ Dimension('visit__source_table') }} = 'visits__lgo'"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            change_metric(0, meta={"legal_bases": None, "owner": None}),
            "metric visits: expected config.meta with label_en, unit, unit_label, kind, owner,"
            " definition, definition_en, legal_bases, version, got none of owner, legal_bases. Add"
            " what is",
        ),
        (
            change_metric(0, meta={"kind": "ratio"}),
            "metric visits: expected a kind among count, sum, stock, ratio, median, percentile,"
            " distinct, rank, upper_bound, lower_bound that goes with its type simple, got ratio.",
        ),
        (
            change_metric(0, meta={"breakdowns": ["porpoise"]}),
            "metric visits: expected breakdowns among the categorical dimensions of ledger visits"
            " (purpose; areas are always there), got porpoise.",
        ),
        (
            change_metric(0, meta={"grains": ["week"]}),
            "metric visits: expected grains among month, quarter, year, ytd, got week.",
        ),
        (
            change_metric(0, meta={"provisional_when": "firms_visited"}),
            "metric visits: expected provisional_when naming a metric that counts or sums, got"
            " firms_visited.",
        ),
        (
            filter_by_a_list_that_is_not_there,
            "filter of metric visits: expected a source_table of ledger visits (), got visits__lgo."
            " Correct the name of the list.",
        ),
        (
            change_metric(1, type="cumulative"),
            "metric plans: expected type simple or ratio, got cumulative.",
        ),
        (
            change_metric(0, meta={"version": 2}),
            "metric visits: expected config.meta.versions listing 1 to 2 with valid_from, change"
            " and change_en, got 1. Say what each version changed",
        ),
        (
            change_metric(0, filter="{{ Metric('plans', ['visit']) }} > 2"),
            "filter of metric visits: expected only {{ Dimension('entity__name') }},",
        ),
        (
            change_measure(3, agg="average"),
            "measure minutes of semantic model visits: expected agg among sum, count, sum_boolean,"
            " median, percentile, count_distinct, min, max, got average. Use one of these; an"
            " average is a ratio",
        ),
        (
            change_metric(
                0,
                meta={
                    "version": 2,
                    "versions": [{"version": 1}, {"version": 2, "change": "含", "change_en": "In"}],
                },
            ),
            "metric visits: expected config.meta.versions listing 1 to 2 with valid_from, change"
            " and change_en, got 1, 2. Say what each version changed, and since when.",
        ),
        (
            change_metric(0, meta={"legal_bases": "行政处罚法"}),
            "metric visits: expected config.meta.legal_bases listing ids of seeds/legal_bases.csv,"
            " each once, got 行政处罚法.",
        ),
        (
            change_metric(0, meta={"legal_bases": ["own", "own"]}),
            "metric visits: expected config.meta.legal_bases listing ids of seeds/legal_bases.csv,"
            " each once, got ['own', 'own'].",
        ),
        (
            change_measure(3, agg="percentile", agg_params={"percentile": 0.5}),
            "measure minutes of semantic model visits: expected"
            " agg_params.use_discrete_percentile: true, got a continuous percentile.",
        ),
    ],
)
def test_a_declaration_that_cannot_be_compiled_is_refused_with_a_remedy(
    tmp_path: Path, change: Change, message: str
) -> None:
    declared = copy.deepcopy(DECLARED)
    change(declared)
    write_project(tmp_path, declared)
    succeeded, messages = run_in_process(tmp_path, "compile", "--select", "indicators.indicators")
    assert not succeeded
    assert message in messages


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
    first = {"version": 1, "change": "首版", "change_en": "First version"}
    folded = {"definition": "走访次数， 含 3 次回访。 按日计", "versions": [first, second]}
    change_metric(3, meta={**folded, "version": 2}, filter=VISIT_FILTER)(declared)
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
