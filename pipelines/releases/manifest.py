"""The manifest of a release: what it holds, what it was made from, what came before it.

`manifest.json` is UTF-8 JSON with the fields of `ReleaseManifest`. Each manifest carries the hash
of the one before, so that a release changed years later breaks the chain. What belongs here: the
schema, writing and reading it. What does not: comparing it with the files (verify).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, JsonValue, ValidationError, model_validator

import pipelines
from pipelines.durable import refusing_full_disk
from pipelines.errors import ReleaseError
from pipelines.hashing import hash_file
from pipelines.layout import Layout
from pipelines.strict_model import StrictModel, list_problems

MANIFEST = "manifest.json"
DRAFT = "draft.json"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ReleasedExtract(StrictModel):
    """One extract whose rows stand behind the figures."""

    table: str
    extract_id: str
    sha256: Sha256
    rows_delivered: int = Field(ge=0)
    rows_loaded: int = Field(ge=0)
    rows_quarantined: int = Field(ge=0)
    rows_duplicate: int = Field(ge=0)

    @model_validator(mode="after")
    def _no_row_is_lost(self) -> ReleasedExtract:
        accounted = self.rows_loaded + self.rows_quarantined + self.rows_duplicate
        if self.rows_delivered != accounted:
            raise ValueError(
                f"{self.extract_id}: {self.rows_delivered} rows delivered, {accounted} accounted"
            )
        return self


class Artefact(StrictModel):
    """One file of the release; `rows` only where a file is one table."""

    path: str
    sha256: Sha256
    bytes: int = Field(ge=0)
    rows: int | None = Field(default=None, ge=0)


class PreviousRelease(StrictModel):
    """The release that was current when this one was sealed."""

    release_id: str
    manifest_sha256: Sha256


class Draft(StrictModel):
    """What is known when a build starts; it becomes the manifest when the release is sealed."""

    schema_version: Literal[1] = 1
    release_id: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}-[0-9a-f]{12}$")
    as_of: date
    is_synthetic: bool
    definitions: Sha256
    """What `definitions_hash` gave for the project that made this release."""
    extracts: tuple[ReleasedExtract, ...]
    gates: tuple[dict[str, JsonValue], ...]
    """One object a suite that was run, as the gates summed it up."""
    rows: dict[str, int] = Field(default_factory=dict)
    """Rows per Parquet file, by its path in the release."""


class ReleaseManifest(StrictModel):
    """Everything that a reader years later needs to trust a release, or not to."""

    schema_version: Literal[1]
    release_id: str
    as_of: date
    is_synthetic: bool
    created_at: AwareDatetime
    code_version: str
    definitions: Sha256
    previous: PreviousRelease | None
    extracts: tuple[ReleasedExtract, ...]
    gates: tuple[dict[str, JsonValue], ...]
    artefacts: tuple[Artefact, ...]


def draft_release(**fields: Any) -> Draft:  # noqa: ANN401 pydantic judges the values
    """The draft with these fields, of which the extracts and gates may still be mappings.

    Raises:
        ReleaseError: when one is missing or unfit, or rows of an extract do not add up.
    """
    try:
        return Draft.model_validate(fields)
    except ValidationError as error:
        raise ReleaseError(
            f"release {fields['release_id']}: expected a complete description, got "
            f"{list_problems(error, 'release')}. Mend what the night hands over; no row may be "
            "lost on the way."
        ) from None


def write_draft(building: Path, draft: Draft) -> None:
    """Leave the draft in the folder being built, for `seal_release` to find."""
    (building / DRAFT).write_text(draft.model_dump_json(indent=2), encoding="utf-8")


def seal_release(layout: Layout, building: Path) -> ReleaseManifest:
    """Hash every file of the folder and write its manifest; the last step before verification.

    Raises:
        ReleaseError: when the folder was not built by `build_release`.
        StorageError: when the disk is full.
    """
    if not (building / DRAFT).is_file():
        raise ReleaseError(
            f"release {building.name}: expected the draft that build_release leaves, got none. "
            "Run the night again; it builds the release anew."
        )
    draft = Draft.model_validate_json((building / DRAFT).read_bytes())
    manifest = ReleaseManifest(
        **draft.model_dump(exclude={"rows"}),
        created_at=datetime.now(UTC).replace(microsecond=0),
        code_version=pipelines.__version__,
        previous=_previous_release(layout, draft.release_id),
        artefacts=tuple(_describe_artefacts(building, draft.rows)),
    )
    with refusing_full_disk(f"release {draft.release_id}", layout.releases):
        (building / MANIFEST).write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
    (building / DRAFT).unlink()
    return manifest


def read_manifest(folder: Path) -> ReleaseManifest:
    """Read the manifest of a release.

    Raises:
        ReleaseError: when there is none, or it does not follow the schema.
    """
    path = folder / MANIFEST
    try:
        return ReleaseManifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise ReleaseError(
            f"release {folder.name}: expected a {MANIFEST}, got none. "
            "The folder is not a sealed release: move it away and run the night again."
        ) from None
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, e["loc"])) for e in error.errors()}))
        raise ReleaseError(
            f"release {folder.name}: expected a readable {MANIFEST}, got problems in {fields!r}. "
            "The file was changed after the release was sealed: restore it from a backup."
        ) from None


def _previous_release(layout: Layout, release_id: str) -> PreviousRelease | None:
    if not layout.current.is_symlink():
        return None
    current = layout.current.resolve()
    if not current.is_dir():
        raise ReleaseError(
            f"current release: expected a folder at {current}, got none. Point {layout.current} at "
            "a release that is there, or remove the link to begin a new chain of releases."
        )
    if current.name == release_id:
        # Built again from equal inputs: it keeps its place in the chain.
        return read_manifest(current).previous
    return PreviousRelease(release_id=current.name, manifest_sha256=hash_file(current / MANIFEST))


def _describe_artefacts(building: Path, rows: dict[str, int]) -> Iterator[Artefact]:
    for path in sorted(building.rglob("*")):
        name = path.relative_to(building).as_posix()
        if path.is_file() and name not in {DRAFT, MANIFEST}:
            yield Artefact(
                path=name,
                sha256=hash_file(path),
                bytes=path.stat().st_size,
                rows=rows.get(name),
            )
