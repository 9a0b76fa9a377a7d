"""Deliveries that were read and refused: remembered, so that none is read for ever or forgotten.

What belongs here: `landing/<source>/<table>/_held/<slot>.<sha8>.json`. What does not: extracts that
landed and were held by their gate (quality). A refusal stays open until other bytes are taken for
its slot, or the contract, the code or the memory and time allowed read them differently.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.durable import move, write_file
from pipelines.sources.sealed import seal, unseal

if TYPE_CHECKING:
    from pipelines.sources.connectors.interface import Candidate
    from pipelines.sources.contracts import SourceTable

PROFILE_CHANGED = "profile_changed"
_NOW = {"message_zh": "message"}
"""How fields are called now, by their former names. A refusal of before is not left to be made
anew: it stays open, and its file may be gone from the drop folder."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HeldDelivery:
    """One delivery refused as a whole."""

    source_table: str
    origin: str
    slot: str
    reason: str
    """Machine name, like `columns_changed`."""
    message: str
    """What is wrong and what to do, for the steward."""
    detail: str = ""
    """Since when, and which bytes."""


@dataclass(frozen=True)
class Refusal:
    """A held delivery and the bytes it is about."""

    delivery: HeldDelivery
    sha256: str
    reading_fingerprint: str
    modified_ns: int
    size: int
    contract_version: int = 0
    reader: str = ""
    """What refused them, beside the contract: the code, and the memory and time it was allowed."""


class Refusals:
    """The open refusals of one table."""

    def __init__(self, home: Path, reader: str = "") -> None:
        """Read the refusals below the folder of a table; to list them, no reader need be named."""
        self._folder = home / "_held"
        self._reader = reader
        self._spoiled: list[Path] = []
        self._open = dict(self._read())

    def _read(self) -> list[tuple[Path, Refusal]]:
        found = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                said = unseal(path.read_bytes())
                delivery = {_NOW.get(k, k): value for k, value in said.pop("delivery").items()}
                found.append((path, Refusal(HeldDelivery(**delivery), **said)))
            except (OSError, ValueError, TypeError, KeyError):
                self._spoiled.append(path)
        return found

    def set_spoiled_aside(self) -> None:
        """Let go of refusals that cannot be read any more: their deliveries are read again."""
        for path in self._spoiled:
            _log.warning("%s: expected a held delivery, got another text. It is set aside.", path)
            move(path, path.with_suffix(".damaged"))
        self._spoiled = []

    def all(self) -> list[Refusal]:
        """Every open refusal."""
        return list(self._open.values())

    def of(self, table: SourceTable, candidate: Candidate) -> HeldDelivery | None:
        """The refusal of exactly these bytes under this contract by this reader."""
        asked = (candidate.slot, candidate.sha256, table.reading_fingerprint, self._reader)
        for said in self._open.values():
            if (said.delivery.slot, said.sha256, said.reading_fingerprint, said.reader) == asked:
                return said.delivery
        return None

    def is_change_agreed(self, table: SourceTable, candidate: Candidate) -> bool:
        """True when these bytes were held as PROFILE_CHANGED and the contract's version rose."""
        return any(
            refusal.sha256 == candidate.sha256
            and refusal.delivery.reason == PROFILE_CHANGED
            and refusal.contract_version < table.contract_version
            for refusal in self._open.values()
        )

    def replace(self, table: SourceTable, candidate: Candidate, delivery: HeldDelivery) -> None:
        """Remember a refusal in place of earlier ones of its slot.

        A database has no bytes to recognise: it is asked again every night.
        """
        self.clear(candidate.slot)
        if candidate.sha256 is None:
            return
        refusal = Refusal(
            delivery,
            candidate.sha256,
            table.reading_fingerprint,
            candidate.modified_ns,
            candidate.size,
            table.contract_version,
            self._reader,
        )
        path = self._folder / f"{candidate.slot}.{candidate.sha256[:8]}.json"
        write_file(path, seal(asdict(refusal)))
        self._open[path] = refusal

    def clear(self, slot: str) -> None:
        """Close the refusals of a slot: other bytes were taken."""
        for path in [p for p, refusal in self._open.items() if refusal.delivery.slot == slot]:
            path.unlink()
            del self._open[path]
