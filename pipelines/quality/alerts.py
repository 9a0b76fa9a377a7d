"""Alerts: one digest per steward and night, through an outbox that survives a crash.

A digest is first a row of the operations store and only then a message. What could not be sent is
tried again with the next night, all that waits as one message; what was sent is not sent twice.
With no address configured it is written to a file. Belongs here: the outbox. Does not: the text
(`digests`), what goes into one message (`letters`), the wire (`channels`).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.quality.channels import send_bounded
from pipelines.quality.digest_files import write_digest
from pipelines.quality.digests import (
    Digest,
    combine_digests,
    compose_operator_digest,
    compose_steward_digest,
)
from pipelines.quality.incidents import list_closed_since, list_open
from pipelines.quality.letters import (
    Letter,
    Sender,
    TimeLimits,
    Waiting,
    send_letters,
    write_letter,
)
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


@dataclass(frozen=True)
class Delivery:
    """What became of all that one steward was to be told."""

    steward: str
    subject: str
    """Of the newest digest."""
    path: Path | None
    """The file it was written to, when no address is configured."""
    error: str | None
    """Why it is still in the outbox; None when it was delivered."""


def subject_labels(
    contracts: Mapping[str, SourceTable], suites: Mapping[str, Suite]
) -> dict[str, str]:
    """Chinese names of everything that an incident can be about."""
    labels = {name: suite.meta.label for name, suite in suites.items() if suite.meta.label}
    ours = {"operations": "运行记录", "releases": "已发布版本"}
    return ours | labels | {name: table.label for name, table in contracts.items()}


def queue_digests(
    operations: sqlite3.Connection,
    *,
    night_id: str,
    business_date: date,
    since: str,
    stewards: Mapping[str, Steward],
    labels: Mapping[str, str],
    layout: Layout,
) -> list[str]:
    """Queue one digest for everyone with open or just closed incidents; returns their keys.

    Args:
        operations: The operations store.
        night_id: The night that tells.
        business_date: Its date.
        since: When the first night began that it tells of (ISO 8601); what opened since is new.
        stewards: Who is who.
        labels: Chinese names of the tables.
        layout: Where landing lies, for how far the good data reaches.
    """
    first = datetime.fromisoformat(since)
    open_now = list_open(operations)
    closed_now = list_closed_since(operations, first.isoformat(timespec="microseconds"))
    reaches = describe_reaches(operations, layout, open_now, business_date)
    is_rebuilt = any(incident.rule_id == STORE_REBUILT for incident in open_now)
    told: list[str] = []
    for key, steward in {**stewards, OPERATOR.key: OPERATOR}.items():
        mine = [incident for incident in open_now if incident.owner == key]
        closed = [incident for incident in closed_now if incident.owner == key]
        if not mine and not closed:
            continue
        is_new = {i.incident_id: datetime.fromisoformat(i.opened_at) >= first for i in mine}
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
        "insert into outbox (night_id, business_date, steward, subject, body, lasting, created_at)"
        " values (:night, :day, :steward, :subject, :body, :lasting, :now)"
        " on conflict (night_id, steward) do update"
        " set subject = case when steward = :operator then subject else excluded.subject end,"
        " body = case when steward = :operator then body || char(10) || excluded.body"
        " else excluded.body end,"
        " lasting = case when steward = :operator"
        " then trim(lasting || char(10) || excluded.lasting, char(10))"
        " else excluded.lasting end where sent_at is null",
        {
            "night": night_id,
            "day": business_date.isoformat(),
            "steward": digest.steward,
            "subject": digest.subject,
            "body": digest.body,
            "lasting": "\n".join(digest.lasting),
            "now": _now(),
            "operator": OPERATOR.key,
        },
    )


def deliver_outbox(
    layout: Layout,
    settings: Settings,
    *,
    sender: Sender = send_bounded,
    limits: TimeLimits | None = None,
) -> list[Delivery]:
    """Send everything that is in the outbox and not sent yet: one message a steward and address.

    Call it under the lease: two at once would send twice. Each success is committed before the next
    message goes to its address; a process that ends between the two sends that one again. A failure
    stays in the outbox with its reason and never raises: the night's outcome does not hang on a
    messenger.
    """
    with open_operations(layout.operations) as operations:
        by_steward = _read_waiting(operations)
    letters = [
        write_letter(address, lacking)
        for steward, waiting in by_steward.items()
        for address in _addresses(settings, steward)
        if (lacking := [w for w in waiting if fingerprint(address) not in w.has_it])
    ]

    def note(letter: Letter) -> None:
        with open_operations(layout.operations) as operations:
            _note_delivered(operations, letter)

    errors = send_letters(letters, sender, limits or TimeLimits(), note)
    return [
        _settle(layout, settings, steward, waiting, errors)
        for steward, waiting in by_steward.items()
    ]


def _read_waiting(operations: sqlite3.Connection) -> dict[str, list[Waiting]]:
    """What is not sent yet, by steward and oldest first."""
    rows = operations.execute(
        "select message_id, business_date, steward, subject, body, lasting, delivered from outbox"
        " where sent_at is null order by message_id"
    )
    waiting: dict[str, list[Waiting]] = {}
    for row in rows:
        lasting = tuple(line for line in row["lasting"].splitlines() if line.strip())
        digest = Digest(row["steward"], row["subject"], row["body"], lasting)
        has_it = frozenset(json.loads(row["delivered"]))
        one = Waiting(row["message_id"], row["business_date"], digest, has_it)
        waiting.setdefault(row["steward"], []).append(one)
    return waiting


def _addresses(settings: Settings, steward: str) -> list[str]:
    targets = settings.alert_targets.get(steward)
    if targets is None:
        targets = settings.alert_targets.get("default", [])
    return list(dict.fromkeys(target.get_secret_value() for target in targets))


def fingerprint(address: str) -> str:
    """What the store knows an address by, which holds a secret."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def _note_delivered(operations: sqlite3.Connection, letter: Letter) -> None:
    """Note in each digest of a letter that its address has it; in one statement, for many write."""
    operations.executemany(
        "update outbox set delivered = json_insert(delivered, '$[#]', ?) where message_id = ?",
        [(fingerprint(letter.address), message_id) for message_id in letter.message_ids],
    )


def _settle(
    layout: Layout,
    settings: Settings,
    steward: str,
    waiting: Sequence[Waiting],
    errors: Mapping[Letter, str | None],
) -> Delivery:
    """Note what all have who should have it, and why the rest is still waiting."""
    addresses = _addresses(settings, steward)
    if addresses:
        path = None
        mine = {letter: error for letter, error in errors.items() if letter.steward == steward}
        tried = {message_id for letter in mine for message_id in letter.message_ids}
        failed = "; ".join(dict.fromkeys(error for error in mine.values() if error)) or None
    else:
        told, digest = combine_digests([(w.business_date, w.digest) for w in waiting])
        path, failed = write_digest(layout.digests, waiting[-1].business_date, digest)
        tried = {w.message_id for w in (*waiting[:told], waiting[-1])}
    wanted = {fingerprint(address) for address in addresses}
    with open_operations(layout.operations) as operations:
        has_it = {w.message_id: w.has_it for w in _read_waiting(operations)[steward]}
        operations.executemany(
            "update outbox set attempts = attempts + 1, last_error = ? where message_id = ?",
            [(failed, message_id) for message_id in tried],
        )
        done = [message_id for message_id, had_by in has_it.items() if wanted <= had_by]
        if not addresses:
            done = [] if failed else list(tried)
        operations.executemany(
            "update outbox set sent_at = ?, last_error = null where message_id = ?",
            [(_now(), message_id) for message_id in done],
        )
    return Delivery(steward, waiting[-1].digest.subject, path, failed)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
