"""All deliveries of one demo: which files there are, and what stands in each.

What belongs here: the way from recipes to files. What the rows are stands in the recipes, how they
are written in `spelling`, `mistakes`, `flaws` and `delivery`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import numpy as np

from demo.delivery import Delivery, file_of
from demo.flaws import flaws_of_months, with_flaws
from demo.frames import Integers
from demo.mistakes import with_mistakes
from demo.recipes import GROUPS, RECIPES, WITHOUT_MISTAKES
from demo.scene import Scene
from demo.spelling import Cells, Rows, Table, spell
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


def deliveries_of(scene: Scene, found: Counter[str]) -> dict[str, list[Delivery]]:
    """What each file will hold, by its path relative to the sources folder.

    Cells are spelled as they are written; `found` counts then what was delivered and each kind of
    mistake, by `<source table>: <what>`.
    """
    files: dict[str, list[Delivery]] = {}
    everything = imagine(scene)
    for turn, table in enumerate(delivered_tables()):
        for period, slices in _parts(table, everything[table.id], scene, turn, found):
            cells = _counted(table, slices, found)
            delivery = Delivery(table, cells, GROUPS.get(table.id, {}))
            files.setdefault(file_of(table, period), []).append(delivery)
    return files


def _parts(
    table: SourceTable, rows: Rows, scene: Scene, turn: int, found: Counter[str]
) -> Iterator[tuple[str, Iterable[Cells]]]:
    """The cells of each file of a table, by month or by the demo's last day."""
    last_day = f"{scene.end:%Y%m%d}"
    if not isinstance(rows, Table):
        kept_by_hand = not isinstance(table.dialect, SqlDialect)
        if kept_by_hand and table.id not in WITHOUT_MISTAKES:
            yield last_day, with_mistakes(table, rows, turn, found)
        else:
            yield last_day, [spell(table, rows)]
    elif table.delivery != "period":
        yield last_day, _slices(table, rows, np.arange(len(rows.days)))
    else:
        # What was before the demo comes in the month before it.
        months = months_of(np.maximum(rows.days, np.datetime64(scene.start) - 1))
        flaws = flaws_of_months(np.unique(months).tolist())
        for month, flawed in flaws.items():
            slices = _slices(table, rows, np.flatnonzero(months == month))
            yield str(month), with_flaws(table, scene.dice, slices, flawed, found)


def _slices(table: SourceTable, rows: Table, index: Integers) -> Iterator[Cells]:
    for start in range(0, len(index), _SLICE):
        yield spell(table, rows.columns(index[start : start + _SLICE]))


def _counted(
    table: SourceTable, slices: Iterable[Cells], found: Counter[str]
) -> Iterator[list[Any]]:
    for cells in slices:
        found[f"{table.id}: {DELIVERED}"] += len(cells)
        yield from cells
