"""The tables of the current release that the next has unchanged: its database begins with them.

To write a ledger of millions as it was would cost every night what it cost the first. What belongs
here: which tables of a database are those of another, and beginning with a copy of it. What does
not: making the others (build).
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import duckdb
from pydantic import TypeAdapter

from pipelines.compute.store import KeptTable, ResultStore
from pipelines.hashing import hash_file, hash_json
from pipelines.layout import Layout
from pipelines.own_code import hash_of_room
from pipelines.releases.folders import DATABASE
from pipelines.releases.manifest import Draft
from pipelines.releases.published import PublishedTable
from pipelines.sql_text import identifier

Identities = Mapping[str, str]
"""Of the tables of a release's database that do not speak of the release itself, by name."""

_IDENTITIES = TypeAdapter(dict[str, str])


def identify_tables(
    tables: Sequence[PublishedTable], published: Mapping[str, KeptTable], draft: Draft
) -> dict[str, str]:
    """What each table is made from: equal ones are equal tables, to the order of their rows.

    The definitions are a part of it, so that nothing of a table that was once published by mistake
    lingers in the free pages of a file that begins with that one.
    """
    code = [duckdb.__version__, hash_of_room("releases"), draft.definitions]
    return {
        table.name: hash_json(
            {
                "code": code,
                "declared": asdict(table),
                "file": published[table.name].sha256,
            }
        )
        for table in tables
        if not table.of_the_release
    }


def take_over(
    layout: Layout,
    building: Path,
    wanted: Identities,
    published: Mapping[str, KeptTable],
    store: ResultStore,
) -> frozenset[str]:
    """Begin the database in `building` with that of the current release, if most of it stays.

    What is dropped leaves room in the file: it is worth having where more is taken than dropped.

    Args:
        layout: Where the current release is.
        building: The folder of the next one, without a database.
        wanted: The tables that it will have.
        published: What each table that it will have is made from.
        store: Which tables the databases of earlier nights hold.

    Returns:
        The tables that stand there; none where it begins empty.
    """
    current, begun = layout.current / DATABASE, building / DATABASE
    if not current.is_file():
        return frozenset()
    shutil.copyfile(current, begun)  # what is hashed is what is used
    known = _IDENTITIES.validate_python(store.find_answer(_key_of(begun)) or {})
    same = frozenset(name for name, said in wanted.items() if known.get(name) == said)
    if 2 * _rows_of(published, same) <= _rows_of(published, published):
        begun.unlink()
        return frozenset()
    return same


def _rows_of(published: Mapping[str, KeptTable], names: Collection[str]) -> int:
    return sum(published[name].rows for name in names)


def drop_all_but(connection: duckdb.DuckDBPyConnection, kept: Collection[str]) -> None:
    """Drop the other tables, and give their room in the file to what comes."""
    tables = connection.execute(
        "select table_name from duckdb_tables() where database_name = current_database()"
    ).fetchall()
    for (name,) in tables:
        if name not in kept:
            connection.execute(f"drop table {identifier(name)}")
    connection.execute("checkpoint")


def remember(building: Path, identities: Identities, store: ResultStore) -> None:
    """Keep what the finished database in `building` holds, for the next night."""
    store.keep_answer(_key_of(building / DATABASE), {**identities})


def _key_of(database: Path) -> str:
    return hash_json({"tables of the database": hash_file(database)})
