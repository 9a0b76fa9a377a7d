"""Measure the commands that people wait for against bare Python with what they stand on.

Run with `make bench` (or `python -m benchmarks.readers --runs 20`). Alternates between each command
on a small demo bureau and a process that imports typer, rich and duckdb alone, and prints the
processor seconds of each (the median), children included, and their ratio. Ratios travel between
machines; seconds do not.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.measuring import measure

ZHIBIAO = str(Path(sys.executable).with_name("zhibiao"))
FLOOR = [sys.executable, "-c", "import typer, rich, duckdb"]
READERS = {
    "--help": [ZHIBIAO, "--help"],
    "sql": [ZHIBIAO, "sql", "from indicators limit 3"],
    "show": [ZHIBIAO, "show", "new_market_entities"],
    "status": [ZHIBIAO, "status"],
}
GOAL = 0.35
"""Seconds of processor time of each, where the floor took 0.22."""


def main() -> None:
    """Build a small bureau in a temporary folder, read it, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20, help="of each command")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "ZHIBIAO_WAREHOUSE": f"{folder}/warehouse",
            "ZHIBIAO_SOURCES": f"{folder}/sources",
        }
        for command in (["demo", "--scale", "0.02"], ["nightly"]):
            subprocess.run([ZHIBIAO, *command], env=environment, check=True, capture_output=True)
        commands = {"floor": FLOOR} | READERS
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                seconds[name].append(measure(command, environment).processor)
    floor = median(seconds["floor"])
    print(f"\nreaders, processor seconds, median of {runs}; typer, rich and duckdb: {floor:.2f}")
    for name in READERS:
        taken = median(seconds[name])
        verdict = "kept" if taken <= GOAL else "missed"
        print(
            f"  {name:<8} {taken:.2f}, {taken / floor:.1f} of the floor;"
            f" goal {GOAL} where the floor takes 0.22: {verdict}"
        )


if __name__ == "__main__":
    main()
