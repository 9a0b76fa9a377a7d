"""Past days of a bureau that has had one night: its landing and verdicts, computed as of a day.

Of a night what is the same on every day is left out: landing and judging. What dbt compiled, its
tests among them, is carried out on each day's admission, as a night does it.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import duckdb

from pipelines.compute.build import Build
from pipelines.compute.compiled import CompiledProject
from pipelines.compute.store import ResultStore
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.quality.validation import check_table
from pipelines.quality.verdicts import read_verdicts
from pipelines.settings import Settings
from pipelines.sources.admission import admit, choose_extracts
from pipelines.sources.contracts import read_contracts
from tests.built_tables import require_good
from tests.declared import our_suites
from tests.night.bureau import Bureau

NIGHT = date(2025, 1, 16)
"""When the days are computed, by the clock."""


class Figure(NamedTuple):
    """An undivided figure: the first and last day of its period, and its area."""

    indicator: str
    start: date
    end: date
    area: str
    value: Decimal | None
    status: str


class PastDays:
    """What one bureau's landing would have given as of any day, in a folder aside."""

    def __init__(self, bureau: Bureau, folder: Path) -> None:
        self._settings = Settings(warehouse=folder, sources=bureau.sources)
        self._layout = Layout.of(self._settings)
        for name in ("landing", "quarantine"):
            (folder / name).symlink_to(bureau.warehouse / name)
        built = Layout.of(Settings(warehouse=bureau.warehouse, sources=bureau.sources))
        self._contracts = read_contracts(self._layout.dbt_project)
        self._accepted = self._read_accepted(bureau)
        self._project = CompiledProject.model_validate_json(built.compiled_project.read_bytes())
        self._store = ResultStore(self._layout, NIGHT)
        self.as_built = _figures_in(built.build_database)
        """The figures of the night's own day, as it made them."""

    def _read_accepted(self, bureau: Bureau) -> dict[str, list[str]]:
        with open_operations(bureau.warehouse / "operations.sqlite") as operations:
            return {
                table_id: [
                    verdict.extract_id
                    for verdict in read_verdicts(operations, table_id).values()
                    if verdict.is_accepted
                ]
                for table_id in self._contracts
            }

    def figures(self, day: date) -> list[Figure]:
        """The undivided figures as of a day, before small ones are left out."""
        self._compute(self._admit(day))
        return _figures_in(self._layout.build_database)

    def closing_rules(self) -> list[str]:
        """The rules that would stop the release of the day computed last, by table and rule."""
        suites = our_suites().values()
        return [
            f"{suite.table}: {result.rule_id}"
            for suite in suites
            if not suite.table.startswith("landing.")
            for result in check_table(self._layout.build_database, suite.table, suite)
            if result.blocks
        ]

    def _admit(self, day: date) -> dict[str, str]:
        admission = choose_extracts(self._layout, self._contracts, self._accepted, [], day)
        return admit(
            self._layout,
            self._contracts,
            admission,
            business_date=day,
            settings=self._settings,
        )

    def _compute(self, given: dict[str, str]) -> None:
        build = Build(self._project, self._store, self._layout, self._settings, given)
        require_good(build.carry_out(self._project.tables))


def _figures_in(path: Path) -> list[Figure]:
    with duckdb.connect(str(path), read_only=True) as database:
        rows = database.execute(
            "select indicator_id, period_start, period_end, area_code, value, status"
            " from indicators.indicator_figures where breakdown = 'total' order by all"
        ).fetchall()
    return [Figure(*row) for row in rows]
