"""Digests as files, for those without an address.

What belongs here: writing one durably, over no other. What does not: which are written (`alerts`).
"""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from pipelines.quality.digests import Digest
from pipelines.sources.extract_folder import sync


def write_digest(folder: Path, day: str, digest: Digest) -> tuple[Path | None, str | None]:
    """Write a digest to `<date>-<steward>.md`, aside and renamed; a second of a day gets a number.

    What one night has told stays when another night of the same day tells something else.
    """
    text = f"# {digest.subject}\n\n{digest.body}"
    name = f"{day}-{digest.steward}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = _free_path(folder, name, text)
        aside = path.with_name(f".{path.name}.aside")
        with aside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        sync(path.parent)
    except OSError as error:
        return None, f"digest file: expected to write {name}.md, got {type(error).__name__}"
    return path, None


def _free_path(folder: Path, name: str, text: str) -> Path:
    """The first path that holds nothing, or this text already: written by a process that ended."""
    paths = (folder / f"{name}{f'-{n}' if n > 1 else ''}.md" for n in count(1))
    return next(p for p in paths if not p.exists() or p.read_bytes() == text.encode())
