"""`zhibiao nightly` with steps that take a second; the lease, the store and Dagster are real.

Run as a program; its argument says how the night ends: released, failed, or slow (a step that takes
a minute in DuckDB, and swallows whatever ends it).
"""

from __future__ import annotations

import logging
import sys
import time
from contextlib import suppress

import dagster as dg
import duckdb

from pipelines.cli import main, summary
from pipelines.errors import GateError
from pipelines.orchestration import run
from pipelines.orchestration.night import Night
from pipelines.orchestration.schedule import night_resource
from pipelines.orchestration.steps import AWAY, HELD, OUTCOME

MINUTES = "select count(*) from range(10_000_000) as a, range(1_000_000) as b where a.range % 7 = 8"
STEPS = ("complaints__items", "complaints__items_gate", "registrations__events", "release__current")


def make_job(ending: str) -> dg.JobDefinition:
    """Two sources, a gate, and the release that ends as asked."""

    @dg.asset(key=["complaints", "items"])
    def items(night: dg.ResourceParam[Night]) -> None:
        logging.getLogger("pipelines.sources").warning("complaints: tried again")
        time.sleep(1)

    @dg.asset_check(asset=items, name="gate", blocking=True)
    def gate(night: dg.ResourceParam[Night]) -> dg.AssetCheckResult:
        return dg.AssetCheckResult(
            passed=False, severity=dg.AssetCheckSeverity.WARN, metadata={OUTCOME: HELD}
        )

    @dg.asset(key=["registrations", "events"], deps=[items])
    def events(night: dg.ResourceParam[Night]) -> dg.MaterializeResult[None]:
        if ending == "slow":
            with suppress(Exception):
                duckdb.sql(MINUTES).fetchall()
        return dg.MaterializeResult(metadata={OUTCOME: AWAY})

    @dg.asset(key=["release", "current"], deps=[events])
    def current(night: dg.ResourceParam[Night]) -> None:
        time.sleep(1)
        if ending == "failed":
            raise GateError("figures: expected an open gate, got a closed one.")
        night.released = "2025-01-15-0123456789ab"

    return dg.Definitions(
        assets=[items, events, current],
        asset_checks=[gate],
        resources={"night": night_resource},
        jobs=[dg.define_asset_job("nightly", executor_def=dg.in_process_executor)],
    ).resolve_job_def("nightly")


if __name__ == "__main__":
    job = make_job(sys.argv[1])
    run._load_job = lambda *_: job
    summary.print_summary = lambda *_: print("the summary")
    sys.argv = ["zhibiao", "nightly", *sys.argv[2:]]
    main()
