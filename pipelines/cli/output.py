"""How lists are written: as a table for people, as CSV or JSON for programs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from rich.console import Console
from rich.table import Table

LOG_WIDTH = 160


class Format(StrEnum):
    """What `--format` takes."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def plain(value: Any) -> Any:  # noqa: ANN401 whatever the database holds
    """A value as JSON can hold it: dates as ISO text, decimals as text without loss."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value


Section = tuple[str, tuple[str, ...], list[tuple[Any, ...]]]
"""Title, column names, rows."""


def write_sections(sections: Sequence[Section], output: Format) -> None:
    """Write several lists: one JSON object, or one table after another without the empty ones."""
    if output is Format.JSON:
        content = {
            title: [dict(zip(columns, map(plain, row), strict=True)) for row in rows]
            for title, columns, rows in sections
        }
        sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")
        return
    for title, columns, rows in sections:
        if rows:
            if output is Format.CSV:
                sys.stdout.write(f"# {title}\n")
            write_rows(columns, rows, output, title=title)


def write_rows(
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    output: Format,
    title: str | None = None,
) -> None:
    """Write rows to standard output in the format asked for."""
    if output is Format.JSON:
        items = [dict(zip(columns, map(plain, row), strict=True)) for row in rows]
        sys.stdout.write(json.dumps(items, ensure_ascii=False, indent=2) + "\n")
    elif output is Format.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([["" if v is None else plain(v) for v in row] for row in rows])
    else:
        open_console().print(_as_table(columns, rows, title))


def open_console() -> Console:
    """Standard output as wide as the terminal; wide enough for any table in a log."""
    console = Console()
    return console if console.is_terminal else Console(width=LOG_WIDTH)


def _as_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], title: str | None) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    for index, name in enumerate(columns):
        is_number = any(isinstance(row[index], int | Decimal) for row in rows)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*["—" if v is None else _cell(v) for v in row])
    return table


def _cell(value: Any) -> str:  # noqa: ANN401 whatever the database holds
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return str(plain(value))
    if isinstance(value, int):
        return f"{value:,}"
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
