"""What `zhibiao status` lists: the last night, its stages, sources, held deliveries, incidents.

Belongs here: finding out, from the operations store, the landing and the current release. Does not:
the one screen of it (`status_screen`), and how lists are written (`output`).
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from datetime import datetime

from pipelines.cli.output import TitledRows
from pipelines.clock import zone
from pipelines.errors import NotFoundError, ReleaseError
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.orchestration.lease import is_held
from pipelines.orchestration.night_record import NightRecord, last_night, stages_of
from pipelines.quality.incidents import list_open
from pipelines.quality.verdicts import list_held
from pipelines.releases.reading import Release, current_release, open_release
from pipelines.reports.figures import read_source_states
from pipelines.sources.refusals import Refusals


def list_status(layout: Layout) -> tuple[str | None, list[TitledRows]]:
    """How the last night ended, None before the first one, and every list of the status.

    Raises:
        NotFoundError: no night has run here.
    """
    if not layout.operations.exists():
        raise NotFoundError(
            f"{layout.warehouse}: expected a night that has run, got none. Run `zhibiao nightly`."
        )
    with open_operations(layout.operations) as operations:
        night = last_night(operations)
        outcome = _outcome(layout, night)
        return outcome, [
            _night(layout, night, outcome),
            _stages(operations, night),
            _freshness(layout),
            _held(layout, operations),
            _incidents(operations),
        ]


def _outcome(layout: Layout, night: NightRecord | None) -> str | None:
    """How the night ended; without an end it runs, or it was killed and its lease is free."""
    if night is None:
        return None
    if night.outcome is None:
        return "running" if is_held(layout.lease) else "interrupted"
    return str(night.outcome)


def _night(layout: Layout, night: NightRecord | None, outcome: str | None) -> TitledRows:
    release = _current(layout)
    columns = ("business_date", "started_at", "ended_at", "outcome", "message", "current_release")
    if night is None:
        return "night", columns, []
    times = (_local(night.started_at), _local(night.ended_at))
    row = (night.business_date, *times, outcome, night.message)
    return "night", columns, [(*row, release.id if release else None)]


def _current(layout: Layout) -> Release | None:
    """The current release; None also when it cannot be read, which the incidents then say."""
    with suppress(ReleaseError):
        return current_release(layout)
    return None


def _local(instant: str | None) -> str | None:
    """An instant of the store as people in the bureau read it."""
    if instant is None:
        return None
    return datetime.fromisoformat(instant).astimezone(zone()).strftime("%Y-%m-%d %H:%M:%S")


def _stages(operations: sqlite3.Connection, night: NightRecord | None) -> TitledRows:
    stages = stages_of(operations, night.night_id) if night else []
    rows = [(stage.stage, stage.outcome, round(stage.seconds, 1)) for stage in stages]
    return "stages", ("stage", "outcome", "seconds"), rows


def _freshness(layout: Layout) -> TitledRows:
    """How far the sources reached when the current release was made."""
    columns = ("source", "data_through", "stale_from", "reason")
    release = _current(layout)
    if release is None:
        return "freshness", columns, []
    with open_release(layout, release.id) as connection:
        states = read_source_states(connection)
    rows = [(s.source, s.data_through, s.stale_from, s.reason) for s in states]
    return "freshness", columns, rows


def _held(layout: Layout, operations: sqlite3.Connection) -> TitledRows:
    """What is delivered and not in use: refused before landing, or held by its gate."""
    refused = [
        (refusal.delivery.source_table, refusal.delivery.origin, None, refusal.delivery.message)
        for home in sorted(layout.landing.glob("*/*/"))
        for refusal in Refusals(home).all()
    ]
    held = [
        (extract.source_table, extract.origin, extract.extract_id, extract.message)
        for extract in list_held(operations)
    ]
    columns = ("table", "origin", "extract", "why")
    return "held extracts", columns, refused + held


def _incidents(operations: sqlite3.Connection) -> TitledRows:
    columns = ("number", "subject", "rule", "severity", "owner", "rows", "origin", "message")
    rows = [
        (
            i.incident_id,
            i.subject,
            i.rule_id,
            i.severity,
            i.owner,
            i.rows_affected,
            i.origin,
            i.message,
        )
        for i in list_open(operations)
    ]
    return "open incidents", columns, rows
