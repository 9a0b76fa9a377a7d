"""Working days of the demo: the announced calendar, for whole columns of days.

A day that does not come (NaT) stays one. Outside the announced years (2004 to 2026) Monday to
Friday stand in: old registrations need a plausible day and no more, and no date after 2026 is ever
delivered, only compared with.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import chinese_calendar
import numpy as np
import numpy.typing as npt

from demo.frames import Days, Flags, Integers

ANNOUNCED = range(2004, 2027)
"""The years that chinesecalendar 1.11 knows; it raises on others."""
LAST_DELIVERY = date(ANNOUNCED[-1], 12, 31)
_KNOWN = np.arange("1992-01-01", "2028-01-01", dtype="datetime64[D]")


def years_of(days: Days) -> Integers:
    """The calendar year of each day."""
    return days.astype("datetime64[Y]").astype(np.int64) + 1970


def months_of(days: Days) -> Integers:
    """The month of each day, written YYYYMM."""
    months = days.astype("datetime64[M]").astype(np.int64)
    return (1970 + months // 12) * 100 + months % 12 + 1


def _is_worked(day: date) -> bool:
    if day.year in ANNOUNCED:
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < 5


@cache
def _calendar() -> np.busdaycalendar:
    """Days off one by one, since some weekends are worked."""
    days_off = [day for day in _KNOWN.tolist() if not _is_worked(day)]
    return np.busdaycalendar(weekmask="1111111", holidays=days_off)


def is_working_day(days: Days) -> Flags:
    """Whether each day is worked."""
    return np.is_busday(days, busdaycal=_calendar())


def add_working_days(days: Days, count: Integers | int) -> Days:
    """The day that is `count` working days later; the start day is not counted.

    Seven working days from 2025-01-24 is 2025-02-10. A count of 0 gives the last working day on
    or before the start.
    """
    return np.busday_offset(days, count, roll="backward", busdaycal=_calendar())


def next_working_day(days: npt.NDArray[Any]) -> Days:
    """The first working day on or after each day."""
    return np.busday_offset(days, 0, roll="forward", busdaycal=_calendar())
