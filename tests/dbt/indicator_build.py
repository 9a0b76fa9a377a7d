"""The indicators of the ledgers written by hand, built once.

What belongs here: the build that the indicator tests and the MetricFlow tests read and none
changes. What does not: expectations about figures (test modules).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.dbt.build_database import run_dbt
from tests.dbt.by_hand import write_ledgers

DISTRICT = "330108"

Ask = Callable[..., Any]
"""Asks for one figure: indicator, last day of its period, columns; grain, area, cell and table."""

NIGHT_VIEWS = (
    "stg_night__business_day",
    "stg_night__extract_states",
    "stg_night__source_days",
    "stg_night__covered_spans",
)


class IndicatorBuild(NamedTuple):
    """A build database with indicators, and where dbt left its artefacts."""

    database: Path
    target: Path


def build_indicators(folder: Path) -> None:
    """Build the indicators in an empty folder."""
    database = write_ledgers(folder / "build.duckdb")
    run_dbt(database, folder / "target", "run", "--select", *NIGHT_VIEWS, "indicators")
