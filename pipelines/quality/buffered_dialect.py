"""A DuckDB dialect for SQLAlchemy that Great Expectations can work with.

Great Expectations fetches after its connection went back to the pool, when DuckDB has already
forgotten the result: without buffering most expectations fail with `list index out of range`.
And SQLAlchemy 2.1 reflects columns through `pg_collation`, which DuckDB does not have.
Both are mended here and nowhere else; `self_test` proves it at the start of every night.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from duckdb_engine import Dialect
from sqlalchemy import text, types
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg2 import PGExecutionContext_psycopg2
from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.engine.interfaces import DBAPICursor, ReflectedColumn, ReflectedPrimaryKeyConstraint

URL_SCHEME = "duckdb+buffered"
# Great Expectations reads at most 200 rows of a result; a rule that a whole table fails would
# otherwise bring millions of them into memory (5 million row keys are some 700 MB).
BUFFERED_ROWS = 10_000


class _BoundedBuffer(FullyBufferedCursorFetchStrategy):
    """Holds the first rows of a result; refuses to pretend that they were all."""

    __slots__ = ("_is_cut",)

    def __init__(self, cursor: DBAPICursor) -> None:
        rows = cursor.fetchmany(BUFFERED_ROWS + 1)
        super().__init__(
            cursor,
            alternate_description=cursor.description,
            initial_buffer=rows[:BUFFERED_ROWS],
        )
        self._is_cut = len(rows) > BUFFERED_ROWS

    def _refuse_when_cut(self) -> None:
        if self._is_cut:
            raise MemoryError(
                f"query result: expected at most {BUFFERED_ROWS} rows, got more. "
                "Count in the database instead of fetching."
            )

    def fetchall(self, result: CursorResult[Any], dbapi_cursor: DBAPICursor) -> Any:  # noqa: ANN401
        """All rows, when the buffer has them all."""
        self._refuse_when_cut()
        return super().fetchall(result, dbapi_cursor)

    def fetchmany(
        self, result: CursorResult[Any], dbapi_cursor: DBAPICursor, size: int | None = None
    ) -> Any:  # noqa: ANN401
        """The next rows, when the buffer has that many."""
        if size is None or size > len(self._rowbuffer):
            self._refuse_when_cut()
        return super().fetchmany(result, dbapi_cursor, size)

    def fetchone(
        self, result: CursorResult[Any], dbapi_cursor: DBAPICursor, hard_close: bool = False
    ) -> Any:  # noqa: ANN401
        """The next row."""
        if not self._rowbuffer:
            self._refuse_when_cut()
        return super().fetchone(result, dbapi_cursor, hard_close)


class _BufferedContext(PGExecutionContext_psycopg2):
    def post_exec(self) -> None:
        """Fetch before the connection goes back to the pool."""
        super().post_exec()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
        if self.cursor.description:
            self.cursor_fetch_strategy = _BoundedBuffer(self.cursor)


class BufferedDialect(Dialect):
    """duckdb_engine's dialect with buffered results and reflection through duckdb_columns()."""

    supports_statement_cache = False
    execution_ctx_cls = _BufferedContext

    def get_columns(
        self, connection: Connection, table_name: str, schema: str | None = None, **_: object
    ) -> list[ReflectedColumn]:
        """Columns of a table or view, from DuckDB's own catalogue."""
        rows: Iterable[Any] = connection.execute(
            text(
                "select column_name, data_type, is_nullable from duckdb_columns()"
                " where table_name = :table and schema_name = :schema"
                " and database_name = current_database() order by column_index"
            ),
            {"table": table_name, "schema": schema or "main"},
        )
        return [
            {
                "name": name,
                "type": self.ischema_names.get(kind.split("(")[0].lower(), types.NullType)(),
                "nullable": is_nullable,
                "default": None,
            }
            for name, kind, is_nullable in rows
        ]

    def get_pk_constraint(
        self,
        connection: Connection,  # noqa: ARG002 - SQLAlchemy's signature
        table_name: str,  # noqa: ARG002
        schema: str | None = None,  # noqa: ARG002
        **_: object,
    ) -> ReflectedPrimaryKeyConstraint:
        """None: what we gate are views over files, without constraints."""
        return {"constrained_columns": [], "name": None}


def register_dialect() -> None:
    """Make `duckdb+buffered://` known to SQLAlchemy."""
    registry.register("duckdb.buffered", __name__, BufferedDialect.__name__)
