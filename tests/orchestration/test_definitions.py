"""The graph that Dagster loads: from each source table to the release, with its gates."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from pipelines.clock import zone
from pipelines.errors import ContractError
from pipelines.layout import Layout
from pipelines.orchestration import graph as night_graph
from pipelines.settings import PROJECT_ROOT, Settings
from pipelines.sources.contracts import read_contracts
from tests.declared import our_suites

RELEASE = dg.AssetKey(["release", "current"])
LEDGERS = {
    "registrations": "registrations/events",
    "entity_stocks": "registrations/events",
    "complaints": "complaints/items",
    "ip_pledges": "ip_pledges/pledged_rights",
    "penalty_cases": "penalty_cases/cases",
    "penalty_decisions": "penalty_cases/cases",
}


@pytest.fixture(scope="module")
def graph(definitions: dg.Definitions) -> dict[str, set[str]]:
    """The assets directly before each asset, by key written with slashes."""
    before: dict[str, set[str]] = {}
    for spec in definitions.resolve_all_asset_specs():
        before[spec.key.to_user_string()] = {d.asset_key.to_user_string() for d in spec.deps}
    return before


def _all_before(graph: dict[str, set[str]], key: str) -> set[str]:
    found: set[str] = set()
    left = [key]
    while left:
        new = graph.get(left.pop(), set()) - found
        found |= new
        left += new
    return found


def test_every_source_table_leads_to_the_release(
    graph: dict[str, set[str]], layout: Layout
) -> None:
    tables = {f"{t.source}/{t.name}" for t in read_contracts(layout.dbt_project).values()}
    assert tables
    assert tables <= _all_before(graph, "release/current")


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("models/ledgers/data_ip/_data_ip_registrations_metrics.yml",
         "        owner:", "        ownr:", ", metric data_ip_.*: expected owner, got none"),
        ("dbt_project.yml", "Asia/Shanghai", "Asia/Shanghae", ", var time_zone: expected a time"),
    ],
)  # fmt: skip
def test_a_declaration_that_says_nothing_useful_ends_the_night_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str, said: str
) -> None:
    for folder in ("dbt_project", "expectations"):
        shutil.copytree(PROJECT_ROOT / folder, tmp_path / folder)
    declared = tmp_path / "dbt_project" / name
    declared.write_text(declared.read_text().replace(old, new))
    spoiled = Settings(project=tmp_path, warehouse=tmp_path / "warehouse")
    monkeypatch.setattr(night_graph, "current_settings", lambda: spoiled)
    with pytest.raises(ContractError, match=f"{name}{said}"):
        night_graph.build_definitions()


@pytest.mark.parametrize(("ledger", "table"), LEDGERS.items())
def test_each_ledger_comes_from_its_source_table_and_feeds_the_measures(
    graph: dict[str, set[str]], ledger: str, table: str
) -> None:
    assert table in _all_before(graph, f"ledgers/{ledger}")
    assert f"ledgers/{ledger}" in _all_before(graph, "indicators/monthly_measures")


def test_measures_become_values_and_values_the_release(graph: dict[str, set[str]]) -> None:
    assert "indicators/monthly_measures" in _all_before(graph, "indicators/indicator_values")
    assert "indicators/indicator_values" in graph["release/tables"]
    assert graph["release/report"] == {"release/tables"}
    assert graph["release/current"] == {"release/report"}


def test_nothing_is_computed_that_the_release_does_not_rest_on(
    graph: dict[str, set[str]],
) -> None:
    used = _all_before(graph, "release/current") | {"release/current"}
    unused = set(graph) - used
    assert unused <= {"indicators/time_spine"}, unused


def test_every_suite_is_a_gate_that_blocks_what_lies_behind_it(
    definitions: dg.Definitions, layout: Layout
) -> None:
    asset_graph = definitions.resolve_asset_graph()
    gates = {key for key in asset_graph.asset_check_keys if key.name == "gate"}
    assert all(asset_graph.get(key).blocking for key in gates)
    gated = {key.asset_key.to_user_string() for key in gates}
    contracts = read_contracts(layout.dbt_project)
    expected = {
        f"{contracts[table].source}/{contracts[table].name}"
        if table in contracts
        else suite.table.replace(".", "/")
        for table, suite in our_suites().items()
    }
    assert gated == expected
    assert {f"ledgers/{ledger}" for ledger in LEDGERS} <= gated


def test_the_night_runs_every_asset_and_gate_in_one_process(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("nightly")
    assert job.executor_def is dg.in_process_executor
    selected = job.asset_layer.selected_asset_keys
    asset_graph = definitions.resolve_asset_graph()
    assert selected == asset_graph.materializable_asset_keys
    checks = job.asset_layer.asset_graph.asset_check_keys
    assert {k for k in asset_graph.asset_check_keys if k.name == "gate"} <= checks


def test_the_schedule_wakes_at_two_in_shanghai(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("nightly_schedule")
    assert schedule.cron_schedule == "0 2 * * *"
    assert schedule.execution_timezone == "Asia/Shanghai"
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def _run_config(definitions: dg.Definitions, at: datetime) -> object:
    schedule = definitions.resolve_schedule_def("nightly_schedule")
    with dg.build_schedule_context(scheduled_execution_time=at) as context:
        (request,) = schedule.evaluate_tick(context).run_requests or []
    assert request.run_key is None
    return request.run_config


def test_a_scheduled_night_takes_the_day_that_has_just_ended_in_shanghai(
    definitions: dg.Definitions,
) -> None:
    expected = {"resources": {"night": {"config": {"business_date": "2026-02-28"}}}}
    assert _run_config(definitions, datetime(2026, 3, 1, 2, tzinfo=zone())) == expected
    assert _run_config(definitions, datetime(2026, 2, 28, 18, tzinfo=UTC)) == expected


def test_no_secret_is_shown_with_the_resources(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    resources = repository.get_top_level_resources()
    fields = resources["night"].config_schema.config_type.fields  # type: ignore[union-attr]
    assert set(fields) == {"accept_older", "business_date", "from_scratch", "make_current"}
    shown = json.dumps([str(resources), str(fields)])
    assert "s3cret" not in shown


def test_an_older_delivery_is_accepted_for_tables_that_exist(settings: Settings) -> None:
    """A slip of the name would accept nothing, in silence."""
    from pipelines.errors import SettingsError
    from pipelines.orchestration.lifecycle import open_night
    from pipelines.sources.older_deliveries import require_known

    contracts = read_contracts(settings.project / "dbt_project")
    require_known(["complaints__items"], contracts)
    with (
        pytest.raises(SettingsError, match="--accept-older: expected source tables like"),
        open_night(settings, "n2", date(2025, 1, 15), accept_older=frozenset({"complaint__items"})),
    ):
        pass


def test_a_business_date_that_is_none_is_refused(definitions: dg.Definitions) -> None:
    from pipelines.errors import SettingsError
    from pipelines.orchestration.schedule import night_resource

    context = dg.build_init_resource_context(config={"business_date": "tomorrow"})
    with pytest.raises(SettingsError, match="business_date: expected a day"):
        next(night_resource.resource_fn(context))  # type: ignore[call-arg]
