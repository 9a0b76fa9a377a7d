"""Working days as announced, for whole columns."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from demo.working_days import add_working_days, day_number, is_working_day, to_date


def _after(start: date, count: int) -> date:
    return to_date(int(add_working_days(np.asarray([day_number(start)]), count)[0]))


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
    every = np.arange(day_number(date(year, 1, 1)), day_number(date(year, 12, 31)) + 1)
    assert int(is_working_day(every).sum()) == days
