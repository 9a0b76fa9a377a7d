"""Measure nights over deliveries of any size against bare DuckDB that adds up the same files.

Run with `make bench`, or `python -m benchmarks.night --scale 0.05`: scale 1 is 20 million
complaints, 5 million entities, 1 million cases and 0.2 million pledged rights. Makes the
deliveries, then runs four nights, each of the next day: the first, one with nothing new, one with a
hundredth of the complaints changed in the last three months, one with a hundredth changed over all
months. Prints processor seconds with children, their ratio, seconds by the clock and the peak
memory of the process tree, and holds them against the goals. A first night of a fifth of the size
tells how costs grow. Ratios travel between machines; seconds do not.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb

from benchmarks.deliveries import LAST_DAY, Size, change_complaints, write_deliveries
from benchmarks.measuring import Cost, measure
from pipelines.settings import Settings

ZHIBIAO = str(Path(sys.executable).with_name("zhibiao"))
ROOT = Path(__file__).resolve().parents[1]
GOAL_SIZE = Size.of(1)
GOALS = {
    "first night": "1.5 of the floor, and 15 s",
    "nothing new": "15 s",
    "1 % of late": "10 % of the first night",
    "1 % spread": "30 % of the first night",
}
_FIXED_SECONDS = 15
_FLOOR_SHARE, _LATE_SHARE, _SPREAD_SHARE = 1.5, 0.10, 0.30
_PEAK_BYTES = 2 << 30
_STEPS_SHOWN = 6
_MEGABYTE, _GIGABYTE = 1 << 20, 1 << 30


@dataclass(frozen=True)
class Bureau:
    """A folder with deliveries of one size, and what a night makes of them."""

    folder: Path
    size: Size

    @property
    def sources(self) -> Path:
        """The deliveries."""
        return self.folder / "sources"

    @property
    def environment(self) -> dict[str, str]:
        """Our settings as they are by default, but for bounds that would end a large night."""
        others = {k: v for k, v in os.environ.items() if not k.startswith("ZHIBIAO_")}
        return others | {
            "ZHIBIAO_WAREHOUSE": str(self.folder / "warehouse"),
            "ZHIBIAO_SOURCES": str(self.sources),
            "ZHIBIAO_MAX_NIGHT": "48h",
            "ZHIBIAO_MAX_VISIT": "24h",
        }

    def make(self) -> None:
        """Write the deliveries; the source tables that are not large are a small demo bureau's."""
        command = [ZHIBIAO, "demo", "--scale", "0.02"]
        subprocess.run(command, env=self.environment, check=True, stdout=subprocess.DEVNULL)
        write_deliveries(self.sources, self.size, Settings().memory_limit)

    def floor(self) -> Cost:
        """What bare DuckDB takes."""
        database = self.folder / "bare.duckdb"
        database.unlink(missing_ok=True)
        command = [sys.executable, "-m", "benchmarks.bare", str(self.sources), str(database)]
        log = self.folder / "bare.log"
        cost = measure(command, self.environment | {"PYTHONPATH": str(ROOT)}, log)
        if cost.exit_code:
            raise SystemExit(f"the floor failed:\n{log.read_text(encoding='utf-8')}")
        return cost

    def night(self, days_later: int) -> tuple[Cost, list[tuple[str, float]]]:
        """One night and its steps, with seconds by the clock, the longest first."""
        day = LAST_DAY + timedelta(days=days_later)
        log = self.folder / "night.log"
        cost = measure([ZHIBIAO, "nightly", "--date", f"{day}"], self.environment, log)
        said = log.read_text(encoding="utf-8")
        steps = re.findall(r"^\[\d+/\d+\] (\S+) \w+ in ([\d.]+) s$", said, re.MULTILINE)
        if cost.exit_code:
            print("\n".join(said.splitlines()[-3:]))
        return cost, sorted(((s, float(t)) for s, t in steps), key=lambda step: -step[1])

    def refuse_lost_rows(self) -> None:
        """A night that took less than was delivered measures nothing."""
        release = self.folder / "warehouse" / "current" / "indicators.duckdb"
        with duckdb.connect(str(release), read_only=True) as connection:
            rows = dict(
                connection.execute(
                    "select source_table, sum(rows_loaded) from extracts group by source_table"
                ).fetchall()
            )
        expected = {
            "complaints__items": self.size.complaints,
            "registrations__events": self.size.events,
            "penalty_cases__cases": self.size.cases,
            "ip_pledges__pledged_rights": self.size.rights,
        }
        found = {table: int(rows.get(table, 0)) for table in expected}
        if found != expected:
            raise SystemExit(f"rows of the first night: expected {expected}, got {found}")

    @property
    def bytes(self) -> int:
        """What lies on the disk."""
        return sum(path.lstat().st_size for path in self.folder.rglob("*") if path.is_file())


class Run(NamedTuple):
    """What was measured of one size."""

    size: Size
    floor: Cost
    nights: dict[str, Cost]
    bytes: int


def measure_first(folder: Path, size: Size) -> tuple[Bureau, Run]:
    """Make the deliveries of a size, and run the floor and the first night over them."""
    bureau = Bureau(folder, size)
    print(f"\n{size.complaints:,} complaints, {size.rows:,} rows in all", flush=True)
    bureau.make()
    floor = bureau.floor()
    print(f"  {'bare DuckDB':<12} {_told(floor)}", flush=True)
    first, steps = bureau.night(0)
    _tell("first night", first, f"{first.processor / floor.processor:.1f} of the floor", steps)
    if first.exit_code == 0:
        bureau.refuse_lost_rows()
    return bureau, Run(size, floor, {"first night": first}, bureau.bytes)


def measure_next(bureau: Bureau, run: Run) -> None:
    """Run the nights after the first one."""
    first = run.nights["first night"]
    for later, name in enumerate(list(GOALS)[1:], start=1):
        if name != "nothing new":
            day = LAST_DAY + timedelta(days=later)
            change_complaints(bureau.sources, run.size, day, recent=name == "1 % of late")
        cost, steps = bureau.night(later)
        run.nights[name] = cost
        _tell(name, cost, f"{cost.processor / first.processor:.0%} of the first", steps)


def _tell(name: str, cost: Cost, beside: str, steps: list[tuple[str, float]]) -> None:
    ended = "" if cost.exit_code == 0 else f"; NO RELEASE, exit {cost.exit_code}"
    longest = ", ".join(f"{step} {seconds:.1f}" for step, seconds in steps[:_STEPS_SHOWN])
    print(f"  {name:<12} {_told(cost)}; {beside}{ended}\n    by the clock: {longest}", flush=True)


def _told(cost: Cost) -> str:
    return (
        f"{cost.processor:7.1f} s of processor, {cost.wall:7.1f} s,"
        f" {cost.peak_bytes / _GIGABYTE:5.2f} GB"
    )


def judge(run: Run) -> Iterator[str]:
    """Each goal beside what was measured."""
    first, floor = run.nights["first night"], run.floor
    bounds = {
        "first night": _FLOOR_SHARE * floor.processor + _FIXED_SECONDS,
        "nothing new": float(_FIXED_SECONDS),
        "1 % of late": _LATE_SHARE * first.processor,
        "1 % spread": _SPREAD_SHARE * first.processor,
    }
    for name, cost in run.nights.items():
        verdict = "kept" if cost.processor <= bounds[name] and not cost.exit_code else "missed"
        yield (
            f"  {name:<12} {cost.processor:.1f} s; goal {GOALS[name]} ({bounds[name]:.1f} s):"
            f" {verdict}"
        )
    peak = max(cost.peak_bytes for cost in run.nights.values())
    verdict = "kept" if peak <= _PEAK_BYTES else "missed"
    yield f"  memory       {peak / _GIGABYTE:.2f} GB; goal 2 GB at any size: {verdict}"


def foresee(small: Run, large: Run) -> Iterator[str]:
    """What the size of the goals would take, if costs grow on as they did between two sizes."""
    more = (large.size.rows - small.size.rows) / 1e6
    further = (GOAL_SIZE.rows - large.size.rows) / 1e6
    for name in ("bare DuckDB", "first night"):
        less, most = (
            run.floor if name == "bare DuckDB" else run.nights[name] for run in (small, large)
        )
        seconds = (most.processor - less.processor) / more
        memory = (most.peak_bytes - less.peak_bytes) / more
        yield (
            f"  {name:<12} {seconds:.1f} s of processor and {memory / _MEGABYTE:.0f} MB a million"
            f" rows: {most.processor + seconds * further:,.0f} s,"
            f" {(most.peak_bytes + memory * further) / _GIGABYTE:.1f} GB"
        )
    space = large.bytes + (large.bytes - small.bytes) / more * further
    free = shutil.disk_usage(tempfile.gettempdir()).free
    yield f"  on the disk  {space / _GIGABYTE:.0f} GB; {free / _GIGABYTE:.0f} GB are free here"


def main() -> None:
    """Measure two sizes, and print every goal with its measured ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=0.01, help="1 is 20 million complaints")
    scale = parser.parse_args().scale
    with tempfile.TemporaryDirectory() as folder:
        smaller = Path(folder) / "smaller"
        _, small = measure_first(smaller, Size.of(scale / 5))
        shutil.rmtree(smaller)
        bureau, large = measure_first(Path(folder) / "larger", Size.of(scale))
        if large.nights["first night"].exit_code == 0:
            measure_next(bureau, large)
    print(f"\ngoals, at {large.size.complaints:,} complaints")
    print("\n".join(judge(large)))
    if large.size.rows < GOAL_SIZE.rows:
        print(
            f"\nNot run: {GOAL_SIZE.complaints:,} complaints; {large.size.complaints:,} at most."
            f" As costs grew from {small.size.complaints:,}, they would take"
        )
        print("\n".join(foresee(small, large)))


if __name__ == "__main__":
    main()
