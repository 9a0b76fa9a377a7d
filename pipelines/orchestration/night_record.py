"""The record of nights and their stages: the only module that reads and writes those two tables.

What belongs here: what is kept of a night, by the store's own transaction. What does not: when it
is noted (lifecycle, steps), what is told of it (alerts), and the store itself (operations).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

Outcome = Literal["released", "failed", "interrupted"]

SENSELESS = """
select 1 from nights
where outcome not in ('released', 'failed', 'interrupted') or date(business_date) is null
    or datetime(started_at) is null
union all
select 1 from stages where outcome not in ('done', 'failed', 'held', 'away')
"""
"""Rows that no program of ours writes: a damaged file may open all the same."""


@dataclass(frozen=True)
class NightRecord:
    """What is kept of one night; times are ISO instants with their zone."""

    night_id: str
    business_date: str
    started_at: str
    ended_at: str | None
    outcome: Outcome | None
    """None while it runs, or when it was killed."""
    release_id: str | None
    message: str | None
    """Why it ended without a release, or what is to be known of one that has."""


@dataclass(frozen=True)
class StageRecord:
    """One step that has ended."""

    stage: str
    outcome: str
    seconds: float


def begin_night(
    operations: sqlite3.Connection, night_id: str, business_date: date, started_at: datetime
) -> None:
    """Note a night that begins."""
    operations.execute(
        "insert into nights (night_id, business_date, started_at) values (?, ?, ?)",
        [night_id, business_date.isoformat(), started_at.isoformat()],
    )


def end_night(
    operations: sqlite3.Connection,
    night_id: str,
    outcome: Outcome,
    ended_at: datetime,
    *,
    release_id: str | None = None,
    message: str | None = None,
) -> None:
    """Note how a night ended."""
    operations.execute(
        "update nights set ended_at = ?, outcome = ?, release_id = ?, message = ?"
        " where night_id = ?",
        [ended_at.isoformat(), outcome, release_id, message, night_id],
    )


def note_stage(
    operations: sqlite3.Connection, night_id: str, stage: str, outcome: str, seconds: float
) -> None:
    """Note a step that has ended now; one that is tried again takes its own place."""
    operations.execute(
        "insert or replace into stages (night_id, stage, ended_at, outcome, seconds)"
        " values (?, ?, ?, ?, ?)",
        [night_id, stage, datetime.now(UTC).isoformat(), outcome, seconds],
    )


def find_night(operations: sqlite3.Connection, night_id: str) -> NightRecord | None:
    """One night; None when it was never opened."""
    return _first(operations, "where night_id = ?", night_id)


def last_night(operations: sqlite3.Connection) -> NightRecord | None:
    """The night that began last; None before the first."""
    return _first(operations, "order by started_at desc limit 1")


def unfinished_nights(operations: sqlite3.Connection) -> list[NightRecord]:
    """Nights without an end: one is running, or they were killed."""
    return _select(operations, "where ended_at is null")


def untold_since(operations: sqlite3.Connection, night_id: str) -> str:
    """When the first of the nights began that nobody has told of yet, up to this one.

    A killed night closes and opens incidents, and tells nobody: it is ended by the next one and has
    no message, as one that Ctrl-C ended has.
    """
    ((since,),) = operations.execute(
        "select min(started_at) from nights where started_at > ("
        " select coalesce(max(told.started_at), '') from nights as told, nights as this"
        " where this.night_id = ? and told.started_at < this.started_at"
        " and (told.outcome in ('released', 'failed') or told.message is not null))",
        [night_id],
    ).fetchall()
    return str(since)


def stages_of(operations: sqlite3.Connection, night_id: str) -> list[StageRecord]:
    """The steps of a night in the order in which they ended."""
    rows = operations.execute(
        "select stage, outcome, seconds from stages where night_id = ? order by ended_at",
        [night_id],
    )
    return [StageRecord(*row) for row in rows]


def seconds_of_last_released(
    operations: sqlite3.Connection, nights: int
) -> list[tuple[str, float]]:
    """Step and seconds, of so many nights that released last."""
    rows = operations.execute(
        "select stage, seconds from stages where night_id in ("
        "select night_id from nights where outcome = 'released' order by started_at desc limit ?)",
        [nights],
    )
    return [(row["stage"], row["seconds"]) for row in rows]


def _first(operations: sqlite3.Connection, which: str, *values: str) -> NightRecord | None:
    return next(iter(_select(operations, which, values)), None)


def _select(
    operations: sqlite3.Connection, which: str, values: Sequence[str] = ()
) -> list[NightRecord]:
    columns = "night_id, business_date, started_at, ended_at, outcome, release_id, message"
    rows = operations.execute(f"select {columns} from nights {which}", values)
    return [NightRecord(*row) for row in rows]
