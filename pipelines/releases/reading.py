"""Finds releases and opens them for reading: what the command line, pages and reports stand on.

What belongs here: read-only, bounded access. What does not: anything that changes a release.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import NotFoundError, ReleaseError
from pipelines.layout import Layout
from pipelines.releases.folders import DATABASE, PAGE, PARQUET, REPORT
from pipelines.releases.manifest import ReleaseManifest, read_manifest
from pipelines.releases.queries import open_for_reading

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Release:
    """One published release."""

    folder: Path
    manifest: ReleaseManifest

    @property
    def id(self) -> str:
        """`<business date>-<12 hexadecimal digits>`."""
        return self.manifest.release_id

    @property
    def as_of(self) -> date:
        """The date that the figures are stated as of."""
        return self.manifest.as_of

    @property
    def database(self) -> Path:
        """The DuckDB file."""
        return self.folder / DATABASE

    @property
    def parquet(self) -> Path:
        """The folder of Parquet files, one a table."""
        return self.folder / PARQUET

    @property
    def report(self) -> Path:
        """The folder of the report."""
        return self.folder / REPORT

    @property
    def page(self) -> Path:
        """The page of the report, for a browser."""
        return self.report / PAGE


def current_release(layout: Layout) -> Release | None:
    """The release that analysts see, or None before the first one.

    Raises:
        ReleaseError: the link leads nowhere, or the release's manifest cannot be read.
    """
    if not layout.current.is_symlink():
        return None
    if not layout.current.exists():
        raise ReleaseError(
            f"current release: expected a folder where {layout.current} points, got none. "
            "`zhibiao release list` shows what is kept; `zhibiao release use ID` makes one current."
        )
    return find_release(layout, layout.current.resolve().name)


def list_releases(layout: Layout) -> list[Release]:
    """All published releases whose manifest can be read, newest first."""
    releases = [release for _, release in _read_folders(layout) if release is not None]
    return sorted(releases, key=lambda r: (r.manifest.created_at, r.id), reverse=True)


def damaged_releases(layout: Layout) -> list[str]:
    """The names of the folders whose manifest is missing or damaged; one stops no other."""
    return [name for name, release in _read_folders(layout) if release is None]


def _read_folders(layout: Layout) -> Iterator[tuple[str, Release | None]]:
    folders = sorted(layout.releases.iterdir()) if layout.releases.is_dir() else []
    for folder in folders:
        if folder.is_dir() and not folder.name.startswith("."):
            try:
                yield folder.name, find_release(layout, folder.name)
            except ReleaseError:
                yield folder.name, None


def find_release(layout: Layout, release_id: str | None = None) -> Release:
    """The release of that id, or the current one.

    Raises:
        NotFoundError: when there is none.
    """
    if release_id is None:
        current = current_release(layout)
        if current is None:
            raise NotFoundError(
                f"current release: expected a link at {layout.current}, got none. "
                "Run a night first: make nightly."
            )
        return current
    folder = layout.releases / release_id
    # A name with a separator could lead out of the folder.
    if folder.parent != layout.releases or release_id.startswith(".") or not folder.is_dir():
        raise NotFoundError(
            f"release: expected one below {layout.releases}, got {release_id!r}. "
            "Take an id from the names of the folders there."
        )
    return Release(folder, read_manifest(folder))


def open_release(
    layout: Layout,
    release_id: str | None = None,
    *,
    memory_limit: str = "1GB",
    threads: int = 2,
) -> duckdb.DuckDBPyConnection:
    """Open a release (the current one by default) so that a query can only read it.

    The file is opened under its own folder, not through `current`: the connection stays on one
    release while the next is published.

    Raises:
        NotFoundError: when there is no such release.
    """
    return open_for_reading(find_release(layout, release_id).database, memory_limit, threads)
