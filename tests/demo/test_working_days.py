"""Working days as announced, for whole columns."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from demo.frames import NEVER
from demo.working_days import add_working_days, is_working_day, next_working_day


def _after(start: date, count: int) -> date:
    (day,) = add_working_days(np.asarray([start], dtype="datetime64[D]"), count).tolist()
    assert isinstance(day, date)
    return day


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        (date(2025, 1, 24), 7, date(2025, 2, 10)),
        (date(2024, 12, 31), 7, date(2025, 1, 10)),
        (date(2024, 10, 1), 1, date(2024, 10, 8)),
        (date(2024, 10, 6), 0, date(2024, 9, 30)),
    ],
    ids=["over make-up days", "over New Year", "out of a holiday", "back to the last worked day"],
)
def test_deadlines_pass_holidays_and_make_up_days(start: date, count: int, expected: date) -> None:
    """The start day is not counted."""
    assert _after(start, count) == expected


@pytest.mark.parametrize(
    ("year", "days"), [(2022, 249), (2023, 249), (2024, 251), (2025, 248), (2026, 248)]
)
def test_years_have_their_announced_number_of_working_days(year: int, days: int) -> None:
    """As the State Council's notices say."""
    every = np.arange(f"{year}-01", f"{year + 1}-01", dtype="datetime64[D]")
    assert int(is_working_day(every).sum()) == days


def test_a_day_off_moves_to_the_next_working_day_and_a_working_day_stays() -> None:
    """The holidays of October 2024 end on the 7th; Saturday the 12th is worked."""
    days = np.asarray(["2024-10-01", "2024-10-12", "2024-10-13"], dtype="datetime64[D]")
    expected = [date(2024, 10, 8), date(2024, 10, 12), date(2024, 10, 14)]
    assert next_working_day(days).tolist() == expected


def test_working_days_after_a_day_that_does_not_come_do_not_come() -> None:
    """So that what has not happened has no term either."""
    never = np.asarray([NEVER], dtype="datetime64[D]")
    assert np.isnat(add_working_days(never, 7)).all()
