"""SQL databases (SQLite, PostgreSQL): one table, in one consistent snapshot, through DuckDB.

What belongs here: attaching read-only, asking both kinds of server in their own SQL for the same
text. What does not: what is new in an increment (landing). Nothing is ever written to a source, and
no message shows a connection string: it may hold a password.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, timedelta

import duckdb
import pyarrow as pa

from pipelines.durable import is_no_room
from pipelines.errors import ExtractHeldError, SourceUnavailableError
from pipelines.sources.connectors.database_servers import PostgresServer, Server, SqliteFile
from pipelines.sources.connectors.interface import (
    Batch,
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

_BATCH = 20_000
"""Rows handed on at once."""


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

    The rows are sorted in the visit's workspace where the memory does not suffice.

    Raises:
        ExtractHeldError: `connection_setting`, `relation_missing`, `unreadable`,
            `count_mismatch` or what drift raises.
        SourceUnavailableError: the database cannot be reached or went away.
    """
    dialect = table.dialect_as(SqlDialect)
    server = _server(table, dialect, visit)
    with ExitStack() as opened, _refusals(table, server):
        session = opened.enter_context(
            open_session(
                visit.memory_limit,
                visit.workspace and visit.workspace / "reading",
                loads_scanner=True,
            )
        )
        load_scanner(session, f"{server.scanner}_scanner")  # type: ignore[arg-type]
        session.execute(server.attach())
        opened.enter_context(_snapshot(session))
        records, rows = _query(session, server, table, dialect, visit)
        return Reading(records, _number(table, server, records, rows, opened.pop_all()))


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
    except (duckdb.Error, OSError) as error:  # the latter where rows are already coming
        if is_no_room(error):
            raise  # it is our disk that is full
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


def _query(
    session: duckdb.DuckDBPyConnection,
    server: Server,
    table: SourceTable,
    dialect: SqlDialect,
    visit: Visit,
) -> tuple[int, pa.RecordBatchReader]:
    """How many rows the server counts, and the rows, sorted."""

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
    rows = session.execute(f"""
        select {name_list(names)}
        from {server.scanner}_query('source', {literal(f"select {texts} {chosen}")})
        order by {ordered}
    """).to_arrow_reader(_BATCH)
    return int(counted[0]) if counted else 0, rows


def _number(
    table: SourceTable,
    server: Server,
    records: int,
    rows: pa.RecordBatchReader,
    opened: ExitStack,
) -> Iterator[Batch]:
    """The rows in their order; the snapshot is kept until they end."""
    parsed = 0
    with opened, _refusals(table, server):
        for found in rows:
            found.validate(full=True)  # SQLite stores any bytes as text, and DuckDB passes them on
            numbers = pa.array(range(parsed + 1, parsed + 1 + found.num_rows), pa.int64())
            yield Batch(complete(table, pa.Table.from_batches([found]), numbers))
            parsed += found.num_rows
        require_count(table, parsed, records)


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
