"""Making an extract's folder: aside, synced, read back, renamed. A folder is whole or not there.

What belongs here: writing screened tables durably. What does not: what is in them (screening) and
whether they should land (landing).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from pipelines.durable import make_folder, publish_folder, reason_of, says_no_room
from pipelines.errors import StorageError
from pipelines.sources.connectors.interface import LINE_NUMBER, ROW_NUMBER
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import ASIDE, DATA, MANIFEST, PROFILE, REJECTED, Extract
from pipelines.sources.profiles import Profile
from pipelines.sql_text import literal, name_list

_FORM = "(format parquet, compression zstd, row_group_size 122880)"


def remove_unfinished_extracts(home: Path) -> None:
    """Remove what a killed landing left aside; it was never part of landing."""
    for folder in home.glob(f"{ASIDE}*"):
        shutil.rmtree(folder)


@contextmanager
def folder_aside(home: Path) -> Iterator[Path]:
    """A folder to write into; gone afterwards unless it was renamed.

    Raises:
        StorageError: there is no room, or the disk takes nothing: a fault of the warehouse, and of
            no delivery.
    """
    aside = home / f"{ASIDE}{os.getpid()}"
    problem = ""
    try:
        make_folder(home)
        aside.mkdir()
        yield aside
    except (OSError, duckdb.IOException) as error:
        problem = reason_of(error)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    if problem:
        raise StorageError(
            f"landing {home}: expected to write an extract, got {problem!r}. {_remedy(problem)} "
            "and run the night again; what has landed is untouched."
        ) from None


def _remedy(problem: str) -> str:
    if says_no_room(problem):
        return "Free some space on the disk of ZHIBIAO_WAREHOUSE"
    return "See that ZHIBIAO_WAREHOUSE lies on a disk that we may write to and that is sound"


def write_tables(
    session: duckdb.DuckDBPyConnection, table: SourceTable, aside: Path, memory_limit: str
) -> None:
    """Write `screened` and `rejected` as Parquet; the same rows give the same bytes (I3).

    Args:
        session: Where the two tables are; `screened` may be gone afterwards.
        table: The contract.
        aside: The folder to write into.
        memory_limit: All that the settings allow, for rows so long that many fill it.

    Raises:
        StorageError: what was read back is not what was written.
    """
    columns = [column.name for column in table.columns]
    has_lines = (
        LINE_NUMBER in session.execute("from screened limit 0").to_arrow_table().schema.names
    )
    begins = [LINE_NUMBER] if has_lines else []
    has_gaps = _has_gaps(session)
    names = [*columns, ROW_NUMBER, *begins]
    if has_gaps:
        _pack(session, names)
    reasons = [ROW_NUMBER, "rule_id", "column_name", "meaning"]
    queries = {
        DATA: f"select {name_list(names)} from {'packed' if has_gaps else 'screened'}",
        REJECTED: f"select {name_list([*reasons, *columns, *begins])} from rejected"
        f" order by {ROW_NUMBER}, rule_id",
    }
    for name, query in queries.items():
        path = aside / name
        copying = f"copy ({query}) to {literal(str(path))} {_FORM}"
        try:
            written = session.execute(copying).fetchone()
        except duckdb.OutOfMemoryException:  # a row group is made in memory, however long its rows
            session.execute(f"set memory_limit = {literal(memory_limit)}")
            written = session.execute(copying).fetchone()
        read_back = pq.read_table(path, columns=[ROW_NUMBER]).num_rows
        if written is None or written[0] != read_back:
            raise StorageError(
                f"{path.name} of {table.id}: expected {written and written[0]} rows to be read "
                f"back, got {read_back}. Check the disk and run the night again."
            )


def _has_gaps(session: duckdb.DuckDBPyConnection) -> bool:
    """Whether rows were deleted before others; DuckDB gives no row's place to another."""
    found = session.execute("select count(*) <= max(rowid) from screened").fetchone()
    return bool(found and found[0])


def _pack(session: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    """Make `packed` of `screened`, whose rows are in order, with no gaps where some were deleted.

    A row group ends where a run of rows does, so that gaps would show in the bytes. It takes a
    third of the time of sorting.
    """
    session.execute(f"create temp table packed as select {name_list(names)} from screened")
    session.execute("drop table screened")


def write_profile(profile: Profile, aside: Path) -> None:
    """Write what the columns look like, beside the rows."""
    (aside / PROFILE).write_text(profile.model_dump_json(indent=2) + "\n", encoding="utf-8")


def publish_extract(extract: Extract, aside: Path) -> None:
    """Add the manifest and rename the folder to its final name, durably."""
    (aside / MANIFEST).write_text(extract.to_manifest(), encoding="utf-8")
    publish_folder(aside, extract.folder)
