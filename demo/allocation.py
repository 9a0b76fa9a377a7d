"""Amounts that add up: a total split over items, to the last fen.

Integers only: no share is ever a float that was rounded on its own.
"""

from __future__ import annotations

import numpy as np

from demo.frames import Floats, Integers
from pipelines.errors import SettingsError


def split_amount(total: int, weights: Floats, *, least: int, step: int, what: str) -> Integers:
    """One amount per weight, at least `least` each, in multiples of `step`, adding up to `total`.

    The largest takes what is left of a step, so only it may be no multiple.

    Raises:
        SettingsError: when the total is too small for so many amounts.
    """
    count = len(weights)
    free = total - least * count
    if free < 0 or (count == 0 and total != 0):
        raise SettingsError(
            f"totals, {what}: expected a total that leaves each of {count} amounts at least "
            f"{least / 100:.2f} yuan, got {total / 100:.2f}. Mend the totals file."
        )
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    # Bounds are rounded and not shares, so that what rounding takes from one the next one gets.
    bounds = np.rint(np.cumsum(weights) / weights.sum() * (free // step)).astype(np.int64)
    amounts: Integers = least + np.diff(bounds, prepend=0) * step
    amounts[np.argmax(weights)] += free % step
    return amounts
