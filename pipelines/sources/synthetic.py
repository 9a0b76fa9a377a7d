"""The marker that says that a folder's extracts are synthetic, so that no release passes as real.

What belongs here: what the marker says, and reading it. What does not: who writes synthetic
extracts, and whose files a writer may replace.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.errors import SettingsError

MARKER_NAME = "SYNTHETIC.json"
CLAIM_NAME = "SYNTHETIC.json.writing"
"""It lies there from before the first synthetic file until the marker does."""
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
    return read_last_marker(sources)


def read_last_marker(sources: Path) -> DemoMarker | None:
    """The marker of the last demo that was finished, also while another is being written.

    Raises:
        SettingsError: when the marker is not readable.
    """
    path = sources / MARKER_NAME
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
