"""The complaint platform on a PostgreSQL server: the same table with the server's own types."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from demo.complaints import COLUMNS, DATABASE

_TYPES = {
    "received_at": "timestamp",
    "accepted_at": "timestamp",
    "notified_at": "timestamp",
    "supplemented_at": "timestamp",
    "closed_at": "timestamp",
    "updated_at": "timestamp",
    "is_extended": "boolean",
}


def load_complaints_into_postgresql(sources: Path, url: str, *, schema: str = "public") -> int:
    """Replace the table `items` of a PostgreSQL database by that of a demo; how many rows.

    Needs psycopg, which is installed for development only.
    """
    import psycopg
    from psycopg import sql

    table = sql.Identifier(schema, "items")
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(_TYPES.get(name, "text")))
        for name in COLUMNS
    )
    names = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    flag = list(COLUMNS).index("is_extended")
    rows = 0
    with (
        closing(sqlite3.connect(f"file:{sources / DATABASE}?mode=ro", uri=True)) as database,
        psycopg.connect(url) as server,
        server.cursor() as cursor,
    ):
        cursor.execute(sql.SQL("drop table if exists {}").format(table))
        cursor.execute(
            sql.SQL("create table {} ({}, primary key (item_no))").format(table, columns)
        )
        with cursor.copy(sql.SQL("copy {} ({}) from stdin").format(table, names)) as copy:
            for row in database.execute("select * from items order by item_no"):
                copy.write_row((*row[:flag], bool(row[flag]), *row[flag + 1 :]))
                rows += 1
        cursor.execute(sql.SQL("create index on {} (updated_at)").format(table))
    return rows
