"""Delivers spelled rows in a contract's dialect: CSV, workbook, JSON lines or SQLite.

What belongs here: files and their bytes; the same rows give the same bytes. What does not: which
rows there are (recipes) and how a value is spelled (spelling).
"""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format

from demo.registers.spelling import Cell
from pipelines.sources.contracts import (
    CsvDialect,
    ExcelDialect,
    JsonLinesDialect,
    SourceTable,
    SqlDialect,
)

_WIDTH = 18
_SQL_TYPES = {"integer": "integer", "boolean": "integer", "decimal": "numeric"}


@dataclass(frozen=True)
class Delivery:
    """The cells of one source table, row by row, in the order of the contract's columns."""

    table: SourceTable
    cells: list[list[Cell]]


def file_of(table: SourceTable, end: date) -> str:
    """The file that a table is delivered in on a day, relative to the sources folder."""
    return table.dialect.location.replace("{period}", f"{end:%Y%m%d}")


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
    dialect = delivery.table.dialect_as(CsvDialect)
    with path.open("w", encoding=dialect.encoding, newline="") as file:
        writer = csv.writer(file, delimiter=dialect.delimiter, quotechar=dialect.quote)
        writer.writerow([column.name for column in delivery.table.columns])
        writer.writerows(delivery.cells)


def _write_json_lines(path: Path, delivery: Delivery) -> None:
    places = [_json_place(column.path, column.name) for column in delivery.table.columns]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in delivery.cells:
            whole: dict[str, Any] = {}
            for place, cell in zip(places, row, strict=True):
                below = whole
                for name in place[:-1]:
                    below = below.setdefault(name, {})
                below[place[-1]] = cell
            file.write(json.dumps(whole, ensure_ascii=False) + "\n")


def _json_place(path: str | None, name: str) -> list[str]:
    """The names that lead to a value: `$.firm.uscc` is firm, uscc."""
    return path.removeprefix("$.").split(".") if path else [name]


def _write_workbook(path: Path, deliveries: Sequence[Delivery]) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        # The moment of writing must not be in the file.
        book.set_properties({"created": datetime(2020, 1, 1)})
        dated = book.add_format({"num_format": "yyyy-mm-dd"})
        for delivery in deliveries:
            _write_sheet(book, dated, delivery)


def _write_sheet(book: xlsxwriter.Workbook, dated: Format, delivery: Delivery) -> None:
    table, dialect = delivery.table, delivery.table.dialect_as(ExcelDialect)
    sheet = book.add_worksheet(dialect.sheet)
    sheet.set_column(0, len(table.columns) - 1, _WIDTH)
    for row in range(dialect.title_rows):
        sheet.write_string(row, 0, f"{table.label}(演示数据)")
    first = dialect.title_rows + dialect.header_rows
    for place, column in enumerate(table.columns):
        sheet.write_string(first - 1, place, column.name)
    for row, cells in enumerate(delivery.cells, start=first):
        for place, cell in enumerate(cells):
            match cell:
                case None:
                    continue
                case date():
                    sheet.write_datetime(row, place, cell, dated)
                case Decimal() | int():
                    sheet.write_number(row, place, float(cell))
                case _:
                    sheet.write_string(row, place, cell)


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
