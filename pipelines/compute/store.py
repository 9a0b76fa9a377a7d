"""Results of earlier nights, by what they were made from: never needed, and never trusted unread.

    <warehouse>/store/objects/<sha256>.parquet   a table, sorted by all its columns
    <warehouse>/store/index.json                 which key gave which table, or which answer

A key is the hash of a step's inputs and of its definition. Whatever is missing, cut or rotten here
is a step done again, so that anybody may delete it at any time. Belongs here: keeping and finding.
Does not: what a key is made of (`keys`), nor what is kept.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from pipelines.checked_files import find_differing
from pipelines.durable import make_folder, publish_file, write_file
from pipelines.hashing import hash_file, hash_json
from pipelines.layout import Layout

_KEPT_FOR = timedelta(days=14)
"""After the last night that used it."""


class KeptTable(NamedTuple):
    """A table in the store."""

    sha256: str
    path: Path
    rows: int


class ResultStore:
    """The store of one night; `write` keeps what it has learnt for the next."""

    def __init__(self, layout: Layout, day: date, *, from_scratch: bool = False) -> None:
        """Begin with what earlier nights have kept.

        Args:
            layout: Of the warehouse.
            day: Of the night, by the bureau's clock.
            from_scratch: Take nothing; what is made tonight replaces what was there.
        """
        self._layout, self._day = layout, day
        self._entries: dict[str, dict[str, JsonValue]] = {}
        if not from_scratch:
            self._entries = _read_index(layout.store / "index.json")

    def find_table(self, key: str) -> KeptTable | None:
        """The table of a key, when its file still holds what it held."""
        entry = self._entries.get(key)
        if entry is None or "object" not in entry:
            return None
        sha256 = str(entry["object"])
        path = self._path_of(sha256)
        if path in self._damaged:
            return None
        entry["used"] = self._day.isoformat()
        return KeptTable(sha256, path, int(str(entry["rows"])))

    @cached_property
    def _damaged(self) -> set[Path]:
        """The files that do not hold what they held when this night began, removed."""
        objects = {str(e["object"]) for e in self._entries.values() if "object" in e}
        expected = {self._path_of(sha256): sha256 for sha256 in sorted(objects)}
        damaged = find_differing(self._layout, expected, self._day)
        for path in damaged:
            path.unlink(missing_ok=True)
        return set(damaged)

    def make_room(self, name: str) -> Path:
        """Where a table is written aside; what is left there by a killed night goes."""
        path = self._path_of(f".{name}")
        make_folder(path.parent)
        path.unlink(missing_ok=True)
        return path

    def keep_table(self, key: str, aside: Path, rows: int) -> KeptTable:
        """Take a table that was written aside; one with the same content is kept once."""
        sha256 = hash_file(aside)
        path = self._path_of(sha256)
        damaged = self._damaged  # looked at before it may be made good
        publish_file(aside, path)
        damaged.discard(path)
        self._entries[key] = {"object": sha256, "rows": rows, "used": self._day.isoformat()}
        return KeptTable(sha256, path, rows)

    def find_answer(self, key: str) -> JsonValue:
        """What was answered under a key; None when nobody has asked."""
        entry = self._entries.get(key)
        if entry is None or "answer" not in entry:
            return None
        entry["used"] = self._day.isoformat()
        return entry["answer"]

    def keep_answer(self, key: str, answer: JsonValue) -> None:
        """Keep an answer, which is not None."""
        self._entries[key] = {"answer": answer, "used": self._day.isoformat()}

    def write(self) -> None:
        """Write the index, without what no night has used for two weeks."""
        oldest = (self._day - _KEPT_FOR).isoformat()
        self._entries = {
            key: entry for key, entry in self._entries.items() if str(entry["used"]) >= oldest
        }
        make_folder(self._layout.store)
        said = {"entries": self._entries, "seal": hash_json(self._entries)}
        write_file(self._layout.store / "index.json", json.dumps(said, ensure_ascii=False))
        wanted = {str(entry.get("object")) for entry in self._entries.values()}
        for path in self._layout.store.glob("objects/*"):
            if path.stem not in wanted:
                path.unlink()

    def _path_of(self, sha256: str) -> Path:
        return self._layout.store / "objects" / f"{sha256}.parquet"


def _read_index(path: Path) -> dict[str, dict[str, JsonValue]]:
    """Empty when it cannot be read, or is not what was written."""
    try:
        said = json.loads(path.read_bytes())
        entries: dict[str, dict[str, JsonValue]] = said["entries"]
        return entries if said["seal"] == hash_json(entries) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
