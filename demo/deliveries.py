"""All deliveries of one demo: which files there are, and what stands in each.

What belongs here: the way from recipes to files. What the rows are stands in the recipes, how they
are written in `spelling`, `mistakes`, `flaws` and `delivery`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from demo.delivery import Delivery, deliver, file_of
from demo.flaws import flaws_of_months, with_flaws
from demo.frames import Integers
from demo.mistakes import with_mistakes
from demo.recipes import GROUPS, RECIPES, WITHOUT_MISTAKES
from demo.scene import Scene
from demo.spelling import Cell, Row, Rows, Table, spell
from demo.working_days import months_of
from pipelines.settings import PROJECT_ROOT
from pipelines.sources.contracts import SourceTable, SqlDialect, read_contracts

DELIVERED = "rows delivered"
_SLICE = 20_000
"""Rows whose texts are held at once: some 40 MB."""


@cache
def delivered_tables() -> list[SourceTable]:
    """The contracts that the demo has a recipe of."""
    contracts = read_contracts(PROJECT_ROOT / "dbt_project")
    return [contracts[table] for table in RECIPES]


def imagine(scene: Scene) -> dict[str, Rows]:
    """The rows of every recipe, by source table, without the mistakes of their senders."""
    return {table: recipe(scene) for table, recipe in RECIPES.items()}


def files_of(scene: Scene, rows: Mapping[str, Rows]) -> list[str]:
    """The files that will be written, relative to the sources folder."""
    return list(
        dict.fromkeys(
            file_of(table, period)
            for table in delivered_tables()
            for period in _periods(table, rows[table.id], scene)
        )
    )


def write_files(folder: Path, scene: Scene, rows: Mapping[str, Rows]) -> Counter[str]:
    """Write every file below a folder; how often each kind of mistake was made.

    The counts' names are `<source table>: <what>`.
    """
    found: Counter[str] = Counter()
    files: dict[str, list[Delivery]] = {}
    for turn, table in enumerate(delivered_tables()):
        for period, cells in _deliveries(table, rows[table.id], scene, turn, found):
            delivery = Delivery(table, cells, GROUPS.get(table.id, {}))
            files.setdefault(file_of(table, period), []).append(delivery)
    for name, deliveries in files.items():
        deliver(folder / name, deliveries)
    return found


def _periods(table: SourceTable, rows: Rows, scene: Scene) -> list[str]:
    """The months of a monthly delivery; the demo's last day of any other."""
    if table.delivery == "period" and isinstance(rows, Table):
        return [str(month) for month in np.unique(_months(rows, scene)).tolist()]
    return [f"{scene.end:%Y%m%d}"]


def _months(rows: Table, scene: Scene) -> Integers:
    """The month (YYYYMM) of each row; what was before the demo comes in the month before it."""
    return months_of(np.maximum(rows.days, np.datetime64(scene.start) - 1))


def _deliveries(
    table: SourceTable, rows: Rows, scene: Scene, turn: int, found: Counter[str]
) -> Iterator[tuple[str, Iterator[list[Cell]]]]:
    """The cells of each file of a table."""
    periods = _periods(table, rows, scene)
    if not isinstance(rows, Table):
        yield periods[0], iter(_listed(table, rows, turn, found))
    elif table.delivery != "period":
        yield periods[0], _counted(table, _slices(table, rows, np.arange(len(rows.days))), found)
    else:
        months, flaws = _months(rows, scene), flaws_of_months(periods)
        for period in periods:
            slices = _slices(table, rows, np.flatnonzero(months == int(period)))
            flawed = with_flaws(table, scene.dice, slices, flaws.get(period, []), found)
            yield period, _counted(table, flawed, found)


def _slices(table: SourceTable, rows: Table, index: Integers) -> Iterator[list[list[Cell]]]:
    for start in range(0, len(index), _SLICE):
        yield spell(table, rows.columns(index[start : start + _SLICE]))


def _counted(
    table: SourceTable, slices: Iterator[list[list[Cell]]], found: Counter[str]
) -> Iterator[list[Cell]]:
    for cells in slices:
        found[f"{table.id}: {DELIVERED}"] += len(cells)
        yield from cells


def _listed(
    table: SourceTable, rows: Sequence[Row], turn: int, found: Counter[str]
) -> list[list[Cell]]:
    """The cells of a list, with mistakes where a hand keeps it."""
    if isinstance(table.dialect, SqlDialect) or table.id in WITHOUT_MISTAKES:
        cells = spell(table, rows)
    else:
        mistaken = with_mistakes(table, rows, turn)
        found.update(mistaken.found)
        cells = spell(table, mistaken.rows)
        if mistaken.repeated is not None:
            cells.insert(mistaken.repeated + 2, cells[mistaken.repeated])
            found[f"{table.id}: duplicate rows"] += 1
    found[f"{table.id}: {DELIVERED}"] = len(cells)
    return cells
