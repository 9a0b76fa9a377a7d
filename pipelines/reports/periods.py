"""Periods as people write them: 2024, 2024-Q3, 2024-11, 2024-11-ytd, and days: 2024-12-31."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from pipelines.errors import UsageError

_FORM = re.compile(r"(?P<year>\d{4})(?:-Q(?P<quarter>[1-4])|-(?P<month>\d{2})(?P<ytd>-ytd)?)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Period:
    """A span of whole months with the grain that indicator_values names; or a single day."""

    grain: str
    start: date
    end: date


def parse_period(text: str) -> Period:
    """Read a period.

    Raises:
        UsageError: the text is none of the forms, or the month is no month.
    """
    match = _FORM.fullmatch(text.strip())
    month = int(match["month"]) if match and match["month"] else None
    if match is None or (month is not None and not 1 <= month <= 12):  # noqa: PLR2004 months
        raise UsageError(
            f"period: expected 2024, 2024-Q3, 2024-11 or 2024-11-ytd, got {text!r}. "
            "Write it in one of these forms."
        )
    year = int(match["year"])
    if year == 0:
        raise UsageError("period: expected a year from 0001, got '0000'. Write the year.")
    if match["quarter"]:
        first, last, grain = int(match["quarter"]) * 3 - 2, int(match["quarter"]) * 3, "quarter"
    elif month is None:
        first, last, grain = 1, 12, "year"
    elif match["ytd"]:
        first, last, grain = 1, month, "ytd"
    else:
        first, last, grain = month, month, "month"
    return Period(grain, date(year, first, 1), date(year, last, monthrange(year, last)[1]))


def parse_stated_period(text: str) -> Period:
    """Read the period that a published figure is stated for.

    The last day of a month stands for the month that ends on it, as a stock is published. Any other
    day is a period of the grain `day`, of which a release has no figures.

    Raises:
        UsageError: the text is none of the forms, or the day is not in the calendar.
    """
    if not _DAY.fullmatch(text.strip()):
        return parse_period(text)
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"period: expected a day of the calendar, got {text!r}. Write it as 2024-12-31."
        ) from None
    month = parse_period(text.strip()[:7])
    return month if day == month.end else Period("day", day, day)


def name_period(grain: str, start: date, end: date) -> str:
    """The text that `parse_period` reads back."""
    if grain == "day":
        return end.isoformat()
    if grain == "year":
        return f"{start.year:04d}"
    if grain == "quarter":
        return f"{start.year:04d}-Q{(start.month + 2) // 3}"
    return f"{end.year:04d}-{end.month:02d}" + ("-ytd" if grain == "ytd" else "")
