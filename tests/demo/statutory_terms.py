"""Statutory terms of delivered items and cases, counted one at a time from the rules' text.

Written with the standard library and the public calendar package, against the articles and not
against the generator. What does not belong here: reading the files (delivered).
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

import chinese_calendar

PENAL = ("行政处罚", "减轻处罚")
"""The kinds of decision that impose a penalty, and are made public."""


@cache
def _working_days() -> list[date]:
    return list(chinese_calendar.get_workdays(date(2022, 1, 1), date(2026, 12, 31)))


def working_days_after(start: date, count: int) -> date:
    """The count-th working day after a day."""
    return _working_days()[bisect_right(_working_days(), start) + count - 1]


def read_instant_day(text: str | None) -> date | None:
    """The day of an instant as the platform writes it."""
    return datetime.fromisoformat(text).date() if text else None


def last_day_to_mediate(accepted: date) -> date:
    """45 working days; from July 2024 60 days, a last day off moving to the next working day."""
    if accepted < date(2024, 7, 1):
        return working_days_after(accepted, 45)
    return working_days_after(accepted + timedelta(days=60 - 1), 1)


def first_day_to_verify(item: dict[str, Any]) -> date:
    """Receipt; from 2026-04-15 on, the last report with new facts before the decision."""
    received, supplemented, closed = (
        read_instant_day(item[name]) for name in ("received_at", "supplemented_at", "closed_at")
    )
    assert received is not None
    if supplemented is None or supplemented < date(2026, 4, 15):
        return received
    return received if closed is not None and closed < supplemented else supplemented


def due_day(item: dict[str, Any]) -> date:
    """The day by which an item must be closed."""
    received, accepted = (
        read_instant_day(item["received_at"]),
        read_instant_day(item["accepted_at"]),
    )
    assert received is not None
    if item["item_kind"] == "投诉" and accepted is not None:
        return last_day_to_mediate(accepted)
    if item["item_kind"] == "举报":
        return working_days_after(first_day_to_verify(item), 30 if item["is_extended"] else 15)
    return working_days_after(received, 7)


def terms_of(item: dict[str, Any]) -> dict[str, tuple[date, date | None]]:
    """The last day of each statutory step of an item, and the day the step ended.

    The demo's platform keeps the day of notice from its first complaint on.
    """
    received, accepted = (
        read_instant_day(item["received_at"]),
        read_instant_day(item["accepted_at"]),
    )
    closed = read_instant_day(item["closed_at"])
    assert received is not None
    if item["item_kind"] == "举报":
        return {"verification": (due_day(item), closed)}
    if item["item_kind"] == "咨询":
        return {}
    steps = {"acceptance": (working_days_after(received, 7), accepted or closed)}
    if received >= date(2024, 7, 1):
        withdrawn = closed if item["status"] == "撤回" else None
        told = [day for day in (read_instant_day(item["notified_at"]), withdrawn) if day]
        steps["acceptance_notice"] = (working_days_after(received, 7), min(told, default=None))
    if accepted is not None:
        steps["mediation"] = (last_day_to_mediate(accepted), closed)
    return steps


def is_filed(case: dict[str, Any]) -> bool:
    """Whether a case is one of the ordinary procedure; penalties on the spot are not filed."""
    return bool(case["procedure"] != "简易程序")


def last_day_to_decide(case: dict[str, Any]) -> date:
    """90 days from filing, 30 more when extended, and days not counted; a day off moves on."""
    days = 120 if case["is_extended"] else 90
    days += (case["excluded_days"] or 0) + (case["further_extension_days"] or 0)
    return working_days_after(date.fromisoformat(case["filed_on"]) + timedelta(days=days - 1), 1)


def divide_half_up(part: int, whole: int) -> Decimal:
    """A rate with six decimals."""
    return (Decimal(part) / whole).quantize(Decimal("0.000001"), ROUND_HALF_UP)
