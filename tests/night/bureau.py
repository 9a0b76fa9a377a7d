"""A bureau for tests of whole nights: its own warehouse and sources, driven by the command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests import warm
from tests.compiled_project import begin_compiled
from tests.machine import PATIENCE_SECONDS

ZHIBIAO = Path(sys.executable).with_name("zhibiao")
PART = "tests.night.part_of_a_night"


def _end(process: warm.Process) -> subprocess.CompletedProcess[str]:
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode is not None
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@dataclass(frozen=True)
class Bureau:
    """One installation below a folder."""

    root: Path

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse"

    @property
    def sources(self) -> Path:
        return self.root / "sources"

    @property
    def current(self) -> Path:
        return self.warehouse / "current"

    @property
    def environment(self) -> dict[str, str]:
        """Only our own settings, whatever the developer has set."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("ZHIBIAO_")}
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)
        own = {
            "ZHIBIAO_WAREHOUSE": str(self.warehouse),
            "ZHIBIAO_SOURCES": str(self.sources),
            "COLUMNS": "160",
        }
        if (self.root / "project").exists():
            own["ZHIBIAO_PROJECT"] = str(self.root / "project")
        return inherited | own

    def begin_compiled(self) -> None:
        """Spare the next process the compiling of what is the checkout's."""
        begin_compiled(self.warehouse / "dbt_target")

    def start(self, *arguments: str, **more: str) -> warm.Process:
        """Start the command without waiting for it."""
        if arguments[0] == "nightly":
            self.begin_compiled()
        return warm.start("zhibiao", *arguments, cwd=self.root, env=self.environment | more)

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        return _end(self.start(*arguments, **more))

    def part(self, steps: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run some steps of a night, named as `part_of_a_night` does, over what lies there."""
        self.begin_compiled()
        asked = (steps, "nightly", *arguments)
        return _end(warm.start(PART, *asked, cwd=self.root, env=self.environment))

    def night(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a night that must release."""
        done = self.run("nightly", *arguments, **more)
        assert done.returncode == 0, done.stderr + done.stdout
        return done

    def query(self, sql: str, *parameters: object) -> list[tuple[object, ...]]:
        """Ask the current release."""
        path = self.current.resolve() / "indicators.duckdb"
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(sql, list(parameters)).fetchall()

    def figure(self, indicator: str, year: int) -> object:
        """The district's value of a year."""
        rows = self.query(
            "select value from indicator_values where indicator_id = ? and period_grain = 'year'"
            " and year(period_start) = ? and breakdown = 'total' and length(area_code) = 6",
            indicator,
            year,
        )
        assert len(rows) == 1, (indicator, year, rows)
        return rows[0][0]

    def digests(self) -> str:
        """Everything that stewards and the operator were told, one text."""
        return "\n".join(p.read_text() for p in sorted((self.warehouse / "digests").glob("*.md")))

    def copy(self, root: Path) -> Bureau:
        """The same bureau elsewhere, to be spoiled."""
        shutil.copytree(self.root, root, symlinks=True, dirs_exist_ok=True)
        return Bureau(root)
