"""The indicators of the ledgers written by hand, built once.

What belongs here: the build that the indicator tests and the MetricFlow tests read and none
changes. What does not: expectations about figures (test modules).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.compute.compiled import CompiledTable
from pipelines.orchestration.transformation import INDICATORS
from tests.built_tables import make_layout, make_tables, require_good
from tests.compiled_project import compiled_project
from tests.dbt.by_hand import write_ledgers

DISTRICT = "330108"

Ask = Callable[..., Any]
"""Asks for one figure: indicator, last day of its period, columns; grain, area, cell and table."""


class IndicatorBuild(NamedTuple):
    """A build database with indicators, and where dbt left its artefacts."""

    database: Path
    target: Path


def build_indicators(folder: Path) -> None:
    """Build the indicators in an empty folder."""
    layout = make_layout(folder)
    write_ledgers(layout.build_database)
    require_good(make_tables(layout, compiled_project(), _rests_on_ledgers))


def _rests_on_ledgers(table: CompiledTable) -> bool:
    return table.schema_name in INDICATORS or table.name.startswith("staging.stg_night__")
