"""The registers count up to what was published, at the edges of the definitions as well."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demo.bureau import DemoSummary
from demo.deliveries import delivered_tables
from demo.frames import take
from demo.recipes import RECIPES
from demo.recipes.disputes import hearings, reconsiderations
from demo.scene import Scene
from demo.totals import read_totals
from pipelines.errors import SettingsError
from tests.demo.count_registers import count_registers
from tests.demo.delivered import published_facts, shown, write_totals
from tests.demo.landed import LARGE_SYSTEMS, Landed
from tests.demo.statutory_terms import working_days_after

START, END = date(2023, 1, 1), date(2025, 1, 15)
OPEN_CELLS = {
    "activity_kind", "handled_on", "head_present", "heard_on", "hearing_no", "is_head_called",
    "outcome", "updated_at",
}  # fmt: skip
"""Columns whose value may change when a matter that was open ends."""


def _scene(
    *, seed: int = 1, totals: Path | None = None, end: date = END, scale: Decimal = Decimal(1)
) -> Scene:
    return Scene.of(seed, read_totals(totals, scale), START, end)


def _imagine(scene: Scene) -> Any:
    """The rows of every register."""
    return {table: recipe(scene) for table, recipe in RECIPES.items() if table not in LARGE_SYSTEMS}


def test_no_case_is_summary_before_the_law_had_such_a_procedure() -> None:
    """None of them would have a due day."""
    rows: list[Any] = reconsiderations(_scene())
    accepted = {row["accepted_on"]: row["procedure"] for row in rows if row["accepted_on"]}
    summary = [day for day, procedure in accepted.items() if procedure == "summary"]
    assert min(summary).year == 2024
    assert min(accepted).year < 2024


def test_the_bureau_is_notified_of_accepted_cases_only_and_in_their_order() -> None:
    """Some of the year's new cases were applied for before it, and some notices are to come."""
    rows: list[Any] = reconsiderations(_scene())
    notified = [row for row in rows if row["notified_on"]]
    silent = [row for row in notified if row["accepted_on"] is None]
    assert {row["applied_on"].year for row in silent} >= {2023, 2024}
    for row in notified:
        accepted = row["accepted_on"] or working_days_after(row["applied_on"], 5)
        assert row["applied_on"] < accepted < row["notified_on"] <= END
    assert any(row["applied_on"].year < 2024 == row["notified_on"].year for row in notified)
    assert any(not row["notified_on"] and row["result"] != "not_accepted" for row in rows)
    extended = [row for row in notified if row["is_extended"]]
    assert {row["extension_days"] for row in extended} == {15, 20, 30, None}
    assert any(row["suspended_days"] for row in notified)
    assert any(row["excluded_days"] for row in notified)
    refused = [row for row in rows if row["result"] == "not_accepted"]
    assert len({row["applied_on"].year for row in refused}) >= 3
    assert not any(row["accepted_on"] or row["notified_on"] for row in refused)


def test_landed_registers_count_up_to_what_was_imagined(
    demo: DemoSummary, landed: dict[str, Landed]
) -> None:
    """Names, words, units and dates come back as they went out, and no broken row counts."""
    rows: Any = {table: found.rows for table, found in landed.items()}
    counted = count_registers(rows, demo.marker.start, demo.marker.end)
    assert len(counted) > 180
    imagined = _imagine(_scene(seed=demo.marker.seed, scale=Decimal("0.05")))
    assert counted == count_registers(imagined, demo.marker.start, demo.marker.end)


@pytest.mark.parametrize("seed", [1, 20240])
def test_registers_add_up_to_the_published_figures(seed: int) -> None:
    """All figures of the report that registers hold, at the published precision."""
    counted = count_registers(_imagine(_scene(seed=seed)), START, END)
    names = {name for name, _ in counted}
    facts = {name: fact for name, fact in published_facts().items() if name in names}
    assert len(facts) == 64
    for name, fact in facts.items():
        value = shown(counted[name, int(fact["period"][:4])], fact)
        assert value == (23 if name == "laws_studied" else Decimal(fact["published"])), name


def test_another_bureaus_registers_add_up_as_well(tmp_path: Path) -> None:
    """Every count is another one, and units are staffed at a rate below 100 %."""
    totals = tmp_path / "totals.csv"
    changed = {
        name: str(Decimal(fact["published"]) * 2 + 3)
        for name, fact in published_facts().items()
        if fact["kind"] in ("count", "distinct", "stock") and not fact["unit"].startswith("万")
    }
    rates = {"equipment_producers_staffing_rate": "92.7", "law_study_hours": "70.5"}
    write_totals(totals, {**changed, **rates})
    counted = count_registers(_imagine(_scene(seed=8, totals=totals)), START, END)
    for name, fact in published_facts(totals).items():
        key = (name, int(fact["period"][:4]))
        if key in counted and name != "laws_studied":
            assert shown(counted[key], fact) == Decimal(fact["published"]), key


def test_figures_of_2023_are_below_those_of_2024() -> None:
    """So that comparisons mean something; staffing, attendance and coverage had a way to go."""
    counted = count_registers(_imagine(_scene()), START, END)
    for name in ("data_ip_registrations", "firm_service_visits", "trusted_consumption_units"):
        assert Decimal("0.9") < counted[name, 2023] / counted[name, 2024] < Decimal("0.95")
        assert 0 < counted[name, 2025] < counted[name, 2024] / 12
    for name in (
        "equipment_producers_staffing_rate", "equipment_users_staffing_rate",
        "head_court_attendance_rate", "prepaid_coverage_rate",
    ):  # fmt: skip
        assert counted[name, 2023] < counted[name, 2024] == 1


def test_a_later_end_changes_nothing_that_has_happened() -> None:
    """Rows stay, in their order; what was open may end."""
    shorter = _imagine(_scene())
    longer = _imagine(_scene(end=date(2025, 3, 31)))
    contracts = {table.id: table for table in delivered_tables()}
    for table, rows in shorter.items():
        keys = [c.as_ for c in contracts[table].columns if c.name in contracts[table].key]
        keys = [key for key in keys if key != "hearing_no"]
        later = {tuple(row[str(k)] for k in keys): row for row in reversed(longer[table])}
        for row in rows:
            key = tuple(row[str(k)] for k in keys)
            for name, value in row.items():
                if value is not None and name not in OPEN_CELLS:
                    assert later[key][name] == value, (table, key, name)


def test_edges_of_the_definitions_are_delivered(landed: dict[str, Landed]) -> None:
    """Rows that a definition with < for <= or without its filter would count wrongly."""
    rows = {table: found.rows for table, found in landed.items()}
    last = date(2024, 12, 31)
    live = rows["listings__live_commerce_sites"]
    assert any(r["turnover_yuan"] == 10_000_000 and r["listing_kind"] == "live_room" for r in live)
    assert any(row["delisted_on"] == last for row in live)
    assert any(row["listed_on"] == last for row in live)
    certificates = rows["brand_certificates__certificates"]
    assert any(row["valid_until"] == last for row in certificates)
    assert any(row["withdrawn_on"] == last for row in certificates)
    units = rows["special_equipment__units"]
    assert any(row["obliged_until"] == last for row in units)
    assert any(row["obliged_from"] == date(2025, 1, 1) for row in units)
    kinds = Counter(row["unit_no"] for row in units)
    assert max(kinds.values()) == 2
    assert {row["equipment_kind"] for row in units} >= {None, "lift", "boiler", "crane"}
    places = {row["used_at"] for row in units}
    assert places == {None, "building_site", "municipal_site", "elsewhere"}
    assert {row["officers_required"] for row in units} == {None, 2}
    boiler_makers = {
        row["unit_no"]
        for row in units
        if (row["unit_kind"], row["equipment_kind"]) == ("producer", "boiler")
    }
    roles: dict[Any, set[Any]] = {}
    for row in rows["special_equipment__role_holders"]:
        roles.setdefault((row["unit_no"], row["person_no"]), set()).add(row["role"])
    doubling = {unit for (unit, _), held in roles.items() if len(held) == 2}
    assert doubling & boiler_makers
    assert doubling - boiler_makers
    laws = Counter(
        (row["document_no"], row["happened_on"].year)
        for row in rows["activities__publications"]
        if row["activity_kind"] == "law_studied"
    )
    assert max(laws.values()) == 2
    honoured = Counter(
        (row["holder_uscc"], row["level"])
        for row in rows["recognitions__items"]
        if row["programme"] == "contract_trustworthy_firm" and row["recognised_on"].year == 2024
    )
    assert max(honoured.values()) == 2
    assert len({code for code, _ in honoured}) < len(honoured)
    heard = rows["litigations__hearings"]
    heads = {"principal", "deputy", "other_head", "codefendant_head"}
    assert {row["head_present"] for row in heard} == {*heads, "none", None}
    assert any(row["is_head_called"] and row["head_present"] in heads for row in heard)
    assert {row["hearing_no"] for row in heard} == {0, 1, 2}
    assert any(row["heard_on"] and row["heard_on"] > END for row in heard)


def test_failed_samples_since_july_2024_are_followed_up_in_time(landed: dict[str, Landed]) -> None:
    """Before, some were reported late, and some never."""
    failed = [
        row
        for row in landed["food_samples__test_results"].rows
        if row["verdict"] == "failed" and row["sampling_kind"] == "supervision"
    ]
    recent = [row for row in failed if row["result_received_on"] >= date(2024, 7, 1)]
    autumn = [r for r in recent if date(2024, 9, 1) <= r["result_received_on"] < date(2024, 12, 1)]
    assert len({row["sample_no"] for row in autumn}) >= 15
    for row in recent:
        waited = (row["reported_on"] or END) - row["result_received_on"]
        assert waited.days <= 1
        if row["disposed_on"]:
            assert (row["disposed_on"] - row["result_received_on"]).days <= 60
            assert ((row["published_on"] or END) - row["disposed_on"]).days <= 10
    earlier = [row for row in failed if row not in recent]
    assert any(row["reported_on"] is None for row in earlier)
    assert any(
        row["reported_on"] and (row["reported_on"] - row["result_received_on"]).days > 5
        for row in earlier
    )


@pytest.mark.parametrize("seed", range(8))
def test_everything_heard_in_2024_was_attended_by_its_last_day(seed: int) -> None:
    """Also what was first heard in December; that a head comes later only would not count."""
    end = date(2024, 12, 31)
    heard: dict[tuple[Any, Any], list[Any]] = {}
    for row in hearings(_scene(seed=seed, end=end)):
        if row["heard_on"] is not None:
            heard.setdefault((row["case_no"], row["instance"]), []).append(row)
    for rows in heard.values():
        if date(2024, 1, 1) <= min(row["heard_on"] for row in rows) <= end:
            assert {row["head_present"] for row in rows} - {"none", None}
            assert all(row["head_present"] != "none" for row in rows if row["is_head_called"])


def test_more_firms_than_the_register_has_are_refused() -> None:
    """Naming the total."""
    scene = _scene()
    few = replace(scene, entities=take(scene.entities, np.arange(80)))
    with pytest.raises(SettingsError, match=r"platform_enterprises: expected at most \d\d firms"):
        RECIPES["listings__platform_enterprises"](few)
