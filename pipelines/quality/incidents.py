"""Incidents: open quality problems with an owner, in the operations store.

Opened by a gate, refreshed while they persist, acknowledged by a person, closed by a passing gate.
One is open per subject, rule and place, across deliveries. Belongs here: their life. Does not: what
is wrong tonight (`problems`, `validation`), telling anyone (`digests`, `alerts`). Finding out
imports much, so it is imported where it is done: who only lists incidents is not kept waiting.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from pipelines.errors import ZhibiaoError
from pipelines.quality.verdicts import Finding, read_verdicts
from pipelines.sources.row_files import quarantine_path
from pipelines.sources.row_places import Place, read_places

if TYPE_CHECKING:
    from pipelines.layout import Layout
    from pipelines.quality.validation import CheckResult
    from pipelines.sources.contracts import SourceTable
    from pipelines.sources.extracts import Extract


@dataclass(frozen=True)
class Incident:
    """One open or closed problem; places of rows and counts, never values."""

    incident_id: int
    subject: str
    rule_id: str
    severity: str
    owner: str
    message: str
    place: str
    found_by: str
    extract_id: str | None
    slot: str | None
    origin: str | None
    rows_affected: int | None
    rows_before: int | None
    first_rows: tuple[Place, ...]
    quarantine_path: str | None
    opened_at: str
    last_seen_at: str
    acknowledged_at: str | None
    closed_at: str | None


_COLUMNS = ", ".join(Incident.__dataclass_fields__)


def _now() -> str:
    # Microseconds: a refusal and the acceptance that ends it can fall into one second.
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _read(rows: Iterable[sqlite3.Row]) -> list[Incident]:
    return [
        Incident(**{**dict(row), "first_rows": read_places(json.loads(row["first_rows"] or "[]"))})
        for row in rows
    ]


def list_open(operations: sqlite3.Connection, owner: str | None = None) -> list[Incident]:
    """Open incidents, of one owner or of all: critical first, then the oldest."""
    return _read(
        operations.execute(
            f"select {_COLUMNS} from incidents where closed_at is null and owner = ifnull(?, owner)"
            " order by severity, opened_at, incident_id",
            [owner],
        )
    )


def list_closed_since(operations: sqlite3.Connection, instant: str) -> list[Incident]:
    """Incidents closed at an instant or later, oldest first."""
    return _read(
        operations.execute(
            f"select {_COLUMNS} from incidents where closed_at >= ?"
            " order by closed_at, incident_id",
            [instant],
        )
    )


def acknowledge(operations: sqlite3.Connection, incident_id: int) -> None:
    """Note that a person knows of an open incident; it stays open until a gate passes.

    Raises:
        ZhibiaoError: there is no such open incident.
    """
    done = operations.execute(
        "update incidents set acknowledged_at = coalesce(acknowledged_at, ?)"
        " where incident_id = ? and closed_at is null",
        [_now(), incident_id],
    )
    if done.rowcount == 0:
        raise ZhibiaoError(
            f"incident: expected the number of an open one, got {incident_id}. "
            "`zhibiao status` lists the open incidents."
        )


def open_incident(
    operations: sqlite3.Connection,
    subject: str,
    finding: Finding,
    *,
    extract_id: str | None = None,
    slot: str | None = None,
    origin: str | None = None,
    listed_in: str | None = None,
    place: str = "",
    found_by: Literal["gate", "landing"] = "gate",
) -> None:
    """Open an incident, or refresh the one already open for this subject, rule and place.

    It keeps its age and who knows of it; when its rows have changed, it keeps how many there were.
    """
    now = _now()
    operations.execute(
        "insert into incidents (subject, rule_id, place, found_by, severity, owner, message,"
        " extract_id, slot, origin, rows_affected, first_rows, quarantine_path, opened_at,"
        " last_seen_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " on conflict (subject, rule_id, place) where closed_at is null"
        " do update set severity = excluded.severity, owner = excluded.owner,"
        " message = excluded.message, found_by = excluded.found_by,"
        " extract_id = excluded.extract_id, slot = excluded.slot, origin = excluded.origin,"
        " rows_before = case when rows_affected is not excluded.rows_affected then rows_affected"
        " else rows_before end,"
        " rows_affected = excluded.rows_affected, first_rows = excluded.first_rows,"
        " quarantine_path = excluded.quarantine_path, last_seen_at = excluded.last_seen_at",
        [
            subject, finding.rule_id, place, found_by, finding.severity, finding.owner,
            finding.meaning, extract_id, slot, origin, finding.rows_affected,
            json.dumps(finding.first_rows), listed_in, now, now,
        ],
    )  # fmt: skip


def hold_delivery(
    operations: sqlite3.Connection,
    table: SourceTable,
    *,
    slot: str,
    origin: str,
    reason: str,
    message: str,
    severity: str = "critical",
    owner: str | None = None,
) -> None:
    """Open or refresh the incident of a delivery that was refused before it could land.

    Args:
        operations: The operations store.
        table: Its contract; the steward of the table owns the incident.
        slot: What the delivery stands for; with the reason it tells one refusal from another.
        origin: The delivered file, or `<relation>@<source>`.
        reason: Machine name of the refusal.
        message: Chinese sentence: what is wrong, without any value of the data.
        severity: `warning` for a source that was only away.
        owner: Who is told; the steward of the table when not given.
    """
    from pipelines.quality.problems import place_of

    finding = Finding(reason, severity, owner or table.steward, message)
    open_incident(
        operations,
        table.id,
        finding,
        slot=slot,
        origin=origin,
        place=place_of(table, slot),
        found_by="landing",
    )


def settle_deliveries(
    operations: sqlite3.Connection, table: SourceTable, still_held: Collection[tuple[str, str]]
) -> None:
    """Close the incidents of deliveries that are refused no longer; call it when a source answered.

    A source that is back and brings nothing new, or the good file of before put back, ends them
    too: no new extract need land.

    Args:
        operations: The operations store.
        table: The contract.
        still_held: Slot and reason of every delivery that landing refuses as of tonight.
    """
    from pipelines.quality.problems import place_of

    held = {(place_of(table, slot), reason) for slot, reason in still_held}
    _close_others(operations, table.id, held, found_by="landing")


def settle_extracts(
    operations: sqlite3.Connection,
    table: SourceTable,
    *,
    layout: Layout,
    extracts: Sequence[Extract],
) -> None:
    """Bring a table's incidents up to date after its gate; call it every night, also without news.

    Call it in the transaction that records the verdicts. A rule that fails in what is in use or was
    delivered last has one open incident at its place, the same one while it fails; others close.

    Args:
        operations: The operations store, with tonight's verdicts recorded.
        table: The contract.
        layout: Where the quarantine lies.
        extracts: Every extract of the table, judged earlier or tonight.
    """
    from pipelines.quality.problems import find_problems

    problems = find_problems(layout, table, extracts, read_verdicts(operations, table.id))
    for problem in problems:
        extract = problem.extract
        open_incident(
            operations,
            table.id,
            problem.finding,
            extract_id=extract.extract_id if extract else None,
            slot=extract.slot if extract else None,
            origin=extract.origin if extract else None,
            listed_in=_list_of(layout, extract) if extract else None,
            place=problem.place,
        )
    _close_others(operations, table.id, {(p.place, p.finding.rule_id) for p in problems})


def _list_of(layout: Layout, extract: Extract) -> str:
    path = quarantine_path(layout, extract.source_table, extract.extract_id)
    return path.relative_to(layout.warehouse).as_posix()


def settle_checks(
    operations: sqlite3.Connection, subject: str, results: Sequence[CheckResult]
) -> None:
    """Bring the incidents of a ledger or of the figures up to date after its gate."""
    failing = {("", r.rule_id) for r in results if not r.success}
    for result in results:
        if not result.success:
            finding = Finding(
                result.rule_id, result.severity, result.owner, result.meaning, result.rows_affected
            )
            open_incident(operations, subject, finding)
    _close_others(operations, subject, failing)


def _close_others(
    operations: sqlite3.Connection,
    subject: str,
    failing: Collection[tuple[str, str]],
    found_by: Literal["gate", "landing"] = "gate",
) -> None:
    """Close the open incidents of a subject that are not among the failing (place, rule)."""
    opened = operations.execute(
        "select incident_id, place, rule_id from incidents"
        " where closed_at is null and subject = ? and found_by = ?",
        [subject, found_by],
    ).fetchall()
    over = [row["incident_id"] for row in opened if (row["place"], row["rule_id"]) not in failing]
    operations.executemany(
        "update incidents set closed_at = ? where incident_id = ?", [(_now(), i) for i in over]
    )
