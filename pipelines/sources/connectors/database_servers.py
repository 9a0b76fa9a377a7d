"""Kinds of database servers: how each is attached and how it spells the same text.

What belongs here: SQL of one kind of server. What does not: reading a table (database).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

from pipelines.clock import zone
from pipelines.sql_text import identifier, literal

CONNECT_SECONDS = 5
"""A server that is up answers within milliseconds; retries follow anyway."""

LOCK_SECONDS = 30
"""Whoever holds a table longer than that is at work on it; the next night tries again."""

_DEAD_LINK_SECONDS = 30
"""Without a word from the other host, its kernel included, the link is cut."""


class Server(Protocol):
    """One kind of server: how it is attached and how it spells things."""

    @property
    def scanner(self) -> str:
        """DuckDB's scanner for it."""
        ...

    @property
    def address(self) -> str:
        """Its address, as DuckDB's messages quote it; may hold a password."""
        ...

    @property
    def place(self) -> str:
        """Its address, as our messages name it."""
        ...

    @property
    def modified_ns(self) -> int:
        """When its files were last changed, where it has any; else 0."""
        ...

    @property
    def other_error(self) -> str:
        """What an error is that says nothing known."""
        ...

    def attach(self) -> str:
        """The statement that attaches it, read-only, as `source`."""
        ...

    def columns(self, relation: str) -> str:
        """The query for the names and types of a relation's columns."""
        ...

    def as_text(self, name: str, data_type: str) -> str:
        """The expression for a column as text, the same on every server."""
        ...

    def is_readable_cursor(self, name: str, data_type: str) -> str:
        """The condition that a cursor's value can be compared with a day."""
        ...


@dataclass(frozen=True)
class SqliteFile:
    """A SQLite file."""

    path: Path
    scanner: str = "sqlite"
    other_error: str = "damaged"  # no server is between us and the file

    @property
    def address(self) -> str:
        """See `Server`."""
        return str(self.path)

    @property
    def place(self) -> str:
        """See `Server`."""
        return self.path.name

    @property
    def modified_ns(self) -> int:
        """See `Server`."""
        # What was committed last may still stand in the log beside it.
        files = [self.path, self.path.with_name(f"{self.path.name}-wal")]
        return max((file.stat().st_mtime_ns for file in files if file.is_file()), default=0)

    def attach(self) -> str:
        """See `Server`."""
        if not self.path.is_file():
            raise FileNotFoundError(self.path)
        return f"attach {literal(str(self.path))} as source (type sqlite, read_only)"

    def columns(self, relation: str) -> str:
        """See `Server`."""
        return f"select name, type from pragma_table_info({literal(relation)})"

    def as_text(self, name: str, data_type: str) -> str:
        """See `Server`."""
        return f"cast({identifier(name)} as text)"

    def is_readable_cursor(self, name: str, data_type: str) -> str:
        """See `Server`."""
        # SQLite stores whatever it is given; text that begins with a date compares as text.
        return f"{identifier(name)} glob '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]*'"


@dataclass(frozen=True)
class PostgresServer:
    """A PostgreSQL server."""

    uri: str
    seconds: float
    """What is left of the visit; then the server ends by itself what we asked of it."""
    scanner: str = "postgres"
    modified_ns: int = 0
    other_error: str = "an error"

    @property
    def address(self) -> str:
        """See `Server`."""
        where, _, given = self.uri.partition("?")
        named = dict(item.partition("=")[::2] for item in given.split("&"))
        whole, lock = (max(1, int(1000 * s)) for s in (self.seconds, LOCK_SECONDS))
        limits = {
            "connect_timeout": CONNECT_SECONDS,
            "keepalives_idle": _DEAD_LINK_SECONDS // 3,
            "keepalives_interval": _DEAD_LINK_SECONDS // 3,
            "keepalives_count": 2,
            "tcp_user_timeout": 1000 * _DEAD_LINK_SECONDS,
        }
        options = (
            f"-c statement_timeout={whole} -c lock_timeout={min(whole, lock)}"
            f" -c idle_in_transaction_session_timeout={whole} {unquote(named.get('options', ''))}"
        )
        # Of a name that stands twice the last one counts: what the address says itself wins.
        said = [*(f"{name}={value}" for name, value in limits.items()), given]
        return f"{where}?{'&'.join(filter(None, said))}&options={quote(options.strip())}"

    @property
    def place(self) -> str:
        """See `Server`."""
        parts = urlsplit(self.uri)
        return f"{parts.hostname or 'local socket'}{parts.path}"

    def attach(self) -> str:
        """See `Server`."""
        # A read-only attachment reads in one REPEATABLE READ transaction: one snapshot.
        return f"attach {literal(self.address)} as source (type postgres, read_only)"

    def columns(self, relation: str) -> str:
        """See `Server`."""
        quoted = ".".join(identifier(part) for part in relation.split("."))
        return (
            "select attname::text as name, atttypid::regtype::text as type from pg_attribute"
            f" where attrelid = to_regclass({literal(quoted)}) and attnum > 0"
            " and not attisdropped order by attnum"
        )

    def as_text(self, name: str, data_type: str) -> str:
        """See `Server`."""
        column = identifier(name)
        pattern = "YYYY-MM-DD" if data_type == "date" else "YYYY-MM-DD HH24:MI:SS"
        if not _is_moment(data_type):
            return f"{column}::text"
        has_zone = data_type == "timestamp with time zone"
        local = f"{column} at time zone {literal(zone().key)}" if has_zone else column
        return (
            f"case when isfinite({column}) then to_char({local}, {literal(pattern)})"
            f" else {column}::text end"
        )

    def is_readable_cursor(self, name: str, data_type: str) -> str:
        """See `Server`."""
        column = identifier(name)
        return f"isfinite({column})" if _is_moment(data_type) else f"{column} is not null"


def _is_moment(data_type: str) -> bool:
    return data_type == "date" or data_type.startswith("timestamp")
