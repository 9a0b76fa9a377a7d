"""Reads a release back and compares it with its manifest, file by file and row by row.

What belongs here: finding what differs. What does not: deciding what becomes current (switch).
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow.parquet

from pipelines.errors import ReleaseError
from pipelines.hashing import hash_file
from pipelines.releases.folders import DATABASE, PARQUET
from pipelines.releases.manifest import MANIFEST, ReleaseManifest, read_manifest
from pipelines.sql_text import identifier, literal


def verify_release(path: Path) -> ReleaseManifest:
    """Read every artefact of a release back and return its manifest.

    Checks that the folder holds the listed files and no others, that sizes and hashes agree, that
    the database opens read-only with the rows of its Parquet files, and that all carry one
    release id. Works on a sealed folder before and after it is published.

    Raises:
        ReleaseError: with everything that differs.
    """
    manifest = read_manifest(path)
    differences = _compare_files(path, manifest)
    if not differences:
        # Only bytes that are what they were are worth opening.
        differences = _compare_tables(path, manifest)
    if differences:
        raise ReleaseError(
            f"release {manifest.release_id}: expected what its manifest says, "
            f"got: {'; '.join(differences)}. Do not use it: restore the folder from a backup, or "
            "remove it and run the night again."
        )
    return manifest


def _compare_files(folder: Path, manifest: ReleaseManifest) -> list[str]:
    expected = {artefact.path: artefact for artefact in manifest.artefacts}
    found = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    found.pop(MANIFEST, None)
    differences = [f"{name} is missing" for name in sorted(expected.keys() - found.keys())]
    differences += [
        f"{name} is left beside the database and would make it unreadable"
        if name.endswith(".wal")
        else f"{name} is not listed"
        for name in sorted(found.keys() - expected.keys())
    ]
    for name in sorted(expected.keys() & found.keys()):
        size = found[name].stat().st_size
        if found[name].is_symlink():
            differences.append(f"{name} is a link")
        elif size != expected[name].bytes:
            differences.append(f"{name} has {size} bytes instead of {expected[name].bytes}")
        elif hash_file(found[name]) != expected[name].sha256:
            differences.append(f"{name} has other content")
    return differences


def _compare_tables(folder: Path, manifest: ReleaseManifest) -> list[str]:
    rows = {a.path: a.rows for a in manifest.artefacts if a.path.startswith(f"{PARQUET}/")}
    # Attached to a database in memory: within one process, a second connection to the same file
    # with other settings would be refused.
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        try:
            connection.execute(f"attach {literal(str(folder / DATABASE))} as release (read_only)")
        except duckdb.Error as error:
            return [f"{DATABASE} does not open ({type(error).__name__})"]
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'release' order by all"
        ).fetchall()
        differences = [
            f"{path} has no table in {DATABASE}"
            for path in sorted(rows.keys() - {_parquet_path(table) for (table,) in tables})
        ]
        for (table,) in tables:
            differences += _compare_table(connection, folder, table, rows)
        differences += _compare_release_ids(connection, manifest.release_id)
    return differences


def _compare_table(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    table: str,
    rows: dict[str, int | None],
) -> list[str]:
    path = _parquet_path(table)
    if path not in rows:
        return [f"table {table} has no Parquet file"]
    counted = connection.execute(f"select count(*) from release.{identifier(table)}").fetchone()
    counts = {
        DATABASE: counted[0] if counted else None,
        path: pyarrow.parquet.read_metadata(folder / path).num_rows,
        MANIFEST: rows[path],
    }
    if len(set(counts.values())) == 1:
        return []
    stated = ", ".join(f"{count} rows in {where}" for where, count in counts.items())
    return [f"{table} has {stated}"]


def _compare_release_ids(connection: duckdb.DuckDBPyConnection, release_id: str) -> list[str]:
    carriers = connection.execute(
        "select table_name from duckdb_columns()"
        " where database_name = 'release' and column_name = 'release_id' order by all"
    ).fetchall()
    differences = []
    for (table,) in carriers:
        strangers = connection.execute(
            f"select distinct coalesce(release_id, '') from release.{identifier(table)}"
            " where release_id is distinct from ? order by all",
            [release_id],
        ).fetchall()
        if strangers:
            ids = ", ".join(repr(stranger) for (stranger,) in strangers)
            differences.append(f"{table} carries the release ids {ids}")
    if ("release",) not in carriers:
        differences.append(f"table release is missing in {DATABASE}")
    return differences


def _parquet_path(table: str) -> str:
    return f"{PARQUET}/{table}.parquet"
