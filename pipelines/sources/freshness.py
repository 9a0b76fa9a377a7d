"""Freshness: which days the data in use of a source table speaks for, and where it is in doubt.

What belongs here: coverage, from when figures are stale, and why, in a sentence. What does not:
which extracts are in use (admission), and what a figure makes of it (indicator_coverage in dbt).
All is said as of the night's day: what a delivery says of later days is not there yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from pipelines.sources.connectors.file_drops import period_span
from pipelines.sources.contracts import SourceTable
from pipelines.sources.damages import DAMAGED
from pipelines.sources.extracts import Extract
from pipelines.sources.older_deliveries import OLDER_DELIVERY
from pipelines.sources.refusals import HeldDelivery

_EVER = date(1900, 1, 1)
"""A full or incremental source says what it holds, however old."""
_DAY = timedelta(days=1)


class CoveredSpan(NamedTuple):
    """Days that the data in use speaks for; stale where a better delivery of them is held."""

    covers_from: date
    covers_through: date
    is_stale: bool = False


@dataclass(frozen=True)
class ExtractState:
    """How far a table's data in use reaches; stale from a day on, or not at all."""

    source_table: str
    data_through: date | None
    """The day that its figures are stated as of; None when nothing may be used."""
    stale_from: date | None = None
    reason: str | None = None
    covered: tuple[CoveredSpan, ...] = ()
    """Disjoint, in order; what lies between them was never delivered."""


def extract_state(
    table: SourceTable,
    extracts: Sequence[Extract],
    in_use: Sequence[Extract],
    held: Sequence[HeldDelivery],
    business_date: date,
) -> ExtractState:
    """What the data in use speaks for, up to the day of the night.

    Args:
        table: The contract.
        extracts: Everything landed.
        in_use: What `extracts_in_use` chose of it.
        held: The table's deliveries that were refused, or its source that was away.
        business_date: The day of the night.
    """
    # What is in use is newer than an older delivery, and no less sure for it.
    held = [delivery for delivery in held if delivery.reason != OLDER_DELIVERY]
    if table.delivery == "period":
        in_use = [e for e in in_use if (e.covers_from or _EVER) <= business_date]
    if not in_use:
        return ExtractState(table.id, None, None, f"{table.label}：尚无可用的数据。")
    through = min(business_date, max(extract.data_through for extract in in_use))
    # An increment changes rows of any day: with one missing, none is sure.
    is_unsure = table.delivery == "increment" and any(d.reason == DAMAGED for d in held)
    covered: tuple[CoveredSpan, ...] = (CoveredSpan(_EVER, through, is_unsure),)
    if table.delivery == "period":
        covered = _covered_by_periods(extracts, in_use, held, business_date)
        doubts = _doubts_about_periods(extracts, in_use, held, through, covered)
    else:
        doubts = _doubts_at_the_end(extracts, in_use, held, through)
    if business_date - through > timedelta(days=table.max_age_days):
        doubts.append((through + _DAY, f"已超过 {table.max_age_days} 天没有新的数据"))
    doubts = [(day, reason) for day, reason in doubts if day <= business_date]
    if not doubts:
        return ExtractState(table.id, through, covered=covered)
    late = [day for day, _ in doubts if day > through]
    reasons = "；".join(dict.fromkeys(reason for _, reason in sorted(doubts)))
    return ExtractState(
        table.id,
        through,
        min(late, default=None),
        f"{table.label}：{reasons}。数据可用至 {through}。",
        covered,
    )


def _covered_by_periods(
    extracts: Sequence[Extract],
    in_use: Sequence[Extract],
    held: Sequence[HeldDelivery],
    business_date: date,
) -> tuple[CoveredSpan, ...]:
    """The periods in use as disjoint spans, cut at the day of the night."""
    doubtful = _slots_held(extracts, in_use) | {delivery.slot for delivery in held}
    through = max(extract.data_through for extract in in_use)
    spans = []
    for extract in in_use:
        start, end = extract.covers_from or _EVER, extract.data_through
        spans.append(CoveredSpan(start, end, extract.slot in doubtful))
        # Written before its period was over and never delivered again, though later ones were.
        period_end = (period_span(extract.slot) or (start, end))[1]
        if end < period_end and end < through:
            spans.append(CoveredSpan(end + _DAY, min(period_end, through), True))
    cut = (s._replace(covers_through=min(s.covers_through, business_date)) for s in spans)
    is_daily = all(len(extract.slot) == len("YYYYMMDD") for extract in in_use)
    return _disjoint((s for s in cut if s.covers_from <= s.covers_through), bridge_gaps=is_daily)


def _disjoint(spans: Iterable[CoveredSpan], *, bridge_gaps: bool) -> tuple[CoveredSpan, ...]:
    """The same days in order, each once; daily files may skip days without business."""
    joined: list[CoveredSpan] = []
    for span in sorted(spans):
        next_day = joined[-1].covers_through + _DAY if joined else span.covers_from
        if bridge_gaps or next_day > span.covers_from:
            span = span._replace(covers_from=next_day)  # noqa: PLW2901 the same days, cut
        if span.covers_from <= span.covers_through:
            joined.append(span)
    return tuple(joined)


def _slots_held(extracts: Sequence[Extract], in_use: Sequence[Extract]) -> set[str]:
    """Periods whose newest delivery did not pass its gate."""
    newest = {extract.slot: extract for extract in sorted(extracts, key=lambda e: e.sequence)}
    used = {extract.extract_id for extract in in_use}
    return {slot for slot, extract in newest.items() if extract.extract_id not in used}


def _doubts_about_periods(
    extracts: Sequence[Extract],
    in_use: Sequence[Extract],
    held: Sequence[HeldDelivery],
    through: date,
    covered: Sequence[CoveredSpan],
) -> list[tuple[date, str]]:
    """Days from which something is wanting, each with what it is."""
    doubts = []
    for slot in sorted(_slots_held(extracts, in_use)):
        first_day, _ = period_span(slot) or (through, through)
        doubts.append((first_day, f"{slot} 的最新交付未通过检查"))
    for delivery in held:
        span = period_span(delivery.slot) if delivery.slot.isdigit() else None
        if span:
            doubts.append((span[0], f"{delivery.slot} 的最新交付无法使用"))
        elif delivery.reason != "misnamed":
            doubts.append((through + _DAY, "最新的交付无法取得"))
    for before, after in pairwise(covered):
        if before.covers_through + _DAY < after.covers_from:
            first, last = before.covers_through + _DAY, after.covers_from - _DAY
            doubts.append((first, f"{first} 至 {last} 没有交付"))
    return doubts


def _doubts_at_the_end(
    extracts: Sequence[Extract],
    in_use: Sequence[Extract],
    held: Sequence[HeldDelivery],
    through: date,
) -> list[tuple[date, str]]:
    newest = max(extracts, key=lambda extract: extract.sequence)
    doubts = []
    if newest.extract_id not in {extract.extract_id for extract in in_use}:
        doubts.append((through + _DAY, "最新的交付未通过检查"))
    if held:
        doubts.append((through + _DAY, "最新的交付无法取得或无法使用"))
    return doubts
