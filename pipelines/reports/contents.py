"""All that a report says, read once from a release: what the nightly and the annual one show.

What belongs here: gathering. What does not: the choice of charts (annual.charts), sentences
(annual.wording), looks (workbook, document, page).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

import duckdb

from pipelines.errors import NotFoundError
from pipelines.reports.annual.charts import Chart, Material, YearValues, choose_charts
from pipelines.reports.annual.wording import MEANINGS, explain_computation, name_marks
from pipelines.reports.catalogue import CatalogueEntry, read_catalogue
from pipelines.reports.documents import read_documents
from pipelines.reports.figures import (
    NOT_STATED,
    ReleaseIdentity,
    SourceState,
    StoredFigure,
    read_areas,
    read_months,
    read_release,
    read_source_states,
    read_year,
    read_year_by_area,
    read_years,
)
from pipelines.reports.formats import WITHOUT_NUMBER, Cell, Change, show_change, show_value
from pipelines.reports.legal_bases import cite, read_legal_bases
from pipelines.reports.periods import parse_period
from pipelines.reports.tables import Table, arrange_areas, arrange_months
from pipelines.reports.words import Words


@dataclass(frozen=True)
class Figure:
    """One line of a report: an indicator's year beside the year before."""

    indicator: CatalogueEntry
    shown: Cell
    before: Cell
    change: Change
    marks: str
    """Why the figure is not final, or that it is not ours; else empty."""
    computation: str
    legal_basis: str
    """The citations that held in the year."""

    @property
    def is_stated(self) -> bool:
        """Whether there is a figure of the year, or a word in its place."""
        return self.shown.number is not None or self.shown.status in WITHOUT_NUMBER

    @property
    def before_text(self) -> str:
        """Last year's value with its mark."""
        return f"{self.before.text} {self.before.mark}".strip()

    @property
    def notes(self) -> list[tuple[str, str]]:
        """What is said of it below its definition, each by its name."""
        said = (
            ("注意", self.indicator.ambiguity),
            ("计算", self.computation),
            ("依据", self.legal_basis),
        )
        return [(name, text) for name, text in said if text]


@dataclass(frozen=True)
class Section:
    """One field of work: what a section of the bureau answers for, with its months and charts."""

    name: str
    figures: tuple[Figure, ...]
    charts: tuple[Chart, ...]
    months: Table

    @property
    def main(self) -> list[Figure]:
        """The headline figures."""
        return [figure for figure in self.figures if figure.indicator.is_main]


@dataclass(frozen=True)
class Contents:
    """One report of a year."""

    release: ReleaseIdentity
    year: int
    is_unfinished: bool
    sections: tuple[Section, ...]
    areas: Table
    states: Sequence[SourceState]

    @property
    def main(self) -> list[Figure]:
        """The headline figures of all sections."""
        return [figure for section in self.sections for figure in section.main]

    @property
    def remarks(self) -> list[str]:
        """What a reader of the headline figures has to know of them, in a line each."""
        said = dict.fromkeys(mark for figure in self.main for mark in figure.marks.split("、"))
        lines = [f"{mark}：{MEANINGS[mark]}" for mark in said if mark]
        late = "、".join(state.source for state in self.doubtful_states)
        return [
            *lines,
            f"未按时报送或不完整的数据来源：{late}（见附录三）。"
            if late
            else "各数据来源均按时、完整。",
        ]

    @property
    def doubtful_states(self) -> list[SourceState]:
        """The sources that are late, hold something back or never delivered it."""
        return [state for state in self.states if state.reason is not None]


def read_annual_contents(connection: duckdb.DuckDBPyConnection, year: int) -> Contents:
    """Read the annual report of a year from an open release: the figures that there are of it.

    Suppressed and never delivered ones are among them.

    Raises:
        NotFoundError: when the release has no figure of that year.
    """
    contents = read_contents(connection, year)
    _refuse_other_years(read_years(connection), year, contents.release.release_id)
    sections = (
        replace(section, figures=tuple(f for f in section.figures if f.is_stated))
        for section in contents.sections
    )
    return replace(contents, sections=tuple(section for section in sections if section.figures))


def read_contents(connection: duckdb.DuckDBPyConnection, year: int) -> Contents:
    """Read a report of a year from an open release: every indicator, also one without a figure."""
    release = read_release(connection)
    areas, by_area = read_areas(connection), read_year_by_area(connection, year)
    catalogue = read_catalogue(connection)
    return Contents(
        release=release,
        year=year,
        is_unfinished=_is_unfinished(release, year),
        sections=tuple(_read_sections(connection, release, year, catalogue)),
        areas=arrange_areas(list(catalogue.values()), areas, by_area),
        states=read_source_states(connection),
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


def read_figures(
    connection: duckdb.DuckDBPyConnection,
    year: int,
    catalogue: Mapping[str, CatalogueEntry],
    *,
    is_unfinished: bool = False,
) -> list[Figure]:
    """The year of every indicator for the whole district, in the order of the catalogue."""
    stored, stored_before = read_year(connection, year), read_year(connection, year - 1)
    documents, words = read_documents(connection), Words(connection)
    bases, period = read_legal_bases(connection), parse_period(f"{year:04d}")
    figures = []
    for key, indicator in catalogue.items():
        now = stored.get(key, NOT_STATED)
        figures.append(
            _arrange(
                indicator,
                now,
                stored_before.get(key, NOT_STATED),
                explain_computation(indicator, now, catalogue, words, documents.get((key, year))),
                cite(bases.get(key, ()), period),
                is_unfinished=is_unfinished,
            )
        )
    return figures


def _read_sections(
    connection: duckdb.DuckDBPyConnection,
    release: ReleaseIdentity,
    year: int,
    catalogue: Mapping[str, CatalogueEntry],
) -> Iterator[Section]:
    _, *streets = read_areas(connection)
    this, before = _read_values(connection, year), _read_values(connection, year - 1)
    is_unfinished = _is_unfinished(release, year)
    figures = read_figures(connection, year, catalogue, is_unfinished=is_unfinished)
    for name, group in groupby(figures, key=lambda figure: figure.indicator.owner_name):
        owned = tuple(group)
        stated = [figure.indicator for figure in owned if figure.is_stated]
        charts = choose_charts(Material(stated, streets, this, before, is_unfinished))
        months = arrange_months(name, [figure.indicator for figure in owned], this.months)
        yield Section(name, owned, charts, months)


def _read_values(connection: duckdb.DuckDBPyConnection, year: int) -> YearValues:
    return YearValues(year, read_months(connection, year), read_year_by_area(connection, year))


def _arrange(
    indicator: CatalogueEntry,
    stored: StoredFigure,
    before: StoredFigure,
    computation: str,
    legal_basis: str,
    *,
    is_unfinished: bool,
) -> Figure:
    # A part of a year beside a whole one would look like a fall.
    change = None if is_unfinished else stored.change_on_year
    return Figure(
        indicator=indicator,
        shown=show_value(stored.value, stored.status, indicator.scale),
        before=show_value(before.value, before.status, indicator.scale),
        change=show_change(change, indicator.kind),
        marks=name_marks(indicator, stored.status),
        computation=computation,
        legal_basis=legal_basis,
    )
