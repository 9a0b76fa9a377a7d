"""Hashes: SHA-256 in hexadecimal of bytes, texts, files and whatever is JSON.

What belongs here: from content to digest; many are stored, so that a form never changes. What does
not: pseudonyms, whose key and digest have their owner (sources/pseudonyms).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path


class RunningHash:
    """Of pieces as one content, while they are put to another use."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, piece: bytes) -> None:
        """Go on with the next piece."""
        self._hash.update(piece)

    @property
    def digest(self) -> str:
        """Of the pieces so far."""
        return self._hash.hexdigest()


def hash_bytes(pieces: Iterable[bytes]) -> str:
    """Of the pieces as one content."""
    running = RunningHash()
    for piece in pieces:
        running.add(piece)
    return running.digest


def hash_text(text: str) -> str:
    """Of a text in UTF-8."""
    return hash_bytes([text.encode()])


def hash_json(said: object, *, in_ascii: bool = False) -> str:
    """Of what is said, whatever the order of its keys; what JSON does not know as its text.

    `in_ascii` writes other characters as escapes, as the seals and names of releases were made.
    """
    return hash_text(json.dumps(said, sort_keys=True, ensure_ascii=in_ascii, default=str))


def hash_file(path: Path) -> str:
    """Of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
