"""Figures counted from the rows of reconsiderations and hearings, in plain Python.

What does not belong here: the other registers (count_registers).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.demo.count_rows import Figures, Rows, rate, size, within
from tests.demo.statutory_terms import working_days_after

_HEADS = {"principal", "deputy", "other_head", "codefendant_head"}


def reconsiderations(rows: Rows, first: date, last: date, end: date) -> Figures:
    """Cases by the day of the notice, and what was due and concluded in time by the end."""
    new = within(rows["reconsiderations__cases"], "notified_on", first, last)
    due_days = [(_reconsideration_due(row), row["concluded_on"]) for row in new]
    due = [(day, concluded) for day, concluded in due_days if day <= end]
    on_time = [1 for day, concluded in due if concluded is not None and concluded <= day]
    return {
        "reconsiderations_new": size(new),
        "reconsiderations_due": size(due),
        "reconsiderations_concluded_on_time": size(on_time),
        "reconsiderations_not_yet_due": size(new) - size(due),
        **rate(len(on_time), len(due), "reconsideration_on_time_rate"),
    }


def _reconsideration_due(row: dict[str, Any]) -> date:
    """The last day of the period, or the next working day."""
    days = 30 if row["procedure"] == "summary" else 60
    if row["is_extended"] and row["procedure"] != "summary":
        granted = row["extension_days"]
        days += 30 if granted is None else min(granted, 30)
    days += (row["suspended_days"] or 0) + (row["excluded_days"] or 0)
    accepted: date = row["accepted_on"] or _deemed_accepted(row["applied_on"])
    return working_days_after(accepted + timedelta(days=days - 1), 1)


def _deemed_accepted(applied: date) -> date:
    """When the review has ended without a decision; under the law before, the day of receipt."""
    return working_days_after(applied, 5) if applied.year >= 2024 else applied


def litigations(rows: Rows, first: date, last: date, end: date) -> Figures:
    """Cases filed, instances first heard, and those that a head or the principal attended."""
    hearings = rows["litigations__hearings"]
    filed = within(hearings, "filed_on", first, last, instance="first")
    heard: dict[Any, list[Any]] = {}
    for row in hearings:
        if row["heard_on"] is not None and row["heard_on"] <= end:
            heard.setdefault((row["case_no"], row["instance"]), []).append(row)
    due = [r for r in heard.values() if first <= min(row["heard_on"] for row in r) <= last]
    attended = [r for r in due if _has_attended(r)]
    principal = [r for r in attended if any(row["head_present"] == "principal" for row in r)]
    return {
        "litigations_first_instance": size({row["case_no"] for row in filed}),
        "litigations_heard": size(due),
        **rate(len(attended), len(due), "head_court_attendance_rate"),
        **rate(len(principal), len(due), "principal_attendance_rate"),
    }


def _has_attended(held: list[Any]) -> bool:
    """A head came once, and to each later hearing that the court had called the head to."""
    held = sorted(held, key=lambda row: (row["heard_on"], row["hearing_no"]))
    came = [row["head_present"] in _HEADS for row in held]
    later = zip(held[1:], came[1:], strict=True)
    return any(came) and all(is_there or not row["is_head_called"] for row, is_there in later)
