"""Whose files the writer of the demo may replace.

A claim file lists what is being written before the first file appears and goes when the marker is
in place. So the files of the demo are labelled at any moment, and a writer that was killed can be
started again without touching what is not its own.
"""

from __future__ import annotations

import json
from pathlib import Path

from pipelines.durable import write_file
from pipelines.errors import SettingsError
from pipelines.sources.synthetic import CLAIM_NAME, MARKER_NAME, DemoMarker, read_last_marker


def claim(sources: Path, files: list[str]) -> set[str]:
    """Announce that these files will be written; the files of an earlier demo that are replaced.

    Raises:
        SettingsError: when something that the demo did not write would be touched.
    """
    if sources.exists() and not sources.is_dir():
        raise SettingsError(
            f"sources {sources.name}: expected a folder, got a file. "
            "Point ZHIBIAO_SOURCES elsewhere."
        )
    own = _own_files(sources)
    if own is None and sources.exists() and any(sources.iterdir()):
        raise SettingsError(
            f"sources {sources.name}: expected an empty folder or one that the demo wrote, got "
            f"one without {MARKER_NAME}. Point ZHIBIAO_SOURCES to another folder."
        )
    earlier = own or set()
    if foreign := sorted(f for f in set(files) - earlier if (sources / f).exists()):
        raise SettingsError(
            f"sources {sources.name}: expected {foreign[0]} to be the demo's own or absent, got a "
            "file that it did not write. Move it away."
        )
    write_file(sources / CLAIM_NAME, json.dumps(sorted(earlier | set(files)), ensure_ascii=False))
    return earlier


def _own_files(sources: Path) -> set[str] | None:
    """Files that a finished or interrupted demo wrote; None when there was none."""
    own: set[str] | None = None
    if (marker := read_last_marker(sources)) is not None:
        own = set(marker.files)
    if (sources / CLAIM_NAME).exists():
        try:
            claimed = json.loads((sources / CLAIM_NAME).read_text(encoding="utf-8"))
        except ValueError:
            raise SettingsError(
                f"claim {CLAIM_NAME}: expected a list of files, got something else. "
                "Remove the folder and run `zhibiao demo` again."
            ) from None
        own = (own or set()) | set(claimed)
    return own


def finish(sources: Path, marker: DemoMarker) -> None:
    """Put the marker in place and give up the claim."""
    write_file(sources / MARKER_NAME, marker.as_json())
    (sources / CLAIM_NAME).unlink(missing_ok=True)
