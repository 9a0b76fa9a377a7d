"""MetricFlow as an independent oracle: asked the same metrics, it gives the same values.

MetricFlow compiles each question from the same semantic layer by its own way (joins and all, a
query per question, which takes all metrics of a ledger), and DuckDB answers it on the same ledgers.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

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
from tests.dbt.indicator_build import IndicatorBuild

DISTRICT = "330108"
GRAINS = ("month", "quarter", "year")

Cells = dict[tuple[Any, ...], Decimal | None]

EMPTY_WITHOUT_ROWS = {"median", "percentile", "max"}
"""Aggregates that have no value where there is no row; the others count or add up to 0."""


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

    def ask(
        self, metrics: Sequence[str], grain: str, dimensions: list[str], where: str | None = None
    ) -> dict[str, Cells]:
        """Metrics of one ledger by period start and the given dimensions, without null periods.

        Asked together, each has a cell wherever one of them has; it is null where it has none.
        """
        groups = [f"metric_time__{grain}", *dimensions]
        request = MetricFlowQueryRequest.create(
            metric_names=metrics,
            group_by_names=groups,
            where_constraints=[where] if where else None,
        )
        sql = self.engine.explain(request).sql_statement.sql
        keys = [f"cast(metric_time__{grain} as date)", *dimensions]
        rows = self.connection.execute(
            f"select {', '.join([*keys, *metrics])} from ({sql})"
            f" where metric_time__{grain} is not null"
        ).fetchall()
        values = enumerate(metrics, start=len(keys))
        return {m: {row[: len(keys)]: round_half_up(row[n]) for row in rows} for n, m in values}

    def published(
        self, metric: str, grain: str, by_area: bool, breakdown: str
    ) -> tuple[Cells, set[date]]:
        """The same cells, before small ones are left out; `unknown` is a dimension's null.

        Beside them, the first days of the periods that were never delivered.
        """
        rows = self.connection.execute(
            """
            select period_start, area_code, nullif(breakdown_value, 'unknown'), value, status
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
        cells = {(row[0], *(row[i] for i in kept)): row[3] for row in rows}
        return cells, {row[0] for row in rows if row[4] == "missing"}

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


class Declared(NamedTuple):
    """A metric as it is declared: its grains in GRAINS, its aggregate; of a ratio, what it divides
    by and under which further filter.
    """

    name: str
    grains: list[str]
    aggregate: str | None
    divisor: str | None
    divisor_filter: str | None


def _declared(kind: str) -> list[dict[str, Any]]:
    paths = sorted((DBT_PROJECT / "models" / "ledgers").glob("*/_*_metrics.yml"))
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths]
    return [entry for file in files for entry in file.get(kind, [])]


def declared_entities() -> list[str]:
    """The entities behind whose names MetricFlow knows the dimensions of each ledger."""
    models = _declared("semantic_models")
    entities = [entity for model in models for entity in model.get("entities", [])]
    named = [entity["name"] for entity in entities if entity["type"] == "primary"]
    return sorted(named + [m["primary_entity"] for m in models if "primary_entity" in m])


def declared_metrics() -> dict[str, Declared]:
    """The metrics of the project by name, read where they are declared."""
    found = {}
    models = _declared("semantic_models")
    aggregates = {m["name"]: m["agg"] for model in models for m in model["measures"]}
    for metric in _declared("metrics"):
        meta, parts = metric["config"]["meta"], metric["type_params"]
        divisor = parts.get("denominator", {})
        divisor = divisor if isinstance(divisor, dict) else {"name": divisor}
        found[metric["name"]] = Declared(
            name=metric["name"],
            grains=[grain for grain in GRAINS if grain in meta.get("grains", GRAINS)],
            aggregate=aggregates[parts["measure"]] if "measure" in parts else None,
            divisor=divisor.get("name"),
            divisor_filter=divisor.get("filter"),
        )
    return dict(sorted(found.items()))


class Question(NamedTuple):
    """What is asked of all metrics of a ledger at once."""

    entity: str
    grain: str
    by_area: bool
    breakdown: str

    @property
    def dimensions(self) -> list[str]:
        """Behind the entity's name, as MetricFlow names them."""
        names = ["area_code"] * self.by_area + [self.breakdown] * (self.breakdown != "total")
        return [f"{self.entity}__{name}" for name in names]


def questions(oracle: Oracle) -> dict[Question, list[Declared]]:
    """By each metric's grains, for the district and each street, undivided and broken down."""
    found: dict[Question, list[Declared]] = defaultdict(list)
    for metric in declared_metrics().values():
        dimensions = oracle.dimensions(metric.name)
        entity = dimensions[0].split("__")[0]
        areas = (False, True) if f"{entity}__area_code" in dimensions else (False,)
        breakdowns = oracle.breakdowns(metric.name)
        for parts in itertools.product(metric.grains, areas, breakdowns):
            found[Question(entity, *parts)].append(metric)
    return found


def answer_in_full(
    oracle: Oracle, question: Question, metrics: list[Declared]
) -> dict[str, tuple[Cells, Decimal | None]]:
    """What MetricFlow answers of each metric; and what a cell without rows is.

    MetricFlow says null of a ratio with nothing in its numerator, where we say none of so many.
    """
    wanted = {m.name for m in metrics} | {
        m.divisor for m in metrics if m.divisor and not m.divisor_filter
    }
    answered = oracle.ask(sorted(wanted), question.grain, question.dimensions)
    found: dict[str, tuple[Cells, Decimal | None]] = {}
    for metric in metrics:
        cells = answered[metric.name]
        if metric.divisor:
            divisors = answered.get(metric.divisor, {})
            if metric.divisor_filter:
                asked = (question.grain, question.dimensions, metric.divisor_filter)
                divisors = oracle.ask([metric.divisor], *asked)[metric.divisor]
            rates = {k: (cells.get(k) or Decimal(0)) if n else None for k, n in divisors.items()}
            found[metric.name] = rates, None
        else:
            nothing = None if metric.aggregate in EMPTY_WITHOUT_ROWS else Decimal(0)
            found[metric.name] = {k: v for k, v in cells.items() if v is not None}, nothing
    return found


@pytest.fixture(scope="module")
def oracle(indicator_build: IndicatorBuild) -> Iterator[Oracle]:
    oracle = Oracle(indicator_build)
    yield oracle
    oracle.connection.close()


@pytest.mark.parametrize("entity", declared_entities())
def test_every_metric_equals_the_answer_of_metricflow(oracle: Oracle, entity: str) -> None:
    """0 is not null.

    MetricFlow says nothing of a period without rows, where we say 0 or null, and states rows of no
    known street apart, which we count in the district only.
    """
    asked = {q: metrics for q, metrics in questions(oracle).items() if q.entity == entity}
    assert asked
    for question, metrics in asked.items():
        for name, (answered, nothing) in answer_in_full(oracle, question, metrics).items():
            about = (name, *question)
            published, missing = oracle.published(name, *question[1:])
            expected = {
                key: value
                for key, value in answered.items()
                if key[0] not in missing and not (question.by_area and key[1] is None)
            }
            assert any(expected.values()), f"nothing to compare: {about}"
            if question.breakdown == "total":
                assert {key for key, v in expected.items() if v is not None} <= published.keys()
            for key in published.keys() | expected.keys():
                if key[0] not in missing:
                    stated = published.get(key, nothing)
                    assert stated == expected.get(key, nothing), (about, key)


def test_the_oracle_knows_the_metrics_that_are_published(oracle: Oracle) -> None:
    query = "select indicator_id from indicators.indicators order by all"
    published = [name for (name,) in oracle.connection.execute(query).fetchall()]
    assert oracle.metric_names() == published == list(declared_metrics())
    assert {question.entity for question in questions(oracle)} == set(declared_entities())
