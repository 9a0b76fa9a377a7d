"""Hashes: SHA-256 in hexadecimal of bytes, texts, files and whatever is JSON.

What belongs here: from content to digest; many are stored, so that a form never changes. What does
not: pseudonyms, whose key and digest have their owner (sources/pseudonyms).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path


def hash_bytes(pieces: Iterable[bytes]) -> str:
    """Of the pieces as one content."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


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
