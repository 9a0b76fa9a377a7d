"""Hashes of our own code: a result that other code has made is not taken for ours. Nothing else."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pipelines.hashing import hash_bytes

_HOUSE = Path(__file__).parent


@lru_cache
def hash_of_room(room: str) -> str:
    """SHA-256 over the modules of a room of the house, such as `compute`."""
    modules = sorted((_HOUSE / room).rglob("*.py"))
    return hash_bytes(path.read_bytes() for path in modules)
