"""The folder of the deliveries: when it is not there, one cause, named once and not by each table.

What belongs here: whether it is there, answers and is the demo's, and what follows. What does not:
what lies in it (sources).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import suppress

from pipelines.errors import SettingsError, SourceUnavailableError
from pipelines.layout import Layout
from pipelines.quality.incidents import settle_checks
from pipelines.quality.stewards import OPERATOR
from pipelines.quality.validation import CheckResult
from pipelines.settings import Settings
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import MANIFEST
from pipelines.sources.hanging_files import LOOK_SECONDS, answer_within
from pipelines.sources.synthetic import DemoMarker, read_marker

_SUBJECT = "sources"


def require_sources(
    operations: sqlite3.Connection,
    layout: Layout,
    settings: Settings,
    contracts: Mapping[str, SourceTable],
) -> None:
    """See that deliveries lie where the settings say.

    What landed before can still be computed from, and databases can be read: a folder that is away
    then is told to the operator and does not end the night.

    Raises:
        SettingsError: nothing lies there, nothing has landed, and some source has no connection.
    """
    found = _what_is_wrong(layout, settings, contracts)
    if found and not any(layout.landing.glob(f"*/*/*/{MANIFEST}")):
        raise SettingsError(found)
    told = f"报送文件夹不可用，今晚未收取文件、沿用已入库的数据（{found}）"
    away = CheckResult(
        "sources_are_there", "table", "critical", False, told, OPERATOR.key, None, 0.0
    )
    settle_checks(operations, _SUBJECT, [away] if found else [])


def find_marker(layout: Layout) -> DemoMarker | None:
    """The demo's marker; None also where the folder does not answer: the demo's is on this machine.

    Raises:
        SettingsError: the marker is damaged.
    """
    with suppress(SourceUnavailableError):
        return answer_within(LOOK_SECONDS, lambda: read_marker(layout.sources), "sources")
    return None


def _what_is_wrong(layout: Layout, settings: Settings, contracts: Mapping[str, SourceTable]) -> str:
    try:
        is_there = answer_within(
            LOOK_SECONDS,
            lambda: any(path.is_file() for path in layout.sources.rglob("*")),
            f"sources {layout.sources}",
        )
    except SourceUnavailableError as error:
        return str(error)
    if is_there:
        return ""
    if {table.source for table in contracts.values()} <= set(settings.connections):
        return ""
    found = "an empty folder" if layout.sources.is_dir() else "no such folder"
    return (
        f"sources {layout.sources}: expected the deliveries of the source systems, got {found}. "
        "Set ZHIBIAO_SOURCES to where they lie, or mount it."
    )
