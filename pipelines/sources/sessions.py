"""DuckDB sessions of landing: what personal values may pass through.

What belongs here: opening such a session, loading the scanners that are installed as packages, the
limit of memory. What does not: any query. A session touches no disk but the folder that it is given
to spill into, which only its owner may enter and which is gone when the visit is over.
"""

from __future__ import annotations

import ctypes
import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import duckdb

from pipelines.errors import ExtractHeldError, SettingsError
from pipelines.settings import count_bytes
from pipelines.sources.contracts import SourceTable
from pipelines.sql_text import literal

SHARE = 0.25
"""Of the memory allowed, what one session takes. Two are open at once where a database is read, and
each process takes 120 MB itself and up to 200 MB beside its session, for the rows under way."""

_MMAP_THRESHOLD, _PIECE_BYTES = -3, 2**20
"""The number of glibc's option in malloc.h; from what size on memory is mapped by itself."""


@contextmanager
def open_session(
    memory_limit: str,
    spill: Path | None = None,
    *,
    share: float = SHARE,
    loads_scanner: bool = False,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an in-memory database that never fetches an extension.

    It has one thread: rows stay in the order in which they come, with no gaps between them, a third
    of the memory suffices, and all that waits is a night.

    Args:
        memory_limit: Of the whole process tree, as the settings say it.
        spill: Where it may put what does not fit, under a name of its own; without one, nowhere.
        share: Of the memory limit; more than SHARE for one that keeps no table.
        loads_scanner: Whether it may load a scanner without asking for its signature, for which the
            engine reads 35 MB in 0.3 s. The file lies beside the engine itself, which nobody asks,
            and came with it by the hashes of the lock.
    """
    _return_what_is_freed()
    session = duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": f"{int(share * count_bytes(memory_limit))}B",
            "temp_directory": "" if spill is None else str(spill),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_unsigned_extensions": loads_scanner,
        }
    )
    try:
        yield session
    finally:
        session.close()


def _return_what_is_freed() -> None:
    """Let pieces of deliveries go back to the system when they are freed.

    Left to itself, glibc comes to keep them: between the small things that stay they leave holes,
    and landing 1 GB took 1.7 GB where it now takes 0.55 GB. Elsewhere nothing is kept so.
    """
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _PIECE_BYTES)


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


def require_room(table: SourceTable, size: int, memory_limit: str, workspace: Path | None) -> None:
    """Refuse to read a file that cannot land here.

    One that is unfolded in memory may not be longer than what is allowed there; none may be longer
    than the room left on the disk, where its rows go.

    Raises:
        ExtractHeldError: `too_large`.
    """
    finding = f"文件有 {size / 10**6:,.0f} MB，"
    if table.dialect.connector == "excel":
        if size > count_bytes(memory_limit):
            raise _too_large(table, finding)
    elif workspace is not None and size > shutil.disk_usage(workspace).free:
        raise ExtractHeldError(
            f"{table.label}：{finding}超出数据仓所在磁盘的剩余空间，未读取。"
            "请分期、分批导出，或请维护人员扩充磁盘。",
            reason="too_large",
        )


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
        f"{table.label}：{finding}超出允许使用的内存（ZHIBIAO_MEMORY_LIMIT），未采用。"
        "请分期、分批导出，或请维护人员调高上限。",
        reason="too_large",
    )
