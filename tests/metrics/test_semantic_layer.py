"""What is refused of metrics and semantic models before a night begins, and by which message.

dbt parses a small project once; each case spoils the manifest that came of it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.errors import ContractError
from pipelines.metrics.semantic_layer import check_metrics
from tests.dbt.visits_project import DECLARED, run_in_process, write_project

Manifest = dict[str, Any]
Spoil = Callable[[Manifest], object]

METRIC = "models/ledgers/_visits_metrics.yml, metric {}: "
MODEL = "models/ledgers/_visits_metrics.yml, semantic model visits: "


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """The project's folder and dbt's manifest of it."""
    folder = tmp_path_factory.mktemp("visits")
    write_project(folder, copy.deepcopy(DECLARED))
    succeeded, messages = run_in_process(folder, "parse")
    assert succeeded, messages
    return folder, json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))


def meta(metric: str = "visits", **said: object) -> Spoil:
    """Change what a metric's metadata says; None leaves an entry out."""

    def spoil(manifest: Manifest) -> None:
        declared = manifest["metrics"][f"metric.zhibiao.{metric}"]["config"]["meta"]
        declared.update(said)
        for name in [name for name, value in said.items() if value is None]:
            del declared[name]

    return spoil


def metric(name: str = "visits", **said: object) -> Spoil:
    """Change what a metric says beside its metadata."""
    return lambda manifest: manifest["metrics"][f"metric.zhibiao.{name}"].update(said)


def filtered(template: str, **said: object) -> Spoil:
    """Filter the visits, whose ledger has a dimension source_table, and change their metadata."""

    def spoil(manifest: Manifest) -> None:
        (model,) = manifest["semantic_models"].values()
        model["dimensions"].append({"name": "source_table", "type": "categorical"})
        manifest["sources"]["source.list"] = {"source_name": "visits", "name": "log"}
        manifest["nodes"]["seed.areas"] = {"depends_on": {"macros": []}}
        model["depends_on"]["nodes"] += ["source.list", "seed.areas"]
        for other in ("plans", "long_visits", "firms_visited"):
            metric(other, filter=None)(manifest)
        metric(filter={"where_filters": [{"where_sql_template": template}]})(manifest)
        meta("visits", **said)(manifest)

    return spoil


def model(**said: object) -> Spoil:
    """Change what the semantic model says."""
    return lambda manifest: next(iter(manifest["semantic_models"].values())).update(said)


def measure(number: int, **said: object) -> Spoil:
    """Change what a measure says."""

    def spoil(manifest: Manifest) -> None:
        (only,) = manifest["semantic_models"].values()
        only["measures"][number].update(said)

    return spoil


def twice(manifest: Manifest) -> None:
    """The same name in another package."""
    manifest["metrics"]["metric.other.visits"] = manifest["metrics"]["metric.zhibiao.visits"]


VERSION = {"version": 2, "valid_from": "2024-01-01", "change": "含", "change_en": "In"}
CONTINUOUS = {"percentile": 0.5, "use_discrete_percentile": False}
STOCK = {"name": "made_on", "window_choice": "min", "window_groupings": []}
IN_LIST = "{{ Dimension('visit__source_table') }} = 'visits__log'"
IN_NO_LIST = "{{ Dimension('visit__source_table') }} = 'visits__lgo'"

REFUSED: dict[str, tuple[Spoil, str]] = {
    "an owner that is missing": (
        meta(owner=None),
        METRIC.format("visits") + "expected owner, got none. Add it to config.meta.",
    ),
    "a word that says nothing": (
        meta(brakedowns=["purpose"]),
        "got brakedowns, which says nothing. Leave it out.",
    ),
    "a word that says nothing of how it is shown": (
        meta(display={"mian": True}),
        "expected one of main, order, scale, got display.mian, which says nothing.",
    ),
    "a kind that the measure says": (
        meta(kind="count"),
        "kind: Input should be 'distinct', 'rank'",
    ),
    "a kind that its aggregation says": (
        meta("firms_visited", kind="distinct"),
        "expected no kind distinct, which agg count_distinct says. Leave it out.",
    ),
    "an extreme without a kind": (
        measure(0, agg="max"),
        "expected kind rank, upper_bound or lower_bound on agg max, got None. Say what is stated.",
    ),
    "a kind of a ratio": (meta("help_rate", kind="rank"), "expected a ratio without kind"),
    "a unit that no table knows": (
        meta(unit="vist"),
        "expected a unit among visit, or its unit_label, got vist. Add it to var units",
    ),
    "a unit's usual word": (
        meta(unit_label="次"),
        "expected no unit_label 次, which unit visit says. Leave it out.",
    ),
    "a scale that is the unit": (
        meta(display={"scale": "次"}),
        "expected no display.scale 次, which is the unit. Leave it out.",
    ),
    "a scale that is its own word of the unit": (
        meta(unit_label="人次", display={"scale": "人次"}),
        "expected no display.scale 人次, which is the unit. Leave it out.",
    ),
    "a breakdown that is no dimension": (
        meta(breakdowns=["porpoise"]),
        METRIC.format("visits") + "expected breakdowns among the categorical dimensions of ledger"
        " visits (purpose; areas are always there), got porpoise.",
    ),
    "a breakdown that a ratio's part lacks": (
        meta("help_rate", breakdowns=["porpoise"]),
        METRIC.format("help_rate") + "expected breakdowns among",
    ),
    "a grain that is none": (
        meta(grains=["week"]),
        "grains.0: Input should be 'month', 'quarter', 'year' or 'ytd', got 'week'.",
    ),
    "provisional by what does not add up": (
        meta(provisional_when="firms_visited"),
        "expected provisional_when naming a metric that counts or sums, got firms_visited.",
    ),
    "small cells of what is no count": (
        meta("firms_visited", suppress_small_cells=True),
        "expected suppress_small_cells on a count, got it on count_distinct.",
    ),
    "a version without its day": (
        meta(versions=[{key: VERSION[key] for key in ("version", "change", "change_en")}]),
        "expected versions.0.valid_from, got none.",
    ),
    "versions out of order": (
        meta(versions=[{**VERSION, "version": 3}]),
        "expected versions from 2 on, one after the other, got [3]. Mend config.meta.",
    ),
    "a later version that holds earlier": (
        meta(versions=[VERSION, {**VERSION, "version": 3, "valid_from": "2023-12-31"}]),
        "expected versions in the order of their valid_from, got another. Mend config.meta.",
    ),
    "legal bases as text": (
        meta(legal_bases="行政处罚法"),
        "legal_bases: Input should be a valid tuple",
    ),
    "a legal basis twice": (
        meta(legal_bases=["own", "own"]),
        "legal_bases: Value error, each once",
    ),
    "an ambiguity in one language": (
        meta(ambiguity="口径不明"),
        "expected ambiguity and ambiguity_en, got one of the two.",
    ),
    "a list that is not there": (
        filtered(IN_NO_LIST, source_tables=["visits__lgo"]),
        "expected source_tables to state what the filter by visit__source_table names (one of"
        " visits__log), got visits__lgo for none. Correct the name of the list.",
    ),
    "a list that is not stated": (filtered(IN_LIST), "got none for visits__log."),
    "a filter by a list that is neither there nor stated": (
        filtered(IN_NO_LIST),
        "got none for none. Correct the name of the list.",
    ),
    "a list that is not filtered by": (
        filtered("{{ Dimension('visit__purpose') }} = 'a'", source_tables=["visits__log"]),
        "got visits__log for none.",
    ),
    "lists of a ledger that has none": (
        meta(source_tables=["visits__log"]),
        "expected no source_tables on ledger visits, got some. Leave them out.",
    ),
    "a type that is not compiled": (
        metric("plans", type="cumulative"),
        METRIC.format("plans") + "expected type simple or ratio, got cumulative.",
    ),
    "a name that is given twice": (twice, "expected one declaration, got two. Rename one"),
    "a filter by another metric": (
        filtered("{{ Metric('plans', ['visit']) }} > 2"),
        "filter: expected only {{ Dimension('entity__name') }},",
    ),
    "a filter by what is no dimension": (
        filtered("{{ Dimension('visit__porpoise') }} = 'a'"),
        "got Dimension visit__porpoise. Correct the name, or declare the dimension",
    ),
    "a measure that is not there": (
        metric(type_params={"measure": {"name": "vists_made"}}),
        "expected type_params.measure naming a measure of a semantic model, got vists_made.",
    ),
    "a part that is no simple metric": (
        metric("help_rate", type_params={"numerator": {"name": "help_rate"}, "denominator": None}),
        "expected numerator naming a simple metric, got help_rate.",
    ),
    "an average": (
        measure(3, agg="average"),
        MODEL + "measure minutes: expected agg among sum, count, sum_boolean, median, percentile,"
        " count_distinct, min, max, got average.",
    ),
    "a continuous percentile": (
        measure(3, agg="percentile", agg_params=CONTINUOUS),
        "expected agg_params.use_discrete_percentile: true, got a continuous percentile.",
    ),
    "a stock at the beginning": (
        measure(3, non_additive_dimension=STOCK),
        "expected agg sum with non_additive_dimension.window_choice max",
    ),
    "a stock of groups": (
        measure(
            3, non_additive_dimension={**STOCK, "window_choice": "max", "window_groupings": ["a"]}
        ),
        "window_groupings ['a']. A stock is stated at the last day of its period; declare it so.",
    ),
    "a first day in the year": (
        model(config={"meta": {"figures_from": "2021-04-01"}}),
        MODEL + "figures_from: expected the first day of a year, like 2023-01-01, got 2021-04-01.",
    ),
    "a first day that is no day": (
        model(config={"meta": {"figures_from": "1021-01-01"}}),
        "figures_from: expected the first day of a year",
    ),
    "metadata of a semantic model that says nothing": (
        model(config={"meta": {"figures_form": "2021-01-01"}}),
        MODEL + "expected config.meta with figures_from or nothing, got figures_form.",
    ),
}


def test_what_can_be_compiled_is_let_through(visits: tuple[Path, Manifest]) -> None:
    folder, manifest = visits
    check_metrics(manifest, folder)
    stated = copy.deepcopy(manifest)
    filtered(IN_LIST, source_tables=["visits__log"])(stated)
    for other in ("plans", "firms_visited", "long_visits"):
        filter_by_list = {"where_filters": [{"where_sql_template": IN_LIST}]}
        metric(other, filter=filter_by_list)(stated)
        meta(other, source_tables=["visits__log"])(stated)
    check_metrics(stated, folder)


@pytest.mark.parametrize(("spoil", "message"), REFUSED.values(), ids=REFUSED)
def test_a_declaration_that_cannot_be_meant_is_refused_by_file_and_name(
    visits: tuple[Path, Manifest], spoil: Spoil, message: str
) -> None:
    folder, manifest = visits
    spoiled = copy.deepcopy(manifest)
    spoil(spoiled)
    with pytest.raises(ContractError) as refused:
        check_metrics(spoiled, folder)
    assert message in str(refused.value)


def test_the_first_day_of_the_project_is_checked_alike(
    visits: tuple[Path, Manifest], tmp_path: Path
) -> None:
    said = {"vars": {"figures_from": "2024-01-02", "units": {"visit": "次"}}}
    (tmp_path / "dbt_project.yml").write_text(yaml.safe_dump(said))
    with pytest.raises(
        ContractError, match=r"^dbt_project.yml, var figures_from: expected the fir"
    ):
        check_metrics(visits[1], tmp_path)
