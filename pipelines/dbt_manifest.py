"""What dbt says of the project: the one reader of its manifest.json.

What belongs here: reading it. What does not: having dbt write it (orchestration), and what its
nodes mean to whoever asks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipelines.errors import ReleaseError
from pipelines.layout import Layout


def read_dbt_manifest(layout: Layout) -> dict[str, Any]:
    """The manifest that dbt has written last.

    Raises:
        ReleaseError: when dbt has not written one.
    """
    path = layout.dbt_manifest
    if not path.is_file():
        raise ReleaseError(
            f"dbt manifest: expected {path}, got no such file. Run `zhibiao nightly`, which has "
            "dbt write it."
        )
    manifest: dict[str, Any] = json.loads(path.read_bytes())
    return manifest


def is_of_the_release(column: Mapping[str, Any]) -> bool:
    """Whether a described column holds the release's id, which no model knows."""
    return bool(column.get("config", {}).get("meta", {}).get("of_the_release"))
