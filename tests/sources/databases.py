"""The same small complaints table in SQLite and in PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import psycopg

from pipelines.sources.contracts import SourceTable
from tests.sources.bureau import Bureau, columns, contract

Item = tuple[str, str | None, bool | None, str | None, str | None, str | None]
"""Number, complainant, extended, amount, received on, updated at."""

ITEMS: list[Item] = [
    ("A1", "张三", False, "12.50", "2025-01-02", "2025-01-02 08:00:00"),
    ("A2", "李四𠮷", True, "0.10", "2025-01-03", "2025-01-03 09:30:00"),
    ("A3", None, None, None, None, "2025-01-10 23:59:59"),
    ("A4", "王五", False, "1", "2025-01-16", "2025-01-16 00:00:00"),
]


def items_contract(location: str = "complaints/c.sqlite", **overrides: object) -> SourceTable:
    """An increment by `updated_at` with two days of overlap."""
    dialect = {
        "connector": "sql",
        "location": location,
        "relation": "items",
        "cursor": "updated_at",
        **overrides,
    }
    fields = columns(
        item_no={"data_type": "text", "required": True},
        complainant={"data_type": "text", "sensitivity": "personal"},
        is_extended="boolean",
        amount="decimal",
        received_on={"data_type": "date", "formats": ["%Y-%m-%d"]},
        updated_at={
            "data_type": "timestamp",
            "required": True,
            "formats": ["%Y-%m-%d %H:%M:%S"],
        },
    )
    return contract(
        dialect,
        delivery="increment" if dialect["cursor"] else "full",
        fields=fields,
        key=("item_no",),
        source="complaints",
        max_age_days=3,
    )


def fill_sqlite(path: Path, items: Sequence[Item] = ITEMS) -> None:
    """Make the table in a SQLite file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as database:
        database.execute(
            "create table items (item_no text, complainant text, is_extended integer,"
            " amount text, received_on text, updated_at text)"
        )
        database.executemany("insert into items values (?, ?, ?, ?, ?, ?)", items)
    database.close()


def fill_postgres(uri: str, items: Sequence[Item] = ITEMS) -> None:
    """Make the table in PostgreSQL, with the types that it has there."""
    with psycopg.connect(uri, autocommit=True) as database:
        database.execute("drop table if exists items")
        database.execute(
            "create table items (updated_at timestamp, item_no varchar(20), complainant text,"
            " is_extended boolean, amount numeric, received_on date)"
        )
        for item in items:
            database.execute(
                "insert into items (item_no, complainant, is_extended, amount, received_on,"
                " updated_at) values (%s, %s, %s, %s, %s, %s)",
                item,
            )


def change(bureau: Bureau, statement: str, *values: object) -> None:
    """Change the SQLite file of a bureau."""
    with sqlite3.connect(bureau.layout.sources / "complaints" / "c.sqlite") as database:
        database.execute(statement, values)
    database.close()
