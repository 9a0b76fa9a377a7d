"""Which day a night states: the one place that decides it.

What belongs here: the default and the choice. What does not: reading the demo's marker
(sources_folder), and what day it is (clock).
"""

from __future__ import annotations

from datetime import date, datetime

from pipelines.clock import today, yesterday
from pipelines.errors import UsageError
from pipelines.sources.synthetic import DemoMarker


def default_date(marker: DemoMarker | None, now: datetime) -> date:
    """The demo's last day where its extracts lie, else the last day that is over."""
    return marker.end if marker else yesterday(now)


def choose_date(asked: date | None, marker: DemoMarker | None, now: datetime) -> date:
    """The day that was asked for, or the default.

    Raises:
        UsageError: it lies in the future.
    """
    chosen = asked or default_date(marker, now)
    if chosen > today(now):
        raise UsageError(
            f"business date: expected a day that has come, got {chosen}. Give --date YYYY-MM-DD."
        )
    return chosen
