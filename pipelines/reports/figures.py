"""Reads figures out of a release's database.

What belongs here: the queries. What does not: rounding (formats), arranging (tables).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from pipelines.reports.periods import Period

if TYPE_CHECKING:
    import duckdb

DISTRICT = "(select min(area_code) from indicator_values)"
"""SQL of the district's code: streets' codes begin with it, so it is the lowest."""


@dataclass(frozen=True)
class ReleaseIdentity:
    """The one row of the table `release`."""

    release_id: str
    as_of: date
    is_synthetic: bool

    @property
    def dating(self) -> str:
        """Which release, as of when."""
        return f"数据截至 {self.as_of.isoformat()}　发布编号 {self.release_id}"


@dataclass(frozen=True)
class Area:
    """The district or one of its streets."""

    area_code: str
    name: str


@dataclass(frozen=True)
class StoredFigure:
    """One figure as the release states it: base units, unrounded."""

    status: str
    value: Decimal | None
    change_on_year: Decimal | None
    """A fraction; between two rates their difference."""
    numerator: Decimal | None
    denominator: Decimal | None


NOT_STATED = StoredFigure("final", None, None, None, None)


@dataclass(frozen=True)
class SourceState:
    """How far the data of one source reaches."""

    source: str
    data_through: date | None
    stale_from: date | None
    reason: str | None
    rows_loaded: int
    rows_quarantined: int


def report_year(as_of: date) -> int:
    """The year that a report is about: the last one that was over on that date."""
    return (as_of + timedelta(days=1)).year - 1


def read_release(connection: duckdb.DuckDBPyConnection) -> ReleaseIdentity:
    """The release that the connection is open on."""
    query = "select release_id, as_of, is_synthetic from release"
    ((release_id, as_of, is_synthetic),) = connection.execute(query).fetchall()
    return ReleaseIdentity(release_id, as_of, is_synthetic)


def read_areas(connection: duckdb.DuckDBPyConnection) -> list[Area]:
    """The areas that have figures, the district first; without a name, the code stands for it."""
    codes = connection.execute(
        "select distinct area_code from indicator_values order by area_code"
    ).fetchall()
    names: dict[str, str] = {}
    if connection.execute(
        "select 1 from duckdb_columns() where table_name = 'areas' and column_name = 'area_name'"
    ).fetchone():
        names = dict(
            connection.execute(
                "select area_code, max(area_name) from areas group by area_code"
            ).fetchall()
        )
    return [Area(code, names.get(code, code)) for (code,) in codes]


def read_year(connection: duckdb.DuckDBPyConnection, year: int) -> dict[str, StoredFigure]:
    """The figures of a year for the whole district, by indicator; a suppressed one bare."""
    rows = connection.execute(
        "select v.indicator_id, v.status, if(v.status = 'suppressed', null, v.value),"
        " if(v.status in ('suppressed', 'missing'), null, c.change_on_year),"
        " if(v.status = 'suppressed', null, v.numerator),"
        " if(v.status = 'suppressed', null, v.denominator)"
        " from indicator_values as v left join indicator_comparisons as c"
        " using (indicator_id, period_grain, period_start, period_end, area_code, breakdown,"
        " breakdown_value)"
        " where v.period_grain = 'year' and v.period_start = ? and v.breakdown = 'total'"
        f" and v.area_code = {DISTRICT}",
        [date(year, 1, 1)],
    ).fetchall()
    return {indicator_id: StoredFigure(*facts) for indicator_id, *facts in rows}


def read_years(connection: duckdb.DuckDBPyConnection) -> list[int]:
    """The years that the district has figures of, the oldest first."""
    rows = connection.execute(
        "select distinct year(period_start)::integer from indicator_values"
        " where period_grain = 'year' and breakdown = 'total'"
        f" and (value is not null or status = 'suppressed') and area_code = {DISTRICT} order by 1"
    ).fetchall()
    return [year for (year,) in rows]


def read_months(
    connection: duckdb.DuckDBPyConnection, year: int
) -> dict[tuple[str, int], tuple[Decimal | None, str]]:
    """Value and status by indicator and month of a year, for the district; month 0 is the year."""
    rows = connection.execute(
        "select indicator_id, if(period_grain = 'year', 0, month(period_start)), value, status"
        " from indicator_values where period_grain in ('month', 'year')"
        f" and year(period_start) = ? and breakdown = 'total' and area_code = {DISTRICT}",
        [year],
    ).fetchall()
    return {(indicator, month): (value, status) for indicator, month, value, status in rows}


def read_district(
    connection: duckdb.DuckDBPyConnection,
) -> dict[tuple[str, Period], tuple[Decimal | None, str]]:
    """Value and status of the whole district by indicator and period, in the order of periods."""
    rows = connection.execute(
        "select indicator_id, period_grain, period_start, period_end, value, status"
        f" from indicator_values where breakdown = 'total' and area_code = {DISTRICT}"
        " order by indicator_id, period_grain, period_start, period_end"
    ).fetchall()
    return {(row[0], Period(*row[1:4])): (row[4], row[5]) for row in rows}


def read_year_by_area(
    connection: duckdb.DuckDBPyConnection, year: int
) -> dict[tuple[str, str], tuple[Decimal | None, str]]:
    """Value and status of a year by indicator and area."""
    rows = connection.execute(
        "select indicator_id, area_code, value, status from indicator_values"
        " where period_grain = 'year' and period_start = ? and breakdown = 'total'",
        [date(year, 1, 1)],
    ).fetchall()
    return {(indicator, area): (value, status) for indicator, area, value, status in rows}


def read_source_states(connection: duckdb.DuckDBPyConnection) -> list[SourceState]:
    """How far each source reaches, and how many of its rows in use were loaded or set aside."""
    rows = connection.execute(
        "select s.source_label, s.data_through, s.stale_from, s.reason,"
        " coalesce(sum(e.rows_loaded), 0)::bigint, coalesce(sum(e.rows_quarantined), 0)::bigint"
        " from extract_states as s left join extracts as e using (source_table)"
        " group by all order by all"
    ).fetchall()
    return [SourceState(*row) for row in rows]
