"""Arranges figures into the tables of the report. Pure functions; no query and no rounding here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TypeVar

from pipelines.reports.figures import Area, Indicator, MainFigure
from pipelines.reports.formats import WITHOUT_NUMBER, Cell, show_value

Key = TypeVar("Key", int, str)
Values = Mapping[tuple[str, int], tuple[Decimal | None, str]]
AreaValues = Mapping[tuple[str, str], tuple[Decimal | None, str]]


@dataclass(frozen=True)
class Row:
    """One indicator along the columns of a table."""

    indicator: Indicator
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """The indicators of one section of the bureau, or of all, along the same columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def arrange_months(indicators: Sequence[Indicator], values: Values) -> list[Table]:
    """One table per owner: twelve months and the year."""
    columns = (*(f"{month}月" for month in range(1, 13)), "全年")
    keys = (*range(1, 13), 0)
    return [
        Table(owner, columns, tuple(_rows(group, keys, values)))
        for owner, group in _by_owner(indicators)
    ]


def arrange_areas(
    indicators: Sequence[Indicator], areas: Sequence[Area], values: AreaValues
) -> Table:
    """One table: the district and each street, for the indicators that know streets."""
    rows = _rows(indicators, tuple(area.area_code for area in areas), values)
    return Table(
        title="各街道",
        columns=tuple(area.name for area in areas),
        rows=tuple(row for row in rows if any(_has_figure(cell) for cell in row.cells[1:])),
    )


def group_main_figures(figures: Sequence[MainFigure]) -> list[tuple[str, list[MainFigure]]]:
    """The headline figures by owner, in their order."""
    return [(owner, list(group)) for owner, group in groupby(figures, key=lambda f: f.owner)]


def _by_owner(indicators: Sequence[Indicator]) -> Iterator[tuple[str, list[Indicator]]]:
    for owner, group in groupby(indicators, key=lambda i: i.owner):
        yield owner, list(group)


def _rows(
    indicators: Sequence[Indicator],
    keys: Sequence[Key],
    values: Mapping[tuple[str, Key], tuple[Decimal | None, str]],
) -> Iterator[Row]:
    for indicator in indicators:
        found = (values.get((indicator.indicator_id, key), (None, "final")) for key in keys)
        cells = (show_value(value, status, indicator.scale) for value, status in found)
        yield Row(indicator, tuple(cells))


def _has_figure(cell: Cell) -> bool:
    return cell.number is not None or cell.status in WITHOUT_NUMBER
