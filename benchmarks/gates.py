"""Measure all gates of a first night against the same conditions in plain SQL.

Run `python benchmarks/gates.py`. Makes a demo bureau and a night of it, then judges every landed
table and every ledger again, as the night does, and asks the same conditions as one aggregate query
a table. Processor seconds, alternating; the ratio travels between machines, seconds do not.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from pipelines.layout import Layout
from pipelines.metrics.ledger_labels import read_ledger_labels
from pipelines.quality.engine import import_great_expectations
from pipelines.quality.gate_database import fill_gate_database, open_gate_database
from pipelines.quality.gates import judge_extracts
from pipelines.quality.suite_files import read_suites
from pipelines.quality.suites import Suite
from pipelines.quality.validation import check_table
from pipelines.settings import Settings
from pipelines.sources.contracts import SourceTable, read_contracts
from pipelines.sources.extracts import list_extracts

ZHIBIAO = Path(sys.executable).with_name("zhibiao")


def make_night(folder: Path) -> None:
    """A demo bureau and its first night, below the folder."""
    environment = os.environ | {
        "ZHIBIAO_WAREHOUSE": str(folder / "warehouse"),
        "ZHIBIAO_SOURCES": str(folder / "sources"),
    }
    for command in ("demo", "nightly"):
        subprocess.run(
            [ZHIBIAO, command], env=environment, check=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip


def measure(work: Callable[[], None]) -> float:
    """Processor seconds of all threads."""
    started = time.process_time()
    work()
    return time.process_time() - started


def plain_query(suite: Suite) -> str:
    """The suite's conditions as one aggregate query; null, sets and keys of figures left out."""
    counts = [
        f"0 * count(*) + (select count(*) from ({rule.query.format(batch=suite.table)}\n) as found)"
        for rule in suite.expectations
        if rule.query is not None
    ]
    return f"select {', '.join(['count(*)', *counts])} from {suite.table}"


class Night:
    """The gates of a night that was, judged once more."""

    def __init__(self, warehouse: Path, scratch: Path) -> None:
        """`warehouse` is read; what a gate writes goes to `scratch`."""
        self.past = Layout.of(Settings(_env_file=None, warehouse=warehouse, sources=scratch))
        self.settings = Settings(_env_file=None, warehouse=scratch, sources=scratch)
        self.layout = Layout.of(self.settings)
        self.contracts = read_contracts(self.layout.dbt_project)
        labels = read_ledger_labels(self.layout.dbt_project, self.contracts)
        suites = read_suites(self.layout.expectations, self.contracts, labels)
        self.landed = [s for s in suites.values() if s.table.startswith("landing.")]
        self.built = [s for s in suites.values() if not s.table.startswith("landing.")]

    def _table(self, suite: Suite) -> SourceTable:
        return self.contracts[suite.name]

    def judge_landed(self) -> None:
        """Every extract, as on a first night."""
        for suite in self.landed:
            extracts = list_extracts(self.past, suite.name)
            judge_extracts(
                self._table(suite), extracts, suite, layout=self.layout, settings=self.settings
            )

    def ask_landed(self) -> None:
        """The same conditions."""
        for suite in self.landed:
            table, extracts = self._table(suite), list_extracts(self.past, suite.name)
            with open_gate_database(self.layout.build, table, self.settings) as connection:
                fill_gate_database(
                    connection, table, extracts, functions=suite.functions, history=()
                )
                connection.execute(plain_query(suite)).fetchall()

    def judge_built(self) -> None:
        """Ledgers and figures."""
        for suite in self.built:
            check_table(
                self.past.build_database, suite.table, suite, threads=self.settings.threads,
                memory_limit=self.settings.memory_limit,
            )  # fmt: skip

    def ask_built(self) -> None:
        """The same conditions."""
        path = str(self.past.build_database)
        with duckdb.connect(path, read_only=True) as connection:
            for suite in self.built:
                connection.execute(plain_query(suite)).fetchall()


def main() -> None:
    """Print processor seconds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--warehouse", type=Path, help="of a night that was; else one is made")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-gates-") as folder:
        if given.warehouse is None:
            make_night(Path(folder))
        night = Night(given.warehouse or Path(folder) / "warehouse", Path(folder) / "scratch")
        print(f"import of Great Expectations {measure(import_great_expectations):6.2f} s")
        for name, gates, floor in (
            (f"{len(night.landed)} landed tables", night.judge_landed, night.ask_landed),
            (f"{len(night.built)} ledgers and figures", night.judge_built, night.ask_built),
        ):
            rounds = [(measure(gates), measure(floor)) for _ in range(given.rounds)]
            judged, plain = map(min, zip(*rounds, strict=True))
            print(f"{name:27} {judged:7.2f} s, plain SQL {plain:.2f} s: {judged / plain:.2f}")


if __name__ == "__main__":
    main()
