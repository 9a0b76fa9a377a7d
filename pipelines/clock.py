"""The bureau's clock: every date of the domain is a calendar date of its time zone.

What belongs here: the zone, as the project declares it, and from instants to days. What does not:
the statutory calendar (reference tables).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.declarations import read_vars
from pipelines.errors import ContractError, ZhibiaoError
from pipelines.settings import current_settings

_OF_THE_COUNTRY = ZoneInfo("Asia/Shanghai")
_NANOSECONDS = 1_000_000_000


def read_zone(dbt_project: Path) -> ZoneInfo:
    """The time zone that a project declares: `time_zone` in the vars of its dbt_project.yml.

    Raises:
        ContractError: it names no time zone.
    """
    name = read_vars(dbt_project).get("time_zone")
    try:
        return ZoneInfo(str(name))
    except (ValueError, OSError, KeyError):
        raise ContractError(
            f"dbt_project.yml, var time_zone: expected a time zone like Asia/Shanghai, got "
            f"{name!r}. Name the one in which the bureau's days are counted."
        ) from None


@lru_cache(maxsize=1)
def zone() -> ZoneInfo:
    """The time zone of this process's project.

    That of the country where it cannot be read: who tells of a broken declaration needs a clock,
    and no night begins with one.
    """
    try:
        return read_zone(current_settings().project / "dbt_project")
    except ZhibiaoError:
        return _OF_THE_COUNTRY


def today(now: datetime) -> date:
    """The bureau's date at an instant."""
    return now.astimezone(zone()).date()


def yesterday(now: datetime) -> date:
    """The last day that is over for the bureau at an instant: what a night takes by default."""
    return today(now) - timedelta(days=1)


def day_of_stamp(modified_ns: int) -> date:
    """The bureau's date of a file's modification time, in nanoseconds."""
    return today(datetime.fromtimestamp(modified_ns / _NANOSECONDS, UTC))


def time_of_stamp(modified_ns: int) -> str:
    """A file's modification time by the bureau's clock to the second, for a message."""
    written_at = datetime.fromtimestamp(modified_ns / _NANOSECONDS, zone())
    return f"{written_at:%Y-%m-%d %H:%M:%S}"
