"""`zhibiao status`: where the last night stands, what is held, what is late, what is open."""

from __future__ import annotations

import sqlite3
import sys
from datetime import datetime
from typing import Annotated

import typer

from pipelines.cli.output import Format, Section, write_sections
from pipelines.errors import ReleaseError
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.orchestration.clock import SHANGHAI
from pipelines.quality.incidents import list_open
from pipelines.releases.reading import current_release, open_release
from pipelines.reports.figures import read_extract_states
from pipelines.settings import read_settings


def status(
    output: Annotated[Format, typer.Option("--format", help="table, csv or json")] = Format.TABLE,
) -> None:
    """Show the last night, its stages, held extracts, open incidents and freshness.

    Exits with 1 when the last night did not end in a release, so that a scheduler can ask.
    """
    layout = Layout.of(read_settings())
    if not layout.operations.exists():
        raise ReleaseError(
            f"{layout.warehouse}: expected a night that has run, got none. Run `zhibiao nightly`."
        )
    with open_operations(layout.operations) as operations:
        night = operations.execute(
            "select * from nights order by started_at desc limit 1"
        ).fetchone()
        sections = [
            _night(layout, night),
            _stages(operations, night),
            _freshness(layout),
            _held(operations),
            _incidents(operations),
        ]
    write_sections(sections, output)
    if night is None or night["outcome"] not in (None, "released"):
        sys.exit(1)


def _night(layout: Layout, night: sqlite3.Row | None) -> Section:
    release = current_release(layout)
    columns = ("business_date", "started_at", "ended_at", "outcome", "message", "current_release")
    if night is None:
        return "night", columns, []
    outcome = night["outcome"] or "running"
    times = (_minute(night["started_at"]), _minute(night["ended_at"]))
    row = (night["business_date"], *times, outcome, night["message"])
    return "night", columns, [(*row, release.id if release else None)]


def _minute(instant: str | None) -> str | None:
    """An instant of the store as people in the bureau read it."""
    if instant is None:
        return None
    return datetime.fromisoformat(instant).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def _stages(operations: sqlite3.Connection, night: sqlite3.Row | None) -> Section:
    rows = operations.execute(
        "select stage, outcome, round(seconds, 1) as seconds from stages where night_id = ?"
        " order by ended_at",
        [night["night_id"] if night else None],
    ).fetchall()
    return "stages", ("stage", "outcome", "seconds"), [tuple(row) for row in rows]


def _freshness(layout: Layout) -> Section:
    """How far the sources reached when the current release was made."""
    columns = ("source", "data_through", "stale_from", "reason")
    release = current_release(layout)
    if release is None:
        return "freshness", columns, []
    with open_release(layout, release.id) as connection:
        states = read_extract_states(connection)
    rows = [(s.source, s.data_through, s.stale_from, s.reason) for s in states]
    return "freshness", columns, rows


def _held(operations: sqlite3.Connection) -> Section:
    """Extracts that their gate refused and that nothing has replaced since."""
    rows = operations.execute(
        "select source_table, extract_id, origin, message from verdicts as held"
        " where verdict = 'held' and not exists (select 1 from verdicts as later"
        " where later.source_table = held.source_table and later.verdict = 'accepted'"
        " and later.origin = held.origin and later.judged_at > held.judged_at)"
        " order by source_table, judged_at"
    ).fetchall()
    return "held extracts", ("table", "extract", "origin", "why"), [tuple(row) for row in rows]


def _incidents(operations: sqlite3.Connection) -> Section:
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
