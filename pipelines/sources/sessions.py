"""DuckDB sessions that touch no disk: what personal values may pass through.

What belongs here: opening such a session, loading the scanners that are installed as packages, the
limit of memory. What does not: any query.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import duckdb

from pipelines.errors import ExtractHeldError, SettingsError
from pipelines.settings import count_bytes
from pipelines.sources.contracts import SourceTable
from pipelines.sql_text import literal


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


def require_room(table: SourceTable, size: int, memory_limit: str) -> None:
    """Refuse to read a file that is longer than the memory allowed: reading takes several times it.

    Raises:
        ExtractHeldError: `too_large`.
    """
    if size > count_bytes(memory_limit):
        raise _too_large(table, f"文件有 {size / 10**6:,.0f} MB，")


@contextmanager
def within_memory(table: SourceTable) -> Iterator[None]:
    """Hold a delivery for which the memory does not suffice; DuckDB's error would quote a cell.

    Raises:
        ExtractHeldError: `too_large`.
    """
    is_beyond = False
    try:
        yield
    except (duckdb.OutOfMemoryException, MemoryError):
        is_beyond = True
    if is_beyond:
        raise _too_large(table, "")


def _too_large(table: SourceTable, finding: str) -> ExtractHeldError:
    return ExtractHeldError(
        f"{table.label}：{finding}超出允许使用的内存（ZHIBIAO_MEMORY_LIMIT），未读取"
        "（个人信息只在内存中处理，不落盘）。请分期、分批导出，或请维护人员调高上限。",
        reason="too_large",
    )
