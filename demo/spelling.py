"""Rows become the cells that a sender delivers, as its contract spells them.

What belongs here: names, words, units, dates, and what stands for nothing. What does not: files
(delivery) and broken rows (mistakes).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from demo.frames import Days, Integers, withhold
from demo.vocabulary import STREET_CODES, STREETS
from pipelines.errors import ContractError
from pipelines.sources.columns import Column
from pipelines.sources.contracts import CsvDialect, ExcelDialect, SourceTable

Value = str | int | Decimal | date | list[dict[str, Any]] | None
Row = dict[str, Any]
"""A row: by staged name in the ledgers' words, by delivered name in the sender's."""
Columns = Mapping[str, Sequence[Value] | npt.NDArray[Any]]
"""Rows by column; days and instants may be datetime64."""
Cell = str | int | Decimal | date | list[dict[str, Any]] | None
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


def spell(table: SourceTable, rows: Sequence[Row] | Columns) -> list[list[Cell]]:
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
    count = len(next(iter(given.values()), ()))
    nulls = _nulls(table)
    spelled = []
    for order, column in enumerate(columns):
        cells = _spell_column(table, column, given) or [None] * count
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


def _nulls(table: SourceTable) -> tuple[str, ...]:
    """How a file spells nothing, when it has several ways."""
    return table.dialect.nulls if isinstance(table.dialect, CsvDialect) else ()


def _spell_column(table: SourceTable, column: Column, given: Columns) -> list[Cell] | None:
    ledger = ledger_name(column)
    name = ledger if ledger in given else column.name
    if name not in given:
        return None
    values = given[name]
    if column.words:
        return _senders_words(table, column, values)
    if ledger == STREET and not column.name.endswith("_code"):
        names: dict[Value, Value] = dict(zip(STREET_CODES, STREETS, strict=True))
        values = [names.get(value, value) for value in values]
    return _format(table, column, values, column.times if name == ledger else 1)


def _senders_words(
    table: SourceTable, column: Column, values: Sequence[Value] | npt.NDArray[Any]
) -> list[Cell]:
    """The sender's word of each code; of several that mean one, each in its turn."""
    words: dict[Value, list[str]] = {}
    for word, code in column.words.items():
        words.setdefault(code, []).append(word)
    cells: list[Cell] = []
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


def _format(
    table: SourceTable, column: Column, values: Sequence[Value] | npt.NDArray[Any], times: int
) -> list[Cell]:
    """Values in the column's units and formats; texts and whole numbers stay as they are."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        texts = np.char.replace(np.datetime_as_string(values), "T", " ")
        return list(withhold(texts, np.isnat(values)))
    if column.data_type not in ("date", "decimal"):
        return list(values)
    is_typed = isinstance(table.dialect, ExcelDialect)
    cells: list[Cell] = []
    turn = 0
    for value in values:
        if isinstance(value, date):
            cells.append(_day(value, column.formats, turn))
        elif isinstance(value, Decimal):
            cells.append(_amount(value / times, is_typed and turn % _TYPED_EVERY == 4))
        else:
            cells.append(value)
        turn += value is not None
    return cells


def _amount(amount: Decimal, is_typed: bool) -> Cell:
    return f"{amount:,.2f}" if is_typed else amount


def _day(day: date, formats: Sequence[str], turn: int) -> Cell:
    """A date in the formats of its column in turn; a workbook's also as date cells and numbers."""
    forms = [form for name in formats or (_ISO,) for form in _forms(name)]
    form = forms[turn % len(forms)]
    if form == _DATE_CELL:
        return day
    if form == "serial":
        return (day - _SERIAL_EPOCH).days
    if form == _PADDED_CHINESE and turn // len(forms) % 2:
        return f"{day.year}年{day.month}月{day.day}日"
    return day.strftime(form)


def _forms(name: str) -> tuple[str, ...]:
    return (_DATE_CELL, "serial") if name == "serial" else (name,)
