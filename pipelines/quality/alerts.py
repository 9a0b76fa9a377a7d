"""Alerts: one digest per steward and night, through an outbox that survives a crash.

A digest is first a row of the operations store and only then a message. What could not be sent is
tried again with the next night; what was sent is not sent twice. With no address configured it is
written to a file. Belongs here: the outbox. Does not: the text (`digests`), the wire (`channels`).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pydantic import SecretStr

from pipelines.durable import write_file
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.quality.channels import DeliveryError, open_channel, send
from pipelines.quality.digests import (
    Digest,
    compose_operator_digest,
    compose_steward_digest,
)
from pipelines.quality.incidents import list_closed_since, list_open
from pipelines.quality.reaches import describe_reaches
from pipelines.quality.stewards import OPERATOR, Steward
from pipelines.quality.suites import Suite
from pipelines.settings import Settings
from pipelines.sources.contracts import SourceTable

STORE_REBUILT = "operations_store_rebuilt"
"""The incident of a night whose operations store was lost."""
_FIRST_DAYS_LOST = (
    "（运行记录因损坏已重建，以前问题的首次发现日期和“已确认”标记已丢失："
    "下列“今晚新发现”的问题可能以前已经通知过。）"
)

Sender = Callable[[str, str, str], None]
"""Sends (address, subject, body); raises DeliveryError."""


@dataclass(frozen=True)
class Delivery:
    """What became of one digest."""

    steward: str
    subject: str
    path: Path | None
    """The file it was written to, when no address is configured."""
    error: str | None
    """Why it is still in the outbox; None when it was delivered."""


def subject_labels(
    contracts: Mapping[str, SourceTable], suites: Mapping[str, Suite]
) -> dict[str, str]:
    """Chinese names of everything that an incident can be about."""
    labels = {name: suite.meta.label for name, suite in suites.items() if suite.meta.label}
    return labels | {name: table.label for name, table in contracts.items()}


def queue_digests(
    operations: sqlite3.Connection,
    *,
    night_id: str,
    business_date: date,
    started_at: str,
    stewards: Mapping[str, Steward],
    labels: Mapping[str, str],
    layout: Layout,
) -> list[str]:
    """Queue one digest for everyone with open or just closed incidents; returns their keys.

    Args:
        operations: The operations store.
        night_id: The night that tells.
        business_date: Its date.
        started_at: When it began (UTC); incidents opened since are new.
        stewards: Who is who.
        labels: Chinese names of the tables.
        layout: Where landing lies, for how far the good data reaches.
    """
    since = datetime.fromisoformat(started_at)
    open_now = list_open(operations)
    closed_now = list_closed_since(operations, since.isoformat(timespec="microseconds"))
    reaches = describe_reaches(operations, layout, open_now, business_date)
    is_rebuilt = any(incident.rule_id == STORE_REBUILT for incident in open_now)
    told: list[str] = []
    for key, steward in {**stewards, OPERATOR.key: OPERATOR}.items():
        mine = [incident for incident in open_now if incident.owner == key]
        closed = [incident for incident in closed_now if incident.owner == key]
        if not mine and not closed:
            continue
        is_new = {i.incident_id: datetime.fromisoformat(i.opened_at) >= since for i in mine}
        digest = compose_steward_digest(
            steward,
            business_date,
            opened=[i for i in mine if is_new[i.incident_id]],
            standing=[i for i in mine if not is_new[i.incident_id]],
            closed=closed,
            labels=labels,
            reaches=reaches,
            note=_FIRST_DAYS_LOST if is_rebuilt and steward != OPERATOR else "",
        )
        _queue(operations, night_id, business_date, digest)
        told.append(key)
    return told


def queue_operator_message(
    operations: sqlite3.Connection,
    *,
    night_id: str,
    business_date: date,
    stage: str,
    message: str,
    has_release: bool,
) -> None:
    """Queue what the operator is told when a night fails."""
    digest = compose_operator_digest(business_date, stage, message, has_release=has_release)
    _queue(operations, night_id, business_date, digest)


def _queue(
    operations: sqlite3.Connection, night_id: str, business_date: date, digest: Digest
) -> None:
    """Put a digest into the outbox; one that is there and not sent yet takes the newer text.

    The operator's is added to: a night that failed can have met a broken gate as well.
    """
    operations.execute(
        "insert into outbox (night_id, business_date, steward, subject, body, created_at)"
        " values (?, ?, ?, ?, ?, ?) on conflict (night_id, steward) do update"
        " set subject = case when steward = ? then subject else excluded.subject end,"
        " body = case when steward = ? then body || char(10) || excluded.body"
        " else excluded.body end where sent_at is null",
        [
            night_id, business_date.isoformat(), digest.steward, digest.subject, digest.body,
            _now(), OPERATOR.key, OPERATOR.key,
        ],
    )  # fmt: skip


def deliver_outbox(
    layout: Layout, settings: Settings, *, sender: Sender | None = None
) -> list[Delivery]:
    """Send everything that is in the outbox and not sent yet, oldest first.

    Each success is committed before the next message goes out. A failure stays in the outbox with
    its reason and never raises: the night's outcome does not hang on a messenger.
    """
    with open_operations(layout.operations) as operations:
        waiting = operations.execute(
            "select message_id, business_date, steward, subject, body, delivered from outbox"
            " where sent_at is null order by message_id"
        ).fetchall()
    return [_deliver(layout, settings, row, sender or _send_by_apprise) for row in waiting]


def _deliver(layout: Layout, settings: Settings, row: sqlite3.Row, sender: Sender) -> Delivery:
    targets = settings.alert_targets.get(row["steward"])
    if targets is None:
        targets = settings.alert_targets.get("default", [])
    if not targets:
        path, error = _write_file(layout, row)
    else:
        path, error = None, _send_to_all(layout, targets, row, sender)
    with open_operations(layout.operations) as operations:
        operations.execute(
            "update outbox set attempts = attempts + 1, last_error = ?, sent_at = ?"
            " where message_id = ?",
            [error, None if error else _now(), row["message_id"]],
        )
    return Delivery(row["steward"], row["subject"], path, error)


def _send_to_all(
    layout: Layout, targets: Sequence[SecretStr], row: sqlite3.Row, sender: Sender
) -> str | None:
    """Send to the addresses that do not have the message yet; what went wrong, if anything."""
    has_it: list[str] = json.loads(row["delivered"])
    errors: list[str] = []
    for target in targets:
        address = target.get_secret_value()
        fingerprint = hashlib.sha256(address.encode()).hexdigest()[:16]
        if fingerprint in has_it:
            continue
        try:
            sender(address, row["subject"], row["body"])
        except DeliveryError as error:
            errors.append(str(error))
            continue
        has_it.append(fingerprint)
        with open_operations(layout.operations) as operations:
            operations.execute(
                "update outbox set delivered = ? where message_id = ?",
                [json.dumps(has_it), row["message_id"]],
            )
    return "; ".join(errors) or None


def _send_by_apprise(address: str, subject: str, body: str) -> None:
    send(open_channel(address), subject, body)


def _write_file(layout: Layout, row: sqlite3.Row) -> tuple[Path | None, str | None]:
    """Write a digest to `<date>-<steward>.md`."""
    path = layout.digests / f"{row['business_date']}-{row['steward']}.md"
    try:
        write_file(path, f"# {row['subject']}\n\n{row['body']}")
    except OSError as error:
        return None, f"digest file: expected to write {path.name}, got {type(error).__name__}"
    return path, None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
