"""Makes a built release current, by one rename, and removes old ones.

What belongs here: the only writes to `current` and to finished releases. What does not: building
and reading them.
"""

from __future__ import annotations

import stat
from pathlib import Path

from pipelines.durable import point_link, publish_folder, refusing_full_disk, sync
from pipelines.errors import ReleaseError
from pipelines.group_access import open_to_group
from pipelines.layout import Layout
from pipelines.releases.folders import PARQUET, pointing_link, remove_folder
from pipelines.releases.manifest import ReleaseManifest
from pipelines.releases.reading import Release, current_release, find_release, list_releases
from pipelines.releases.verify import verify_release


def publish(layout: Layout, building: Path, *, make_current: bool = False) -> Release:
    """Verify a sealed folder, give it its final name and point `current` at it.

    A release of an earlier day than the current one's is kept beside it and does not become current
    unless `make_current` says so: a night for a past day must not turn back what people read.

    Killed at any moment, `current` is the old release or the new one. When a release of that id
    exists with equal Parquet bytes, it stays as it is and the folder is removed; where `building`
    is that release, it is read back.

    Raises:
        ReleaseError: when verification finds a difference, when equal inputs gave other bytes, or
            `current` is then untouched.
        StorageError: the disk is full; so is `current`.
    """
    manifest = verify_release(building)
    target = layout.releases / manifest.release_id
    with refusing_full_disk(f"release {manifest.release_id}", layout.releases):
        if target == building:
            pass
        elif target.exists():
            manifest = _keep_existing(target, manifest)
            remove_folder(building)
        else:
            _open_to_group(building)
            publish_folder(building, target)
        _let_readers_through(layout)
        # Also when it was there: a night that was killed may have named it and not synced the name.
        sync(layout.releases)
        current = current_release(layout)
        if make_current or current is None or current.as_of <= manifest.as_of:
            _point_current(layout, target)
    return Release(target, manifest)


def use_release(layout: Layout, release_id: str) -> Release:
    """Make a published release current, after reading it back.

    Raises:
        ReleaseError: there is none of that id, or it is damaged.
        StorageError: the disk is full.
    """
    release = find_release(layout, release_id)
    verify_release(release.folder)
    with refusing_full_disk(f"release {release_id}", layout.releases):
        _point_current(layout, release.folder)
    return release


def prune(layout: Layout, keep: int) -> list[str]:
    """Remove the oldest releases beyond `keep`; returns their ids.

    The current release and the one before it always stay: a reader may be in the middle of it.
    """
    current = current_release(layout)
    protected = set()
    if current is not None:
        protected.add(current.id)
        if current.manifest.previous is not None:
            protected.add(current.manifest.previous.release_id)
    removed = []
    for release in list_releases(layout)[keep:]:
        if release.id not in protected:
            remove_folder(release.folder)
            removed.append(release.id)
    return removed


def _keep_existing(target: Path, built: ReleaseManifest) -> ReleaseManifest:
    existing = verify_release(target)
    hashes, built_hashes = _parquet_hashes(existing), _parquet_hashes(built)
    if hashes != built_hashes:
        files = sorted(name for name, _ in hashes ^ built_hashes)
        raise ReleaseError(
            f"release {existing.release_id}: expected the bytes it was published with, "
            f"got others in {', '.join(dict.fromkeys(files))}. The same inputs gave different "
            "bytes: look for a query without a total order or an exact type; the published "
            "release stays."
        )
    return existing


def _parquet_hashes(manifest: ReleaseManifest) -> set[tuple[str, str]]:
    return {(a.path, a.sha256) for a in manifest.artefacts if a.path.startswith(f"{PARQUET}/")}


def _open_to_group(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        open_to_group(path)


def _let_readers_through(layout: Layout) -> None:
    # It holds ledgers, from which a suppressed figure can be counted: for the bureau's own group.
    open_to_group(layout.releases)
    # The group passes through the warehouse without seeing what else lies there.
    layout.warehouse.chmod(layout.warehouse.stat().st_mode | stat.S_IXGRP)


def _point_current(layout: Layout, target: Path) -> None:
    if layout.current.exists() and not layout.current.is_symlink():
        raise ReleaseError(
            f"current release: expected a link at {layout.current}, got a file or folder. "
            "Move it away and run the night again."
        )
    point_link(layout.current, target, pointing_link(layout))
