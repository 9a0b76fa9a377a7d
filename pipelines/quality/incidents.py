"""Incidents: open quality problems with an owner, in the operations store.

Opened by a gate, refreshed while they persist, acknowledged by a person, closed by a passing gate.
One is open per subject, rule and extract. Belongs here: their life. Does not: telling anyone
(`digests`, `alerts`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.errors import ZhibiaoError
from pipelines.layout import Layout
from pipelines.quality.quarantine import count_outstanding, quarantine_path
from pipelines.quality.validation import CheckResult
from pipelines.quality.verdicts import Finding, Verdict, read_verdicts
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract


@dataclass(frozen=True)
class Incident:
    """One open or closed problem; row numbers and counts, never values."""

    incident_id: int
    subject: str
    rule_id: str
    severity: str
    owner: str
    message: str
    extract_id: str | None
    slot: str | None
    origin: str | None
    rows_affected: int | None
    first_rows: tuple[int, ...]
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
        Incident(**{**dict(row), "first_rows": tuple(json.loads(row["first_rows"] or "[]"))})
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
) -> None:
    """Open an incident, or refresh the one already open for this subject, rule and extract."""
    now = _now()
    operations.execute(
        "insert into incidents (subject, rule_id, severity, owner, message, extract_id, slot,"
        " origin, rows_affected, first_rows, quarantine_path, opened_at, last_seen_at)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " on conflict (subject, rule_id, coalesce(extract_id, slot, '')) where closed_at is null"
        " do update set severity = excluded.severity, owner = excluded.owner,"
        " message = excluded.message, rows_affected = excluded.rows_affected,"
        " first_rows = excluded.first_rows, origin = excluded.origin,"
        " quarantine_path = excluded.quarantine_path, last_seen_at = excluded.last_seen_at",
        [
            subject, finding.rule_id, finding.severity, finding.owner, finding.meaning, extract_id,
            slot, origin, finding.rows_affected, json.dumps(finding.first_rows), listed_in, now,
            now,
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
    """
    finding = Finding(reason, severity, table.steward, message)
    open_incident(operations, table.id, finding, slot=slot, origin=origin)


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
    for incident in list_open(operations):
        if incident.subject != table.id or incident.extract_id is not None:
            continue
        if (incident.slot, incident.rule_id) not in still_held:
            _note(operations, incident, is_over=True)


def settle_extracts(
    operations: sqlite3.Connection,
    table: SourceTable,
    verdicts: Sequence[Verdict],
    *,
    layout: Layout,
    extracts: Sequence[Extract],
) -> None:
    """Bring a table's incidents up to date after its gate; call it every night, also without news.

    Call it in the transaction that records the verdicts. Opens one per failed rule and extract;
    closes those whose rule now passes, whose extract was replaced by an accepted one, or whose
    quarantined rows have all been delivered anew.

    Args:
        operations: The operations store, with tonight's verdicts recorded.
        table: The contract.
        verdicts: What was judged tonight.
        layout: Where the quarantine lies.
        extracts: Every extract of the table, judged earlier or tonight.
    """
    slots = {extract.extract_id: extract.slot for extract in extracts}
    for verdict in verdicts:
        path = quarantine_path(layout, table.id, verdict.extract_id)
        for finding in verdict.findings:
            open_incident(
                operations,
                table.id,
                finding,
                extract_id=verdict.extract_id,
                slot=slots.get(verdict.extract_id),
                origin=verdict.origin,
                listed_in=path.relative_to(layout.warehouse).as_posix(),
            )
    failing = {v.extract_id: {f.rule_id for f in v.findings} for v in verdicts}
    known = read_verdicts(operations, table.id)
    for incident in list_open(operations):
        if incident.subject != table.id:
            continue
        if incident.extract_id in failing:
            is_over = incident.rule_id not in failing[incident.extract_id]
        elif incident.extract_id is None:
            continue  # a delivery that never landed: `settle_deliveries` follows it
        else:
            is_over = _is_replaced(incident, table, known, extracts, layout)
        _note(operations, incident, is_over=is_over)


def settle_checks(
    operations: sqlite3.Connection, subject: str, results: Sequence[CheckResult]
) -> None:
    """Bring the incidents of a ledger or of the figures up to date after its gate."""
    failing = {r.rule_id for r in results if not r.success}
    for result in results:
        if not result.success:
            finding = Finding(
                result.rule_id, result.severity, result.owner, result.meaning, result.rows_affected
            )
            open_incident(operations, subject, finding)
    for incident in list_open(operations):
        if incident.subject == subject:
            _note(operations, incident, is_over=incident.rule_id not in failing)


def _note(operations: sqlite3.Connection, incident: Incident, *, is_over: bool) -> None:
    column = "closed_at" if is_over else "last_seen_at"
    operations.execute(
        f"update incidents set {column} = ? where incident_id = ?", [_now(), incident.incident_id]
    )


def _is_replaced(
    incident: Incident,
    table: SourceTable,
    verdicts: Mapping[str, Verdict],
    extracts: Sequence[Extract],
    layout: Layout,
) -> bool:
    own = next((e for e in extracts if e.extract_id == incident.extract_id), None)
    if own is None:
        return True
    later = [
        extract
        for extract in extracts
        if extract.sequence > own.sequence
        and (verdict := verdicts.get(extract.extract_id)) is not None
        and verdict.is_accepted
        and (table.delivery != "period" or extract.slot == own.slot)
    ]
    if not later or table.delivery != "increment":
        return bool(later)
    own_verdict = verdicts.get(own.extract_id)
    if incident.severity == "warning" or own_verdict is None or not own_verdict.is_accepted:
        return True
    # An increment adds to those before it: its bad rows are missing until they come again.
    return count_outstanding(layout, table, own, incident.rule_id, later) == 0
