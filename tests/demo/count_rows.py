"""Counting rows of the registers one after another: by day, by value, as a size or a rate.

What does not belong here: what is counted (count_registers, count_disputes).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from demo.spelling import Row
from tests.demo.statutory_terms import divide_half_up

Rows = dict[str, list[Row]]
Figures = dict[str, Decimal]


def within(
    rows: Iterable[Row], column: str, first: date, last: date, **wanted: object
) -> list[Any]:
    """Rows whose day lies within a period, with these values (or one of a tuple of values)."""
    return [
        row
        for row in rows
        if (day := row.get(column)) is not None
        and first <= day <= last
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
    return {name: divide_half_up(part, whole)} if whole else {}
