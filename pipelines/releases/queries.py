"""One question of somebody's own to a release, answered in a child process under hard limits.

DuckDB ends neither a long scalar function nor a wide answer by itself. What belongs here: how the
database of a release is opened, so that a query can only read it, and what an answer may take. What
does not: which release (reading), and questions of our own, which are known and need no child. The
child imports this module alone, so it imports little; DuckDB is for the child, and its parent is
spared.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.bounded import BoundExceededError, Bounds, run_bounded
from pipelines.errors import ReleaseError, UsageError

if TYPE_CHECKING:
    import duckdb

AnswerRow = tuple[Any, ...]

_READING = {"SELECT", "EXPLAIN"}
_ROWS_AT_ONCE = 1024
_REMEDY = "Ask for fewer rows, or read the Parquet files of the release."


@dataclass(frozen=True)
class Limits:
    """What one question may take, beside the memory of the database, which is a setting."""

    seconds: float = 300
    rows: int = 1_000_000
    """What a terminal, a pipe or a sheet can take; whole tables lie in the release as Parquet."""
    answer_bytes: int = 256 << 20
    """A million rows of the widest published table take less."""
    more_memory_bytes: int = 512 << 20
    """For the interpreter, the answer, and what DuckDB does not count."""


LIMITS = Limits()


def open_for_reading(path: Path, memory_limit: str, threads: int) -> duckdb.DuckDBPyConnection:
    """Open a database so that a query can only read it.

    Other files, extensions and settings are out of reach, and nothing is spilled to disk.
    """
    import duckdb

    # Given when connecting: connections of one process to one file share their settings, so the
    # second could not set what the first has locked.
    return duckdb.connect(
        str(path),
        read_only=True,
        config={
            "memory_limit": memory_limit,
            "threads": threads,
            "max_temp_directory_size": "0KiB",
            "enable_external_access": False,
            "lock_configuration": True,
        },
    )


def ask(
    database: Path,
    question: str,
    *,
    memory_limit: str,
    memory_bytes: int,
    threads: int,
    limits: Limits = LIMITS,
) -> tuple[list[str], list[AnswerRow]]:
    """Ask a release's database one question; the names of the columns, and the rows.

    Args:
        database: The DuckDB file.
        question: One SELECT, FROM, SHOW, DESCRIBE or EXPLAIN.
        memory_limit: Of the database, as DuckDB reads it.
        memory_bytes: The same in bytes.
        threads: Of the database.
        limits: What else the answer may take.

    Raises:
        UsageError: it is not one question, or DuckDB does not take it.
        ReleaseError: the answer takes more time, memory, rows or bytes than it may.
    """
    bounds = Bounds(limits.seconds, memory_bytes + limits.more_memory_bytes, limits.answer_bytes)
    try:
        columns, packed = run_bounded(
            bounds, answer, database, question, memory_limit, threads, limits
        )
    except BoundExceededError as error:
        expected = {
            "seconds": f"an answer within {limits.seconds:g} s, got none",
            "memory": f"an answer within {memory_limit} of memory, got one that takes more",
            "answer": f"an answer of {limits.answer_bytes >> 20} MB at most, got more",
            "process": "an answer, got the end of the process that worked at it",
        }
        raise ReleaseError(f"query: expected {expected[error.limit]}. {_REMEDY}") from None
    rows: list[AnswerRow] = []
    while packed:
        rows += pickle.loads(packed.pop(0))  # noqa: S301 our own child wrote it
    return columns, rows


def answer(
    database: Path, question: str, memory_limit: str, threads: int, limits: Limits
) -> tuple[list[str], list[bytes]]:
    """What the child does: the columns, and the rows in pickled parts, which take least memory.

    Raises:
        UsageError: it is not one question, or DuckDB does not take it.
        ReleaseError: more rows than there may be.
        BoundExceededError: more bytes than there may be.
        MemoryError: DuckDB says that its memory does not suffice.
    """
    import duckdb

    packed: list[bytes] = []
    count = size = 0
    with open_for_reading(database, memory_limit, threads) as connection:
        try:
            _refuse_other_than_one_question(connection, question)
            result = connection.execute(question)
            columns = [column[0] for column in result.description or []]
            while rows := result.fetchmany(_ROWS_AT_ONCE):
                count += len(rows)
                if count > limits.rows:
                    raise ReleaseError(
                        f"query: expected at most {limits.rows:,} rows, got more. "
                        "Add a limit, or read the Parquet files of the release."
                    )
                packed.append(pickle.dumps(rows))
                size += len(packed[-1])
                if size > limits.answer_bytes:
                    raise BoundExceededError("answer")
        except duckdb.OutOfMemoryException:
            raise MemoryError from None
        except duckdb.Error as error:
            raise UsageError(
                f"query: expected one that DuckDB takes, got: {error}\n"
                "Mend it; the tables: zhibiao sql 'show all tables'"
            ) from None
    return columns, packed


def _refuse_other_than_one_question(connection: duckdb.DuckDBPyConnection, question: str) -> None:
    """The connection can change nothing that lasts; a PRAGMA or SET would still seem to work.

    DuckDB turns one PIVOT into two statements without a text of their own.
    """
    statements = connection.extract_statements(question)
    written = [s.type.name for s in statements if s.query]
    if not statements or len(written) > 1 or not _READING.issuperset(written):
        got = ", ".join(written) or "none"
        raise UsageError(
            f"query: expected one SELECT, FROM, SHOW, DESCRIBE or EXPLAIN, got {got}. "
            "Ask one question at a time; a release is only read."
        )
