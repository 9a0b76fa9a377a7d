"""How a release's folder is laid out, and what a crash may leave of one on its way in or out.

What belongs here: names, and the removal of folders. What does not: what is in the files.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from pipelines.layout import Layout

DATABASE = "indicators.duckdb"
PARQUET = "parquet"
REPORT = "report"
PAGE = "index.html"

_BUILDING = ".building"
_REMOVING = ".removing"
_POINTING = ".pointing"


def building_folder(layout: Layout, release_id: str) -> Path:
    """Where a release is built, beside the finished ones so that one rename publishes it."""
    return layout.releases / f".{release_id}{_BUILDING}"


def pointing_link(layout: Layout) -> Path:
    """The link that is made ready before it takes the place of `current`."""
    return layout.warehouse / f".{layout.current.name}{_POINTING}"


def remove_folder(folder: Path) -> None:
    """Remove a release folder so that a crash leaves it whole or marked as leftover."""
    if folder.name.startswith("."):
        aside = folder
    else:
        aside = folder.with_name(f".{folder.name}{_REMOVING}")
        folder.rename(aside)
    shutil.rmtree(aside)


def remove_unfinished_releases(layout: Layout) -> None:
    """Remove what a killed night left: unfinished folders and an unused link.

    Only the holder of the night's lease may call this: another's unfinished folder looks the same.
    """
    for suffix in (_BUILDING, _REMOVING):
        for folder in layout.releases.glob(f".*{suffix}"):
            shutil.rmtree(folder)
    pointing_link(layout).unlink(missing_ok=True)
