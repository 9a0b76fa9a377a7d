"""The bureau's clock: every date of the domain is a calendar date of Asia/Shanghai."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def today(now: datetime) -> date:
    """The date in Shanghai at an instant."""
    return now.astimezone(SHANGHAI).date()


def yesterday(now: datetime) -> date:
    """The last day that is over in Shanghai at an instant: what a night takes by default."""
    return today(now) - timedelta(days=1)
