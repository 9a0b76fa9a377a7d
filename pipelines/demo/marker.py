"""The marker that says that extracts are synthetic, and the rule of whose files may be replaced.

A claim file lists what is being written before the first file appears and goes when the marker is
in place. So the files of the demo are labelled at any moment, and a writer that was killed can be
started again without touching what is not its own.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.errors import SettingsError

MARKER_NAME = "SYNTHETIC.json"
CLAIM_NAME = "SYNTHETIC.json.writing"
LABEL = "演示数据（合成）"


@dataclass(frozen=True)
class DemoMarker:
    """What the marker says: seed and scale, the first and the last business date, the files."""

    seed: int
    scale: float
    start: date
    end: date
    files: tuple[str, ...]
    label: str = LABEL

    def as_json(self) -> str:
        """The marker's text."""
        content = {
            "synthetic": True,
            "label": self.label,
            "seed": self.seed,
            "scale": self.scale,
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "files": list(self.files),
        }
        return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def read_marker(sources: Path) -> DemoMarker | None:
    """The marker of a sources folder; None when its extracts are not the demo's.

    Raises:
        SettingsError: when the demo is half written, or the marker is not readable.
    """
    if (sources / CLAIM_NAME).exists():
        raise SettingsError(
            f"sources {sources.name}: expected a complete demo, got one that is being written or "
            "whose writing was cut short. Wait, or run `zhibiao demo` again."
        )
    return _read(sources / MARKER_NAME)


def _read(path: Path) -> DemoMarker | None:
    if not path.exists():
        return None
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if content["synthetic"] is not True:
            raise ValueError("synthetic is not true")
        return DemoMarker(
            seed=int(content["seed"]),
            scale=float(content["scale"]),
            start=date.fromisoformat(content["from"]),
            end=date.fromisoformat(content["to"]),
            files=tuple(content.get("files", ())),
            label=str(content["label"]),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise SettingsError(
            f"marker {path.name}: expected synthetic, label, seed, scale, from and to, got "
            f"{type(error).__name__}. Run `zhibiao demo` into an empty folder."
        ) from None


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
    sources.mkdir(parents=True, exist_ok=True)
    write_whole(sources / CLAIM_NAME, json.dumps(sorted(earlier | set(files)), ensure_ascii=False))
    return earlier


def _own_files(sources: Path) -> set[str] | None:
    """Files that a finished or interrupted demo wrote; None when there was none."""
    own: set[str] | None = None
    if (marker := _read(sources / MARKER_NAME)) is not None:
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
    write_whole(sources / MARKER_NAME, marker.as_json())
    (sources / CLAIM_NAME).unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write a small file so that it is there whole or not at all."""
    aside = path.with_name(f".{path.name}.tmp")
    with aside.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
