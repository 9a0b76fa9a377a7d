"""SQL databases (SQLite, PostgreSQL): one table, in one consistent snapshot, through DuckDB.

What belongs here: attaching read-only, asking both kinds of server in their own SQL for the same
text. What does not: what is new in an increment (landing). Nothing is ever written to a source, and
no message shows a connection string: it may hold a password.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta

import duckdb
import pyarrow as pa

from pipelines.errors import ExtractHeldError, SourceUnavailableError
from pipelines.sources.connectors.database_servers import PostgresServer, Server, SqliteFile
from pipelines.sources.connectors.interface import (
    ROW_NUMBER,
    Candidate,
    Discovery,
    Reading,
    Visit,
    complete,
)
from pipelines.sources.contracts import SourceTable, SqlDialect
from pipelines.sources.drift import require_columns, require_count
from pipelines.sources.sessions import load_scanner, open_session
from pipelines.sql_text import identifier, literal, name_list


def discover_relation(table: SourceTable, visit: Visit) -> Discovery:
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


def read_relation(table: SourceTable, candidate: Candidate, visit: Visit) -> Reading:
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
            return _read_rows(session, server, table, dialect, visit)


def _server(table: SourceTable, dialect: SqlDialect, visit: Visit) -> Server:
    given = visit.connection.get_secret_value() if visit.connection else dialect.location
    scheme, found, rest = given.partition("://")
    if not found:
        return SqliteFile(visit.sources / given)
    if scheme in ("postgresql", "postgres"):
        return PostgresServer(given, visit.seconds_left)
    if scheme == "sqlite":
        return SqliteFile(visit.sources / rest.removeprefix("/"))
    raise ExtractHeldError(
        f"{table.label}：ZHIBIAO_CONNECTIONS 中 {table.source} 的地址应为 postgresql://… 或 SQLite "
        f"文件，实为 {scheme}://…，今晚未取数。请维护人员改正；其他种类的数据库还没有连接器。",
        reason="connection_setting",
    )


@contextmanager
def _refusals(table: SourceTable, server: Server) -> Iterator[None]:
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
    except UnicodeDecodeError:
        # Of names in a file, or of what a server says in place of an answer; rows are Arrow's.
        is_file = server.other_error == "damaged"
        finding = "not text" if is_file else "an answer that is no text"
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
        "lock timeout": "a lock held by others",
        "statement timeout": "no end in time",
        "terminating connection": "a broken connection",
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


def _read_rows(
    session: duckdb.DuckDBPyConnection,
    server: Server,
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
    names = [column.name for column in table.columns if column.name in types]
    texts = ", ".join(
        f"{server.as_text(name, types[name])} as {identifier(name)}" for name in names
    )
    # Sorted here and not by the server, whose collation is its own.
    key = [name for name in table.key if name in names]
    ordered = name_list([*key, *(name for name in names if name not in key)])
    rows: pa.Table = session.execute(f"""
        select {name_list(names)}, row_number() over (order by {ordered}) as {ROW_NUMBER}
        from {server.scanner}_query('source', {literal(f"select {texts} {chosen}")})
        order by {ROW_NUMBER}
    """).to_arrow_table()
    rows.validate(full=True)  # SQLite stores any bytes as text, and DuckDB passes them on
    records = int(counted[0]) if counted else 0
    require_count(table, rows.num_rows, records)
    numbered = complete(table, rows).append_column(ROW_NUMBER, rows[ROW_NUMBER])
    return Reading(numbered, records)


def _condition(server: Server, dialect: SqlDialect, types: dict[str, str], visit: Visit) -> str:
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
