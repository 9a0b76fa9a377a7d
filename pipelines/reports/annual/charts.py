"""Which charts a section of the annual report has, chosen by what the catalogue says of indicators.

What belongs here: the choice, and what each chart shows, as plain values. What does not: how it is
drawn (drawing), how a value is rounded (formats).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import groupby

from pipelines.reports.catalogue import CatalogueEntry
from pipelines.reports.figures import Area
from pipelines.reports.formats import SUPPRESSED, Cell, scale_value, show_value
from pipelines.reports.tables import AreaValues, Values

_MONTHS = range(1, 13)
_ADDED_UP = {"count", "sum"}
_COUNTED = _ADDED_UP | {"stock", "distinct"}
# One award in a year is a number and not a line.
_FEWEST_MONTHS = 3
# What a page takes with labels that can still be read: two, or three, beside each other.
_MOST_WIDE = 8
_MOST_NARROW = 9
# From so many neighbours on, the first and the last are named.
_LONG_RUN = 3


class ChartKind(StrEnum):
    """What a chart compares; how it is drawn follows from it."""

    MONTHS = "months"
    STREETS = "streets"
    YEARS = "years"
    RATES = "rates"


@dataclass(frozen=True)
class Point:
    """One value of a panel: where it stands, of which year, and how it is written."""

    category: str
    year: str
    cell: Cell
    height: float | None
    """Unrounded, in the unit of the cell; None where there is nothing to draw."""

    @property
    def mark(self) -> str:
        """The word that says why the value is not final or not shown; else empty."""
        return SUPPRESSED if self.cell.text == SUPPRESSED else self.cell.mark

    @property
    def label(self) -> str:
        """The value as it is written beside its point or bar, with its mark."""
        return f"{self.cell.text} {self.cell.mark}".strip()


@dataclass(frozen=True)
class Panel:
    """The part of a chart that is about one indicator."""

    title: str
    points: tuple[Point, ...]
    note: str = ""
    """Which points are marked, where no label stands beside them."""

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers make sense on its axis."""
        return self.points[0].cell.scale.decimals == 0


@dataclass(frozen=True)
class Chart:
    """One picture: panels of the same kind."""

    kind: ChartKind
    title: str
    years: tuple[str, ...]
    panels: tuple[Panel, ...]

    @property
    def description(self) -> str:
        """What it shows, for those who do not see it."""
        return f"{self.title}：{'、'.join(panel.title for panel in self.panels)}。数值见表。"


@dataclass(frozen=True)
class YearValues:
    """Values of one year that charts are made from."""

    year: int
    months: Values
    areas: AreaValues

    @property
    def name(self) -> str:
        """How the year is called beside a line or bar."""
        return f"{self.year}年"

    def month(self, indicator: CatalogueEntry, month: int) -> Point:
        """One month of the district; month 0 is the year."""
        category = f"{month}月" if month else self.name
        return self._point(indicator, category, self.months.get((indicator.indicator_id, month)))

    def area(self, indicator: CatalogueEntry, area: Area) -> Point:
        """The year of one area."""
        found = self.areas.get((indicator.indicator_id, area.area_code))
        return self._point(indicator, area.name, found)

    def _point(
        self, indicator: CatalogueEntry, category: str, found: tuple[Decimal | None, str] | None
    ) -> Point:
        value, status = found or (None, "final")
        cell = show_value(value, status, indicator.scale)
        is_drawn = value is not None and cell.number is not None
        height = float(scale_value(value, indicator.scale)) if value and is_drawn else 0.0
        return Point(category, self.name, cell, height if is_drawn else None)


@dataclass(frozen=True)
class Material:
    """What the charts of one section are chosen from."""

    indicators: Sequence[CatalogueEntry]
    streets: Sequence[Area]
    this: YearValues
    before: YearValues
    is_unfinished: bool

    def of_kinds(self, kinds: Collection[str]) -> list[CatalogueEntry]:
        """The main figures of some kinds that we computed ourselves."""
        return [i for i in self.indicators if i.is_main and not i.is_external and i.kind in kinds]

    @property
    def whole_years(self) -> tuple[YearValues, ...]:
        """The years that may be compared: part of a year is no match for a whole one."""
        return (self.this,) if self.is_unfinished else (self.this, self.before)


def choose_charts(material: Material) -> tuple[Chart, ...]:
    """The charts of one section, none of them empty: months, streets, this year and last, rates."""
    choices = (_compare_months, _compare_streets, _compare_years, _compare_rates)
    charts = (choose(material) for choose in choices)
    return tuple(chart for chart in charts if chart.panels)


def _compare_months(material: Material) -> Chart:
    this, before = material.this, material.before

    def points(indicator: CatalogueEntry) -> tuple[Point, ...]:
        return tuple(year.month(indicator, month) for year in (this, before) for month in _MONTHS)

    panels = _panels(material.of_kinds(_ADDED_UP), points, _is_a_line, _MOST_WIDE, _note_marks)
    title = f"各月走势：{this.name}与{before.name}"
    return Chart(ChartKind.MONTHS, title, (this.name, before.name), panels)


def _compare_streets(material: Material) -> Chart:
    this = material.this

    def points(indicator: CatalogueEntry) -> tuple[Point, ...]:
        return tuple(this.area(indicator, street) for street in material.streets)

    panels = _panels(material.of_kinds(_COUNTED), points, _has_height, _MOST_NARROW)
    return Chart(ChartKind.STREETS, f"各街道：{this.name}", (this.name,), panels)


def _compare_years(material: Material) -> Chart:
    years = material.whole_years

    def points(indicator: CatalogueEntry) -> tuple[Point, ...]:
        return tuple(year.month(indicator, 0) for year in years)

    names = tuple(year.name for year in years)
    counted = material.of_kinds(_COUNTED) if len(years) > 1 else []
    panels = _panels(counted, points, _is_comparable, _MOST_NARROW)
    return Chart(ChartKind.YEARS, f"{'与'.join(names)}比较", names, panels)


def _compare_rates(material: Material) -> Chart:
    years = material.whole_years

    def points(indicator: CatalogueEntry) -> tuple[Point, ...]:
        return tuple(year.month(indicator, 0) for year in years)

    panels = _panels(material.of_kinds({"ratio"}), points, _is_drawn, _MOST_NARROW)
    return Chart(ChartKind.RATES, "比率（%）", tuple(year.name for year in years), panels)


def _panels(
    indicators: Sequence[CatalogueEntry],
    points_of: Callable[[CatalogueEntry], tuple[Point, ...]],
    is_worth: Callable[[Sequence[Point]], bool],
    most: int,
    note: Callable[[Sequence[Point]], str] = lambda _: "",
) -> tuple[Panel, ...]:
    found = ((indicator, points_of(indicator)) for indicator in indicators)
    panels = [
        Panel(f"{indicator.label_zh}（{indicator.scale.unit}）", points, note(points))
        for indicator, points in found
        if is_worth(points)
    ]
    return tuple(panels[:most])


def _is_a_line(points: Sequence[Point]) -> bool:
    """Enough months of one year have something, and the report's year has any figure at all."""
    full = (sum(bool(point.height) for point in year) for year in _by_year(points).values())
    is_stated = any(point.height is not None for point in points[: len(_MONTHS)])
    return is_stated and max(full) >= _FEWEST_MONTHS


def _has_height(points: Sequence[Point]) -> bool:
    return any(point.height for point in points)


def _is_comparable(points: Sequence[Point]) -> bool:
    return _has_height(points) and all(point.height is not None for point in points)


def _is_drawn(points: Sequence[Point]) -> bool:
    return any(point.height is not None for point in points)


def _by_year(points: Sequence[Point]) -> Mapping[str, list[Point]]:
    return {year: list(group) for year, group in groupby(points, key=lambda point: point.year)}


def _note_marks(points: Sequence[Point]) -> str:
    """Which points are not final or not shown: 2024年2月、9月—11月暂定；2024年12月陈旧."""
    return "；".join(
        f"{year}{said}" for year, group in _by_year(points).items() for said in _say_marks(group)
    )


def _say_marks(points: Sequence[Point]) -> Iterator[str]:
    stated = [point for point in points if point.cell.number is not None or point.mark]
    for mark in dict.fromkeys(point.mark for point in stated if point.mark):
        runs = [
            [point.category for point in run]
            for is_marked, run in groupby(stated, key=lambda point: point.mark == mark)
            if is_marked
        ]
        whole = len(runs[0]) == len(stated)
        yield f"各月{mark}" if whole else f"{'、'.join(map(_name_run, runs))}{mark}"


def _name_run(categories: Sequence[str]) -> str:
    if len(categories) < _LONG_RUN:
        return "、".join(categories)
    return f"{categories[0]}—{categories[-1]}"
