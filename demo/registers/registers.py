"""All registers of one demo: their rows, the files they are delivered in, and what was delivered.

What belongs here: the order of the steps. What the rows are stands in the recipes, how they are
written in `spelling`, `mistakes` and `delivery`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from demo.registers import (
    activities,
    certificates,
    consumers,
    disputes,
    equipment,
    listings,
    recognitions,
)
from demo.registers.delivery import Delivery, deliver, file_of
from demo.registers.mistakes import with_mistakes
from demo.registers.scene import Scene
from demo.registers.spelling import Row, spell
from pipelines.settings import PROJECT_ROOT
from pipelines.sources.contracts import SourceTable, SqlDialect, read_contracts

RECIPES: dict[str, Callable[[Scene], list[Row]]] = {
    **activities.RECIPES,
    **certificates.RECIPES,
    **consumers.RECIPES,
    **disputes.RECIPES,
    **equipment.RECIPES,
    **listings.RECIPES,
    **recognitions.RECIPES,
}
"""The recipe of each source table."""
DELIVERED = "rows delivered"


@dataclass(frozen=True)
class Registers:
    """The rows of every register in the ledgers' words, without the mistakes of their senders."""

    rows: dict[str, list[Row]]
    end: date

    @classmethod
    def imagine(cls, scene: Scene) -> Registers:
        """Make the rows of every recipe."""
        return cls({table: recipe(scene) for table, recipe in RECIPES.items()}, scene.end)

    def write(self, folder: Path) -> Counter[str]:
        """Write every file below a folder; what was delivered, by `<source table>: <what>`."""
        found: Counter[str] = Counter()
        files: dict[str, list[Delivery]] = {}
        for turn, table in enumerate(register_tables()):
            delivery, mistakes = _delivery(table, self.rows[table.id], turn)
            found.update(mistakes)
            files.setdefault(file_of(table, self.end), []).append(delivery)
        for name, deliveries in files.items():
            deliver(folder / name, deliveries)
        return found


def register_tables() -> list[SourceTable]:
    """The contracts of the registers."""
    contracts = read_contracts(PROJECT_ROOT / "dbt_project")
    return [contracts[table] for table in RECIPES]


def register_files(end: date) -> list[str]:
    """The files that will be written, relative to the sources folder."""
    return list(dict.fromkeys(file_of(table, end) for table in register_tables()))


def _delivery(table: SourceTable, rows: list[Row], turn: int) -> tuple[Delivery, Counter[str]]:
    """The cells of a table, with mistakes where a hand keeps it."""
    if isinstance(table.dialect, SqlDialect):
        found = Counter({f"{table.id}: {DELIVERED}": len(rows)})
        return Delivery(table, spell(table, rows)), found
    mistaken = with_mistakes(table, rows, turn)
    cells, found = spell(table, mistaken.rows), mistaken.found
    if mistaken.repeated is not None:
        cells.insert(mistaken.repeated + 2, cells[mistaken.repeated])
        found[f"{table.id}: duplicate rows"] += 1
    found[f"{table.id}: {DELIVERED}"] = len(cells)
    return Delivery(table, cells), found
