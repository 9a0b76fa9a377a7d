"""How much happens when: yearly volumes and how a year's volume falls on its days.

What belongs here: growth, seasons, weekdays. What does not: what the events are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from demo.dice import Dice
from demo.frames import Days, Floats
from demo.totals import CALIBRATED_YEAR
from demo.working_days import is_working_day


@dataclass(frozen=True)
class Season:
    """Weights of months (January first), weekdays (Monday first) and of days not worked."""

    months: Sequence[float]
    weekdays: Sequence[float]
    holiday: float


REGISTRATIONS = Season(
    months=(0.92, 0.55, 1.32, 1.12, 1.02, 1.05, 1.04, 0.98, 1.03, 0.90, 1.02, 1.05),
    weekdays=(1.15, 1.08, 1.02, 1.0, 0.98, 0.9, 0.9),
    holiday=0.03,
)
# 3·15, the 618 sale and 双11 bring the peaks; the internet takes complaints every day.
COMPLAINTS = Season(
    months=(0.88, 0.68, 1.22, 0.95, 0.98, 1.18, 1.02, 0.97, 0.95, 0.92, 1.28, 0.97),
    weekdays=(1.16, 1.1, 1.06, 1.02, 1.0, 0.85, 0.8),
    holiday=0.62,
)
CASES = Season(
    months=(0.8, 0.6, 1.15, 1.1, 1.1, 1.1, 1.05, 1.0, 1.1, 0.9, 1.1, 1.0),
    weekdays=(1.0, 1.1, 1.1, 1.0, 0.9, 0.5, 0.5),
    holiday=0.0,
)
PLEDGES = Season(
    months=(0.7, 0.5, 1.1, 0.9, 1.0, 1.3, 0.9, 0.9, 1.2, 0.9, 1.2, 1.4),
    weekdays=(1.0, 1.0, 1.0, 1.0, 1.1, 0.5, 0.5),
    holiday=0.0,
)


def yearly_volume(calibrated: int, year: int, growth: float) -> int:
    """The volume of a year, given that of the calibrated year and the growth from year to year."""
    if year == CALIBRATED_YEAR:
        return calibrated
    return round(calibrated * growth ** (year - CALIBRATED_YEAR))


def _weights(days: Days, season: Season) -> Floats:
    months = days.astype("datetime64[M]").astype(np.int64) % 12
    weekdays = (days.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    worked = np.where(is_working_day(days), 1.0, season.holiday)
    weights: Floats = (
        np.asarray(season.months)[months] * np.asarray(season.weekdays)[weekdays] * worked
    )
    return weights


def spread_over_year(dice: Dice, what: str, year: int, count: int, season: Season) -> Days:
    """`count` days of a year in ascending order, as the season has them.

    Stratified: the n-th event falls within the n-th equal share of the year's weight, so that
    small volumes keep the season too.
    """
    days = np.arange(f"{year}-01", f"{year + 1}-01", dtype="datetime64[D]")
    bounds = np.cumsum(_weights(days, season))
    places = np.arange(count)
    points = (places + dice.of(places).uniform(f"{what} {year} day")) / max(count, 1) * bounds[-1]
    drawn: Days = days[np.minimum(np.searchsorted(bounds, points, side="right"), len(days) - 1)]
    return drawn
