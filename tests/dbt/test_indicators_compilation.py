"""What the indicator macros compile from declarations: one scan a ledger, and refusals that help.

The refusals are tried on a small dbt project that takes the macros and models as they are, and
brings a ledger and metrics of its own: nothing but the semantic layer tells them what to compile.
"""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dbt.cli.main import dbtRunner

from tests.dbt.build_database import DBT_PROJECT
from tests.dbt.indicator_build import build_indicators

pytestmark = pytest.mark.xdist_group("indicators")

META = {
    "label_en": "Visits",
    "unit": "visit",
    "unit_label": "次",
    "kind": "count",
    "owner": "statistics",
    "definition": "走访次数",
    "legal_basis": "无",
    "version": 1,
    "breakdowns": ["purpose"],
}

# A ledger without streets, with two time dimensions and a name that needs quoting in a filter.
DECLARED: dict[str, Any] = {
    "semantic_models": [
        {
            "name": "visits",
            "model": "ref('visits')",
            "defaults": {"agg_time_dimension": "made_on"},
            "entities": [{"name": "visit", "type": "primary", "expr": "visit_no"}],
            "dimensions": [
                {"name": name, "type": "time", "type_params": {"time_granularity": "day"}}
                for name in ("made_on", "planned_on")
            ]
            + [{"name": "purpose", "type": "categorical", "expr": "why"}],
            "measures": [
                {"name": "visits_made", "agg": "count", "expr": "1"},
                {
                    "name": "visits_planned",
                    "agg": "count",
                    "expr": "1",
                    "agg_time_dimension": "planned_on",
                },
                {"name": "firms", "agg": "count_distinct", "expr": "firm"},
                {"name": "minutes", "agg": "sum", "expr": "minutes"},
            ],
        }
    ],
    "metrics": [
        {"name": "visits", "label": "走访", "type_params": {"measure": "visits_made"}},
        {"name": "plans", "label": "计划", "type_params": {"measure": "visits_planned"}},
        {
            "name": "firms_visited",
            "label": "走访企业",
            "type_params": {"measure": "firms"},
            "config": {"meta": {"kind": "distinct", "grains": ["year"]}},
        },
        {
            "name": "long_visits",
            "label": "长访",
            "type_params": {"measure": "visits_made"},
            "filter": "{{ Dimension('visit__purpose') }} = 'it''s' and {{ Entity('visit') }} > ''",
        },
        {
            "name": "help_rate",
            "label": "帮扶率",
            "type": "ratio",
            "type_params": {
                "numerator": {
                    "name": "visits",
                    "filter": "{{ Dimension('visit__purpose') }} = 'help'",
                },
                "denominator": "visits",
            },
            "config": {"meta": {"kind": "ratio", "breakdowns": []}},
        },
    ],
}

VISITS = """
select * from (values
    ('v1', date '2024-01-31', date '2023-12-01', 'help', 'a', 30),
    ('v2', date '2024-02-29', date '2024-02-29', 'help', 'a', null),
    ('v3', date '2024-02-29', null, null, 'b', 10),
    ('v4', date '2024-03-01', date '2024-03-01', 'it''s', 'b', 5)
) as t (visit_no, made_on, planned_on, why, firm, minutes)
"""

Change = Callable[[dict[str, Any]], object]


def write_project(folder: Path, declared: dict[str, Any]) -> None:
    """A dbt project with the real indicator macros and models, and the ledger of visits."""
    for kind in ("macros", "models"):
        shutil.copytree(DBT_PROJECT / kind / "indicators", folder / kind / "indicators")
    shutil.copy(DBT_PROJECT / "macros" / "generate_schema_name.sql", folder / "macros")
    project = {
        "name": "zhibiao",
        "profile": "zhibiao",
        "vars": {"figures_from": "2024-01-01", "district_code": "330108"},
        "models": {
            "zhibiao": {
                "+materialized": "table",
                "indicators": {"+schema": "indicators"},
                "ledgers": {"+schema": "ledgers"},
            }
        },
        "flags": {"send_anonymous_usage_stats": False},
    }
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(project))
    output = {"type": "duckdb", "path": str(folder / "build.duckdb"), "schema": "main"}
    profiles = {"zhibiao": {"target": "build", "outputs": {"build": output}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profiles))
    ledgers = folder / "models" / "ledgers"
    ledgers.mkdir()
    (ledgers / "visits.sql").write_text(VISITS)
    night = "select date '2024-03-31' as as_of, 'r1' as release_id"
    (ledgers / "stg_night__business_day.sql").write_text(night)
    states = "select 'visits__log' as source_table, cast(null as date) as stale_from"
    (ledgers / "stg_night__extract_states.sql").write_text(states)
    (ledgers / "_visits_metrics.yml").write_text(yaml.safe_dump(with_meta(declared)))


def with_meta(declared: dict[str, Any]) -> dict[str, Any]:
    """The declarations, each metric with the metadata that it does not give itself."""
    for metric in declared["metrics"]:
        metric.setdefault("type", "simple")
        given = metric.setdefault("config", {}).setdefault("meta", {})
        metric["config"]["meta"] = {k: v for k, v in {**META, **given}.items() if v is not None}
    return declared


def run_in_process(folder: Path, *arguments: str) -> tuple[bool, str]:
    """One dbt command; whether it succeeded, and the messages of what did not."""
    places = ["--project-dir", str(folder), "--profiles-dir", str(folder), "--quiet"]
    finished = dbtRunner().invoke([*arguments, *places, "--target-path", str(folder / "target")])
    messages = [str(finished.exception or "")]
    for result in getattr(finished.result, "results", []) or []:
        messages.append(str(result.message))
    return finished.success, " ".join(" ".join(messages).split())


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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            change_metric(0, meta={"legal_basis": None, "owner": None}),
            "metric visits: expected config.meta with label_en, unit, unit_label, kind, owner,"
            " definition, legal_basis, version, got none of owner, legal_basis. Add what is",
        ),
        (
            change_metric(0, meta={"kind": "ratio"}),
            "metric visits: expected a kind among count, sum, stock, ratio, median, percentile,"
            " distinct that goes with its type simple, got ratio.",
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
            change_metric(1, type="cumulative"),
            "metric plans: expected type simple or ratio, got cumulative.",
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
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    build = build_indicators(tmp_path_factory.getbasetemp())
    compiled = next(build.target.glob("compiled/*/models/indicators/monthly_measures.sql"))
    with duckdb.connect(str(build.database), read_only=True) as connection:
        sql = compiled.read_text(encoding="utf-8")
        (plan,) = connection.execute("explain (format json) " + sql).fetchall()
        ledgers = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'ledgers'"
        ).fetchall()
    scans = re.findall(r'"Table": "[^"]*\bledgers\.(\w+)"', plan[1])
    assert sorted(scans) == sorted(name for (name,) in ledgers)
