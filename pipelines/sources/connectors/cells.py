"""Spreadsheet cells as text: dates in ISO form, numbers without exponent or needless fraction.

What belongs here: one cell. What does not: rows, headers and totals (workbook, total_row).
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from functools import lru_cache


class NumberText(str):
    """The text of a number cell: with a point, whatever the contract says of texts."""

    __slots__ = ()

    def spelled(self, decimal: str) -> str:
        """As a text of this workbook would say it."""
        return self.replace(".", decimal)


def cell_text(cell: object) -> str:
    """A cell as text: dates in ISO form, numbers without exponent or needless fraction."""
    match cell:
        case str():
            return cell
        case float():
            return _number_text(cell)
        case dt.date():
            return _date_text(cell)
        case bool():
            return "true" if cell else "false"
        case int():
            return NumberText(cell)
        case _:
            return str(cell)


def _number_text(number: float) -> str:
    shortest = repr(number)
    if not math.isfinite(number):
        return shortest  # the scan of the XML has found its row
    if shortest.endswith(".0"):
        return NumberText(int(number))
    if "e" not in shortest:
        return NumberText(shortest)
    return NumberText(int(number) if number.is_integer() else format(Decimal(shortest), "f"))


@lru_cache(1 << 12)
def _date_text(date: dt.date) -> str:
    """A list has many rows of one day."""
    if not isinstance(date, dt.datetime):
        return str(date)
    is_day = date.time() == dt.time()
    return date.date().isoformat() if is_day else date.isoformat(" ", "seconds")


def squeezed(text: str) -> str:
    """A cell's text without any white space: 合 计 is 合计."""
    return "".join(text.split())
