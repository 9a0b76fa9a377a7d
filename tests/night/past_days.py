"""Past days of a bureau that has had one night: its landing and verdicts, computed as of a day.

A whole night takes half a minute, nearly all of it for what is the same on every day: landing,
judging, and dbt's compiling. Here the statements that dbt compiled and carried out in that night,
its tests among them, are carried out again on each day's admission, in an order that fits.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.quality.validation import check_table
from pipelines.quality.verdicts import read_verdicts
from pipelines.settings import Settings
from pipelines.sources.admission import admit, choose_extracts
from pipelines.sources.contracts import read_contracts
from tests.declared import our_suites
from tests.night.bureau import Bureau


class Figure(NamedTuple):
    """An undivided figure: the first and last day of its period, and its area."""

    indicator: str
    start: date
    end: date
    area: str
    value: Decimal | None
    status: str


class Statement(NamedTuple):
    """What dbt did for one node: a seed, a table, a view or a test, by its name and SQL."""

    name: str
    kind: str
    relation: str
    sql: str


class PastDays:
    """What one bureau's landing would have given as of any day, in a folder aside."""

    def __init__(self, bureau: Bureau, folder: Path) -> None:
        self._settings = Settings(warehouse=folder, sources=bureau.sources)
        self._layout = Layout.of(self._settings)
        for name in ("landing", "quarantine"):
            (folder / name).symlink_to(bureau.warehouse / name)
        built = Layout.of(Settings(warehouse=bureau.warehouse, sources=bureau.sources))
        self._built = built.build_database
        self._contracts = read_contracts(self._layout.dbt_project)
        self._accepted = self._read_accepted(bureau)
        self._statements = _statements_of(built.dbt_target / "manifest.json")
        self.as_built = _figures_in(self._built)
        """The figures of the night's own day, as dbt built them."""

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
        self._admit(day)
        self._repeat(day)
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

    def _admit(self, day: date) -> None:
        admission = choose_extracts(self._layout, self._contracts, self._accepted, [], day)
        admit(
            self._layout,
            self._contracts,
            admission,
            business_date=day,
            release_id=f"{day}-000000000000",
            is_synthetic=True,
            settings=self._settings,
        )

    def _repeat(self, day: date) -> None:
        with duckdb.connect(
            str(self._layout.build_database), config={"threads": self._settings.threads}
        ) as database:
            database.execute(f"attach '{self._built}' as built (read_only)")
            failed = [s.name for s in self._statements if not _carry_out(database, s)]
        assert failed == [], f"{day}: {failed}"


def _statements_of(manifest: Path) -> list[Statement]:
    """What dbt carried out, each after what it reads; a test after what it judges.

    The indicators read every ledger, through metrics and without an edge in the graph.
    """
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    ledgers = {key for key, node in nodes.items() if node["schema"] == "ledgers"}
    reads = {
        key: set(node["depends_on"].get("nodes", [])) & set(nodes)
        | (ledgers if node["schema"] == "indicators" else set())
        for key, node in nodes.items()
    }
    return [_statement_of(nodes[key]) for key in TopologicalSorter(reads).static_order()]


def _statement_of(node: dict[str, Any]) -> Statement:
    """A seed has no SQL; of the others none must be without what dbt compiled."""
    kind = node["resource_type"]
    if kind == "model":
        kind = node["config"]["materialized"]
    sql = "" if kind == "seed" else node["compiled_code"]
    return Statement(node["name"], kind, f"{node['schema']}.{node['alias']}", sql)


def _figures_in(path: Path) -> list[Figure]:
    with duckdb.connect(str(path), read_only=True) as database:
        rows = database.execute(
            "select indicator_id, period_start, period_end, area_code, value, status"
            " from indicators.indicator_figures where breakdown = 'total' order by all"
        ).fetchall()
    return [Figure(*row) for row in rows]


def _carry_out(database: duckdb.DuckDBPyConnection, statement: Statement) -> bool:
    """Do once more what dbt did; false for a test that finds rows."""
    _, kind, relation, sql = statement
    if kind == "test":
        return database.execute(f"select count(*) from ({sql})").fetchall() == [(0,)]
    database.execute(f"create schema if not exists {relation.split('.')[0]}")
    if kind == "seed":
        database.execute(f"create table {relation} as from built.{relation}")
    else:
        database.execute(f"create {kind} {relation} as {sql}")
    return True
