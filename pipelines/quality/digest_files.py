"""Digests as files, for those without an address.

What belongs here: writing one durably, over no other. What does not: which are written (`alerts`).
"""

from __future__ import annotations

from itertools import count
from pathlib import Path

from pipelines.durable import write_file
from pipelines.quality.digests import Digest


def write_digest(folder: Path, day: str, digest: Digest) -> tuple[Path | None, str | None]:
    """Write a digest to `<date>-<steward>.md`, aside and renamed; a second of a day gets a number.

    What one night has told stays when another night of the same day tells something else.
    """
    text = f"# {digest.subject}\n\n{digest.body}"
    name = f"{day}-{digest.steward}"
    try:
        path = _free_path(folder, name, text)
        write_file(path, text)
    except OSError as error:
        return None, f"digest file: expected to write {name}.md, got {type(error).__name__}"
    return path, None


def _free_path(folder: Path, name: str, text: str) -> Path:
    """The first path that holds nothing, or this text already: written by a process that ended."""
    paths = (folder / f"{name}{f'-{n}' if n > 1 else ''}.md" for n in count(1))
    return next(p for p in paths if not p.exists() or p.read_bytes() == text.encode())
