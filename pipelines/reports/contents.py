"""All that a report says, read once from a release: what the workbook and the page both render.

What belongs here: gathering. What does not: looks (workbook, page).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.releases.folders import DATABASE
from pipelines.reports.figures import (
    ExtractState,
    Indicator,
    MainFigure,
    ReleaseIdentity,
    main_figures,
    read_areas,
    read_extract_states,
    read_indicators,
    read_months,
    read_release,
    read_year_by_area,
    report_year,
)
from pipelines.reports.tables import Table, arrange_areas, arrange_months
from pipelines.sql_text import literal

SYNTHETIC = "合成演示数据：由演示程序生成，不是任何单位的真实统计。"


@dataclass(frozen=True)
class Contents:
    """One report."""

    release: ReleaseIdentity
    year: int
    main: Sequence[MainFigure]
    months: Sequence[Table]
    areas: Table
    states: Sequence[ExtractState]
    indicators: Sequence[Indicator]

    @property
    def title(self) -> str:
        """The heading of the report."""
        return f"{self.year}年指标报表"


def read_contents(release_folder: Path) -> Contents:
    """Read the report of a release, sealed or not, from its database."""
    # Attached to a database in memory, as verification does, so that one process may hold both.
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        database = literal(str(release_folder / DATABASE))
        connection.execute(f"attach {database} as report (read_only)")
        connection.execute("use report")
        release = read_release(connection)
        year = report_year(release.as_of)
        indicators = read_indicators(connection, year)
        return Contents(
            release=release,
            year=year,
            main=main_figures(connection, year),
            months=arrange_months(indicators, read_months(connection, year)),
            areas=arrange_areas(
                indicators, read_areas(connection), read_year_by_area(connection, year)
            ),
            states=read_extract_states(connection),
            indicators=indicators,
        )
