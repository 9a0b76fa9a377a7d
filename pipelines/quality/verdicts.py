"""Verdicts: what the gate decided about each extract, and what it found in it.

Belongs here: the dataclasses and their rows in the operations store. Does not: reaching a verdict
(`gates`) or telling anyone (`incidents`, `alerts`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from pipelines.errors import GateError
from pipelines.sources.row_places import Place, read_places

if TYPE_CHECKING:
    from pipelines.sources.extracts import Extract


@dataclass(frozen=True)
class Finding:
    """One rule that failed in one extract; the places of rows, never values."""

    rule_id: str
    severity: str
    owner: str
    meaning: str
    rows_affected: int | None = None
    first_rows: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The gate's decision on one extract; delivered = loaded + quarantined + duplicate rows."""

    source_table: str
    extract_id: str
    suite_hash: str
    verdict: Literal["accepted", "held"]
    reason: str | None
    message: str | None
    rows_delivered: int
    rows_loaded: int
    rows_quarantined: int
    rows_duplicate: int
    judged_at: str
    origin: str = ""
    findings: tuple[Finding, ...] = ()
    quarantine_sha256: str = ""
    """Of the list of its quarantined rows."""
    told_sha256: str = ""
    """Of the list of its rows that are only warned of; empty when there is none."""

    def __post_init__(self) -> None:
        """Refuse a verdict that loses a row.

        Raises:
            GateError: delivered rows are not accounted for.
        """
        accounted = self.rows_loaded + self.rows_quarantined + self.rows_duplicate
        if self.rows_delivered != accounted:
            raise GateError(
                f"{self.source_table}, {self.extract_id}: expected {self.rows_delivered} delivered "
                f"rows to be accounted for, got {self.rows_loaded} loaded + "
                f"{self.rows_quarantined} quarantined + {self.rows_duplicate} duplicate. "
                "The landed files do not agree with their manifest; land the delivery anew."
            )

    @property
    def is_accepted(self) -> bool:
        """True when the extract may be used."""
        return self.verdict == "accepted"


@dataclass(frozen=True)
class HeldExtract:
    """An extract that landed and is not in use, for its gate holds it."""

    source_table: str
    origin: str
    extract_id: str
    message: str | None


_COLUMNS = (
    "source_table, extract_id, suite_hash, verdict, reason, message, rows_delivered, rows_loaded,"
    " rows_quarantined, rows_duplicate, judged_at, origin, findings, quarantine_sha256, told_sha256"
)


def record_verdicts(operations: sqlite3.Connection, verdicts: Iterable[Verdict]) -> None:
    """Store verdicts; one under a changed suite replaces the earlier one of its extract."""
    names = [name.strip() for name in _COLUMNS.split(",")]
    rows = []
    for verdict in verdicts:
        findings = json.dumps([asdict(f) for f in verdict.findings], ensure_ascii=False)
        rows.append([findings if n == "findings" else getattr(verdict, n) for n in names])
    operations.executemany(
        f"insert or replace into verdicts ({_COLUMNS}) values ({', '.join('?' * len(names))})",
        rows,
    )


def read_verdicts(operations: sqlite3.Connection, source_table: str) -> dict[str, Verdict]:
    """The newest verdict on each extract of a table, by extract id."""
    rows = operations.execute(
        f"select {_COLUMNS} from verdicts where source_table = ?", [source_table]
    )
    return {
        row["extract_id"]: Verdict(**{**dict(row), "findings": _read_findings(row["findings"])})
        for row in rows
    }


def list_held(operations: sqlite3.Connection, source_table: str | None = None) -> list[HeldExtract]:
    """What a gate holds as of now, of one table or of all.

    An incident closes when an accepted extract takes the place of the held one.
    """
    rows = operations.execute(
        "select source_table, origin, extract_id, message from verdicts as v"
        " where verdict = 'held' and source_table = ifnull(?, source_table)"
        " and exists (select 1 from incidents as i"
        " where i.closed_at is null and i.subject = v.source_table and i.extract_id = v.extract_id)"
        " order by source_table, judged_at",
        [source_table],
    )
    return [HeldExtract(*row) for row in rows]


def _read_findings(stored: str) -> tuple[Finding, ...]:
    said = json.loads(stored)
    return tuple(Finding(**{**one, "first_rows": read_places(one["first_rows"])}) for one in said)


def forget_verdicts(
    operations: sqlite3.Connection, source_table: str, extract_ids: Iterable[str]
) -> None:
    """Take verdicts back: their extracts are unjudged again, and in no use until they are."""
    operations.executemany(
        "delete from verdicts where source_table = ? and extract_id = ?",
        [(source_table, extract_id) for extract_id in extract_ids],
    )


def select_unjudged(
    extracts: Sequence[Extract], verdicts: Mapping[str, Verdict], suite_hash: str
) -> list[Extract]:
    """The extracts without a verdict under this suite."""
    return [
        extract
        for extract in extracts
        if (verdict := verdicts.get(extract.extract_id)) is None or verdict.suite_hash != suite_hash
    ]
