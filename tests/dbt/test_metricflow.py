"""MetricFlow as an independent oracle: asked the same metrics, it gives the same values.

MetricFlow compiles each question from the same semantic layer by its own way (joins and all, a
query per question), and DuckDB answers it on the same ledgers.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dbt_metricflow.cli.dbt_connectors.adapter_backed_client import SupportedAdapterTypes
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from tests.dbt.build_database import DBT_PROJECT
from tests.dbt.indicator_build import IndicatorBuild, build_indicators

DISTRICT = "330108"
GRAINS = ("month", "quarter", "year")

# One build for all modules that read it: they run on one worker.

Cells = dict[tuple[Any, ...], Decimal | None]


class DuckDbDialect:
    """All that MetricFlow needs to know of an engine in order to compile for it."""

    sql_engine_type = SupportedAdapterTypes.DUCKDB.sql_engine_type
    sql_plan_renderer = SupportedAdapterTypes.DUCKDB.sql_plan_renderer


class Oracle:
    """MetricFlow's engine, and a read-only connection that answers what it compiles."""

    def __init__(self, build: IndicatorBuild) -> None:
        manifest = (build.target / "semantic_manifest.json").read_text(encoding="utf-8")
        self.lookup = SemanticManifestLookup(parse_manifest_from_dbt_generated_manifest(manifest))
        self.engine = MetricFlowEngine(self.lookup, DuckDbDialect())  # type: ignore[arg-type]
        self.connection = duckdb.connect(str(build.database), read_only=True)

    def metric_names(self) -> list[str]:
        """The metrics that MetricFlow knows."""
        return sorted(m.element_name for m in self.lookup.metric_lookup.metric_references)

    def dimensions(self, metric: str) -> list[str]:
        """The metric's dimensions as MetricFlow names them, behind the entity's name."""
        named = self.engine.simple_dimensions_for_metrics([metric])
        return sorted(d.dunder_name for d in named if not d.dunder_name.startswith("metric_time"))

    def ask(self, metric: str, grain: str, dimensions: list[str]) -> Cells:
        """The metric by period start and the given dimensions, without null periods."""
        groups = [f"metric_time__{grain}", *dimensions]
        request = MetricFlowQueryRequest.create(metric_names=[metric], group_by_names=groups)
        sql = self.engine.explain(request).sql_statement.sql
        columns = ", ".join([f"cast(metric_time__{grain} as date)", *dimensions, metric])
        rows = self.connection.execute(f"select {columns} from ({sql})").fetchall()
        return {row[:-1]: round_half_up(row[-1]) for row in rows if row[0] is not None}

    def published(self, metric: str, grain: str, by_area: bool, breakdown: str) -> Cells:
        """The same cells, before small ones are left out; `unknown` is a dimension's null."""
        rows = self.connection.execute(
            """
            select period_start, area_code, nullif(breakdown_value, 'unknown'), value
            from indicators.indicator_figures
            where indicator_id = $metric and period_grain = $grain and breakdown = $breakdown
                and (area_code <> $district) = $by_area
            """,
            {
                "metric": metric,
                "grain": grain,
                "breakdown": breakdown,
                "district": DISTRICT,
                "by_area": by_area,
            },
        ).fetchall()
        kept = [1] * by_area + [2] * (breakdown != "total")
        return {(row[0], *(row[i] for i in kept)): row[3] for row in rows}

    def breakdowns(self, metric: str) -> list[str]:
        """total, and the dimensions that the catalogue publishes the metric by."""
        query = "select breakdowns from indicators.indicators where indicator_id = ?"
        (found,) = self.connection.execute(query, [metric]).fetchall()
        return ["total", *filter(None, found[0].split(", "))]


def round_half_up(value: float | Decimal | None) -> Decimal | None:
    """MetricFlow divides in floating point; what is published is rounded once, at six places."""
    if value is None:
        return None
    return Decimal(str(value)).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)


def declared_metrics() -> dict[str, list[str]]:
    """The metrics of the project, read where they are declared, each with its grains in GRAINS."""
    found = {}
    for path in (DBT_PROJECT / "models" / "ledgers").glob("*/_*_metrics.yml"):
        for metric in yaml.safe_load(path.read_text(encoding="utf-8"))["metrics"]:
            published = metric["config"]["meta"].get("grains", GRAINS)
            found[metric["name"]] = [grain for grain in GRAINS if grain in published]
    return dict(sorted(found.items()))


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    oracle = Oracle(build_indicators(tmp_path_factory.getbasetemp()))
    yield oracle
    oracle.connection.close()


@pytest.mark.parametrize(("metric", "grains"), declared_metrics().items())
def test_every_metric_equals_the_answer_of_metricflow(
    oracle: Oracle, metric: str, grains: list[str]
) -> None:
    """By each of its grains, for the district and each street, undivided and broken down.

    MetricFlow says nothing of a period without rows, where we say 0 or null, and states rows of no
    known street apart, which we count in the district only.
    """
    dimensions = oracle.dimensions(metric)
    entity = dimensions[0].split("__")[0]
    areas = (False, True) if f"{entity}__area_code" in dimensions else (False,)
    for grain in grains:
        for by_area in areas:
            for breakdown in oracle.breakdowns(metric):
                names = ["area_code"] * by_area + [breakdown] * (breakdown != "total")
                answered = oracle.ask(metric, grain, [f"{entity}__{name}" for name in names])
                published = oracle.published(metric, grain, by_area, breakdown)
                expected = {
                    key: value
                    for key, value in answered.items()
                    if value and not (by_area and key[1] is None)
                }
                assert expected, f"nothing to compare by {grain} and {names}"
                assert {k: v for k, v in published.items() if v} == expected, (
                    f"by {grain} and {names}"
                )


def test_the_oracle_knows_the_metrics_that_are_published(oracle: Oracle) -> None:
    query = "select indicator_id from indicators.indicators order by all"
    published = [name for (name,) in oracle.connection.execute(query).fetchall()]
    assert oracle.metric_names() == published == list(declared_metrics())


def test_every_metric_has_a_case_computed_by_hand() -> None:
    """MetricFlow reads the same declaration: only a case by hand tells a wrong one."""
    cases = "".join(
        path.read_text(encoding="utf-8")
        for path in Path(__file__).parent.glob("test_*.py")
        if path.name != Path(__file__).name
    )
    assert [metric for metric in declared_metrics() if f'"{metric}"' not in cases] == []
