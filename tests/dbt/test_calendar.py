"""The frozen calendar, and deadlines computed on it, against the package it was frozen from."""

from __future__ import annotations

import csv
import shutil
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import chinese_calendar
import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.calendars.freeze_working_days import (
    SEED,
    CalendarDay,
    freeze_working_days,
    write_seed,
)
from pipelines.errors import ContractError
from tests.dbt.conftest import LedgerBuild
from tests.demo.statutory_terms import last_day_to_mediate

FIRST, LAST = date(2004, 1, 1), date(2026, 12, 31)


@cache
def working_days() -> list[date]:
    """Every working day of the covered years, asked of the package day by day."""
    return [day for day in covered_days() if chinese_calendar.is_workday(day)]


def covered_days() -> list[date]:
    """Every day that the package covers."""
    return [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]


def due_from_every_start(
    connection: duckdb.DuckDBPyConnection, days: int, day_kind: str
) -> dict[date, date]:
    """The due date of each start in the calendar, in one query; provisional ones are left out."""
    connection.execute("delete from starts")
    connection.execute(
        "insert into starts select calendar_date, ?, ? from reference.working_days",
        [days, day_kind],
    )
    query = "select starts_on, due_on from due_dates where not is_due_provisional"
    return dict(connection.execute(query).fetchall())


def due_by_rule(
    connection: duckdb.DuckDBPyConnection, build: LedgerBuild, rule_id: str, starts: list[date]
) -> dict[date, date | None]:
    """The due date of each start under the rules as they are entered; one row a start."""
    connection.execute(
        "create or replace table begun as select distinct ? as rule_id,"
        " unnest(?::date[]) as starts_on, null::varchar as extension_rule_id, 0 as added_days",
        [rule_id, starts],
    )
    query = f"select starts_on, due_on from ({build.macros['rule_due_dates']})"
    found = connection.execute(query).fetchall()
    assert len(found) == len(set(starts))
    return dict(found)


@pytest.fixture(scope="module")
def calendar(
    ledger_build: LedgerBuild, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the build with the view `due_dates` over the table `starts`."""
    copy = shutil.copy(ledger_build.database, tmp_path_factory.mktemp("calendar") / "build.duckdb")
    with duckdb.connect(str(copy)) as connection:
        connection.execute("create table starts (starts_on date, days integer, day_kind varchar)")
        connection.execute(f"create view due_dates as {ledger_build.macros['due_dates']}")
        yield connection


def due_dates(
    connection: duckdb.DuckDBPyConnection, *starts: tuple[date, int, str]
) -> list[tuple[date | None, bool | None]]:
    """Due date and whether it is provisional, in the order of the starts."""
    connection.execute("delete from starts")
    connection.executemany("insert into starts values (?, ?, ?)", [list(s) for s in starts])
    found = connection.execute("select starts_on, days, due_on, is_due_provisional from due_dates")
    by_start = {(row[0], row[1]): (row[2], row[3]) for row in found.fetchall()}
    assert len(by_start) == len({(s[0], s[1]) for s in starts})
    return [by_start[start, days] for start, days, _ in starts]


@pytest.mark.parametrize(
    ("starts_on", "days", "due_on"),
    [
        (date(2025, 1, 24), 7, date(2025, 2, 10)),
        (date(2024, 12, 31), 7, date(2025, 1, 10)),
        (date(2025, 1, 25), 1, date(2025, 1, 26)),
        (date(2024, 9, 30), 1, date(2024, 10, 8)),
    ],
)
def test_working_days_are_counted_from_the_day_after(
    calendar: duckdb.DuckDBPyConnection, starts_on: date, days: int, due_on: date
) -> None:
    """Known answers: over make-up days, over New Year, from a day off, over a holiday week."""
    assert due_dates(calendar, (starts_on, days, "working")) == [(due_on, False)]


@pytest.mark.parametrize("days", [1, 5, 7, 15, 20, 30, 45, 60])
def test_every_start_in_the_calendar_is_due_where_the_package_says(
    calendar: duckdb.DuckDBPyConnection, days: int
) -> None:
    known = working_days()
    assert due_from_every_start(calendar, days, "working") == {
        start: known[index]
        for start in covered_days()
        if (index := bisect_right(known, start) + days - 1) < len(known)
    }


@pytest.mark.parametrize("days", [30, 45, 60, 90, 120])
def test_from_every_start_a_rolling_period_ends_on_the_first_day_worked_from_its_last(
    calendar: duckdb.DuckDBPyConnection, days: int
) -> None:
    """Calendar days as they come, and a last day off moves on: 程序规定 art. 80."""
    known = working_days()
    assert due_from_every_start(calendar, days, "calendar_rolling") == {
        start: known[index]
        for start in covered_days()
        if (index := bisect_left(known, start + timedelta(days=days))) < len(known)
    }


@pytest.mark.parametrize(
    ("starts_on", "days", "day_kind", "due_on"),
    [
        (date(2024, 7, 4), 90, "calendar_rolling", date(2024, 10, 8)),  # 2 October is a holiday
        (date(2024, 7, 4), 90, "calendar", date(2024, 10, 2)),
        (date(2024, 8, 31), 6, "month_rolling", date(2025, 2, 28)),  # February has no 31st
        (date(2024, 3, 5), 6, "month_rolling", date(2024, 9, 5)),
        (date(2024, 4, 1), 6, "month_rolling", date(2024, 10, 8)),
    ],
)
def test_a_last_day_off_moves_where_the_rule_says_so(
    calendar: duckdb.DuckDBPyConnection, starts_on: date, days: int, day_kind: str, due_on: date
) -> None:
    assert due_dates(calendar, (starts_on, days, day_kind)) == [(due_on, False)]


def test_a_rolling_last_day_in_a_year_not_announced_is_provisional(
    calendar: duckdb.DuckDBPyConnection,
) -> None:
    """A Thursday that is announced; a Friday and a Saturday that are not."""
    found = due_dates(calendar, (date(2026, 12, 1), 30, "calendar_rolling"))
    found += due_dates(calendar, (date(2026, 12, 2), 30, "calendar_rolling"))
    found += due_dates(calendar, (date(2026, 12, 3), 30, "calendar_rolling"))
    assert found == [
        (date(2026, 12, 31), False),
        (date(2027, 1, 1), True),
        (date(2027, 1, 4), True),
    ]


@given(
    start=st.dates(FIRST, date(2024, 12, 31)),
    days=st.integers(min_value=1, max_value=400),
)
def test_any_number_of_days_leaves_as_many_working_days_in_between(
    calendar: duckdb.DuckDBPyConnection, start: date, days: int
) -> None:
    [(due_on, is_provisional)] = due_dates(calendar, (start, days, "working"))
    assert due_on is not None
    assert is_provisional is False
    passed = [day for day in working_days() if start < day <= due_on]
    assert (len(passed), passed[-1]) == (days, due_on)


@pytest.mark.parametrize(
    ("accepted_on", "due_on"),
    [
        (date(2024, 6, 28), date(2024, 8, 30)),
        (date(2024, 7, 1), date(2024, 8, 30)),
        (date(2024, 10, 1), date(2024, 12, 2)),
        (date(2026, 4, 14), date(2026, 6, 15)),
        (date(2026, 4, 15), date(2026, 6, 15)),
        (date(2019, 12, 31), None),
    ],
)
def test_mediation_ends_by_the_rule_in_force_on_acceptance(
    calendar: duckdb.DuckDBPyConnection,
    ledger_build: LedgerBuild,
    accepted_on: date,
    due_on: date | None,
) -> None:
    """45 working days until June 2024; from July on 60 days of the regulation, and from April 2026
    of 总局令121 as well, a last day off moving to the next working day; no rule before 2020.
    """
    found = due_by_rule(calendar, ledger_build, "complaint_mediation", [accepted_on])
    assert found == {accepted_on: due_on}


def test_mediation_ends_on_the_day_that_python_counts(
    calendar: duckdb.DuckDBPyConnection, ledger_build: LedgerBuild
) -> None:
    """Of every acceptance half a year before and after each change of the rule."""
    changes = (date(2024, 7, 1), date(2026, 1, 15))
    days = [day + timedelta(days=n) for day in changes for n in range(-180, 181)]
    found = due_by_rule(calendar, ledger_build, "complaint_mediation", days)
    assert found == {day: last_day_to_mediate(day) for day in days}


# rule: the day of its change, and the working days that it gives before and from then on.
CHANGES = [
    ("complaint_acceptance", date(2026, 4, 15), 7, 7),
    ("complaint_acceptance_notice", date(2024, 7, 1), None, 7),
    ("complaint_acceptance_notice", date(2026, 4, 15), 7, 7),
    ("report_verification", date(2026, 4, 15), 15, 15),
    ("report_restart", date(2026, 4, 15), None, 15),
    ("reporter_information", date(2026, 4, 15), 5, None),
    ("penalty_publication", date(2021, 9, 1), 20, 20),
    ("reconsideration_review", date(2024, 1, 1), 5, 5),
    ("reconsideration_deemed_acceptance", date(2024, 1, 1), 0, 5),
    ("food_retest_request", date(2024, 7, 1), 7, 7),
]


@pytest.mark.parametrize(("rule_id", "change", "before", "after"), CHANGES)
def test_a_rule_in_working_days_changes_on_its_day_and_no_other(
    calendar: duckdb.DuckDBPyConnection,
    ledger_build: LedgerBuild,
    rule_id: str,
    change: date,
    before: int | None,
    after: int | None,
) -> None:
    """Of every start two months before and after it, against a count of days in Python."""

    def expected(day: date) -> date | None:
        days = before if day < change else after
        if not days:
            return None if days is None else day
        return working_days()[bisect_right(working_days(), day) + days - 1]

    starts = [change + timedelta(days=n) for n in range(-60, 61)]
    found = due_by_rule(calendar, ledger_build, rule_id, starts)
    assert found == {day: expected(day) for day in starts}


@pytest.mark.parametrize("change", [date(2024, 1, 1), date(2024, 7, 1), date(2026, 4, 15)])
@pytest.mark.parametrize(
    ("rule_id", "days"),
    [("reconsideration", 60), ("case_decision", 90), ("litigation_summary", 45)],
)
def test_a_rolling_rule_goes_on_when_another_text_takes_over(
    calendar: duckdb.DuckDBPyConnection,
    ledger_build: LedgerBuild,
    rule_id: str,
    days: int,
    change: date,
) -> None:
    starts = [change + timedelta(days=n) for n in range(-60, 61)]
    ends = {day: day + timedelta(days=days) for day in starts}
    expected = {
        day: working_days()[bisect_left(working_days(), last)] for day, last in ends.items()
    }
    assert due_by_rule(calendar, ledger_build, rule_id, starts) == expected


def test_calendar_days_are_counted_as_they_come(calendar: duckdb.DuckDBPyConnection) -> None:
    found = due_dates(calendar, (date(2026, 4, 15), 60, "calendar"))
    assert found == [(date(2026, 6, 14), False)]


def test_a_deadline_past_the_announced_days_counts_weekdays_and_is_provisional(
    calendar: duckdb.DuckDBPyConnection,
) -> None:
    """From Monday 28 December 2026: three announced days, then weekdays from Friday 1 January."""
    found = due_dates(calendar, (date(2026, 12, 28), 3, "working"))
    found += due_dates(calendar, (date(2026, 12, 28), 7, "working"))
    assert found == [(date(2026, 12, 31), False), (date(2027, 1, 6), True)]


@pytest.mark.parametrize("start", [date(2003, 12, 31), date(2027, 1, 1)])
@pytest.mark.parametrize("day_kind", ["working", "calendar_rolling", "month_rolling"])
def test_a_start_outside_the_announced_days_has_no_due_date(
    calendar: duckdb.DuckDBPyConnection, start: date, day_kind: str
) -> None:
    assert due_dates(calendar, (start, 7, day_kind)) == [(None, None)]


@pytest.mark.parametrize(
    ("year", "days"), [(2022, 249), (2023, 249), (2024, 251), (2025, 248), (2026, 248)]
)
def test_the_calendar_of_the_build_has_the_announced_number_of_working_days(
    calendar: duckdb.DuckDBPyConnection, year: int, days: int
) -> None:
    found = calendar.execute(
        "select count(*) from reference.calendar_days"
        " where year(calendar_date) = ? and is_working_day and is_announced",
        [year],
    )
    assert found.fetchall() == [(days,)]


def test_the_seed_is_what_the_package_freezes_to(tmp_path: Path) -> None:
    """Byte by byte, the source column aside: a newer package must not move an old day."""
    frozen = [replace(day, source="") for day in freeze_working_days()]
    with SEED.open(encoding="utf-8", newline="") as file:
        seeded = [{**row, "source": ""} for row in csv.DictReader(file)]
    write_seed(tmp_path / "seed.csv", frozen)
    with (tmp_path / "seed.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file))[: len(seeded)] == seeded


def test_freezing_anew_refuses_to_move_a_day_frozen_before(tmp_path: Path) -> None:
    day = CalendarDay(date(2024, 10, 1), False, "holiday", 0, "notice")
    write_seed(tmp_path / "seed.csv", [day])
    moved = replace(day, is_working_day=True, kind="weekday", working_day_number=1)
    with pytest.raises(ContractError, match="1 changed, the first on 2024-10-01"):
        write_seed(tmp_path / "seed.csv", [moved])
