"""Small JSON files that carry the hash of what they say, so that a flipped byte is seen.

What belongs here: the seal. What does not: what the files say, and large files, whose hash stands
in a sealed one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipelines.hashing import hash_json

_SEAL = "seal"


def seal(said: Mapping[str, Any]) -> str:
    """The text of a file that says this; read it back with `unseal`."""
    return (
        json.dumps({**said, _SEAL: hash_json(said, in_ascii=True)}, ensure_ascii=False, indent=2)
        + "\n"
    )


def unseal(content: bytes) -> dict[str, Any]:
    """What a sealed file says; one without a seal, as they were made before, is taken as it is.

    Raises:
        ValueError: it is no JSON object, or says other things than when it was sealed.
    """
    said = json.loads(content)
    if not isinstance(said, dict):
        raise ValueError("no JSON object")
    stated = said.pop(_SEAL, None)
    if stated is not None and stated != hash_json(said, in_ascii=True):
        raise ValueError("another content than the seal states")
    return said
