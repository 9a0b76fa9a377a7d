"""The record of nights: which night is the last, what is unfinished, in which order steps ended."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.operations import open_operations
from pipelines.orchestration.night_record import (
    StageRecord,
    begin_night,
    end_night,
    find_night,
    last_night,
    note_stage,
    seconds_of_last_released,
    stages_of,
    unfinished_nights,
    untold_since,
)

DAY = date(2025, 1, 15)
BEGAN = datetime(2025, 1, 16, 2, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A night released, one that failed, one that began and has no end; each begins a day later."""
    with open_operations(tmp_path / "operations.sqlite") as operations:
        for number, name in enumerate(["released", "failed", "running"]):
            begin_night(operations, name, DAY, BEGAN + timedelta(days=number))
        end_night(operations, "released", "released", BEGAN, release_id="r1")
        end_night(operations, "failed", "failed", BEGAN, message="ledgers: 原因")
        yield operations


def test_the_last_night_is_the_one_that_began_last(store: sqlite3.Connection) -> None:
    last = last_night(store)
    assert last is not None
    assert (last.night_id, last.outcome, last.ended_at) == ("running", None, None)


def test_each_night_is_found_with_what_is_kept_of_it(store: sqlite3.Connection) -> None:
    released, failed = find_night(store, "released"), find_night(store, "failed")
    assert released is not None
    assert (released.outcome, released.release_id) == ("released", "r1")
    assert (released.business_date, released.started_at) == ("2025-01-15", BEGAN.isoformat())
    assert failed is not None
    assert (failed.outcome, failed.release_id, failed.message) == ("failed", None, "ledgers: 原因")
    assert find_night(store, "never opened") is None


def test_only_a_night_without_an_end_is_unfinished(store: sqlite3.Connection) -> None:
    assert [night.night_id for night in unfinished_nights(store)] == ["running"]


def test_what_killed_nights_found_is_told_by_the_first_that_tells(
    store: sqlite3.Connection,
) -> None:
    """Ctrl-C lets a night tell; of a killed one its end is noted by the next."""

    def began(number: int) -> str:
        return (BEGAN + timedelta(days=number)).isoformat()

    assert untold_since(store, "released") == began(0)
    assert untold_since(store, "running") == began(2)
    for number, before in ((3, "running"), (4, "killed")):
        end_night(store, before, "interrupted", BEGAN)
        begin_night(
            store, "killed" if number == 3 else "third", DAY, BEGAN + timedelta(days=number)
        )
    assert untold_since(store, "third") == began(2)
    end_night(store, "killed", "interrupted", BEGAN, message="night: ended by Ctrl-C")
    assert untold_since(store, "third") == began(4)


def test_stages_come_in_the_order_in_which_they_ended(store: sqlite3.Connection) -> None:
    """By their time and not by their name; one that is noted again counts once."""
    for stage in ("registrations__events", "complaints__items", "ledgers"):
        note_stage(store, "running", stage, "done", 1.5)
        time.sleep(0.002)
    note_stage(store, "running", "complaints__items", "away", 2.5)
    note_stage(store, "failed", "ledgers", "failed", 9.0)
    assert stages_of(store, "running") == [
        StageRecord("registrations__events", "done", 1.5),
        StageRecord("ledgers", "done", 1.5),
        StageRecord("complaints__items", "away", 2.5),
    ]


def test_the_pace_is_that_of_the_newest_nights_that_released(store: sqlite3.Connection) -> None:
    for number in range(3):
        night = f"later {number}"
        begin_night(store, night, DAY, BEGAN + timedelta(days=10 + number))
        end_night(store, night, "released", BEGAN, release_id=night)
        note_stage(store, night, "ledgers", "done", float(number))
    note_stage(store, "released", "ledgers", "done", 100.0)
    note_stage(store, "failed", "ledgers", "failed", 200.0)
    assert sorted(seconds_of_last_released(store, 2)) == [("ledgers", 1.0), ("ledgers", 2.0)]
