"""`zhibiao status`: where the last night stands, what is held, what is late, what is open."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Annotated

import typer
from rich.text import Text

from pipelines.cli.arguments import FormatOption
from pipelines.cli.output import Format, TitledRows, open_console, write_sections
from pipelines.cli.status_screen import summarize_status
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
from pipelines.settings import read_settings
from pipelines.sources.refusals import Refusals

_VERDICT_LINES = 4


def status(
    output: FormatOption = Format.TABLE,
    everything: Annotated[
        bool, typer.Option("--all", help="List every stage, source and incident.")
    ] = False,
) -> None:
    """Show the last night on one screen: what is held, late and open, and the verdict last.

    CSV and JSON always list everything. Exits with 1 when the last night ended without a release,
    so that a scheduler can ask.
    """
    layout = Layout.of(read_settings())
    if not layout.operations.exists():
        raise NotFoundError(
            f"{layout.warehouse}: expected a night that has run, got none. Run `zhibiao nightly`."
        )
    with open_operations(layout.operations) as operations:
        night = last_night(operations)
        outcome = _outcome(layout, night)
        sections = [
            _night(layout, night, outcome),
            _stages(operations, night),
            _freshness(layout),
            _held(layout, operations),
            _incidents(operations),
        ]
    if output is Format.TABLE and not everything:
        _print_screen(sections)
    else:
        write_sections(sections, output)
    if outcome not in ("running", "released"):
        raise typer.Exit(1)


def _print_screen(sections: Sequence[TitledRows]) -> None:
    """On a terminal no line wraps but the verdict, which is cut; in a pipe nothing is cut."""
    named = {
        title: [dict(zip(columns, row, strict=True)) for row in rows]
        for title, columns, rows in sections
    }
    lines, verdict = summarize_status(named)
    console = open_console()
    for line in lines:
        console.print(Text(line), no_wrap=True, overflow="ellipsis")
    wrapped = list(Text(verdict, style="bold").wrap(console, console.width))
    if len(wrapped) > _VERDICT_LINES:
        wrapped = wrapped[:_VERDICT_LINES]
        wrapped[-1].truncate(console.width - 1)
        wrapped[-1].append("…")
    for part in wrapped:
        console.print(part, no_wrap=True)


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
