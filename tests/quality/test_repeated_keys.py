"""A key in two deliveries of a table of periods: told once, newest first, until it is in one."""

from __future__ import annotations

import sqlite3

import pytest

from pipelines.layout import Layout
from pipelines.quality.incidents import Incident, list_closed_since, list_open
from pipelines.quality.repeated_keys import find_repeated_keys
from pipelines.quality.suites import Suite
from pipelines.settings import Settings
from pipelines.sources.extracts import Extract
from tests.quality.landed import contract, land, registration
from tests.quality.test_incidents import EVER, Gate

EVENTS = contract("registrations__events")
NOVEMBER, DECEMBER = "202411", "202412"


class Months:
    """Months of registrations, delivered and judged one after the other."""

    def __init__(self, gate: Gate) -> None:
        self.gate, self.landed = gate, 0

    def deliver(self, slot: str, *events: dict[str, str | None]) -> list[Incident]:
        """Judge a month of a hundred events of its own and the given ones; what is open then."""
        self.landed += 1
        own = [registration(int(slot) * 1000 + number) for number in range(100)]
        extract: Extract = land(
            self.gate.layout, EVENTS, [*events, *own], slot=slot, version=self.landed,
            sequence=self.landed,
        )  # fmt: skip
        self.gate.night(EVENTS, extract)
        return list_open(self.gate.operations)


@pytest.fixture
def months(
    layout: Layout, settings: Settings, suites: dict[str, Suite], operations: sqlite3.Connection
) -> Months:
    return Months(Gate(layout, settings, suites, operations))


def test_a_key_in_two_periods_is_one_warning_that_names_both_deliveries_newest_first(
    months: Months,
) -> None:
    assert months.deliver(DECEMBER, registration(7), registration(8)) == []
    (incident,) = months.deliver(NOVEMBER, registration(1), registration(8), registration(7))
    assert (incident.rule_id, incident.severity, incident.owner, incident.rows_affected) == (
        "key_is_in_one_delivery", "warning", "registration", 4,
    )  # fmt: skip
    newest, older = (f"registrations/registrations_{slot}.csv" for slot in (NOVEMBER, DECEMBER))
    assert f"{newest} 第3、4行；{older} 第2、3行" in incident.message
    assert "同一业务流水号" in incident.message

    (standing,) = months.deliver("202410")
    assert standing.incident_id == incident.incident_id

    (fewer,) = months.deliver(NOVEMBER, registration(8))
    assert (fewer.incident_id, fewer.rows_affected, fewer.rows_before) == (
        incident.incident_id, 2, 4,
    )  # fmt: skip
    assert months.deliver(DECEMBER, registration(7)) == []
    closed = list_closed_since(months.gate.operations, EVER)
    assert [i.incident_id for i in closed] == [incident.incident_id]


def test_rows_without_a_key_are_not_one_another(months: Months) -> None:
    """Two of them in two months are two rows that cannot be told apart, and no repetition."""
    landed = []
    for number, slot in enumerate((DECEMBER, NOVEMBER), start=1):
        unnamed = [registration(number, 注册资本=None)]
        extract = land(months.gate.layout, EVENTS, unnamed, slot=slot, sequence=number)
        months.gate.night(EVENTS, extract)
        landed.append(extract)
    by_capital = EVENTS.model_copy(update={"key": ("注册资本",)})
    assert find_repeated_keys(months.gate.layout, by_capital, landed) is None


def test_rows_of_long_records_are_named_by_record_and_line(months: Months) -> None:
    gate, rows = months.gate, [registration(number) for number in range(100)]
    late = [registration(number) for number in range(99, 199)]
    gate.night(EVENTS, land(gate.layout, EVENTS, rows, slot=NOVEMBER))
    december = land(gate.layout, EVENTS, late, slot=DECEMBER, version=2, sequence=2, lines_each=3)
    gate.night(EVENTS, december)
    (incident,) = list_open(gate.operations)
    assert "202412.csv 第 2 条记录（文件第 4 行）；" in incident.message
    assert "202411.csv 第101行" in incident.message


def test_a_period_delivered_anew_repeats_nothing_and_neither_does_a_quarantined_row(
    months: Months,
) -> None:
    months.deliver(DECEMBER, registration(7))
    assert months.deliver(DECEMBER, registration(7)) == []
    (bad,) = months.deliver(NOVEMBER, registration(7, 所属街道="闻堰街道"))
    assert bad.rule_id == "street_is_a_street"


def test_a_year_sent_as_another_is_told_in_few_words(months: Months) -> None:
    repeated = [registration(number) for number in range(300)]
    months.deliver(DECEMBER, *repeated)
    (incident,) = months.deliver(NOVEMBER, *repeated)
    assert incident.rows_affected == 600
    assert len(incident.message) < 300
    assert "第2、3、4、5、6、7、8、9、10、11等行" in incident.message
