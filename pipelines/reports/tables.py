"""Arranges figures into the tables of the report. Pure functions; no query and no rounding here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from pipelines.reports.catalogue import CatalogueEntry
from pipelines.reports.figures import Area
from pipelines.reports.formats import WITHOUT_NUMBER, Cell, show_value

Key = TypeVar("Key", int, str)
Values = Mapping[tuple[str, int], tuple[Decimal | None, str]]
AreaValues = Mapping[tuple[str, str], tuple[Decimal | None, str]]


@dataclass(frozen=True)
class Row:
    """One indicator along the columns of a table."""

    indicator: CatalogueEntry
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """The indicators of one section of the bureau, or of all, along the same columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def arrange_months(title: str, indicators: Sequence[CatalogueEntry], values: Values) -> Table:
    """The indicators of one section: twelve months and the year."""
    columns = (*(f"{month}月" for month in range(1, 13)), "全年")
    return Table(title, columns, tuple(_rows(indicators, (*range(1, 13), 0), values)))


def arrange_areas(
    indicators: Sequence[CatalogueEntry], areas: Sequence[Area], values: AreaValues
) -> Table:
    """One table: the district and each street, for the indicators that know streets."""
    rows = _rows(indicators, tuple(area.area_code for area in areas), values)
    return Table(
        title="各街道",
        columns=tuple(area.name for area in areas),
        rows=tuple(row for row in rows if any(_has_figure(cell) for cell in row.cells[1:])),
    )


def _rows(
    indicators: Sequence[CatalogueEntry],
    keys: Sequence[Key],
    values: Mapping[tuple[str, Key], tuple[Decimal | None, str]],
) -> Iterator[Row]:
    for indicator in indicators:
        found = (values.get((indicator.indicator_id, key), (None, "final")) for key in keys)
        cells = (show_value(value, status, indicator.scale) for value, status in found)
        yield Row(indicator, tuple(cells))


def _has_figure(cell: Cell) -> bool:
    return cell.number is not None or cell.status in WITHOUT_NUMBER
