"""SQL databases (SQLite, PostgreSQL): one table, in one consistent snapshot, through DuckDB.

What belongs here: attaching read-only, asking both kinds of server in their own SQL for the same
text. What does not: what is new in an increment (landing). Nothing is ever written to a source, and
no message shows a connection string: it may hold a password.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa

from pipelines.errors import ExtractHeldError, SourceUnavailableError
from pipelines.sources.connectors.interface import (
    ROW_NUMBER,
    Candidate,
    Discovery,
    Reading,
    Visit,
)
from pipelines.sources.contracts import SourceTable, SqlDialect
from pipelines.sources.drift import require_columns, require_count
from pipelines.sources.sessions import load_scanner, open_session
from pipelines.sources.sql_text import identifier, literal, name_list

CONNECT_SECONDS = 5
"""A server that is up answers within milliseconds; retries follow anyway."""


class _Server(Protocol):
    """One kind of server: how it is attached and how it spells things."""

    @property
    def scanner(self) -> str: ...
    @property
    def address(self) -> str: ...  # as DuckDB's messages quote it; may hold a password
    @property
    def place(self) -> str: ...  # as our messages name it
    @property
    def modified_ns(self) -> int: ...  # of its files, where it has any; else 0
    @property
    def other_error(self) -> str: ...  # what an error is that says nothing known
    def attach(self) -> str: ...
    def columns(self, relation: str) -> str: ...
    def as_text(self, name: str, data_type: str) -> str: ...
    def is_readable_cursor(self, name: str, data_type: str) -> str: ...


@dataclass(frozen=True)
class _Sqlite:
    path: Path
    scanner: str = "sqlite"
    other_error: str = "damaged"  # no server is between us and the file

    @property
    def address(self) -> str:
        return str(self.path)

    @property
    def place(self) -> str:
        return self.path.name

    @property
    def modified_ns(self) -> int:
        # What was committed last may still stand in the log beside it.
        files = [self.path, self.path.with_name(f"{self.path.name}-wal")]
        return max((file.stat().st_mtime_ns for file in files if file.is_file()), default=0)

    def attach(self) -> str:
        if not self.path.is_file():
            raise FileNotFoundError(self.path)
        return f"attach {literal(str(self.path))} as source (type sqlite, read_only)"

    def columns(self, relation: str) -> str:
        return f"select name, type from pragma_table_info({literal(relation)})"

    def as_text(self, name: str, data_type: str) -> str:
        return f"cast({identifier(name)} as text)"

    def is_readable_cursor(self, name: str, data_type: str) -> str:
        # SQLite stores whatever it is given; text that begins with a date compares as text.
        return f"{identifier(name)} glob '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]*'"


@dataclass(frozen=True)
class _Postgres:
    uri: str
    scanner: str = "postgres"
    modified_ns: int = 0
    other_error: str = "an error"

    @property
    def address(self) -> str:
        joint = "&" if "?" in self.uri else "?"
        limit = "" if "connect_timeout" in self.uri else f"{joint}connect_timeout={CONNECT_SECONDS}"
        return self.uri + limit

    @property
    def place(self) -> str:
        parts = urlsplit(self.uri)
        return f"{parts.hostname or 'local socket'}{parts.path}"

    def attach(self) -> str:
        # A read-only attachment reads in one REPEATABLE READ transaction: one snapshot.
        return f"attach {literal(self.address)} as source (type postgres, read_only)"

    def columns(self, relation: str) -> str:
        quoted = ".".join(identifier(part) for part in relation.split("."))
        return (
            "select attname::text as name, atttypid::regtype::text as type from pg_attribute"
            f" where attrelid = to_regclass({literal(quoted)}) and attnum > 0"
            " and not attisdropped order by attnum"
        )

    def as_text(self, name: str, data_type: str) -> str:
        column = identifier(name)
        pattern = "YYYY-MM-DD" if data_type == "date" else "YYYY-MM-DD HH24:MI:SS"
        if not _is_moment(data_type):
            return f"{column}::text"
        has_zone = data_type == "timestamp with time zone"
        local = f"{column} at time zone 'Asia/Shanghai'" if has_zone else column
        return (
            f"case when isfinite({column}) then to_char({local}, {literal(pattern)})"
            f" else {column}::text end"
        )

    def is_readable_cursor(self, name: str, data_type: str) -> str:
        column = identifier(name)
        return f"isfinite({column})" if _is_moment(data_type) else f"{column} is not null"


def _is_moment(data_type: str) -> bool:
    return data_type == "date" or data_type.startswith("timestamp")


class DatabaseConnector:
    """Reads one table or view of a database."""

    def discover(self, table: SourceTable, visit: Visit) -> Discovery:
        """A database has one delivery each night: what it holds now.

        With a cursor it speaks up to its watermark, which landing reads; without, up to the
        business date for which it is asked.
        """
        dialect = table.dialect_as(SqlDialect)
        day = visit.business_date
        server = _server(table, dialect, visit)
        return Discovery(
            (
                Candidate(
                    slot=f"{day:%Y%m%d}" if table.delivery == "increment" else "all",
                    origin=f"{dialect.relation}@{table.source}",
                    covers_from=None,
                    data_through=visit.last_full_day if dialect.cursor else day,
                    modified_ns=server.modified_ns,
                ),
            )
        )

    def read(self, table: SourceTable, candidate: Candidate, visit: Visit) -> Reading:
        """Read what changed since `visit.since`, or all; rows are numbered by key.

        Raises:
            ExtractHeldError: `connection_setting`, `relation_missing`, `unreadable`,
                `count_mismatch` or what drift raises.
            SourceUnavailableError: the database cannot be reached or went away.
        """
        dialect = table.dialect_as(SqlDialect)
        server = _server(table, dialect, visit)
        with open_session(visit.threads, visit.memory_limit) as session, _refusals(table, server):
            load_scanner(session, f"{server.scanner}_scanner")  # type: ignore[arg-type]
            session.execute(server.attach())
            with _snapshot(session):
                return _read_relation(session, server, table, dialect, visit)


def _server(table: SourceTable, dialect: SqlDialect, visit: Visit) -> _Server:
    given = visit.connection.get_secret_value() if visit.connection else dialect.location
    scheme, found, rest = given.partition("://")
    if not found:
        return _Sqlite(visit.sources / given)
    if scheme in ("postgresql", "postgres"):
        return _Postgres(given)
    if scheme == "sqlite":
        return _Sqlite(visit.sources / rest.removeprefix("/"))
    raise ExtractHeldError(
        f"{table.label}：ZHIBIAO_CONNECTIONS 中 {table.source} 的地址应为 postgresql://… 或 SQLite "
        f"文件，实为 {scheme}://…，今晚未取数。请维护人员改正；其他种类的数据库还没有连接器。",
        reason="connection_setting",
    )


@contextmanager
def _refusals(table: SourceTable, server: _Server) -> Iterator[None]:
    """Tell a database that is away from one that is damaged; quote neither."""
    try:
        yield
        return
    except FileNotFoundError:
        finding = "no such file"
    except duckdb.OutOfMemoryException:
        raise
    except pa.ArrowInvalid:
        finding = "not text"
    except duckdb.Error as error:
        finding = _kind_of(str(error).replace(server.address, ""), server.other_error)
    if finding in ("damaged", "not text"):
        raise ExtractHeldError(
            f"{table.label}：数据库 {server.place} 的内容无法读取"
            f"（{'文件已损坏' if finding == 'damaged' else '含有不是文本的内容'}）。"
            "请检查数据库后重试。",
            reason="unreadable",
        ) from None
    raise SourceUnavailableError(
        f"{table.id}: expected an answer from the database {server.place}, got {finding}. "
        f"See that it is up and that ZHIBIAO_CONNECTIONS names it; the next night tries again."
    ) from None


def _kind_of(message: str, otherwise: str) -> str:
    kinds = {
        "not a database": "damaged",
        "malformed": "damaged",
        "nvalid unicode": "not text",
        "nvalid UTF": "not text",
        "authentication failed": "a refused login",
        "does not exist": "an unknown database or role",
        "locked": "a lock held by others",
        "permission denied": "a refused permission",
        "timeout expired": "no answer in time",
        "refused": "a refused connection",
        "closed the connection": "a broken connection",
        "unable to open database": "a refused permission",
    }
    return next((kind for words, kind in kinds.items() if words in message), otherwise)


@contextmanager
def _snapshot(session: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """One transaction, always ended by us.

    DuckDB ends the whole process when it has to roll back by itself on a server that is gone.
    """
    session.execute("begin transaction")
    try:
        yield
    finally:
        with suppress(duckdb.Error):  # nothing was written; a lost connection has no transaction
            session.execute("rollback")


def _read_relation(
    session: duckdb.DuckDBPyConnection,
    server: _Server,
    table: SourceTable,
    dialect: SqlDialect,
    visit: Visit,
) -> Reading:
    def ask(sql: str) -> duckdb.DuckDBPyConnection:
        return session.execute(f"from {server.scanner}_query('source', {literal(sql)})")

    types = dict(ask(server.columns(dialect.relation)).fetchall())
    if not types:
        raise ExtractHeldError(
            f"{table.label}：数据库中没有表 {dialect.relation}。"
            "请核对表名，或通知维护人员更新约定。",
            reason="relation_missing",
        )
    require_columns(table, list(types))
    relation = ".".join(identifier(part) for part in dialect.relation.split("."))
    chosen = f"from {relation} where {_condition(server, dialect, types, visit)}"
    counted = ask(f"select count(*) as n {chosen}").fetchone()
    names = [column.name for column in table.columns]
    texts = ", ".join(
        f"{server.as_text(name, types[name])} as {identifier(name)}" for name in names
    )
    # Sorted here and not by the server, whose collation is its own.
    ordered = name_list([*table.key, *(name for name in names if name not in table.key)])
    rows: pa.Table = session.execute(f"""
        select {name_list(names)}, row_number() over (order by {ordered}) as {ROW_NUMBER}
        from {server.scanner}_query('source', {literal(f"select {texts} {chosen}")})
        order by {ROW_NUMBER}
    """).to_arrow_table()
    rows.validate(full=True)  # SQLite stores any bytes as text, and DuckDB passes them on
    records = int(counted[0]) if counted else 0
    require_count(table, rows.num_rows, records)
    return Reading(rows, records)


def _condition(server: _Server, dialect: SqlDialect, types: dict[str, str], visit: Visit) -> str:
    """Changed since, up to now; a row without a usable cursor is never lost.

    A cursor that lies ahead of the clock is a slip, and would hide every change until that day.
    """
    if dialect.cursor is None:
        return "1 = 1"
    cursor = identifier(dialect.cursor)
    until = _day(max(visit.business_date, visit.today) + timedelta(days=1))
    window = f"{cursor} < {until}"
    if visit.since is not None:
        window += f" and {cursor} >= {_day(visit.since)}"
    readable = server.is_readable_cursor(dialect.cursor, types[dialect.cursor])
    return f"(({window}) or {cursor} is null or not ({readable}))"


def _day(day: date) -> str:
    return literal(day.isoformat())
