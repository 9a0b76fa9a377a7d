"""DuckDB sessions that touch no disk: what personal values may pass through.

What belongs here: opening such a session, loading the scanners that are installed as packages, and
rewriting DuckDB's errors, which quote cells. What does not: any query.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import duckdb

from pipelines.errors import SettingsError, ZhibiaoError
from pipelines.sources.sql_text import literal


@contextmanager
def open_session(threads: int, memory_limit: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an in-memory database that never spills to a file and never fetches an extension."""
    session = duckdb.connect(
        config={
            "threads": threads,
            "memory_limit": memory_limit,
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    try:
        yield session
    finally:
        session.close()


def load_scanner(
    session: duckdb.DuckDBPyConnection, name: Literal["sqlite_scanner", "postgres_scanner"]
) -> None:
    """Load a scanner from its installed wheel; nothing is downloaded.

    Raises:
        SettingsError: the wheel of this DuckDB version is not installed.
    """
    package = importlib.util.find_spec(f"duckdb_extension_{name}")
    folders = list(package.submodule_search_locations or ()) if package else []
    for folder in map(Path, folders):
        file = folder / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
        if file.is_file():
            session.execute(f"load {literal(str(file))}")
            return
    raise SettingsError(
        f"DuckDB extension {name}: expected the package duckdb-extension-{name.replace('_', '-')} "
        f"{duckdb.__version__}, got none. Install the locked environment anew."
    )


@contextmanager
def without_cells(subject: str) -> Iterator[None]:
    """Replace DuckDB's errors, whose messages may quote a cell, by one that names their kind.

    Raises:
        ZhibiaoError: in place of any error of DuckDB but those of the disk.
    """
    kind = ""
    try:
        yield
    except duckdb.IOException:
        raise
    except duckdb.OutOfMemoryException:
        kind = "memory"
    except duckdb.Error as error:
        kind = type(error).__name__
    if kind == "memory":
        raise ZhibiaoError(
            f"{subject}: expected to fit into ZHIBIAO_MEMORY_LIMIT, got more. Raise the limit; "
            "a delivery is screened in memory, so that no personal value reaches the disk."
        ) from None
    if kind:
        raise ZhibiaoError(
            f"{subject}: expected rows that DuckDB can screen, got {kind}. Its message may quote "
            "a cell and is not shown; read the delivery by hand and report the case."
        ) from None
