"""What metrics and semantic models owe one another before any SQL is compiled from them.

What belongs here: all that the compiler of the figures (`dbt_project/macros/indicators`) takes for
granted. What does not: the metadata on its own (metadata), and what dbt refuses itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.declarations import read_vars
from pipelines.errors import ContractError
from pipelines.metrics.metadata import MetricMeta, read_meta, unit_problems

_Node = Mapping[str, Any]

_ADDED_UP = ("sum", "count", "sum_boolean")
_READ_OFF = ("median", "percentile", "count_distinct", "min", "max")
_FIRST_DAY = re.compile(r"(19|20)\d\d-01-01")
_REFERENCE = re.compile(r"\{\{\s*(Dimension|TimeDimension|Entity)\(([^()]*)\)\s*\}\}")
_ARGUMENT = re.compile(r"""['"]([^'"]*)['"]""")


def check_metrics(manifest: _Node, dbt_project: Path) -> None:
    """Refuse what cannot be compiled, published or told apart.

    Args:
        manifest: Dbt's manifest.
        dbt_project: The folder whose dbt_project.yml holds the units and the first day of figures.

    Raises:
        ContractError: naming file, metric or semantic model, and everything wrong with each.
    """
    said = read_vars(dbt_project)
    layer = _SemanticLayer(manifest, said.get("units", {}))
    problems = [
        f"dbt_project.yml, var figures_from: {problem}"
        for problem in _first_day_problems(said.get("figures_from"))
    ]
    for model in manifest["semantic_models"].values():
        where = f"{model['original_file_path']}, semantic model {model['name']}"
        problems += [f"{where}: {problem}" for problem in _model_problems(model)]
    for metric in manifest["metrics"].values():
        where = f"{metric['original_file_path']}, metric {metric['name']}"
        problems += [f"{where}: {problem}" for problem in layer.problems_of(metric)]
    if problems:
        raise ContractError("\n".join(f"{problem}." for problem in problems))


def _first_day_problems(first_day: object) -> Iterator[str]:
    if not _FIRST_DAY.fullmatch(str(first_day)):
        yield (
            f"expected the first day of a year, like 2023-01-01, got {first_day}. "
            "The figures of a year need all its months"
        )


def _model_problems(model: _Node) -> Iterator[str]:
    meta = (model.get("config") or {}).get("meta") or {}
    if unknown := set(meta) - {"figures_from"}:
        yield f"expected config.meta with figures_from or nothing, got {', '.join(sorted(unknown))}"
    if "figures_from" in meta:
        for problem in _first_day_problems(meta["figures_from"]):
            yield f"figures_from: {problem}"
    for measure in model["measures"]:
        for problem in _measure_problems(measure):
            yield f"measure {measure['name']}: {problem}"


def _measure_problems(measure: _Node) -> Iterator[str]:
    aggregation, stock = measure["agg"], measure["non_additive_dimension"]
    if aggregation not in _ADDED_UP + _READ_OFF:
        yield (
            f"expected agg among {', '.join(_ADDED_UP + _READ_OFF)}, got {aggregation}. Use one of "
            "these; an average is a ratio of a sum and a count"
        )
    if aggregation == "percentile" and not measure["agg_params"]["use_discrete_percentile"]:
        yield (
            "expected agg_params.use_discrete_percentile: true, got a continuous percentile. Set "
            "it: interpolation is done in floating point, and no published figure may be"
        )
    if stock and (
        aggregation != "sum" or stock["window_choice"] != "max" or stock["window_groupings"]
    ):
        yield (
            "expected agg sum with non_additive_dimension.window_choice max and no "
            f"window_groupings, got agg {aggregation}, window_choice {stock['window_choice']}, "
            f"window_groupings {stock['window_groupings']}. A stock is stated at the last day of "
            "its period; declare it so"
        )


@dataclass(frozen=True)
class _Ledger:
    """A semantic model as a metric meets it."""

    name: str
    entity: str
    entities: frozenset[str]
    dimensions: Mapping[str, str]
    """Name to type."""
    sources: frozenset[str]

    def reference_problems(self, template: str) -> Iterator[str]:
        """What a filter refers to and the ledger does not have."""
        if {"{{", "{%"} & set(re.findall(r"\{[{%]", _REFERENCE.sub("", template))):
            yield (
                "filter: expected only {{ Dimension('entity__name') }}, "
                "{{ TimeDimension('entity__name', 'grain') }} or {{ Entity('name') }}, got "
                f"{template}. Write the filter with these references"
            )
        known = {f"{self.entity}__{name}" for name in self.dimensions}
        for kind, arguments in _REFERENCE.findall(template):
            name = (_ARGUMENT.findall(arguments) or [""])[0]
            is_known = name in (self.entities if kind == "Entity" else known)
            if not is_known and (kind, name) != ("TimeDimension", "metric_time"):
                yield (
                    f"filter: expected a reference into ledger {self.name} "
                    f"({', '.join(sorted(known))}), got {kind} {name}. Correct the name, or "
                    "declare the dimension in the semantic model"
                )

    def source_problems(self, templates: Sequence[str], stated: Sequence[str]) -> Iterator[str]:
        """Where the lists that a metric rests on are not those that its filter names."""
        reference = f"{self.entity}__source_table"
        is_filtered = any(reference in template for template in templates)
        named = {s for s in self.sources if any(f"'{s}'" in t for t in templates)}
        if named != set(stated) or is_filtered != bool(stated):
            lists = f"one of {', '.join(sorted(self.sources))}" if self.sources else "no list"
            yield (
                f"expected source_tables to state what the filter by {reference} names ({lists}), "
                f"got {', '.join(stated) or 'none'} for {', '.join(sorted(named)) or 'none'}. "
                "Correct the name of the list"
            )


class _SemanticLayer:
    """The metrics among their measures and ledgers."""

    def __init__(self, manifest: _Node, units: Mapping[str, str]) -> None:
        self._manifest, self._units = manifest, units
        self._metrics: dict[str, list[_Node]] = {}
        for metric in manifest["metrics"].values():
            self._metrics.setdefault(metric["name"], []).append(metric)
        self._measures = {
            measure["name"]: (measure, ledger)
            for model in manifest["semantic_models"].values()
            for ledger in [self._ledger(model)]
            for measure in model["measures"]
        }

    def problems_of(self, metric: _Node) -> Iterator[str]:
        """Everything that is wrong with one metric."""
        meta = read_meta(metric["config"]["meta"])
        if isinstance(meta, list):
            yield from meta
            return
        yield from unit_problems(meta, self._units)
        if len(self._metrics[metric["name"]]) > 1:
            yield "expected one declaration, got two. Rename one: the name is the figure's id"
        if metric["type"] == "simple":
            yield from self._simple_problems(metric, meta)
        elif metric["type"] == "ratio":
            yield from self._ratio_problems(metric, meta)
        else:
            yield (
                f"expected type simple or ratio, got {metric['type']}. Declare it as one of these, "
                "or teach macros/indicators the type"
            )
        if meta.provisional_when is not None and not self._adds_up(meta.provisional_when):
            yield (
                "expected provisional_when naming a metric that counts or sums, got "
                f"{meta.provisional_when}. Name the metric whose value above 0 makes this "
                "provisional"
            )

    def _ledger(self, model: _Node) -> _Ledger:
        entities = {entity["name"]: entity["type"] for entity in model["entities"]}
        primary = [name for name, kind in entities.items() if kind == "primary"]
        return _Ledger(
            model["name"],
            primary[0] if primary else model["primary_entity"],
            frozenset(entities),
            {dimension["name"]: dimension["type"] for dimension in model["dimensions"]},
            frozenset(self._upstream(model["depends_on"]["nodes"])),
        )

    def _upstream(self, nodes: Sequence[str]) -> Iterator[str]:
        for node in nodes:
            if node in self._manifest["sources"]:
                source = self._manifest["sources"][node]
                yield f"{source['source_name']}__{source['name']}"
            elif node in self._manifest["nodes"]:
                depends_on = self._manifest["nodes"][node]["depends_on"]
                # A seed depends on macros only.
                yield from self._upstream(depends_on.get("nodes", ()))

    def _simple_problems(self, metric: _Node, meta: MetricMeta) -> Iterator[str]:
        named = metric["type_params"]["measure"] or {}
        if named.get("name") not in self._measures:
            yield (
                "expected type_params.measure naming a measure of a semantic model, got "
                f"{named.get('name')}. Declare the measure beside its ledger and name it"
            )
            return
        if named.get("fill_nulls_with"):
            yield (
                f"expected fill_nulls_with 0 or none, got {named['fill_nulls_with']}. Leave it "
                "out: counts and sums are 0 in a period without rows"
            )
        measure, ledger = self._measures[named["name"]]
        yield from _kind_problems(measure, meta)
        yield from _breakdown_problems(ledger, meta)
        templates = [*_templates(metric["filter"]), *_templates(named.get("filter"))]
        for template in templates:
            yield from ledger.reference_problems(template)
        if "source_table" in ledger.dimensions:
            yield from ledger.source_problems(templates, meta.source_tables or ())
        elif meta.source_tables:
            yield f"expected no source_tables on ledger {ledger.name}, got some. Leave them out"

    def _ratio_problems(self, metric: _Node, meta: MetricMeta) -> Iterator[str]:
        if meta.kind is not None or meta.source_tables is not None:
            yield "expected a ratio without kind and source_tables, which its parts say, got one"
        for part in ("numerator", "denominator"):
            named = metric["type_params"][part] or {}
            found = self._metrics.get(str(named.get("name")), [{}])[0]
            measure = ((found.get("type_params") or {}).get("measure") or {}).get("name")
            if measure not in self._measures:
                yield (
                    f"expected {part} naming a simple metric, got {named.get('name')}. Declare the "
                    f"{part} as a simple metric and name it"
                )
                continue
            if named.get("offset_window") or named.get("offset_to_grain"):
                yield (
                    f"expected {part} of the same period, got an offset. Leave it out: changes "
                    "over time are in indicator_comparisons"
                )
            ledger = self._measures[measure][1]
            yield from _breakdown_problems(ledger, meta)
            for template in [*_templates(metric["filter"]), *_templates(named.get("filter"))]:
                yield from ledger.reference_problems(template)

    def _adds_up(self, name: str) -> bool:
        metric = self._metrics.get(name, [{}])[0]
        measure = ((metric.get("type_params") or {}).get("measure") or {}).get("name")
        return measure in self._measures and self._measures[measure][0]["agg"] in _ADDED_UP


def _kind_problems(measure: _Node, meta: MetricMeta) -> Iterator[str]:
    aggregation = measure["agg"]
    if aggregation in {"min", "max"} and meta.kind in {None, "distinct"}:
        yield (
            f"expected kind rank, upper_bound or lower_bound on agg {aggregation}, got "
            f"{meta.kind}. Say what is stated"
        )
    if aggregation == "count_distinct" and meta.kind == "distinct":
        yield "expected no kind distinct, which agg count_distinct says. Leave it out"
    is_count = aggregation in {"count", "sum_boolean"} and meta.kind is None
    if meta.suppress_small_cells and not is_count:
        yield (
            f"expected suppress_small_cells on a count, got it on {meta.kind or aggregation}. "
            "Leave it out: only counts have small cells, and rates follow their counts"
        )


def _breakdown_problems(ledger: _Ledger, meta: MetricMeta) -> Iterator[str]:
    known = [
        name
        for name, kind in ledger.dimensions.items()
        if kind == "categorical" and name not in {"area_code", "total"}
    ]
    for breakdown in meta.breakdowns:
        if breakdown not in known:
            yield (
                f"expected breakdowns among the categorical dimensions of ledger {ledger.name} "
                f"({', '.join(known)}; areas are always there), got {breakdown}. Correct "
                "config.meta.breakdowns, or declare the dimension in the semantic model"
            )


def _templates(filtered: _Node | None) -> list[str]:
    return [where["where_sql_template"] for where in (filtered or {}).get("where_filters", [])]
