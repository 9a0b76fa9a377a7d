"""Delivers spelled rows in a contract's dialect: CSV, workbook, JSON lines or SQLite.

What belongs here: files and their bytes; the same rows give the same bytes. What does not: which
rows there are (recipes) and how a value is spelled (spelling).
"""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from demo.spelling import Cell, delivered_columns
from pipelines.sources.contracts import (
    CsvDialect,
    ExcelDialect,
    JsonLinesDialect,
    SourceTable,
    SqlDialect,
)

_WIDTH = 18
_SQL_TYPES = {"integer": "integer", "boolean": "integer", "decimal": "numeric"}
_NUMBER = re.compile(r'"\\u0000(-?[0-9.]+)"')


@dataclass(frozen=True)
class Delivery:
    """The cells of one source table, row by row, in the order in which they are delivered."""

    table: SourceTable
    cells: Iterable[Sequence[Any]]
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Titles over columns of a two-line heading: each with the columns that it spans."""

    @property
    def names(self) -> list[str]:
        """The delivered columns."""
        return [column.name for column in delivered_columns(self.table)]


def file_of(table: SourceTable, period: str) -> str:
    """The file that a table is delivered in for a day or month, relative to the sources folder."""
    return table.dialect.location.replace("{period}", period)


def deliver(path: Path, deliveries: Sequence[Delivery]) -> None:
    """Write one file with all the tables that it holds; `path` must not exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
    match deliveries[0].table.dialect:
        case CsvDialect():
            _write_csv(path, deliveries[0])
        case JsonLinesDialect():
            _write_json_lines(path, deliveries[0])
        case ExcelDialect():
            _write_workbook(path, deliveries)
        case SqlDialect():
            _write_database(path, deliveries)


def _write_csv(path: Path, delivery: Delivery) -> None:
    """A lone surrogate stands for a byte that does not decode."""
    dialect = delivery.table.dialect_as(CsvDialect)
    with path.open("w", encoding=dialect.encoding, errors="surrogateescape", newline="") as file:
        writer = csv.writer(file, delimiter=dialect.delimiter, quotechar=dialect.quote)
        writer.writerow(delivery.names)
        writer.writerows(delivery.cells)


def _write_json_lines(path: Path, delivery: Delivery) -> None:
    """Decimals are numbers with all their digits, which a float would lose."""
    places = [
        (column.path or column.name).removeprefix("$.").split(".")
        for column in delivered_columns(delivery.table)
    ]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in delivery.cells:
            whole: dict[str, Any] = {}
            for place, cell in zip(places, row, strict=True):
                below = whole
                for name in place[:-1]:
                    below = below.setdefault(name, {})
                below[place[-1]] = cell
            line = json.dumps(whole, ensure_ascii=False, default=lambda number: f"\0{number}")
            file.write(_NUMBER.sub(r"\1", line) + "\n")


def _write_workbook(path: Path, deliveries: Sequence[Delivery]) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        # The moment of writing must not be in the file.
        book.set_properties({"created": datetime(2020, 1, 1)})
        dated = book.add_format({"num_format": "yyyy-mm-dd"})
        for delivery in deliveries:
            sheet = book.add_worksheet(delivery.table.dialect_as(ExcelDialect).sheet)
            sheet.set_column(0, len(delivery.names) - 1, _WIDTH)
            first = _write_heading(sheet, delivery)
            _write_rows(sheet, dated, delivery, first)


def _write_heading(sheet: Worksheet, delivery: Delivery) -> int:
    """The title and the names, in two lines where some stand below a group; the next row."""
    table, dialect = delivery.table, delivery.table.dialect_as(ExcelDialect)
    names = delivery.names
    for row in range(dialect.title_rows):
        title = f"{table.label}台账(演示数据)" if delivery.groups else f"{table.label}(演示数据)"
        if delivery.groups:
            sheet.merge_range(row, 0, row, len(names) - 1, title)
        else:
            sheet.write_string(row, 0, title)
    last = dialect.title_rows + dialect.header_rows - 1
    for title, below in delivery.groups.items():
        sheet.merge_range(last - 1, names.index(below[0]), last - 1, names.index(below[-1]), title)
    grouped = {name for below in delivery.groups.values() for name in below}
    for place, name in enumerate(names):
        if delivery.groups and name not in grouped:
            sheet.merge_range(last - 1, place, last, place, name)
        else:
            sheet.write_string(last, place, name)
    return last + 1


def _write_rows(sheet: Worksheet, dated: Format, delivery: Delivery, first: int) -> None:
    """The rows, what they share with the one above merged over both, and the total row."""
    dialect, names = delivery.table.dialect_as(ExcelDialect), delivery.names
    rows = list(delivery.cells)
    shared = [names.index(name) for name in dialect.fill_down]
    begins = [
        place
        for place, cells in enumerate(rows)
        if not shared or any(cells[column] is not None for column in shared)
    ]
    ends = [*begins[1:], len(rows)] if begins else []
    for begin, end in zip(begins, ends, strict=True):
        for place in range(begin, end):
            for column, cell in enumerate(rows[place]):
                if place == begin and column in shared and end - begin > 1:
                    sheet.merge_range(first + begin, column, first + end - 1, column, "")
                _write_cell(sheet, dated, first + place, column, cell)
    if dialect.footer_marker:
        sheet.write_string(first + len(rows), 0, dialect.footer_marker)
        for name in dialect.footer_sums:
            column = names.index(name)
            amounts = (Decimal(str(r[column]).replace(",", "")) for r in rows if r[column])
            sheet.write_number(first + len(rows), column, float(sum(amounts)))


def _write_cell(sheet: Worksheet, dated: Format, row: int, column: int, cell: Cell) -> None:
    match cell:
        case None:
            return
        case date():
            sheet.write_datetime(row, column, cell, dated)
        case Decimal() | int():
            sheet.write_number(row, column, float(cell))
        case _:
            sheet.write_string(row, column, str(cell))


def _write_database(path: Path, deliveries: Sequence[Delivery]) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("pragma journal_mode = off")
        database.execute("pragma synchronous = off")
        for delivery in deliveries:
            table, dialect = delivery.table, delivery.table.dialect_as(SqlDialect)
            columns = [
                f"{c.name} {_SQL_TYPES.get(c.data_type, 'text')}{' not null' * c.required}"
                for c in table.columns
            ]
            key = f"primary key ({', '.join(table.key)})"
            database.execute(f"create table {dialect.relation} ({', '.join([*columns, key])})")
            marks = ", ".join("?" * len(table.columns))
            database.executemany(f"insert into {dialect.relation} values ({marks})", delivery.cells)
            if dialect.cursor:
                database.execute(
                    f"create index {dialect.relation}_{dialect.cursor}"
                    f" on {dialect.relation} ({dialect.cursor})"
                )
        database.commit()
