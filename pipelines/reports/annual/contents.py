"""All that the annual report says, read once from a release: what its three renderings show.

What belongs here: gathering. What does not: the choice of charts (charts), sentences (wording),
looks (workbook, document, page).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

import duckdb

from pipelines.errors import NotFoundError
from pipelines.reports.annual.charts import Chart, Material, YearValues, choose_charts
from pipelines.reports.annual.wording import explain_computation, name_marks
from pipelines.reports.catalogue import CatalogueEntry, read_catalogue
from pipelines.reports.documents import Document, read_documents
from pipelines.reports.figures import (
    NOT_STATED,
    ExtractState,
    ReleaseIdentity,
    StoredFigure,
    read_areas,
    read_extract_states,
    read_months,
    read_release,
    read_year,
    read_year_by_area,
    read_years,
)
from pipelines.reports.formats import WITHOUT_NUMBER, Cell, Change, show_change, show_value
from pipelines.reports.legal_bases import cite, read_legal_bases
from pipelines.reports.periods import parse_period


@dataclass(frozen=True)
class AnnualFigure:
    """One line of the report: an indicator's year beside the year before."""

    indicator: CatalogueEntry
    shown: Cell
    before: Cell
    change: Change
    marks: str
    """Why the figure is not final, or that it is not ours; else empty."""
    computation: str
    legal_basis: str
    """The citations that held in the year."""


@dataclass(frozen=True)
class Section:
    """One field of work: the figures that a section of the bureau answers for, and their charts."""

    name: str
    figures: tuple[AnnualFigure, ...]
    charts: tuple[Chart, ...]


@dataclass(frozen=True)
class AnnualContents:
    """One annual report."""

    release: ReleaseIdentity
    year: int
    is_unfinished: bool
    sections: tuple[Section, ...]
    states: Sequence[ExtractState]

    @property
    def title(self) -> str:
        """The heading of the report."""
        return f"{self.year}年度指标报告"

    @property
    def doubtful_states(self) -> list[ExtractState]:
        """The sources that are late, hold something back or never delivered it."""
        return [state for state in self.states if state.reason is not None]


def read_annual_contents(connection: duckdb.DuckDBPyConnection, year: int) -> AnnualContents:
    """Read the annual report of a year from an open release.

    Every indicator with a figure of that year is in it, also suppressed or never delivered ones.

    Raises:
        NotFoundError: when the release has no figure of that year.
    """
    release = read_release(connection)
    _refuse_other_years(read_years(connection), year, release.release_id)
    return AnnualContents(
        release=release,
        year=year,
        is_unfinished=_is_unfinished(release, year),
        sections=tuple(_read_sections(connection, release, year)),
        states=read_extract_states(connection),
    )


def _refuse_other_years(years: Sequence[int], year: int, release_id: str) -> None:
    if year not in years:
        listed = ", ".join(map(str, years)) or "none at all"
        raise NotFoundError(
            f"annual report: expected a year with figures in release {release_id} ({listed}), "
            f"got {year}. Take one of them, or another release with --release."
        )


def _is_unfinished(release: ReleaseIdentity, year: int) -> bool:
    return date(year, 12, 31) > release.as_of


def _read_sections(
    connection: duckdb.DuckDBPyConnection, release: ReleaseIdentity, year: int
) -> Iterator[Section]:
    catalogue = read_catalogue(connection)
    stored, stored_before = read_year(connection, year), read_year(connection, year - 1)
    _, *streets = read_areas(connection)
    this, before = _read_values(connection, year), _read_values(connection, year - 1)
    is_unfinished = _is_unfinished(release, year)
    documents = read_documents(connection)
    bases, period = read_legal_bases(connection), parse_period(f"{year:04d}")
    stated = [
        indicator for key, indicator in catalogue.items() if _is_stated(stored.get(key, NOT_STATED))
    ]
    for name, group in groupby(stated, key=lambda indicator: indicator.owner_name):
        owned = list(group)
        figures = tuple(
            _arrange(
                indicator,
                stored[indicator.indicator_id],
                stored_before.get(indicator.indicator_id, NOT_STATED),
                catalogue,
                documents.get((indicator.indicator_id, year)),
                cite(bases.get(indicator.indicator_id, ()), period),
                is_unfinished=is_unfinished,
            )
            for indicator in owned
        )
        material = Material(owned, streets, this, before, is_unfinished)
        yield Section(name, figures, choose_charts(material))


def _read_values(connection: duckdb.DuckDBPyConnection, year: int) -> YearValues:
    return YearValues(year, read_months(connection, year), read_year_by_area(connection, year))


def _is_stated(figure: StoredFigure) -> bool:
    return figure.value is not None or figure.status in WITHOUT_NUMBER


def _arrange(
    indicator: CatalogueEntry,
    stored: StoredFigure,
    before: StoredFigure,
    catalogue: Mapping[str, CatalogueEntry],
    document: Document | None,
    legal_basis: str,
    *,
    is_unfinished: bool,
) -> AnnualFigure:
    # A part of a year beside a whole one would look like a fall.
    change = None if is_unfinished else stored.change_on_year
    return AnnualFigure(
        indicator=indicator,
        shown=show_value(stored.value, stored.status, indicator.scale),
        before=show_value(before.value, before.status, indicator.scale),
        change=show_change(change, indicator.kind),
        marks=name_marks(indicator, stored.status),
        computation=explain_computation(indicator, stored, catalogue, document),
        legal_basis=legal_basis,
    )
