"""What landing knows of a source table so far, and what follows for the next delivery.

What belongs here: versions, high marks, whether a delivery is news. What does not: reading or
writing anything but manifests and verdicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.sources.connectors.interface import Candidate
from pipelines.sources.contracts import SourceTable, SqlDialect
from pipelines.sources.damages import Damage, read_damages
from pipelines.sources.extracts import Extract, list_extracts, table_folder


@dataclass
class History:
    """The extracts of one table, oldest first."""

    table: SourceTable
    home: Path
    extracts: list[Extract]
    held_ids: set[str] = field(default_factory=set)
    """Extracts that landed and that their gate refused: their rows must be taken again."""
    damages: list[Damage] = field(default_factory=list)
    """Extracts that were set aside: those that are open must be taken again."""

    @classmethod
    def read(cls, layout: Layout, table: SourceTable) -> History:
        """Read the manifests, and the verdicts where there are any."""
        return cls(
            table,
            table_folder(layout, table.id),
            list_extracts(layout, table.id),
            _held_by_gate(layout, table.id),
            read_damages(layout, table.id),
        )

    @property
    def usable(self) -> Sequence[Extract]:
        """Extracts that an increment builds upon: not held, and read as the contract says now."""
        return [
            extract
            for extract in self.extracts
            if extract.extract_id not in self.held_ids
            and extract.reading_fingerprint == self.table.reading_fingerprint
        ]

    @property
    def high_mark(self) -> str | None:
        """The newest cursor value of the usable extracts."""
        marks = [extract.high_mark for extract in self.usable if extract.high_mark]
        return max(marks, default=None)

    @property
    def changed_since(self) -> date | None:
        """First day whose changes an increment must bring; None takes everything."""
        dialect = self.table.dialect
        if self.table.delivery != "increment" or not isinstance(dialect, SqlDialect):
            return None
        if (mark := self._mark_before_damage) is None:
            return None
        return date.fromisoformat(mark[:10]) - timedelta(days=dialect.overlap_days)

    @property
    def _mark_before_damage(self) -> str | None:
        """The newest cursor value of what landed before anything that is missing now."""
        missing = [damage.sequence or 0 for damage in self.damages if damage.is_open]
        first = min(missing, default=None)
        before = [e for e in self.usable if first is None or e.sequence < first]
        return max((e.high_mark for e in before if e.high_mark), default=None)

    @property
    def known_files(self) -> frozenset[tuple[str, int, int]]:
        """Files that landed, as (origin, mtime in ns, size)."""
        return frozenset((e.origin, e.origin_modified_ns, e.origin_size) for e in self.extracts)

    def profiled_before(self, slot: str) -> Extract | None:
        """The newest usable extract with a profile, of a slot of the same kind, like a month."""
        alike = (e for e in self.usable if e.profile_sha256 and len(e.slot) == len(slot))
        return max(alike, key=lambda extract: extract.sequence, default=None)

    def next_version(self, slot: str) -> int:
        """The version that the next extract of a slot gets."""
        landed: list[Extract | Damage] = [*self.extracts, *self.damages]
        return 1 + max((each.version for each in landed if each.slot == slot), default=0)

    def next_sequence(self, slot: str, sha256: str) -> int:
        """The place of the next extract in the order of landing.

        The file of a period that is taken again after a damage keeps the place that it had: of a
        key that two periods brought, the same one counts as before.
        """
        landed: list[Extract | Damage] = [*self.extracts, *self.damages]
        if self.table.delivery == "period":
            for lost in self.damages:
                if lost.is_open and lost.sequence and (lost.slot, lost.sha256) == (slot, sha256):
                    return lost.sequence
        return 1 + max((each.sequence or 0 for each in landed), default=0)

    def has(self, candidate: Candidate, sha256: str | None) -> bool:
        """True when a delivery says what the newest version of its slot says already.

        The same bytes under a name of a later date are news: that nothing changed up to then. An
        increment is compared with the newest of all, which its gate held and which is read again.
        """
        is_increment = self.table.delivery == "increment"
        comparable = [e for e in self.extracts if is_increment or e.slot == candidate.slot]
        if not comparable:
            return False
        newest = comparable[-1]
        if newest.sha256 != sha256 or newest.reading_fingerprint != self.table.reading_fingerprint:
            return False
        is_same_file = candidate.path is not None and candidate.origin == newest.origin
        return is_increment or is_same_file or candidate.data_through <= newest.data_through


def _held_by_gate(layout: Layout, table_id: str) -> set[str]:
    if not layout.operations.exists():
        return set()
    with open_operations(layout.operations) as operations:
        rows = operations.execute(
            "select extract_id from verdicts where source_table = ? and verdict = 'held'",
            [table_id],
        )
        return {row["extract_id"] for row in rows}
