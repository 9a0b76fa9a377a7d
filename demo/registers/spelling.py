"""Rows in the ledgers' words become the cells that a sender delivers, as its contract spells them.

What belongs here: names, words, units and date formats. What does not: files (delivery) and broken
rows (mistakes).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from demo.vocabulary import STREET_CODES, STREETS
from pipelines.errors import ContractError
from pipelines.sources.columns import Column
from pipelines.sources.contracts import ExcelDialect, SourceTable

Value = str | int | Decimal | date | None
Row = Mapping[str, Value]
"""A row by staged name; what is not staged, by the delivered name."""
Cell = str | int | Decimal | date | None
"""What is delivered: a date is a date cell of a workbook, every other date is text or a number."""

STREET = "street"
_SERIAL_EPOCH = date(1899, 12, 30)
_DATE_CELL = "date cell"
_TYPED_EVERY = 9
"""One amount of a workbook in so many is typed as text, with commas."""
_ISO = "%Y-%m-%d"
_PADDED_CHINESE = "%Y年%m月%d日"


class Verbatim(str):
    """Text that is delivered as it stands, whatever the column: a slip of the pen."""

    __slots__ = ()


def ledger_name(column: Column) -> str:
    """The name under which a recipe gives the column's value."""
    return column.as_ or column.name


def spell(table: SourceTable, rows: Sequence[Row]) -> list[list[Cell]]:
    """The cells of each row, in the contract's order of columns; equal rows give equal cells.

    Raises:
        ContractError: a row names a column, or holds a code, that the contract does not know.
    """
    known = {ledger_name(column) for column in table.columns}
    if unknown := {name for row in rows for name in row} - known:
        raise ContractError(
            f"{table.id}, demo: expected columns of the contract, got {sorted(unknown)}. "
            "Mend the recipe or the contract."
        )
    senders_words = {column.name: _senders_words(column) for column in table.columns}
    return [
        [
            _cell(table, column, senders_words[column.name], row.get(ledger_name(column)), place)
            for column in table.columns
        ]
        for place, row in enumerate(rows)
    ]


def _senders_words(column: Column) -> dict[str, list[str]]:
    """The sender's words of each code; several words may mean one."""
    words: dict[str, list[str]] = {}
    for word, code in column.words.items():
        words.setdefault(code, []).append(word)
    return words


def _cell(
    table: SourceTable, column: Column, words: dict[str, list[str]], value: Value, place: int
) -> Cell:
    if value is None or isinstance(value, Verbatim):
        return value
    if words:
        if value not in words:
            raise ContractError(
                f"{table.id}, {column.name}, demo: expected a code of {sorted(words)}, got "
                f"{value!r}. Mend the recipe or the contract."
            )
        return words[str(value)][place % len(words[str(value)])]
    if column.as_ == STREET and not column.name.endswith("_code"):
        return STREETS[STREET_CODES.index(str(value))]
    if isinstance(value, date):
        return _day(value, column.formats, place)
    if isinstance(value, Decimal):
        amount = value / column.times
        is_typed = isinstance(table.dialect, ExcelDialect) and place % _TYPED_EVERY == 4
        return f"{amount:,.2f}" if is_typed else amount
    return value


def _day(day: date, formats: Sequence[str], place: int) -> Cell:
    """A date in the formats of its column in turn; a workbook's also as date cells and numbers."""
    forms = [form for name in formats or (_ISO,) for form in _forms(name)]
    form = forms[place % len(forms)]
    if form == _DATE_CELL:
        return day
    if form == "serial":
        return (day - _SERIAL_EPOCH).days
    if form == _PADDED_CHINESE and place // len(forms) % 2:
        return f"{day.year}年{day.month}月{day.day}日"
    return day.strftime(form)


def _forms(name: str) -> tuple[str, ...]:
    return (_DATE_CELL, "serial") if name == "serial" else (name,)
