"""Tables of the project over rows that a test gives, made as a night makes them.

Belongs here: carrying out. Does not: the rows (`tests/dbt`), what is expected of the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import duckdb

from pipelines.compute.build import Build, NodeResult
from pipelines.compute.compiled import CompiledProject, CompiledTable
from pipelines.compute.store import ResultStore
from pipelines.layout import Layout
from pipelines.settings import Settings


def make_layout(folder: Path) -> Layout:
    """A warehouse in a folder, with the place of its build database."""
    layout = Layout.of(Settings(warehouse=folder, sources=folder / "sources"))
    layout.build.mkdir(parents=True, exist_ok=True)
    return layout


def make_tables(
    layout: Layout, project: CompiledProject, is_wanted: Callable[[CompiledTable], bool]
) -> list[NodeResult]:
    """Make the tables that are wanted over what the build database holds.

    What it holds already, a ledger written by hand for one, is taken as given.
    """
    with duckdb.connect(str(layout.build_database)) as connection:
        given = _given(connection)
    settings = Settings(warehouse=layout.warehouse, sources=layout.sources)
    build = Build(project, ResultStore(layout, date(2025, 1, 16)), layout, settings, given)
    wanted = [table for table in project.tables if table.name not in given and is_wanted(table)]
    return build.carry_out(wanted)


def _given(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What is there, each under a hash that no other content has here: the store is new."""
    rows: Iterable[tuple[str, str]] = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'build'"
        " union all select schema_name, view_name from duckdb_views()"
        " where database_name = 'build' and not internal"
    ).fetchall()
    return {f"{schema}.{table}": f"{schema}.{table}" for schema, table in rows}


def copy_as_tables(database: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """Copy a build database into one of the same name, its tables to be spoilt by a test."""
    connection.execute(f"attach '{database}' as original (read_only)")
    shown = connection.execute(
        "select schema_name, table_name, null from duckdb_tables()"
        " where database_name = 'original'"
        " union all select schema_name, view_name, if(schema_name = 'staging', sql, null)"
        " from duckdb_views() where database_name = 'original' and not internal"
        " and schema_name not like 'own_%' order by 3 nulls first"
    ).fetchall()
    for schema, table, view in shown:
        connection.execute(f"create schema if not exists {schema}")
        connection.execute(
            view or f'create table {schema}."{table}" as from original.{schema}."{table}"'
        )
    connection.execute("detach original")


def require_good(outcomes: Iterable[NodeResult]) -> None:
    """Fail with what was said of the tables and tests that did not end well."""
    bad = {
        outcome.subject.name: f"{outcome.state} {outcome.rows} {outcome.message}"
        for outcome in outcomes
        if not outcome.is_good
    }
    assert bad == {}
