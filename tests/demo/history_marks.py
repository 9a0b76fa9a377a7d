"""What each delivered record counts in, as of a day: in which figure, when, where and how much.

Written against the definitions of the figures; it knows nothing of our SQL. What happened after the
day has not happened: an item accepted later is not accepted, and its due day is the one that it had
by then. Where a source gives a state without its day (an extension, days that do not count, a panel
review), the state holds from the beginning. What does not belong here: adding up (`count_history`),
reading files (`tests.demo.delivered`), terms (`tests.demo.statutory_terms`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from tests.demo.delivered import (
    ENTERPRISE_CLASSES,
    LENIENT,
    NO_VIOLATION,
    ON_A_PENALTY,
    SECURED,
    STREETS,
    PledgeContract,
    stock_changes,
)
from tests.demo.statutory_terms import (
    PENAL,
    due_day,
    is_filed,
    last_day_to_decide,
    read_instant_day,
    terms_of,
    working_days_after,
)

ENTRIES = ("设立", "迁入")
CLASSES = {"91": "企业", "92": "个体工商户", "93": "农民专业合作社"}
NEW = {
    "new_enterprises": ENTERPRISE_CLASSES,
    "new_enterprises_without_branches": ("企业",),
    "new_individual_households": ("个体工商户",),
    "new_cooperatives": ("农民专业合作社", "农民专业合作社分支机构"),
}

NOT_YET_DUE = {
    "acceptance": "acceptances_not_yet_due",
    "acceptance_notice": "acceptance_notices_not_yet_due",
    "mediation": "mediations_not_yet_due",
    "verification": "verifications_not_yet_due",
    "decision": "cases_not_yet_due",
    "publication": "decisions_not_yet_due_for_publication",
}


class Mark(NamedTuple):
    """One thing that counts: in which figure, on which day, in which street, and how much."""

    name: str
    day: date
    street: str | None
    amount: Decimal = Decimal(1)


def _street(text: str | None) -> str | None:
    return STREETS.get(text or "", text if text in STREETS.values() else None)


def _class_of(row: list[str]) -> str:
    """What the registry declares; where it declares nothing, what the code says."""
    return row[5] if row[5] not in ("", "N/A") else CLASSES.get(row[3][:2], "")


def registered(row: list[str]) -> Iterator[Mark]:
    """What a registration event counts in, the stock apart."""
    day, street, kind = date.fromisoformat(row[2]), _street(row[13]), _class_of(row)
    if row[1] == "注销":
        yield Mark("deregistered_entities", day, street)
    if row[1] != "设立":
        return
    yield Mark("new_market_entities", day, street)
    for name, classes in NEW.items():
        if kind in classes:
            yield Mark(name, day, street)


def movements_of(events: Iterable[list[str]]) -> Iterator[Mark]:
    """What moves a stock, in the street in which the entity came."""
    entered: dict[str, str | None] = {}
    for stock, change, row in stock_changes(events):
        code = row[3].upper()
        if row[1] in ENTRIES:
            entered[code] = _street(row[13])
        yield Mark(stock, date.fromisoformat(row[2]), entered.get(code), Decimal(change))


def pledged(contract: PledgeContract) -> Iterator[Mark]:
    """What a pledge contract counts in."""
    street = _street(contract.street)
    yield Mark("ip_pledge_contracts", contract.registered_on, street)
    if contract.amount_kind in SECURED:
        yuan = contract.amount * 10_000
        yield Mark("pledge_amount", contract.registered_on, street, yuan)
        if contract.right_kinds == {"数据知识产权"}:
            yield Mark("data_ip_pledge_amount", contract.registered_on, street, yuan)


def _known(text: str | None, as_of: date) -> str | None:
    """A day or an instant, unless it lies after the day that is counted by."""
    day = read_instant_day(text)
    return text if day is not None and day <= as_of else None


def _judged_term(
    term: str, day: date, street: str | None, last_day: date, ended: date | None, as_of: date
) -> Iterator[Mark]:
    if last_day > as_of:
        yield Mark(NOT_YET_DUE[term], day, street)
        return
    yield Mark(f"{term} due", day, street)
    if ended is not None and ended <= last_day:
        yield Mark(f"{term} in time", day, street)


def judged_item(item: dict[str, Any], as_of: date) -> Iterator[Mark]:
    """What an item counts in by a day; nothing before it was received."""
    received = read_instant_day(item["received_at"])
    assert received is not None
    if received > as_of:
        return
    events = ("accepted_at", "notified_at", "supplemented_at", "closed_at")
    known = {name: _known(item[name], as_of) for name in events}
    item = item | known
    street, due, closed = _street(item["street_code"]), due_day(item), item["closed_at"] is not None
    kind, closed_on = item["item_kind"], read_instant_day(item["closed_at"])
    for name, counts in (
        ("items_received", True),
        ("complaints_received", kind == "投诉"),
        ("reports_received", kind == "举报"),
        ("consultations_received", kind == "咨询"),
        ("complaints_and_reports_received", kind != "咨询"),
        ("items_closed", closed),
        ("items_due", due <= as_of),
        ("items_not_yet_due", due > as_of),
        ("items_closed_when_due", due <= as_of and closed),
        ("items_closed_on_time", due <= as_of and closed_on is not None and closed_on <= due),
    ):
        if counts:
            yield Mark(name, received, street)
    for term, (last_day, ended) in terms_of(item).items():
        yield from _judged_term(term, received, street, last_day, ended, as_of)


def judged_case(case: dict[str, Any], as_of: date) -> Iterator[Mark]:
    """What a case and its decisions count in by a day."""
    filed, street = date.fromisoformat(case["filed_on"]), _street(case["street_code"])
    decisions = [d for d in case["decisions"] if date.fromisoformat(d["decided_on"]) <= as_of]
    if filed <= as_of and is_filed(case):
        yield Mark("cases_filed", filed, street)
        first = min((date.fromisoformat(d["decided_on"]) for d in decisions), default=None)
        last_day = last_day_to_decide(case)
        yield from _judged_term("decision", filed, street, last_day, first, as_of)
    total = Decimal(0)
    for decision in decisions:
        yield from _judged_decision(decision, street, as_of, is_publishable=is_filed(case))
        total += decision["fine_yuan"] + decision["confiscated_gains_yuan"]
    penal = [date.fromisoformat(d["decided_on"]) for d in decisions if d["kind"] in PENAL]
    if penal and total >= 10_000:
        yield Mark("major_cases", min(penal), street)
    if penal and case["is_panel_reviewed"]:
        yield Mark("panel_reviewed_cases", min(penal), street)


def _judged_decision(
    decision: dict[str, Any], street: str | None, as_of: date, *, is_publishable: bool
) -> Iterator[Mark]:
    decided = date.fromisoformat(decision["decided_on"])
    cash = decision["fine_yuan"] + decision["confiscated_gains_yuan"]
    yield Mark("penalty_amount", decided, street, cash)
    if decision["kind"] in ON_A_PENALTY:
        yield Mark("penalty_decisions_made", decided, street)
    if decision["kind"] == NO_VIOLATION:
        yield Mark("cases_without_violation", decided, street)
    if decision["kind"] in LENIENT:
        waived = max(decision["statutory_floor_yuan"] - decision["fine_yuan"], Decimal(0))
        yield Mark("lenient_cases", decided, street)
        yield Mark("lenient_amount_waived", decided, street, waived)
    if is_publishable and decision["kind"] in PENAL and decision["penalty_types"] != ["警告"]:
        published = read_instant_day(_known(decision["published_on"], as_of))
        last_day = working_days_after(decided, 20)
        yield from _judged_term("publication", decided, street, last_day, published, as_of)
