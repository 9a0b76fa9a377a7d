"""Freshness: how far the data in use of a source table reaches, and from when it is in doubt.

What belongs here: when figures are stale, and why, in a sentence. What does not: which extracts are
in use (admission).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.sources.connectors.file_drops import period_span
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract
from pipelines.sources.refusals import HeldDelivery


@dataclass(frozen=True)
class ExtractState:
    """How far a table's data in use reaches; stale from a day on, or not at all."""

    source_table: str
    data_through: date
    stale_from: date | None = None
    reason: str | None = None


def extract_state(
    table: SourceTable,
    extracts: Sequence[Extract],
    in_use: Sequence[Extract],
    held: Sequence[HeldDelivery],
    business_date: date,
) -> ExtractState:
    """How far the data in use reaches, and from which day figures may no longer be trusted.

    Args:
        table: The contract.
        extracts: Everything landed.
        in_use: What `extracts_in_use` chose of it; not empty.
        held: The table's deliveries that were refused, or its source that was away.
        business_date: The day of the night.
    """
    through = max(extract.data_through for extract in in_use)
    doubts = (
        _doubts_by_slot(extracts, in_use, held, through)
        if table.delivery == "period"
        else _doubts_at_the_end(extracts, in_use, held, through)
    )
    if business_date - through > timedelta(days=table.max_age_days):
        doubts.append((through + timedelta(days=1), f"已超过 {table.max_age_days} 天没有新的数据"))
    if not doubts:
        return ExtractState(table.id, through)
    stale_from = min(day for day, _ in doubts)
    reasons = "；".join(dict.fromkeys(reason for _, reason in sorted(doubts)))
    return ExtractState(
        table.id, through, stale_from, f"{table.label}：{reasons}。数据可用至 {through}。"
    )


def _doubts_by_slot(
    extracts: Sequence[Extract],
    in_use: Sequence[Extract],
    held: Sequence[HeldDelivery],
    through: date,
) -> list[tuple[date, str]]:
    newest = {extract.slot: extract for extract in sorted(extracts, key=lambda e: e.sequence)}
    used = {extract.extract_id for extract in in_use}
    doubts = [
        (extract.covers_from or through, f"{slot} 的最新交付未通过检查")
        for slot, extract in newest.items()
        if extract.extract_id not in used
    ]
    for delivery in held:
        span = period_span(delivery.slot) if delivery.slot.isdigit() else None
        if span:
            doubts.append((span[0], f"{delivery.slot} 的最新交付无法使用"))
        elif delivery.reason != "misnamed":
            doubts.append((through + timedelta(days=1), "最新的交付无法取得"))
    return doubts + _gaps(in_use)


def _gaps(in_use: Sequence[Extract]) -> list[tuple[date, str]]:
    """Months or years between the first and the last that were never delivered."""
    doubts = []
    reached: date | None = None
    for extract in sorted(in_use, key=lambda e: e.covers_from or date.min):
        start = extract.covers_from
        # Daily files may skip days without business.
        if start is None or start == extract.data_through:
            continue
        if reached and start > reached + timedelta(days=1):
            missing = reached + timedelta(days=1)
            doubts.append((missing, f"{missing} 至 {start - timedelta(days=1)} 没有交付"))
        reached = max(reached or extract.data_through, extract.data_through)
    return doubts


def _doubts_at_the_end(
    extracts: Sequence[Extract],
    in_use: Sequence[Extract],
    held: Sequence[HeldDelivery],
    through: date,
) -> list[tuple[date, str]]:
    after = through + timedelta(days=1)
    newest = max(extracts, key=lambda extract: extract.sequence)
    doubts = []
    if newest.extract_id not in {extract.extract_id for extract in in_use}:
        doubts.append((after, "最新的交付未通过检查"))
    if held:
        doubts.append((after, "最新的交付无法取得或无法使用"))
    return doubts
