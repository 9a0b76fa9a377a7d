"""Working days of the demo: the announced calendar, as arrays that whole columns can use.

Days are integers since 1970-01-01, in Asia/Shanghai. Outside the announced years (2004 to 2026)
Monday to Friday stand in: old registrations need a plausible day and no more, and no date after
2026 is ever delivered, only compared with.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar
import numpy as np

from demo.dice import Flags, Integers

EPOCH = date(1970, 1, 1)
FIRST_DAY = date(1992, 1, 1)
ANNOUNCED = range(2004, 2027)
"""The years that chinesecalendar 1.11 knows; it raises on others."""
LAST_DELIVERY = date(ANNOUNCED[-1], 12, 31)
_LAST_DAY = date(ANNOUNCED[-1] + 1, 12, 31)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def to_date(number: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=int(number))


def years_of(days: Integers) -> Integers:
    """The calendar year of each day number."""
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def months_of(days: Integers) -> Integers:
    """The month of each day number, written YYYYMM."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return (1970 + months // 12) * 100 + months % 12 + 1


def _is_worked(day: date) -> bool:
    if day.year in ANNOUNCED:
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < 5


@lru_cache(maxsize=1)
def _calendar() -> tuple[int, Flags, Integers, Integers]:
    """First day, whether each day is worked, how many were worked up to it, and the worked days."""
    first = day_number(FIRST_DAY)
    days = np.arange(first, day_number(_LAST_DAY) + 1)
    is_worked = np.array([_is_worked(to_date(day)) for day in days.tolist()])
    return first, is_worked, np.cumsum(is_worked), days[is_worked]


def is_working_day(days: Integers) -> Flags:
    """Whether each day is worked."""
    first, is_worked, _, _ = _calendar()
    return is_worked[days - first]


def add_working_days(days: Integers, count: Integers | int) -> Integers:
    """The day that is `count` working days later; the start day is not counted.

    Seven working days from 2025-01-24 is 2025-02-10. A count of 0 gives the last working day on
    or before the start.
    """
    first, _, worked_until, worked = _calendar()
    reached: Integers = worked[worked_until[days - first] - 1 + count]
    return reached


def next_working_day(days: Integers) -> Integers:
    """The first working day on or after each day."""
    return add_working_days(days - 1, 1)
