"""Write the seed `working_days` from the chinesecalendar package.

Run it once a year, when the State Council has announced the next year's holidays and a newer
chinesecalendar carries them: `python -m pipelines.calendars.freeze_working_days`. Deadlines are
computed from the frozen seed alone, so a later package can never move a figure already published.
Arithmetic on the calendar does not belong here: it is SQL, in the models.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

import chinese_calendar
from chinese_calendar import constants

from pipelines.errors import ContractError

_WEEKEND = (6, 7)

SEED = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds" / "working_days.csv"


@dataclass(frozen=True)
class CalendarDay:
    """One row of the seed."""

    calendar_date: date
    is_working_day: bool
    kind: str
    """weekday, weekend, holiday (announced day off) or makeup (a weekend worked in return)."""
    working_day_number: int
    """Working days from the first day of the calendar to this day, itself included."""
    source: str


def freeze_working_days() -> Iterator[CalendarDay]:
    """Every day of the years that chinesecalendar covers, in order."""
    source = f"chinesecalendar {version('chinesecalendar')}"
    day = date(min(constants.holidays).year, 1, 1)
    last = date(max(constants.holidays).year, 12, 31)
    number = 0
    while day <= last:
        is_working_day = chinese_calendar.is_workday(day)
        number += is_working_day
        yield CalendarDay(day, is_working_day, _kind_of(day), number, source)
        day += timedelta(days=1)


def _kind_of(day: date) -> str:
    if day in constants.workdays:
        return "makeup"
    if day in constants.holidays:
        return "holiday"
    return "weekend" if day.isoweekday() in _WEEKEND else "weekday"


def write_seed(path: Path, days: list[CalendarDay]) -> None:
    """Write the seed; one row per day.

    Raises:
        ContractError: a day frozen before would change its kind; published deadlines rest on it.
    """
    changed = _changed_days(path, days) if path.exists() else []
    if changed:
        raise ContractError(
            f"{path.name}: expected the days frozen before, got {len(changed)} changed, the first "
            f"on {changed[0]}. Compare with the announcement; to accept them, delete the seed and "
            "freeze it anew, and say so in CHANGELOG.md."
        )
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(CalendarDay))
        for day in days:
            writer.writerow(str(v).lower() if isinstance(v, bool) else v for v in astuple(day))


def _changed_days(path: Path, days: list[CalendarDay]) -> list[str]:
    kinds = {day.calendar_date.isoformat(): day.kind for day in days}
    with path.open(encoding="utf-8", newline="") as file:
        return [
            row["calendar_date"]
            for row in csv.DictReader(file)
            if kinds.get(row["calendar_date"]) != row["kind"]
        ]


if __name__ == "__main__":
    frozen = list(freeze_working_days())
    write_seed(SEED, frozen)
    sys.stdout.write(f"{SEED.name}: {len(frozen)} days to {frozen[-1].calendar_date}\n")
