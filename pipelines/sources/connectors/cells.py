"""Spreadsheet cells as text: dates in ISO form, numbers without exponent or needless fraction.

What belongs here: one cell. What does not: rows, headers and totals (workbook, total_row).
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal


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
        case bool():
            return "true" if cell else "false"
        case float() if not math.isfinite(cell):
            return str(cell)  # the scan of the XML has found its row
        case float() | int():
            whole = cell == int(cell)
            return NumberText(int(cell) if whole else format(Decimal(repr(cell)), "f"))
        case dt.datetime():
            is_day = cell.time() == dt.time()
            return cell.date().isoformat() if is_day else cell.isoformat(" ", "seconds")
        case _:
            return str(cell)


def squeezed(text: str) -> str:
    """A cell's text without any white space: 合 计 is 合计."""
    return "".join(text.split())
