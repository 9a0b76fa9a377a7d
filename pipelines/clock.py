"""The bureau's clock: every date of the domain is a calendar date of Asia/Shanghai.

What belongs here: from instants to days. What does not: the statutory calendar (reference tables).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
_NANOSECONDS = 1_000_000_000


def today(now: datetime) -> date:
    """The date in Shanghai at an instant."""
    return now.astimezone(SHANGHAI).date()


def yesterday(now: datetime) -> date:
    """The last day that is over in Shanghai at an instant: what a night takes by default."""
    return today(now) - timedelta(days=1)


def day_of_stamp(modified_ns: int) -> date:
    """The date in Shanghai of a file's modification time, in nanoseconds."""
    return today(datetime.fromtimestamp(modified_ns / _NANOSECONDS, UTC))


def time_of_stamp(modified_ns: int) -> str:
    """A file's modification time in Shanghai to the second, for a message."""
    written_at = datetime.fromtimestamp(modified_ns / _NANOSECONDS, SHANGHAI)
    return f"{written_at:%Y-%m-%d %H:%M:%S}"
