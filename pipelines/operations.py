"""The operations store: what happened, in one small SQLite file that survives a crash.

Nights, their stages, the verdict on each extract, incidents and the outbox live here. Figures and
rows do not: landing is the system of record, and this file can be deleted (every extract is then
judged anew). One that is damaged is refused here, and rebuilt by the next night. SQLite in WAL mode
lets `zhibiao status` read while a night writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import StorageError, StoreDamagedError

VERSION = 1
"""Of the form of the store; a store of a later version is left alone."""

SCHEMA = """
create table if not exists nights (
    night_id text primary key,          -- Dagster run id
    business_date text not null,
    started_at text not null,
    ended_at text,
    outcome text,                       -- released | failed | interrupted
    release_id text,
    message text
);
create table if not exists stages (
    night_id text not null references nights,
    stage text not null,                -- Dagster step
    ended_at text not null,
    outcome text not null,              -- done | held | away | failed
    seconds real not null,
    primary key (night_id, stage)
);
create table if not exists verdicts (
    source_table text not null,         -- <source>__<table>
    extract_id text not null,
    suite_hash text not null,           -- a changed suite judges anew
    verdict text not null,              -- accepted | held
    reason text,                        -- machine name of why it is held
    message text,                       -- Chinese sentence for the steward
    rows_delivered integer not null,
    rows_loaded integer not null,
    rows_quarantined integer not null,
    rows_duplicate integer not null,
    judged_at text not null,
    origin text not null default '',    -- name of the delivered file, or <relation>@<source>
    findings text not null default '[]',  -- JSON list of the rules that failed
    quarantine_sha256 text not null default '',  -- of the list of its quarantined rows
    told_sha256 text not null default '',  -- of the list of rows only warned of, if any
    primary key (source_table, extract_id)
);
create table if not exists incidents (
    incident_id integer primary key,
    subject text not null,              -- <source>__<table>, ledger or indicator table
    rule_id text not null,
    place text not null default '',     -- slot of a period; empty for what is delivered whole
    found_by text not null default 'gate',  -- gate | landing: who closes it
    severity text not null,             -- warning | critical
    owner text not null,                -- steward key
    message text not null,              -- Chinese sentence
    extract_id text,                    -- null for a refused delivery and for ledgers
    slot text,                          -- slot of the extract or of the refused delivery
    origin text,                        -- name of the delivered file, or <relation>@<source>
    rows_affected integer,
    rows_before integer,                -- before the last change of rows_affected
    first_rows text,                    -- JSON list of row numbers, or of [record, line]
    quarantine_path text,               -- where all rows are listed, below the warehouse
    opened_at text not null,
    last_seen_at text not null,
    acknowledged_at text,
    closed_at text
);
create table if not exists checked_files (
    path text primary key,              -- below the warehouse
    sha256 text not null,               -- what was read, and what it should be
    stamp text not null,                -- size, times and inode when it was read
    read_on text not null               -- day of the last reading by turn
);
create table if not exists outbox (
    message_id integer primary key,
    night_id text not null,
    business_date text not null,
    steward text not null,              -- steward key, or operator
    subject text not null,
    body text not null,
    lasting text not null default '',   -- lines of it that no later digest repeats
    created_at text not null,
    sent_at text,
    delivered text not null default '[]',  -- JSON list of fingerprints of targets that have it
    attempts integer not null default 0,
    last_error text,
    unique (night_id, steward)          -- one digest per steward and night
);
"""

_INDEXES = """
drop index if exists one_open_incident;
create unique index if not exists one_open_problem
    on incidents (subject, rule_id, place) where closed_at is null;
"""

# Stores of before knew an incident by its extract; of those that are one problem now, the newest
# stays open with the age of the oldest, and the others end where they were last seen.
_UPGRADE = """
alter table verdicts add column findings text not null default '[]';
alter table incidents add column place text not null default '';
alter table incidents add column found_by text not null default 'gate';
alter table incidents add column rows_before integer;
update incidents set place = slot
    where closed_at is null and coalesce(slot, 'all') <> 'all' and origin not like '%@%';
update incidents set found_by = 'landing' where extract_id is null and slot is not null;
update verdicts set findings = (
    select json_group_array(json_object(
        'rule_id', i.rule_id, 'severity', i.severity, 'owner', i.owner, 'meaning', i.message,
        'rows_affected', i.rows_affected, 'first_rows', json(coalesce(i.first_rows, '[]'))
    ))
    from incidents as i
    where
        i.subject = verdicts.source_table and i.extract_id = verdicts.extract_id
        and i.closed_at is null
);
update incidents as newest
set opened_at = merged.opened_at, acknowledged_at = merged.acknowledged_at
from (
    select
        max(incident_id) as incident_id, min(opened_at) as opened_at,
        min(acknowledged_at) as acknowledged_at
    from incidents
    where closed_at is null
    group by subject, rule_id, place
) as merged
where newest.incident_id = merged.incident_id;
update incidents set closed_at = last_seen_at
    where closed_at is null and incident_id not in (
        select max(incident_id) from incidents
        where closed_at is null group by subject, rule_id, place
    );
"""

# Their extracts are judged anew: only the gate can say what their lists of rows should hold.
_UPGRADE_HASHES = """
alter table verdicts add column quarantine_sha256 text not null default '';
alter table verdicts add column told_sha256 text not null default ''
"""

# What waits from before was told whole each time: of it nothing is repeated for certain.
_UPGRADE_OUTBOX = """
alter table outbox add column lasting text not null default '';
update outbox set lasting = body where sent_at is null
"""

_UPGRADES = (
    ("incidents", "place", _UPGRADE),
    ("outbox", "lasting", _UPGRADE_OUTBOX),
    ("verdicts", "quarantine_sha256", _UPGRADE_HASHES),
)
"""Table and column that a store lacks which needs the statements."""


def _upgrade(connection: sqlite3.Connection) -> None:
    """Bring a store of before up to date, whole or not at all."""
    # Asked first without a lock: a night opens the store again within its own transaction.
    if not any(_lacks(connection, table, column) for table, column, _ in _UPGRADES):
        return
    connection.execute("begin immediate")
    with connection:
        for table, column, upgrade in _UPGRADES:
            if _lacks(connection, table, column):
                for statement in upgrade.split(";\n"):
                    connection.execute(statement)


def _lacks(connection: sqlite3.Connection, table: str, column: str) -> bool:
    known = {row["name"] for row in connection.execute(f"pragma table_info({table})")}
    return column not in known


_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_OF_THE_DISK = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    }
)


@contextmanager
def open_operations(path: Path, *, patience: float = 30) -> Iterator[sqlite3.Connection]:
    """Open the store, creating it when absent; commits on success, rolls back on an exception.

    Rows come back as `sqlite3.Row`. Times are ISO 8601 in UTC.

    Args:
        path: The file.
        patience: Seconds to wait for another's transaction.

    Raises:
        StoreDamagedError: the file is no database, or a damaged one.
        StorageError: it cannot be opened, read or written, or a newer Zhibiao wrote it.
    """
    connection: sqlite3.Connection | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=patience)
        _prepare(connection, path)
        with connection:
            yield connection
    except sqlite3.Error as error:
        if (refusal := _refusal(path, error)) is None:
            raise
        raise refusal from error
    finally:
        if connection is not None:
            connection.close()


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.row_factory = sqlite3.Row
    ((version,),) = connection.execute("pragma user_version").fetchall()
    if version > VERSION:
        raise StorageError(
            f"{path}: expected an operations store of version {VERSION} at most, got version "
            f"{version}, which a newer Zhibiao wrote. Run that one; or move the file away, and the "
            "next night makes another."
        )
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.executescript(SCHEMA)
    _upgrade(connection)
    connection.executescript(_INDEXES)
    if version < VERSION:
        connection.execute(f"pragma user_version = {VERSION}")


def _refusal(path: Path, error: sqlite3.Error) -> StorageError | None:
    """What an error of SQLite says about the file; None for one that is a defect of ours."""
    kind = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    found = "a folder" if path.is_dir() else str(error)
    if kind in _DAMAGED or path.is_dir():
        return StoreDamagedError(
            f"{path}: expected the operations store, got: {found}. The next night sets it aside "
            "and rebuilds it from landing and the releases: run `zhibiao nightly`.",
            found=found,
        )
    if kind not in _OF_THE_DISK:
        return None
    return StorageError(
        f"{path}: expected an operations store that can be read and written, got: {found}. "
        "Mend its rights or free space on the disk, and run the night again."
    )
