"""Extracts as they lie in landing: the manifest, the list, the re-hash.

What belongs here: reading landing. What does not: making an extract (extract_folder, landing).
Landing is append-only and the system of record: all else can be rebuilt from it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipelines.clock import day_of_stamp, today
from pipelines.durable import hash_file
from pipelines.errors import ZhibiaoError
from pipelines.layout import Layout

DATA, REJECTED, MANIFEST = "data.parquet", "rejected.parquet", "manifest.json"
PROFILE = "profile.json"
ASIDE = ".aside-"
"""Beginning of a folder in the making; one that is left over belongs to a night that was killed."""

_DATES = ("business_date", "data_through", "covers_from")


@dataclass(frozen=True, kw_only=True)
class Extract:
    """One landed delivery of one source table."""

    source_table: str
    extract_id: str
    """`<slot>.v<NNN>.<first 8 of sha256>`."""
    slot: str
    version: int
    sequence: int
    """Order of landing within the table."""
    sha256: str
    """Of the delivered bytes; for a database, of the landed files: its rows are personal, and the
    plain hash of a small increment could be guessed."""
    origin: str
    contract_fingerprint: str
    reading_fingerprint: str
    contract_version: int
    business_date: date
    data_through: date
    covers_from: date | None
    high_mark: str | None
    """Newest value of the cursor column, for increments."""
    rows_delivered: int
    rows_landed: int
    rows_rejected: int
    rows_duplicate: int
    landed_at: datetime
    key_id: str | None
    """Of the pseudonym key; None without personal columns."""
    origin_modified_ns: int
    origin_size: int
    data_sha256: str
    data_bytes: int
    rejected_sha256: str
    rejected_bytes: int
    profile_sha256: str = ""
    """Of the profile; empty where the delivery was too small to have one."""
    has_line_numbers: bool = False
    """True when records are longer than lines: the rows then say the line on which they begin."""
    folder: Path

    @property
    def latest_day(self) -> date:
        """The last day that the delivery can know of, in Shanghai.

        When its file was written; when it landed, for a database or a clock that runs ahead.
        """
        landed_on = today(self.landed_at)
        if not self.origin_modified_ns:
            return landed_on
        return min(landed_on, day_of_stamp(self.origin_modified_ns))

    @property
    def data_path(self) -> Path:
        """The landed rows."""
        return self.folder / DATA

    @property
    def rejected_path(self) -> Path:
        """The rows that could not be used, one line per rule."""
        return self.folder / REJECTED

    @property
    def profile_path(self) -> Path:
        """What its columns look like, where it has a profile."""
        return self.folder / PROFILE

    def to_manifest(self) -> str:
        """The content of manifest.json."""
        said = {k: v for k, v in asdict(self).items() if k != "folder"}
        for name, value in said.items():
            if isinstance(value, date):  # datetime is one, too
                said[name] = value.isoformat()
        return json.dumps(said, ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def from_folder(cls, folder: Path) -> Extract:
        """Read an extract's manifest.

        Raises:
            ZhibiaoError: the manifest is missing or damaged.
        """
        try:
            said: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            for name in _DATES:
                said[name] = said[name] and date.fromisoformat(said[name])
            said["landed_at"] = datetime.fromisoformat(said["landed_at"])
            known = {f.name for f in fields(cls)}
            return cls(**{k: v for k, v in said.items() if k in known}, folder=folder)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ZhibiaoError(
                f"{folder / MANIFEST}: expected the manifest of an extract, got "
                f"{type(error).__name__}. Restore the folder from the backup, or remove it whole "
                "and let the source deliver again."
            ) from error


def table_folder(layout: Layout, table_id: str) -> Path:
    """Where the extracts of a table lie."""
    source, _, table = table_id.partition("__")
    return layout.landing / source / table


def list_extracts(layout: Layout, table_id: str) -> list[Extract]:
    """Every landed extract of a table, in the order of landing.

    Raises:
        ZhibiaoError: the manifest of one is missing or damaged.
    """
    extracts = [Extract.from_folder(folder) for folder in _folders(layout, table_id)]
    return sorted(extracts, key=lambda extract: extract.sequence)


def list_readable_extracts(layout: Layout, table_id: str) -> list[Extract]:
    """The extracts whose manifest can be read, in the order of landing.

    Those of a table go on being used when one of them is damaged; landing tells of it.
    """
    extracts = []
    for folder in _folders(layout, table_id):
        with suppress(ZhibiaoError):
            extracts.append(Extract.from_folder(folder))
    return sorted(extracts, key=lambda extract: extract.sequence)


def _folders(layout: Layout, table_id: str) -> list[Path]:
    home = table_folder(layout, table_id)
    if not home.is_dir():
        return []
    return [f for f in home.iterdir() if f.is_dir() and not f.name.startswith((".", "_"))]


def landed_key_ids(layout: Layout) -> set[str]:
    """Ids of the pseudonym keys that landed extracts were made with."""
    found: set[str] = set()
    for manifest in layout.landing.glob(f"*/*/[!._]*/{MANIFEST}"):
        with suppress(ZhibiaoError):
            key_id = Extract.from_folder(manifest.parent).key_id
            found |= {key_id} if key_id else set()
    return found


def verify_landing(layout: Layout) -> list[str]:
    """Hash every landed file again; returns what is not as its manifest says, empty when all is."""
    findings = []
    for folder in sorted(layout.landing.glob("*/*/[!._]*")):
        try:
            extract = Extract.from_folder(folder)
        except ZhibiaoError as error:
            findings.append(str(error))
            continue
        for path, expected in (
            (extract.data_path, extract.data_sha256),
            (extract.rejected_path, extract.rejected_sha256),
            (extract.profile_path, extract.profile_sha256),
        ):
            if not expected:
                continue
            if not path.is_file():
                findings.append(f"{path}: expected a file of SHA-256 {expected}, got none.")
            elif (found := hash_file(path)) != expected:
                findings.append(f"{path}: expected SHA-256 {expected}, got {found}.")
    return findings
