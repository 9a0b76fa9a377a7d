"""Figures of the registers computed by hand: each metric once, with its nulls and boundaries.

The rows are those of `by_hand.listings`. February 2024 ends on the 29th.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.dbt.indicator_build import Ask

JANUARY = date(2024, 1, 31)
FEBRUARY = date(2024, 2, 29)


@pytest.mark.parametrize(
    ("indicator", "january", "february"),
    [
        ("green_live_bases", 0, 1),  # listed on the last day of February; a room is no base
    ],
)
def test_two_months_by_hand(ask: Ask, indicator: str, january: int, february: int) -> None:
    assert ask(indicator, JANUARY) == Decimal(january)
    assert ask(indicator, FEBRUARY) == Decimal(february)
