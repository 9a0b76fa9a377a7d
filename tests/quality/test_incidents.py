"""Incidents: opened by a failing rule, refreshed while it lasts, closed by a passing gate."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing

import pytest

from pipelines.errors import ZhibiaoError
from pipelines.layout import Layout
from pipelines.operations import open_operations
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
from pipelines.quality.verdicts import Finding, read_verdicts, record_verdicts
from pipelines.settings import Settings
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract
from pipelines.sources.row_places import describe_places
from tests.quality.landed import complaint, contract, land, pledge, registration

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
        self.accepted: list[Extract] = []

    def night(self, table: SourceTable, *extracts: Extract) -> list[tuple[str, str]]:
        """Judge what is new; (rule, extract) of every incident then open."""
        verdicts = judge_extracts(
            table,
            extracts,
            self.suites[table.id],
            layout=self.layout,
            settings=self.settings,
            history=self.accepted,
        )
        self.seen += extracts
        good = {verdict.extract_id for verdict in verdicts if verdict.is_accepted}
        self.accepted += [extract for extract in extracts if extract.extract_id in good]
        record_verdicts(self.operations, verdicts)
        settle_extracts(self.operations, table, layout=self.layout, extracts=self.seen)
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
        "street_is_a_street", 1, (32,),
    )  # fmt: skip
    assert incident.origin == "registrations/registrations_202412.csv"
    assert incident.quarantine_path is not None
    assert (layout.warehouse / incident.quarantine_path).exists()


def test_an_incident_keeps_the_record_and_the_line_of_its_rows(gate: Gate, layout: Layout) -> None:
    """As the digest lists them."""
    rows = [registration(i) for i in range(30)] + [registration(99, 所属街道="闻堰街道")]
    gate.night(EVENTS, land(layout, EVENTS, rows, lines_each=2))
    (incident,) = list_open(gate.operations, "registration")
    assert incident.first_rows == ((32, 63),)
    assert describe_places(incident.first_rows) == "第 32 条记录（文件第 63 行）"


def test_a_held_extract_followed_by_the_mended_one_closes_the_incident(
    gate: Gate, layout: Layout
) -> None:
    bad = [registration(i, 所属街道="闻堰街道") for i in range(30)]
    first = gate.night(EVENTS, months(layout, bad, 1))
    assert ("too_many_bad_rows", "202412.v001.00000001") in first
    assert gate.night(EVENTS, months(layout, [registration(i) for i in range(30)], 2)) == []
    assert {i.rule_id for i in list_closed_since(gate.operations, EVER)} == {
        "street_is_a_street", "too_many_bad_rows", "table_has_an_accepted_extract",
    }  # fmt: skip


def test_an_incident_stays_open_and_is_refreshed_without_news(gate: Gate, layout: Layout) -> None:
    gate.night(EVENTS, months(layout, [registration(1, 所属街道=None)], 1))
    (before,) = list_open(gate.operations)
    gate.night(EVENTS)
    (after,) = list_open(gate.operations)
    assert after.incident_id == before.incident_id
    assert after.opened_at == before.last_seen_at < after.last_seen_at


def good(count: int) -> list[dict[str, str | None]]:
    return [registration(i) for i in range(count)]


def bad(*numbers: int) -> list[dict[str, str | None]]:
    return [registration(n, 所属街道="闻堰街道") for n in numbers]


def test_an_incident_is_the_same_one_while_its_rule_fails_across_deliveries(
    gate: Gate, layout: Layout
) -> None:
    """One of two bad rows mended is neither a new problem nor a solved one."""
    gate.night(EVENTS, months(layout, good(40) + bad(98, 99), 1))
    (first,) = list_open(gate.operations)
    acknowledge(gate.operations, first.incident_id)

    gate.night(EVENTS, months(layout, good(41) + bad(99), 2))
    (second,) = list_open(gate.operations)
    assert (second.incident_id, second.opened_at) == (first.incident_id, first.opened_at)
    assert second.acknowledged_at is not None
    assert (second.rows_before, second.rows_affected, second.first_rows) == (2, 1, (43,))
    assert second.extract_id == "202412.v002.00000002"
    assert list_closed_since(gate.operations, EVER) == []

    gate.night(EVENTS)
    (standing,) = list_open(gate.operations)
    assert (standing.rows_before, standing.rows_affected) == (2, 1), "a quiet night changes neither"

    gate.night(EVENTS, months(layout, good(42), 3))
    assert list_open(gate.operations) == []
    assert [i.incident_id for i in list_closed_since(gate.operations, EVER)] == [first.incident_id]


def test_a_warning_is_the_same_incident_across_deliveries_too(gate: Gate, layout: Layout) -> None:
    gate.night(EVENTS, months(layout, [*good(40), registration(98, 行业代码="65")], 1))
    (first,) = list_open(gate.operations)
    gate.night(EVENTS, months(layout, [*good(41), registration(98, 行业代码="65")], 2))
    (second,) = list_open(gate.operations)
    assert (first.severity, second.incident_id) == ("warning", first.incident_id)


def test_a_full_table_is_one_place_whatever_its_files_are_called(
    gate: Gate, layout: Layout
) -> None:
    table = contract("ip_pledges__pledged_rights")
    rows = [pledge(str(n), "1") for n in range(30)]
    for number, slot in enumerate(("all", "20250115"), start=1):
        extract = land(
            layout, table, [*rows, pledge("Z", "1", 权利类型="秘方")], slot=slot, sequence=number
        )
        gate.night(table, extract)
    (incident,) = list_open(gate.operations)
    assert (incident.rule_id, incident.rows_affected) == ("right_kind_is_known", 1)
    assert list_closed_since(gate.operations, EVER) == []


def test_a_held_delivery_does_not_close_what_is_wrong_in_the_one_in_use(
    gate: Gate, layout: Layout
) -> None:
    """An empty file passes every row rule and mends no row."""
    first = ("street_is_a_street", "202412.v001.00000001")
    assert gate.night(EVENTS, months(layout, good(40) + bad(99), 1)) == [first]
    held = months(layout, [], 2)
    assert set(gate.night(EVENTS, held)) == {first, ("delivery_is_not_empty", held.extract_id)}
    shorter = months(layout, good(20), 3)
    assert set(gate.night(EVENTS, shorter)) == {
        first, ("delivery_is_not_shorter", shorter.extract_id)
    }  # fmt: skip
    assert gate.night(EVENTS, months(layout, good(41), 4)) == []


def test_another_month_does_not_close_an_incident(gate: Gate, layout: Layout) -> None:
    gate.night(EVENTS, months(layout, [registration(1, 所属街道=None)], 1))
    other = land(layout, EVENTS, [registration(2)], slot="202411", sequence=2)
    assert len(gate.night(EVENTS, other)) == 1


class Increments:
    """Night after night of the complaints; what is open after each."""

    def __init__(self, gate: Gate, layout: Layout) -> None:
        self.gate, self.layout, self.sequence = gate, layout, 0

    def night(self, *rows: dict[str, str | None]) -> list[tuple[str, int | None, str | None]]:
        """(rule, rows, extract) of every open incident."""
        self.sequence += 1
        slot = f"202501{self.sequence:02d}"
        self.gate.night(ITEMS, land(self.layout, ITEMS, rows, slot=slot, sequence=self.sequence))
        return [
            (i.rule_id, i.rows_affected, (i.extract_id or "")[:8])
            for i in list_open(self.gate.operations)
        ]


@pytest.fixture
def increments(gate: Gate, layout: Layout) -> Increments:
    return Increments(gate, layout)


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("street_is_a_street", {"street_code": None}),
        ("channel_is_known", {"channel": "网站"}),
    ],
    ids=["quarantined", "told"],
)
def test_a_bad_row_of_an_increment_is_followed_by_its_key_until_it_comes_again_good(
    increments: Increments, rule: str, change: dict[str, str | None]
) -> None:
    bad_rows = [complaint(n, **change) for n in (1, 2)]
    assert increments.night(*bad_rows, complaint(3)) == [(rule, 2, "20250101")]
    assert increments.night(complaint(4)) == [(rule, 2, "20250101")]
    assert increments.night(complaint(1)) == [(rule, 1, "20250101")]
    assert increments.night(complaint(2, **change), complaint(5, **change)) == [
        (rule, 2, "20250104")
    ]
    (incident,) = list_open(increments.gate.operations)
    assert (incident.first_rows, incident.rows_before) == ((2, 3), 1)
    assert increments.night(complaint(2)) == [(rule, 1, "20250104")]
    assert increments.night(complaint(5)) == []
    closed = list_closed_since(increments.gate.operations, EVER)
    assert [i.incident_id for i in closed] == [incident.incident_id]


def test_a_bad_row_without_a_key_does_not_keep_its_incident_open_for_ever(
    increments: Increments,
) -> None:
    keyless = complaint(1, item_no=None, street_code=None)
    assert increments.night(keyless) == [("street_is_a_street", 1, "20250101")]
    assert increments.night(complaint(2)) == []


def test_a_refused_delivery_is_open_for_as_long_as_landing_refuses_it(
    gate: Gate, layout: Layout
) -> None:
    """Also when what ends it lands nothing: the good file put back, a source that is back."""
    gate.night(EVENTS, months(layout, [registration(1)], 1))
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
    kept = tuple(r for r in suite.expectations if r.meta.id != "street_is_a_street")
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
    settle_checks(operations, "complaints", [check("a", success=False)])
    (incident,) = list_open(operations)
    settle_checks(operations, "complaints", [check("a", success=True)])
    with pytest.raises(ZhibiaoError, match=f"got {incident.incident_id}"):
        acknowledge(operations, incident.incident_id)


def test_a_source_that_is_away_for_two_nights_is_one_incident(gate: Gate) -> None:
    for night in ("2025-01-14", "2025-01-15"):
        hold_delivery(
            gate.operations, ITEMS, slot=night, origin="items@complaints",
            reason="source_unavailable", message="暂时无法连接", severity="warning",
        )  # fmt: skip
    assert len(gate.open()) == 1


STORE_OF_BEFORE = """
create table verdicts (
    source_table text not null, extract_id text not null, suite_hash text not null,
    verdict text not null, reason text, message text, rows_delivered integer not null,
    rows_loaded integer not null, rows_quarantined integer not null,
    rows_duplicate integer not null, judged_at text not null, origin text not null default '',
    primary key (source_table, extract_id)
);
create table incidents (
    incident_id integer primary key, subject text not null, rule_id text not null,
    severity text not null, owner text not null, message text not null, extract_id text,
    slot text, origin text, rows_affected integer, first_rows text, quarantine_path text,
    opened_at text not null, last_seen_at text not null, acknowledged_at text, closed_at text
);
create unique index one_open_incident
    on incidents (subject, rule_id, coalesce(extract_id, slot, '')) where closed_at is null;
insert into verdicts values
    ('registrations__events', '202412.v002.bb', 's', 'held', 'r', '整批未采用', 3, 0, 3, 0, 't2',
     'a.csv');
insert into incidents values
    (1, 'registrations__events', 'r', 'critical', 'registration', '有误', '202412.v001.aa',
     '202412', 'a.csv', 2, '[2, 3]', null, 't1', 't2', 't1', null),
    (2, 'registrations__events', 'r', 'critical', 'registration', '有误', '202412.v002.bb',
     '202412', 'a.csv', 3, '[2]', null, 't2', 't3', null, null),
    (3, 'ip_pledges__pledged_rights', 'r', 'critical', 'registration', '有误', 'all.v001.aa',
     'all', 'b.xlsx', 2, null, null, 't1', 't2', null, null),
    (4, 'complaints__items', 'source_unavailable', 'warning', 'registration', '有误', null,
     '2025-01-15', 'items@complaints', null, null, null, 't1', 't2', null, null),
    (5, 'complaints', 'r', 'critical', 'statistics', '有误', null, null, null, 3, '[]', null,
     't1', 't2', null, null);
"""


def test_a_store_of_before_opens_with_its_incidents_and_what_is_one_problem_is_one(
    layout: Layout,
) -> None:
    layout.operations.parent.mkdir(parents=True)
    with closing(sqlite3.connect(layout.operations)) as before:
        before.executescript(STORE_OF_BEFORE)
    for _ in range(2):  # opened again, nothing is done twice
        with open_operations(layout.operations) as operations:
            rows = operations.execute(
                "select incident_id, place, found_by, opened_at, acknowledged_at from incidents"
                " where closed_at is null order by incident_id"
            ).fetchall()
            assert [tuple(row) for row in rows] == [
                (2, "202412", "gate", "t1", "t1"),
                (3, "", "gate", "t1", None),
                (4, "", "landing", "t1", None),
                (5, "", "gate", "t1", None),
            ]
            (ended,) = operations.execute("select closed_at from incidents where incident_id = 1")
            (verdict,) = read_verdicts(operations, EVENTS.id).values()
    assert ended["closed_at"] == "t2"
    assert verdict.findings == (Finding("r", "critical", "registration", "有误", 3, (2,)),)
