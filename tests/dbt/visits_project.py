"""A small dbt project that takes the indicator macros and models as they are.

What belongs here: its one ledger, of visits, and how dbt is run on it; nothing but the semantic
layer tells the macros what to compile. What does not: expectations about it (test modules).
"""

from __future__ import annotations

import contextlib
import copy
import shutil
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from tests.dbt.build_database import DBT_PROJECT

META = {
    "label_en": "Visits",
    "unit": "visit",
    "owner": "statistics",
    "definition": "走访次数",
    "definition_en": "Visits made",
    "legal_bases": ["visits_record"],
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
            "config": {"meta": {"grains": ["year"]}},
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
            "config": {"meta": {"breakdowns": []}},
        },
    ],
}

AS_OF = date(2024, 3, 31)

VISITS = """
select * from (values
    ('v1', date '2024-01-31', date '2023-12-01', 'help', 'a', 30),
    ('v2', date '2024-02-29', date '2024-02-29', 'help', 'a', null),
    ('v3', date '2024-02-29', null, null, 'b', 10),
    ('v4', date '2024-03-01', date '2024-03-01', 'it''s', 'b', 5)
) as t (visit_no, made_on, planned_on, why, firm, minutes)
"""


# The ledger is made from no source: nothing can be late or wanting.
NOTHING_LATE = {
    "stg_night__extract_states": "cast(null as varchar) as source_table,"
    " cast(null as date) as data_through, cast(null as date) as stale_from",
    "stg_night__source_days": "cast(null as varchar) as source_table, cast(null as date) as as_of",
    "stg_night__covered_spans": "cast(null as varchar) as source_table,"
    " cast(null as date) as covers_from, cast(null as date) as covers_through, false as is_stale",
}


def write_project(folder: Path, declared: dict[str, Any], as_of: date = AS_OF) -> None:
    """A dbt project with the real indicator macros and models, and the ledger of visits."""
    _write_files(folder, declared, as_of)
    target = folder / "target"
    target.mkdir(exist_ok=True)
    (target / PARSED).write_bytes(_parse_once())


PARSED = "partial_parse.msgpack"
"""What dbt keeps of its parsing: it parses again the files that have changed since."""


@cache
def _parse_once() -> bytes:
    """Dbt's own macros take most of the time of parsing, and are the same in every project."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        _write_files(folder, copy.deepcopy(DECLARED), AS_OF)
        succeeded, messages = run_in_process(folder, "parse")
        assert succeeded, messages
        return (folder / "target" / PARSED).read_bytes()


def _write_files(folder: Path, declared: dict[str, Any], as_of: date) -> None:
    for kind in ("macros", "models"):
        shutil.copytree(DBT_PROJECT / kind / "indicators", folder / kind / "indicators")
    for macros in ("generate_schema_name.sql", "engine_differences.sql"):
        shutil.copy(DBT_PROJECT / "macros" / macros, folder / "macros")
    project = {
        "name": "zhibiao",
        "profile": "zhibiao",
        "vars": {
            "figures_from": "2024-01-01",
            "district_code": "330108",
            "units": {"visit": "次"},
        },
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
    output = {"type": "duckdb", "path": "build.duckdb", "schema": "main"}
    profiles = {"zhibiao": {"target": "build", "outputs": {"build": output}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profiles))
    ledgers = folder / "models" / "ledgers"
    ledgers.mkdir()
    (ledgers / "visits.sql").write_text(VISITS)
    night = f"select date '{as_of}' as as_of, 'r1' as release_id"
    (ledgers / "stg_night__business_day.sql").write_text(night)
    for view, columns in NOTHING_LATE.items():
        (ledgers / f"{view}.sql").write_text(f"select {columns} where false")
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
    with contextlib.chdir(folder):
        try:
            finished = dbtRunner().invoke([*arguments, *places, "--target-path", "target"])
        finally:
            # Dbt would take its open handle for the next project's database of the same name.
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    messages = [str(finished.exception or "")]
    for result in getattr(finished.result, "results", []) or []:
        messages.append(str(result.message))
    return finished.success, " ".join(" ".join(messages).split())
