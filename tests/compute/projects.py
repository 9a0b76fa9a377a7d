"""A small compiled project over two source tables, and builds of it one night after another.

    landing.shops__sales ── staging.sales ──┐
    landing.shops__staff ── staging.staff ──┼─ ledgers.sales, ledgers.staff ── indicators.totals
    night.days ── staging.days (per source) ┘

Belongs here: the project and its nights. Does not: what is expected of them (test modules).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from pipelines.compute.build import Build, NodeResult
from pipelines.compute.compiled import CompiledProject, CompiledTable, DataTest, in_order
from pipelines.compute.store import ResultStore
from pipelines.hashing import hash_json
from pipelines.layout import Layout
from pipelines.settings import Settings

FIRST_NIGHT = date(2025, 1, 15)
SALES, STAFF = "shops__sales", "shops__staff"

Rows = tuple[tuple[str, int], ...]


def table(name: str, sql: str, *reads: str, **said: Any) -> CompiledTable:
    """A table; a view where it stands in staging."""
    kind = "view" if name.startswith("staging.") else "table"
    return CompiledTable(name=name, kind=kind, sql=sql, reads=reads, **said)


def ledger(name: str) -> CompiledTable:
    """A ledger that keeps the day to which its source has spoken."""
    return table(
        f"ledgers.{name}",
        f'select item, amount, days.through from "build"."staging"."{name}"'
        f' inner join "build"."staging"."days" as days on days.source_table = \'shops__{name}\'',
        f"staging.{name}",
        "staging.days",
    )


TOTALS = table(
    "indicators.totals",
    "select 'sales' as ledger, cast(sum(amount) as bigint) as total"
    ' from "build"."ledgers"."sales" union all'
    ' select \'staff\', cast(sum(amount) as bigint) from "build"."ledgers"."staff"',
    "ledgers.sales",
    "ledgers.staff",
    columns=("total", "ledger"),
)
TABLES = (
    table("staging.sales", f'from "build"."landing"."{SALES}"', f"landing.{SALES}"),
    table("staging.staff", f'from "build"."landing"."{STAFF}"', f"landing.{STAFF}"),
    table("staging.days", 'from "build"."night"."days"', "night.days", is_per_source=True),
    ledger("sales"),
    ledger("staff"),
    TOTALS,
)
IS_KEY = DataTest(
    name="is_key_sales_item",
    sql='select item from "build"."ledgers"."sales" group by item having count(*) > 1',
    reads=("ledgers.sales",),
    subject="ledgers.sales",
    meaning="item 重复",
)


def project(*tables: CompiledTable, tests: tuple[DataTest, ...] = (IS_KEY,)) -> CompiledProject:
    """The project, with other tables in place of those of their names."""
    chosen = {t.name: t for t in (*TABLES, *tables)}
    return CompiledProject(tables=in_order(list(chosen.values())), tests=tests)


class Nights:
    """One warehouse, computed night by night."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(warehouse=folder, sources=folder / "sources")
        self.layout = Layout.of(self.settings)
        self.layout.build.mkdir(parents=True, exist_ok=True)
        self._nights = 0

    def run(
        self,
        sales: Rows,
        staff: Rows = (("王", 1),),
        through: Mapping[str, str] | None = None,
        of: CompiledProject | None = None,
        *,
        from_scratch: bool = False,
    ) -> list[NodeResult]:
        """A night over these rows, each source having spoken to its day."""
        self._nights += 1
        self.layout.build_database.unlink(missing_ok=True)
        days = {SALES: "2025-01-14", STAFF: "2025-01-14"} | dict(through or {})
        given = self._give(sales, staff, days)
        day = FIRST_NIGHT + timedelta(days=self._nights)
        store = ResultStore(self.layout, day, from_scratch=from_scratch)
        asked = of or project()
        self.build = Build(asked, store, self.layout, self.settings, given)
        results = self.build.carry_out(asked.tables)
        store.write()
        return results

    def _give(self, sales: Rows, staff: Rows, days: Mapping[str, str]) -> dict[str, str]:
        with duckdb.connect(str(self.layout.build_database)) as connection:
            connection.execute("create schema landing; create schema night")
            for name, rows in ((SALES, sales), (STAFF, staff)):
                connection.execute(f"create table landing.{name} (item varchar, amount integer)")
                if rows:
                    connection.executemany(f"insert into landing.{name} values (?, ?)", rows)
            connection.execute("create table night.days (source_table varchar, through date)")
            connection.executemany("insert into night.days values (?, ?)", list(days.items()))
        return {
            f"landing.{SALES}": hash_json(sorted(sales)),
            f"landing.{STAFF}": hash_json(sorted(staff)),
            "night.days": hash_json(days),
        }

    def files(self) -> dict[str, bytes]:
        """What was made, byte by byte."""
        return {name: kept.path.read_bytes() for name, kept in self.build.kept.items()}

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        """Ask the build database."""
        with duckdb.connect(str(self.layout.build_database), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def made(results: list[NodeResult]) -> set[str]:
    """The tables and tests that a night did itself; views cost nothing."""
    return {
        result.subject.name
        for result in results
        if not result.was_kept and not result.subject.name.startswith("staging.")
    }
