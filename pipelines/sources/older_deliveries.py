"""Older deliveries: a file that says less than what has landed never replaces it, unless told.

What belongs here: which delivery is older than which extract, and what the steward is told. What
does not: a night for a past day, which changes nothing about what lies in the drop.
"""

from __future__ import annotations

from collections.abc import Collection

from pipelines.clock import time_of_stamp
from pipelines.errors import UsageError
from pipelines.sources.connectors.interface import Candidate
from pipelines.sources.extracts import Extract
from pipelines.sources.history import History
from pipelines.sources.refusals import HeldDelivery

OLDER_DELIVERY = "older_delivery"


def require_known(named: Collection[str], contracts: Collection[str]) -> None:
    """Refuse a name after --accept-older that is no source table: it would accept nothing.

    Raises:
        UsageError: naming what was given.
    """
    if unknown := sorted(set(named) - set(contracts)):
        raise UsageError(
            f"--accept-older: expected source tables like {next(iter(contracts))}, got "
            f"{', '.join(unknown)}. The held delivery's message names its table."
        )


def newer_extract(history: History, candidate: Candidate) -> Extract | None:
    """The extract that a delivery would replace although it is older; None when it is not.

    A full delivery is older when it speaks for an earlier day, the file of a period when it was
    written before the version that landed. What the gate held is no measure: a sender who puts the
    last good file back mends it. A database shows what it holds now and is never older.
    """
    if candidate.path is None:
        return None
    rivals = [
        extract
        for extract in history.extracts
        if extract.slot == candidate.slot and extract.extract_id not in history.held_ids
    ]
    if not rivals:
        return None
    newest = rivals[-1]
    if history.table.delivery == "full":
        is_older = candidate.data_through < newest.data_through
    else:
        is_older = candidate.modified_ns < newest.origin_modified_ns
    return newest if is_older else None


def hold_older(history: History, candidate: Candidate, newest: Extract) -> HeldDelivery:
    """The refusal of an older delivery; it is not remembered, for it costs no reading to find."""
    table = history.table
    if table.delivery == "full":
        found = f"是 {candidate.data_through} 的数据，早于已入库的 {newest.data_through}"
    else:
        found = f"写于 {time_of_stamp(candidate.modified_ns)}，早于已入库的版本（写于 "
        found += f"{time_of_stamp(newest.origin_modified_ns)}）"
    return HeldDelivery(
        table.id,
        candidate.origin,
        candidate.slot,
        OLDER_DELIVERY,
        f"{table.label}：{candidate.origin} {found}，未采用，"
        f"继续使用较新的一份（{newest.origin}）。"
        "如较新的文件是误删或误盖的，请放回；确要退回较早的数据时，请维护人员运行 "
        f"zhibiao nightly --accept-older {table.id}。",
    )
