"""Extracts as they lie in landing: the manifest, the list, the re-hash.

What belongs here: reading landing; whoever lists extracts gets those that are still what landed,
and no others. What does not: making an extract (extract_folder, landing) and what becomes of a
damaged one (damages). Landing is append-only and the system of record: all else can be rebuilt
from it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.checked_files import find_differing
from pipelines.clock import day_of_stamp, today
from pipelines.errors import ZhibiaoError
from pipelines.hashing import hash_file
from pipelines.layout import Layout
from pipelines.sources.sealed import seal, unseal

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
        """The last day that the delivery can know of, by the bureau's clock.

        When its file was written; when it landed, for a database or a clock that runs ahead.
        """
        landed_on = today(self.landed_at)
        if not self.origin_modified_ns:
            return landed_on
        return min(landed_on, day_of_stamp(self.origin_modified_ns))

    @property
    def hashes(self) -> dict[Path, str]:
        """The SHA-256 that each of its files has, as its manifest states."""
        stated = {
            self.data_path: self.data_sha256,
            self.rejected_path: self.rejected_sha256,
            self.profile_path: self.profile_sha256,
        }
        return {path: sha256 for path, sha256 in stated.items() if sha256}

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
        return seal(said)

    @classmethod
    def from_folder(cls, folder: Path) -> Extract:
        """Read an extract's manifest.

        Raises:
            ZhibiaoError: the manifest is missing, damaged or another extract's.
        """
        try:
            said: dict[str, Any] = unseal((folder / MANIFEST).read_bytes())
            if said["extract_id"] != folder.name:
                raise ValueError("the manifest of another extract")
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


class Damaged(NamedTuple):
    """A folder of landing that is no longer what landed."""

    folder: Path
    extract: Extract | None
    """None when the manifest itself is damaged."""
    found: str
    """What is wrong, in Chinese: the file and what it is not."""


class Survey(NamedTuple):
    """The extracts of one table."""

    whole: list[Extract]
    """In the order of landing."""
    damaged: list[Damaged]


def list_extracts(layout: Layout, table_id: str) -> list[Extract]:
    """The extracts of a table that are still what landed, in the order of landing.

    The one way to landed rows: each file is hashed again when its stamp has changed since.
    """
    return survey_table(layout, table_id).whole


def survey_table(layout: Layout, table_id: str, day: date | None = None) -> Survey:
    """Every extract of a table, told apart by whether its files are what its manifest states.

    Args:
        layout: Where landing lies.
        table_id: The source table.
        day: Also reads again the files whose turn it is; None reads only what has changed.
    """
    extracts, damaged = [], []
    for folder in sorted(_folders(layout, table_id)):
        try:
            extracts.append(Extract.from_folder(folder))
        except ZhibiaoError:
            damaged.append(Damaged(folder, None, f"{MANIFEST} 缺失或已改变"))
    hashes = {path: sha256 for extract in extracts for path, sha256 in extract.hashes.items()}
    differing = set(find_differing(layout, hashes, day)) if hashes else set()
    whole = []
    for extract in extracts:
        if spoiled := [path.name for path in extract.hashes if path in differing]:
            found = f"{'、'.join(spoiled)} 缺失或内容与入库时不符"
            damaged.append(Damaged(extract.folder, extract, found))
        else:
            whole.append(extract)
    return Survey(sorted(whole, key=lambda extract: extract.sequence), damaged)


def _folders(layout: Layout, table_id: str) -> list[Path]:
    home = table_folder(layout, table_id)
    if not home.is_dir():
        return []
    return [f for f in home.iterdir() if f.is_dir() and not f.name.startswith((".", "_"))]


def landed_key_ids(layout: Layout) -> set[str]:
    """Ids of the pseudonym keys that landed extracts were made with."""
    found: set[str] = set()
    # Those that were set aside as damaged say with which key the others were made, too.
    for folders in ("[!._]*", "_damaged/*"):
        for manifest in layout.landing.glob(f"*/*/{folders}/{MANIFEST}"):
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
        for path, expected in extract.hashes.items():
            if not path.is_file():
                findings.append(f"{path}: expected a file of SHA-256 {expected}, got none.")
            elif (found := hash_file(path)) != expected:
                findings.append(f"{path}: expected SHA-256 {expected}, got {found}.")
    return findings
