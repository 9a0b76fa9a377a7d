"""How lists are written: as a table for people, as CSV or JSON for programs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Collection, Sequence
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from math import isfinite
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

# Wider than any table: in a pipe or a log no line is folded, so that `grep` finds what it shows.
PIPED_WIDTH = 100_000


class Format(StrEnum):
    """What `--format` takes."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def plain(value: Any) -> Any:  # noqa: ANN401 whatever the database holds
    """A value as JSON can hold it: dates as ISO text, decimals as text without loss."""
    shown: Any
    match value:
        case None | bool() | int() | str():
            shown = value
        case float() if isfinite(value):
            shown = value
        case date() | time():
            shown = value.isoformat()
        case Decimal():
            shown = _without_idle_zeros(f"{value:f}")
        case dict():
            shown = {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            shown = [plain(item) for item in value]
        case bytes():
            shown = value.hex()
        case _:
            shown = str(value)
    return shown


TitledRows = tuple[str, tuple[str, ...], list[tuple[Any, ...]]]
"""Title, column names, rows."""


def write_sections(sections: Sequence[TitledRows], output: Format) -> None:
    """Write several lists: one JSON object, each list as CSV below its `# title`, or tables.

    Programs get the empty lists too; people do not.
    """
    if output is Format.JSON:
        content = {
            title: [dict(zip(columns, map(plain, row), strict=True)) for row in rows]
            for title, columns, rows in sections
        }
        sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")
        return
    for title, columns, rows in sections:
        if output is Format.CSV:
            sys.stdout.write(f"# {title}\n")
        if rows or output is Format.CSV:
            write_rows(columns, rows, output, title=title)


def write_rows(
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    output: Format,
    title: str | None = None,
    numbers: Collection[str] = (),
) -> None:
    """Write rows to standard output in the format asked for.

    `numbers` names the columns whose numbers are texts, so that a table sets them right as well.
    """
    if output is Format.JSON:
        items = [dict(zip(columns, map(plain, row), strict=True)) for row in rows]
        sys.stdout.write(json.dumps(items, ensure_ascii=False, indent=2) + "\n")
    elif output is Format.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([[_field(v) for v in row] for row in rows])
    else:
        print_table(open_console(), _as_table(columns, rows, numbers), title)


def open_console() -> Console:
    """Standard output: as wide as the terminal, or else as wide as what is written."""
    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)


def print_table(console: Console, table: Table, title: str | None = None) -> None:
    """Print a table below its title; Rich would pad the title to the table's width."""
    if title is not None:
        console.print(Text(title, style="italic"), soft_wrap=True)
    console.print(table)


def _as_table(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], numbers: Collection[str]
) -> Table:
    table = Table(header_style="bold")
    for index, name in enumerate(columns):
        is_number = name in numbers or any(_is_number(row[index]) for row in rows)
        # Text: a bracket in a value is no markup.
        table.add_column(Text(name), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*[Text("—" if v is None else _cell(v)) for v in row])
    return table


def _is_number(value: Any) -> bool:  # noqa: ANN401 whatever the database holds
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _field(value: Any) -> Any:  # noqa: ANN401 whatever the database holds
    """A value as a CSV field; what has parts is written as JSON."""
    shown = plain(value)
    return json.dumps(shown, ensure_ascii=False) if isinstance(shown, dict | list) else shown


def _cell(value: Any) -> str:  # noqa: ANN401 whatever the database holds
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        return str(_field(value))
    if isinstance(value, int):
        return f"{value:,}"
    return _without_idle_zeros(f"{value:,f}")


def _without_idle_zeros(text: str) -> str:
    # Not Decimal.normalize: it rounds to 28 digits, and a DECIMAL has up to 38.
    return text.rstrip("0").rstrip(".") if "." in text else text
