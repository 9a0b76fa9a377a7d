"""Counting rows of the registers one after another: by day, by value, as a size or a rate.

What does not belong here: what is counted (truth, disputes_truth).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np

from demo.registers.spelling import Row
from demo.working_days import add_working_days, day_number, to_date

Rows = dict[str, list[Row]]
Figures = dict[str, Decimal]
_SIX_PLACES = Decimal("0.000001")


def within(
    rows: Iterable[Row], column: str, first: date, last: date, **wanted: object
) -> list[Any]:
    """Rows whose day lies within a period, with these values (or one of a tuple of values)."""
    return [
        row
        for row in rows
        if (day := row.get(column)) is not None
        and first <= day <= last  # type: ignore[operator]
        and all(
            row.get(name) in (value if isinstance(value, tuple) else (value,))
            for name, value in wanted.items()
        )
    ]


def size(rows: Iterable[Any]) -> Decimal:
    """How many there are."""
    return Decimal(len(list(rows)))


def rate(part: int, whole: int, name: str) -> Figures:
    """The fraction with six decimals; nothing where there is no whole."""
    if not whole:
        return {}
    return {name: (Decimal(part) / whole).quantize(_SIX_PLACES, ROUND_HALF_UP)}


def working_days_after(day: date, count: int) -> date:
    """The count-th working day after a day."""
    return to_date(int(add_working_days(np.asarray([day_number(day)]), count)[0]))
