"""Builds the folder of a release: the DuckDB file, its Parquet twin, the draft of its manifest.

The database is built new, column by column from the allow-list, and never copied from the build
file: dropped tables survive in a file's free blocks, so a copy could carry personal data out. What
does not belong here: the report (reports), sealing (manifest) and the switch (switch).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow.parquet

from pipelines.compute.build import PARQUET_FORM
from pipelines.compute.store import KeptTable, ResultStore
from pipelines.dbt_manifest import read_dbt_manifest
from pipelines.durable import refusing_full_disk
from pipelines.errors import ReleaseError
from pipelines.hashing import hash_json
from pipelines.layout import Layout
from pipelines.metrics.ledger_labels import Labels
from pipelines.own_code import hash_of_room
from pipelines.quality.stewards import read_stewards
from pipelines.releases.folders import (
    DATABASE,
    PARQUET,
    building_folder,
    remove_unfinished_releases,
)
from pipelines.releases.manifest import Draft, write_draft
from pipelines.releases.published import (
    PublishedTable,
    published_tables,
    refuse_unfit_columns,
    source_labels,
)
from pipelines.releases.taking_over import drop_all_but, identify_tables, remember, take_over
from pipelines.settings import Settings
from pipelines.sql_text import exact_path, identifier, literal

_SELF_DESCRIPTION = """
create table release (release_id varchar, as_of date, is_synthetic boolean, label varchar);
create table extracts (
    source_table varchar, source_label varchar, extract_id varchar, sha256 varchar,
    rows_delivered bigint, rows_loaded bigint, rows_quarantined bigint, rows_duplicate bigint
);
create table extract_states (
    source_table varchar, source_label varchar, data_through date, stale_from date, reason varchar
);
create table stewards (owner varchar, name_zh varchar, ordinal integer);
create table labels (ledger varchar, column_name varchar, code varchar, label_zh varchar);
comment on table release is 'One row: the release that this file belongs to.';
comment on table extracts is 'One row per extract whose rows stand behind the figures.';
comment on table extract_states is 'One row per source table: how far its data reaches.';
comment on table stewards is 'One row per section of the bureau that answers for data.';
comment on table labels is 'What people call each column of a ledger, and each code in it.';
comment on column labels.code is 'Null where the row is about the column itself.';
"""


def build_release(
    layout: Layout,
    draft: Draft,
    *,
    files: Mapping[str, KeptTable],
    store: ResultStore,
    labels: Labels,
    settings: Settings,
) -> Path:
    """Build the folder of a release beside the finished ones and return it, unsealed and private.

    Args:
        layout: where things lie; the build database must be closed by whoever wrote it.
        draft: what the release says of itself.
        files: the tables, by `<schema>.<table>`, as Parquet sorted by all their columns, those
            first that are published.
        store: which of them have been looked through before.
        labels: what the columns of the ledgers are called.
        settings: threads and memory of the database.

    Raises:
        ReleaseError: when a published column is missing, personal or inexact, or there is nothing
            to build from.
        StorageError: when the disk is full.
        ContractError: when a published table documents no column.
    """
    release_id = draft.release_id
    dbt_manifest = read_dbt_manifest(layout)
    tables = published_tables(dbt_manifest)
    if not layout.build_database.is_file():
        raise ReleaseError(
            f"release {release_id}: expected the build database {layout.build_database}, "
            "got no such file. Run `zhibiao nightly`, which makes it."
        )
    published = _published_files(tables, files)
    layout.releases.mkdir(parents=True, exist_ok=True)
    remove_unfinished_releases(layout)
    building = building_folder(layout, release_id)
    with _removed_on_failure(building), refusing_full_disk(f"release {release_id}", building):
        building.mkdir(mode=0o700)
        (building / PARQUET).mkdir(mode=0o700)
        identities = identify_tables(tables, published, draft)
        taken = take_over(layout, building, identities, published, store)
        with _open_database(layout, building, settings) as connection:
            drop_all_but(connection, taken)
            # One transaction: each of some 500 comments would wait for the disk by itself.
            connection.begin()
            for table in tables:
                _refuse_unfit(connection, table, published[table.name], store)
                if table.name not in taken:
                    _copy_table(connection, table, published[table.name].path, release_id)
            _describe_itself(connection, draft)
            _describe_data(connection, draft, source_labels(dbt_manifest))
            _name_stewards(connection, layout)
            _name_columns(connection, labels)
            rows = _write_parquet(connection, building, _whole_files(tables, published))
            connection.commit()
        remember(building, identities, store)
        write_draft(building, draft.model_copy(update={"rows": rows}))
    return building


@contextmanager
def _removed_on_failure(building: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        # Frees the room at once; what cannot be removed now goes when the next build starts, and
        # must not hide why this one failed.
        shutil.rmtree(building, ignore_errors=True)
        raise


@contextmanager
def _open_database(
    layout: Layout, building: Path, settings: Settings
) -> Iterator[duckdb.DuckDBPyConnection]:
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": settings.threads,
        "memory_limit": settings.memory_limit,
        # Not beside the database, where spilled rows would end up in the release.
        "temp_directory": str(layout.build / "spill"),
        "preserve_insertion_order": True,
    }
    connection = duckdb.connect(str(building / DATABASE), config=config)
    try:
        connection.execute(f"attach {literal(str(layout.build_database))} as build (read_only)")
        yield connection
        connection.execute("detach build")
        connection.execute("checkpoint")
    finally:
        connection.close()


def _published_files(
    tables: Sequence[PublishedTable], files: Mapping[str, KeptTable]
) -> dict[str, KeptTable]:
    """What each published table is made from, by its name in the release."""
    for table in tables:
        if table.subject not in files:
            raise ReleaseError(
                f"{table.subject}: expected the published table, got none. Build the model."
            )
    return {table.name: files[table.subject] for table in tables}


def _refuse_unfit(
    connection: duckdb.DuckDBPyConnection,
    table: PublishedTable,
    file: KeptTable,
    store: ResultStore,
) -> None:
    """Refuse what must not leave; the same file is searched once by the same code."""
    code = [duckdb.__version__, hash_of_room("releases")]
    key = hash_json({"fit to leave": code, "columns": table.columns, "file": file.sha256})
    if store.find_answer(key) is None:
        refuse_unfit_columns(connection, f"read_parquet({exact_path(file.path)})", table)
        store.keep_answer(key, True)


def _copy_table(
    connection: duckdb.DuckDBPyConnection, table: PublishedTable, path: Path, release_id: str
) -> None:
    # All in one schema: in indicators.duckdb a schema `indicators` would be ambiguous.
    name = identifier(table.name)
    # The file has a total order over its columns: equal rows are equal bytes, so any tie is no
    # difference, and what is read from it in order needs no sorting.
    columns = [
        f"{literal(release_id)} as {identifier(column)}"
        if column in table.of_the_release
        else identifier(column)
        for column in table.columns
    ]
    connection.execute(
        f"create table {name} as select {', '.join(columns)} from read_parquet({exact_path(path)})"
    )
    connection.execute(f"comment on table {name} is {literal(table.description)}")
    for column, text in table.column_descriptions.items():
        connection.execute(f"comment on column {name}.{identifier(column)} is {literal(text)}")


def _whole_files(
    tables: Sequence[PublishedTable], published: Mapping[str, KeptTable]
) -> dict[str, Path]:
    """The files that are a published table as they stand, by its name."""
    return {
        table.name: path
        for table in tables
        if tuple(pyarrow.parquet.read_schema(path := published[table.name].path).names)
        == table.columns
    }


def _describe_itself(connection: duckdb.DuckDBPyConnection, draft: Draft) -> None:
    connection.execute(_SELF_DESCRIPTION)
    label = f"{'合成演示数据 · ' if draft.is_synthetic else ''}截至 {draft.as_of.isoformat()}"
    connection.execute(
        "insert into release values (?, ?, ?, ?)",
        [draft.release_id, draft.as_of, draft.is_synthetic, label],
    )


def _describe_data(
    connection: duckdb.DuckDBPyConnection, draft: Draft, labels: Mapping[str, str]
) -> None:
    for extract in sorted(draft.extracts, key=lambda e: (e.table, e.extract_id)):
        connection.execute(
            "insert into extracts values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                extract.table,
                labels.get(extract.table, extract.table),
                extract.extract_id,
                extract.sha256,
                extract.rows_delivered,
                extract.rows_loaded,
                extract.rows_quarantined,
                extract.rows_duplicate,
            ],
        )
    connection.execute(
        "insert into extract_states"
        " select source_table, coalesce(labels[source_table], source_table), data_through,"
        " stale_from, reason"
        " from build.night.extract_states, (select ?::map(varchar, varchar) as labels)"
        " order by all asc nulls last",
        [{"key": list(labels), "value": list(labels.values())}],
    )


def _name_stewards(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    # In the order of the declaration, which is the order that reports follow.
    for ordinal, steward in enumerate(read_stewards(layout.expectations).values()):
        connection.execute(
            "insert into stewards values (?, ?, ?)", [steward.key, steward.name_zh, ordinal]
        )


def _name_columns(connection: duckdb.DuckDBPyConnection, labels: Labels) -> None:
    rows: list[tuple[str, str, str | None, str]] = []
    for ledger, columns in sorted(labels.items()):
        for column, label in columns.items():
            rows.append((ledger, column, None, label.label_zh))
            rows += [(ledger, column, code, word) for code, word in label.values.items()]
    if rows:
        by_column = [list(column) for column in zip(*rows, strict=True)]
        connection.execute(
            "insert into labels select unnest(?), unnest(?), unnest(?), unnest(?)", by_column
        )


def _write_parquet(
    connection: duckdb.DuckDBPyConnection, building: Path, whole: Mapping[str, Path]
) -> dict[str, int]:
    """Write each table of the new database, in its order; returns rows per file.

    What is there as a file already is copied: a link would share its group, and any damage.
    """
    rows: dict[str, int] = {}
    tables = connection.execute(
        "select table_name from duckdb_tables()"
        " where database_name = current_database() order by all"
    ).fetchall()
    for (table,) in tables:
        path = f"{PARQUET}/{table}.parquet"
        ((rows[path],),) = connection.execute(
            f"select count(*) from {identifier(table)}"
        ).fetchall()
        if table in whole:
            shutil.copyfile(whole[table], building / path)
        else:
            connection.execute(
                f"copy {identifier(table)} to {literal(str(building / path))} ({PARQUET_FORM})"
            )
    return rows
