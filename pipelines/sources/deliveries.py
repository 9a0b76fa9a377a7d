"""Landing one delivery that was read: screened, written, published as an extract.

What belongs here: the steps from a reading to an extract, and the account of its rows (I2). What
does not: which deliveries are taken (landing) and how rows are judged (screening).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from pipelines.errors import ExtractHeldError
from pipelines.hashing import hash_file, hash_text
from pipelines.settings import Settings
from pipelines.sources.connectors.interface import ROW_NUMBER, Candidate, Reading
from pipelines.sources.contracts import SourceTable, SqlDialect
from pipelines.sources.extract_folder import (
    folder_aside,
    publish_extract,
    write_profile,
    write_tables,
)
from pipelines.sources.extracts import DATA, PROFILE, REJECTED, Extract
from pipelines.sources.history import History
from pipelines.sources.profile_breaks import require_same_profile
from pipelines.sources.profiles import make_profile
from pipelines.sources.pseudonyms import PseudonymKey, install_pseudonyms
from pipelines.sources.refusals import Refusals
from pipelines.sources.screening import drop_known, newest_cursor, screen
from pipelines.sources.sessions import open_session


@dataclass(frozen=True)
class _Account:
    """What became of the delivered rows."""

    landed: int
    rejected: int
    duplicate: int
    high_mark: str | None

    @property
    def is_nothing_new(self) -> bool:
        """Whether every delivered row had come before."""
        return self.landed + self.rejected == 0


def land_delivery(
    candidate: Candidate,
    reading: Reading,
    history: History,
    *,
    key: PseudonymKey | None,
    settings: Settings,
    business_date: date,
    workspace: Path | None = None,
) -> Extract | None:
    """Land one delivery; None when it brought nothing new.

    What does not fit into the memory lies in the workspace meanwhile, with pseudonyms.

    Raises:
        ExtractHeldError: a column was retyped or holds something else, too much cannot be decoded,
            or a row was lost between the reading and the landed files (`rows_unaccounted`).
        StorageError: the warehouse cannot be written.
    """
    table = history.table
    spill = workspace and workspace / "screening"
    with open_session(settings.memory_limit, spill) as session:
        if key:
            install_pseudonyms(session, key)
        found = screen(session, table, reading)
        profile = make_profile(session, table, found, reading.records)
        predecessor = history.profiled_before(candidate.slot)
        if profile and predecessor and not _is_known(candidate, history):
            require_same_profile(session, table, profile, predecessor)
        account = _account_for(session, history, reading, found.duplicates)
        if table.delivery == "increment" and history.usable and account.is_nothing_new:
            return None
        with folder_aside(history.home) as aside:
            write_tables(session, table, aside, settings.memory_limit)
            if profile:
                write_profile(profile, aside)
            extract = _describe(candidate, reading, history, account, aside, key, business_date)
            if history.has(candidate, extract.sha256):
                return None
            publish_extract(extract, aside)
        return extract


def _account_for(
    session: duckdb.DuckDBPyConnection, history: History, reading: Reading, duplicate: int
) -> _Account:
    """Account for every row of what was screened; rows of an increment that are known are dropped.

    Raises:
        ExtractHeldError: `rows_unaccounted`.
    """
    table = history.table
    high_mark = _high_mark(session, history)
    if table.delivery == "increment":
        duplicate += drop_known(session, table, history.usable)
    account = _Account(
        landed=_count(session, "select count(*) from screened"),
        rejected=_count(session, f"select count(distinct {ROW_NUMBER}) from rejected"),
        duplicate=duplicate,
        high_mark=high_mark,
    )
    if reading.records != account.landed + account.rejected + account.duplicate:
        raise ExtractHeldError(
            f"{table.label}：交付 {reading.records} 行，却只能说明 {account.landed} 行入库、"
            f"{account.rejected} 行拒收、{account.duplicate} 行重复，整批未采用。"
            "请把这条信息告诉维护人员。",
            reason="rows_unaccounted",
        )
    return account


def _is_known(candidate: Candidate, history: History) -> bool:
    """True for bytes that landed before, or that a raised contract version lets in.

    A changed contract reads all files of a period table anew, also those on either side of a change
    that was agreed upon.
    """
    if candidate.sha256 is None:
        return False
    has_landed = any(
        extract.sha256 == candidate.sha256 and extract.extract_id not in history.held_ids
        for extract in history.extracts
    )
    was_damaged = any(damage.sha256 == candidate.sha256 for damage in history.damages)
    return (
        has_landed
        or was_damaged
        or Refusals(history.home).is_change_agreed(history.table, candidate)
    )


def _high_mark(session: duckdb.DuckDBPyConnection, history: History) -> str | None:
    """The newest cursor value that has landed or is about to."""
    dialect = history.table.dialect
    if not isinstance(dialect, SqlDialect) or dialect.cursor is None:
        return None
    marks = (newest_cursor(session, dialect.cursor), history.high_mark)
    return max((mark for mark in marks if mark), default=None)


def _describe(
    candidate: Candidate,
    reading: Reading,
    history: History,
    account: _Account,
    aside: Path,
    key: PseudonymKey | None,
    business_date: date,
) -> Extract:
    table: SourceTable = history.table
    data, rejected = aside / DATA, aside / REJECTED
    data_sha256, rejected_sha256 = hash_file(data), hash_file(rejected)
    content = hash_text(data_sha256 + rejected_sha256)
    sha256 = candidate.sha256 or content
    version = history.next_version(candidate.slot)
    extract_id = f"{candidate.slot}.v{version:03d}.{sha256[:8]}"
    through = candidate.data_through
    if account.high_mark:
        through = min(date.fromisoformat(account.high_mark[:10]), through)
    return Extract(
        source_table=table.id,
        extract_id=extract_id,
        slot=candidate.slot,
        version=version,
        sequence=history.next_sequence(candidate.slot, sha256),
        sha256=sha256,
        origin=candidate.origin,
        contract_fingerprint=table.fingerprint,
        reading_fingerprint=table.reading_fingerprint,
        contract_version=table.contract_version,
        business_date=business_date,
        data_through=through,
        covers_from=candidate.covers_from,
        high_mark=account.high_mark,
        rows_delivered=reading.records,
        rows_landed=account.landed,
        rows_rejected=account.rejected,
        rows_duplicate=account.duplicate,
        landed_at=datetime.now(UTC),
        key_id=key.key_id if key else None,
        origin_modified_ns=candidate.modified_ns,
        origin_size=candidate.size,
        data_sha256=data_sha256,
        data_bytes=data.stat().st_size,
        rejected_sha256=rejected_sha256,
        rejected_bytes=rejected.stat().st_size,
        profile_sha256=hash_file(aside / PROFILE) if (aside / PROFILE).exists() else "",
        has_line_numbers=reading.has_lines,
        folder=history.home / extract_id,
    )


def _count(session: duckdb.DuckDBPyConnection, query: str) -> int:
    found = session.execute(query).fetchone()
    return int(found[0]) if found else 0
