"""Measure a night of the demo bureau step by step, and its models against bare DuckDB.

Run with `make bench` (or `python benchmarks/night.py --scale 5`). Prints each step of a first night
and of a night with nothing new, their peak memory, and the ratio of the two compute steps to the
same SQL run in one connection without dbt or Dagster. Ratios travel between machines; seconds do
not.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

ZHIBIAO = Path(sys.executable).with_name("zhibiao")


def run_night(environment: dict[str, str]) -> tuple[float, float, list[tuple[str, float]]]:
    """One night: wall seconds, peak MB of its process, and seconds by step."""
    started = time.perf_counter()
    night = subprocess.Popen(
        [str(ZHIBIAO), "nightly"], env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert night.stderr is not None
    steps, peak = [], 0.0
    for line in night.stderr:
        peak = max(peak, _peak_megabytes(night.pid))
        if found := re.match(r"\[\d+/\d+\] (\S+) (?:done|held|away) in ([\d.]+) s", line):
            steps.append((found[1], float(found[2])))
    if night.wait() != 0:
        raise SystemExit("the night did not release; run `zhibiao nightly` to see why")
    return time.perf_counter() - started, peak, steps


def _peak_megabytes(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else 0.0


def run_bare(warehouse: Path, scratch: Path) -> dict[str, float]:
    """Seconds of the models' own SQL by step, in one connection on a copy of the build."""
    database = Path(shutil.copy(warehouse / "build" / "build.duckdb", scratch / "build.duckdb"))
    manifest = json.loads((warehouse / "dbt_target" / "manifest.json").read_text(encoding="utf-8"))
    seconds = {"ledgers": 0.0, "indicators": 0.0}
    with duckdb.connect(str(database), config={"threads": 2, "memory_limit": "1GB"}) as connection:
        for node in _in_order(manifest):
            text = warehouse / "dbt_target" / "run" / "zhibiao" / node["original_file_path"]
            step = "indicators" if node["schema"] == "indicators" else "ledgers"
            started = time.perf_counter()
            # The statement that dbt ran, over the table that it made.
            statement = re.sub(r"__dbt_tmp", "__bare", text.read_text(encoding="utf-8"))
            connection.execute(statement)
            seconds[step] += time.perf_counter() - started
    return seconds


def _in_order(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """The models that are tables, in the order of the last run."""
    return [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["materialized"] == "table"
    ]


def main() -> None:
    """Build a bureau in a temporary folder, run it twice, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", default="1", help="size of the demo bureau")
    scale = parser.parse_args().scale
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Path(folder) / "warehouse"
        environment = os.environ | {
            "ZHIBIAO_WAREHOUSE": str(warehouse),
            "ZHIBIAO_SOURCES": str(Path(folder) / "sources"),
        }
        subprocess.run([str(ZHIBIAO), "demo", "--scale", scale], env=environment, check=True)
        for name in ("first night", "nothing new"):
            wall, peak, steps = run_night(environment)
            print(f"\n{name}: {wall:.1f} s, {peak:.0f} MB")
            for step, seconds in steps:
                print(f"  {step:<40} {seconds:6.1f} s")
        bare = run_bare(warehouse, Path(folder))
        taken = dict(steps)
        for step, seconds in bare.items():
            ratio = taken[step] / seconds
            print(f"{step}: {taken[step]:.1f} s, bare {seconds:.2f} s, ratio {ratio:.1f}")


if __name__ == "__main__":
    main()
