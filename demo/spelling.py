"""Rows become the cells that a sender delivers, as its contract spells them.

What belongs here: names, words, units, dates, and what stands for nothing. What does not: files
(delivery) and broken rows (mistakes).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

from demo.frames import Days, Integers, withhold
from demo.vocabulary import STREET_CODES, STREETS
from pipelines.errors import ContractError
from pipelines.sources.columns import Column
from pipelines.sources.contracts import CsvDialect, ExcelDialect, SourceTable

Row = dict[str, Any]
"""A row: by staged name in the ledgers' words, by delivered name in the sender's."""
Values = Sequence[Any] | npt.NDArray[Any]
Columns = Mapping[str, Values]
"""Rows by column; days and instants may be datetime64."""
Cell = str | int | Decimal | date | list[dict[str, Any]] | None
Cells = list[list[Any]]
"""What is delivered: a date is a date cell of a workbook, every other date is text or a number."""


@dataclass(frozen=True)
class Table:
    """Many rows, of which numbers are held and texts are made a slice at a time."""

    days: Days
    """The day of each row: it decides the month of a monthly delivery."""
    columns: Callable[[Integers], Columns]
    """Makes the rows at some positions."""


Rows = Sequence[Row] | Table

STREET = "street"
_STREET_NAMES = dict(zip(STREET_CODES, STREETS, strict=True))
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
    """The name under which a recipe gives the column's value in the ledgers' words."""
    return column.as_ or column.name


def delivered_columns(table: SourceTable) -> list[Column]:
    """The columns as they are delivered: those within a list are one, the list."""
    found: dict[str, Column] = {}
    for column in table.columns:
        outer, inner, _ = (column.path or "").removeprefix("$.").partition("[")
        whole = Column(name=outer, label=column.label, data_type="json") if inner else column
        found.setdefault(whole.name, whole)
    return list(found.values())


def spell(table: SourceTable, rows: Sequence[Row] | Columns) -> Cells:
    """The cells of each row, in the order of `delivered_columns`; equal rows give equal cells.

    Raises:
        ContractError: a row names a column, or holds a word, that the contract does not know.
    """
    columns = delivered_columns(table)
    given = rows if isinstance(rows, Mapping) else _by_column(rows)
    known = {name for column in columns for name in (column.name, ledger_name(column))}
    if unknown := given.keys() - known:
        raise ContractError(
            f"{table.id}, demo: expected columns of the contract, got {sorted(unknown)}. "
            "Mend the recipe or the contract."
        )
    nothing = [None] * len(next(iter(given.values()), ()))
    # How a file spells nothing, when it has several ways.
    nulls = table.dialect.nulls if isinstance(table.dialect, CsvDialect) else ()
    spelled = []
    for order, column in enumerate(columns):
        cells = _spell_column(table, column, given, nothing)
        if len(nulls) > 1:
            cells = [
                nulls[(place * 7 + order) % len(nulls)] if cell is None else cell
                for place, cell in enumerate(cells)
            ]
        spelled.append(cells)
    return [list(cells) for cells in zip(*spelled, strict=True)]


def _by_column(rows: Sequence[Row]) -> Columns:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _spell_column(
    table: SourceTable, column: Column, given: Columns, nothing: list[None]
) -> list[Any]:
    """Values in the sender's words, units and formats; texts and whole numbers as they are."""
    ledger = ledger_name(column)
    values = given.get(ledger, given.get(column.name, nothing))
    if column.words:
        return _senders_words(table, column, values)
    if ledger == STREET and not column.name.endswith("_code"):
        return [_STREET_NAMES.get(value, value) for value in values]
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        texts = np.char.replace(np.datetime_as_string(values), "T", " ")
        return list(withhold(texts, np.isnat(values)))
    if column.data_type == "date":
        return _in_turn(values, lambda day, turn: _day(day, column.formats, turn))
    if column.data_type == "decimal":
        times = column.times if ledger in given else 1
        every = _TYPED_EVERY if isinstance(table.dialect, ExcelDialect) else 1
        return _in_turn(values, lambda amount, turn: _amount(amount, times, turn % every == 4))
    return list(values)


def _in_turn(values: Values, spell_one: Callable[[Any, int], Any]) -> list[Any]:
    """Each value that is given spelled by its turn among them."""
    turns = count()
    return [None if value is None else spell_one(value, next(turns)) for value in values]


def _senders_words(table: SourceTable, column: Column, values: Values) -> list[Any]:
    """The sender's word of each code; of several that mean one, each in its turn."""
    words: dict[Any, list[str]] = {}
    for word, code in column.words.items():
        words.setdefault(code, []).append(word)
    cells: list[Any] = []
    for place, value in enumerate(values):
        if value in words:
            cells.append(words[value][place % len(words[value])])
        elif value is None or value in column.words or isinstance(value, Verbatim):
            cells.append(value)
        else:
            raise ContractError(
                f"{table.id}, {column.name}, demo: expected a code of {sorted(words, key=str)}, "
                f"got {value!r}. Mend the recipe or the contract."
            )
    return cells


def _amount(amount: Cell, times: int, is_typed: bool) -> Cell:
    if not isinstance(amount, Decimal):
        return amount
    return f"{amount / times:,.2f}" if is_typed else amount / times


def _day(day: Cell, formats: Sequence[str], turn: int) -> Cell:
    """A date in the formats of its column in turn; a workbook's also as date cells and numbers."""
    if not isinstance(day, date):
        return day
    forms: list[str] = []
    for name in formats or (_ISO,):
        forms += (_DATE_CELL, "serial") if name == "serial" else (name,)
    form = forms[turn % len(forms)]
    if form == _DATE_CELL:
        return day
    if form == "serial":
        return (day - _SERIAL_EPOCH).days
    if form == _PADDED_CHINESE and turn // len(forms) % 2:
        return f"{day.year}年{day.month}月{day.day}日"
    return day.strftime(form)
