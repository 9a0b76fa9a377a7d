"""Nights of a small bureau without dbt, one after another, killed at seeded random moments.

Run as `python -m tests.night.short_nights <folder> <kills> <seed>`. A night takes the lease, lands
a new month, builds, reports, seals and publishes a release, and tells. For each kill it prints one
JSON line: the share of a night's time after which it came, the release that is current afterwards
and whether the next night succeeded by itself. What belongs here: the kills. What does not: the
reader beside them and what is asserted (test_kills).
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.orchestration.lifecycle import open_night
from pipelines.releases.manifest import seal_release
from pipelines.releases.switch import prune, publish
from pipelines.releases.verify import verify_release
from pipelines.reports.render import render_report
from pipelines.settings import Settings
from pipelines.sources.extracts import verify_landing
from pipelines.sources.landing import land_table
from tests.releases.bureau import build, make_layout, write_build
from tests.sources.bureau import Bureau, csv_contract, csv_text

DAY = date(2025, 1, 15)
KEPT = 5


def release_of(number: int) -> str:
    """The release that the n-th night makes."""
    return f"2025-01-15-{number:012x}"


def run_night(root: Path, number: int) -> None:
    """The n-th night, to its end."""
    bureau = Bureau(root)
    layout = make_layout(root / "warehouse")
    settings = Settings(warehouse=layout.warehouse, sources=root / "sources")
    month = f"{2000 + number // 12}{1 + number % 12:02d}"
    bureau.drop(f"people/人员_{month}.csv", csv_text([[str(number), "张三", "2024-12-01", "1"]]))
    with open_night(settings, f"{number}-{os.getpid()}", DAY) as night:
        land_table(
            csv_contract(), layout=layout, settings=settings, business_date=DAY, look_interval=0.01
        )
        write_build(layout)
        building = build(layout, release_id=release_of(number))
        render_report(building)
        seal_release(layout, building)
        night.released = publish(layout, building).id
        prune(layout, KEPT)


def start(work: Callable[[], None]) -> int:
    """Run in a process of its own, so that no handle or lock outlives it; its number."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(1)
        os._exit(0)
    return child


def wait(child: int) -> bool:
    """Whether it ended well."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def check(layout: Layout, change: float, number: int, succeeded: bool) -> None:
    """Print what is current, after verifying it and all that has landed."""
    release = verify_release(layout.current.resolve())
    with open_operations(layout.operations) as operations:
        ((open_nights,),) = operations.execute(
            "select count(*) from nights where ended_at is null"
        ).fetchall()
    said = {
        "moment": round(change, 3),
        "night": number,
        "current": release.release_id,
        "succeeded": succeeded,
        "damaged": verify_landing(layout),
        "open nights": open_nights,
        "left over": [p.name for p in layout.releases.iterdir() if p.name.startswith(".")],
    }
    print(json.dumps(said, ensure_ascii=False), flush=True)


def main(root: Path, kills: int, seed: int) -> None:
    """One whole night, to know how long it takes; then each night killed, and run again."""
    chance = random.Random(seed)  # noqa: S311 -- moments, and no secret
    layout = make_layout(root / "warehouse")
    began = time.monotonic()
    if not wait(start(lambda: run_night(root, 0))):
        sys.exit("the first night did not succeed")
    length = time.monotonic() - began
    print("ready", flush=True)
    for number in range(1, kills + 1):
        moment = chance.random()
        child = start(lambda: run_night(root, number))  # noqa: B023 -- runs at once
        time.sleep(moment * length)
        os.kill(child, signal.SIGKILL)
        wait(child)
        wait(start(lambda: check(layout, moment, number, False)))  # noqa: B023
        done = wait(start(lambda: run_night(root, number)))  # noqa: B023
        wait(start(lambda: check(layout, moment, number, done)))  # noqa: B023


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
