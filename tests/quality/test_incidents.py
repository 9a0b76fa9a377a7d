"""Incidents: opened by a failing rule, refreshed while it lasts, closed by a passing gate."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import pytest

from pipelines.errors import ZhibiaoError
from pipelines.layout import Layout
from pipelines.quality.gates import judge_extracts
from pipelines.quality.incidents import (
    acknowledge,
    hold_delivery,
    list_closed_since,
    list_open,
    settle_checks,
    settle_deliveries,
    settle_extracts,
)
from pipelines.quality.suites import Suite
from pipelines.quality.validation import CheckResult
from pipelines.quality.verdicts import record_verdicts
from pipelines.settings import Settings
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract
from tests.quality.landed import complaint, contract, land, registration

EVENTS, ITEMS = contract("registrations__events"), contract("complaints__items")
EVER = "2000-01-01T00:00:00+00:00"


class Gate:
    """Judges, records and settles, night by night."""

    def __init__(
        self,
        layout: Layout,
        settings: Settings,
        suites: dict[str, Suite],
        operations: sqlite3.Connection,
    ) -> None:
        self.layout, self.settings, self.suites = layout, settings, suites
        self.operations = operations
        self.seen: list[Extract] = []

    def night(self, table: SourceTable, *extracts: Extract) -> list[tuple[str, str]]:
        """Judge what is new; (rule, extract) of every incident then open."""
        verdicts = judge_extracts(
            table,
            extracts,
            self.suites[table.id],
            layout=self.layout,
            settings=self.settings,
            history=self.seen,
        )
        self.seen += extracts
        record_verdicts(self.operations, verdicts)
        settle_extracts(self.operations, table, verdicts, layout=self.layout, extracts=self.seen)
        return self.open()

    def open(self) -> list[tuple[str, str]]:
        """(rule, extract or slot) of every open incident."""
        return [(i.rule_id, i.extract_id or i.slot or "") for i in list_open(self.operations)]


@pytest.fixture
def gate(
    layout: Layout,
    settings: Settings,
    suites: dict[str, Suite],
    operations: sqlite3.Connection,
) -> Gate:
    return Gate(layout, settings, suites, operations)


def check(rule_id: str, *, success: bool) -> CheckResult:
    return CheckResult(rule_id, "row", "critical", success, "有误", "statistics", 3, 0.1)


def months(layout: Layout, rows: Sequence[dict[str, str | None]], version: int) -> Extract:
    return land(layout, EVENTS, rows, version=version, sequence=version)


def test_a_bad_row_opens_one_incident_with_its_owner_rows_and_list(
    gate: Gate, layout: Layout
) -> None:
    rows = [registration(i) for i in range(30)] + [registration(99, 所属街道="闻堰街道")]
    gate.night(EVENTS, months(layout, rows, 1))
    (incident,) = list_open(gate.operations, "registration")
    assert (incident.rule_id, incident.rows_affected, incident.first_rows) == (
        "street_is_in_the_district", 1, (32,),
    )  # fmt: skip
    assert incident.origin == "registrations/registrations_202412.csv"
    assert incident.quarantine_path is not None
    assert (layout.warehouse / incident.quarantine_path).exists()


def test_a_held_extract_followed_by_the_mended_one_closes_the_incident(
    gate: Gate, layout: Layout
) -> None:
    bad = [registration(i, 所属街道="闻堰街道") for i in range(30)]
    first = gate.night(EVENTS, months(layout, bad, 1))
    assert ("too_many_bad_rows", "202412.v001.00000001") in first
    assert gate.night(EVENTS, months(layout, [registration(i) for i in range(30)], 2)) == []
    assert len(list_closed_since(gate.operations, EVER)) == 2


def test_an_incident_stays_open_and_is_refreshed_without_news(gate: Gate, layout: Layout) -> None:
    gate.night(EVENTS, months(layout, [registration(1, 所属街道=None)], 1))
    (before,) = list_open(gate.operations)
    gate.night(EVENTS)
    (after,) = list_open(gate.operations)
    assert after.incident_id == before.incident_id
    assert after.opened_at == before.opened_at < before.last_seen_at < after.last_seen_at


def test_a_mended_file_that_is_bad_again_has_an_incident_of_its_own(
    gate: Gate, layout: Layout
) -> None:
    rows = [registration(i) for i in range(30)] + [registration(99, 所属街道=None)]
    gate.night(EVENTS, months(layout, rows, 1))
    assert gate.night(EVENTS, months(layout, rows, 2)) == [
        ("street_is_in_the_district", "202412.v002.00000002")
    ]


def test_another_month_does_not_close_an_incident(gate: Gate, layout: Layout) -> None:
    gate.night(EVENTS, months(layout, [registration(1, 所属街道=None)], 1))
    other = land(layout, EVENTS, [registration(2)], slot="202411", sequence=2)
    assert len(gate.night(EVENTS, other)) == 1


def test_a_bad_row_of_an_increment_is_open_until_that_row_is_delivered_anew(
    gate: Gate, layout: Layout
) -> None:
    def increment(sequence: int, *rows: dict[str, str | None]) -> Extract:
        return land(layout, ITEMS, rows, slot=f"2025011{sequence}", sequence=sequence)

    bad = increment(1, complaint(1), complaint(2, street_code=None))
    expected = [("street_is_in_the_district", bad.extract_id)]
    assert gate.night(ITEMS, bad) == expected
    assert gate.night(ITEMS, increment(2, complaint(3))) == expected
    assert gate.night(ITEMS, increment(3, complaint(2))) == []


def test_a_bad_row_without_a_key_does_not_keep_its_incident_open_for_ever(
    gate: Gate, layout: Layout
) -> None:
    keyless = land(layout, ITEMS, [complaint(1, item_no=None)], slot="20250111", sequence=1)
    assert len(gate.night(ITEMS, keyless)) == 1
    later = land(layout, ITEMS, [complaint(2)], slot="20250112", sequence=2)
    assert gate.night(ITEMS, later) == []


def test_a_refused_delivery_is_open_for_as_long_as_landing_refuses_it(gate: Gate) -> None:
    """Also when what ends it lands nothing: the good file put back, a source that is back."""
    for reason in ("truncated", "columns_changed", "truncated"):
        hold_delivery(
            gate.operations, EVENTS, slot="202412", origin="registrations/registrations_202412.csv",
            reason=reason, message="文件有误，请重新报送",
        )  # fmt: skip
    both = [("columns_changed", "202412"), ("truncated", "202412")]
    assert sorted(gate.open()) == both
    assert sorted(gate.night(EVENTS)) == both

    settle_deliveries(gate.operations, EVENTS, {("202412", "truncated")})
    assert gate.open() == [("truncated", "202412")]
    settle_deliveries(gate.operations, EVENTS, set())
    assert gate.open() == []


def test_a_refused_delivery_of_another_table_stays_open(gate: Gate) -> None:
    hold_delivery(
        gate.operations, EVENTS, slot="202412", origin="a.csv", reason="empty", message="文件为空"
    )
    settle_deliveries(gate.operations, ITEMS, set())
    assert gate.open() == [("empty", "202412")]


def test_a_changed_suite_that_lets_the_extract_pass_closes_the_incident(
    gate: Gate, layout: Layout
) -> None:
    extract = months(layout, [registration(1, 所属街道=None)], 1)
    gate.night(EVENTS, extract)
    suite = gate.suites[EVENTS.id]
    kept = tuple(r for r in suite.expectations if r.meta.id != "street_is_in_the_district")
    gate.suites = {EVENTS.id: suite.model_copy(update={"expectations": kept})}
    assert gate.night(EVENTS, extract) == []


def test_a_passing_check_of_a_ledger_closes_its_incident(operations: sqlite3.Connection) -> None:
    settle_checks(operations, "complaints", [check("a", success=False), check("b", success=False)])
    settle_checks(operations, "complaints", [check("a", success=False), check("b", success=True)])
    assert [(i.subject, i.rule_id) for i in list_open(operations)] == [("complaints", "a")]


def test_an_acknowledged_incident_stays_open(operations: sqlite3.Connection) -> None:
    settle_checks(operations, "complaints", [check("a", success=False)])
    (incident,) = list_open(operations)
    acknowledge(operations, incident.incident_id)
    settle_checks(operations, "complaints", [check("a", success=False)])
    (after,) = list_open(operations)
    assert (after.incident_id, after.acknowledged_at is None) == (incident.incident_id, False)


def test_an_incident_that_is_not_open_cannot_be_acknowledged(
    operations: sqlite3.Connection,
) -> None:
    with pytest.raises(ZhibiaoError, match="got 7"):
        acknowledge(operations, 7)
