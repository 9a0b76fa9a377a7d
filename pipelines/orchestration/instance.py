"""Dagster's instance: its home below the warehouse, its configuration, and runs left hanging."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from pipelines.layout import Layout

# Compute logs would copy standard output and error of every step into files, and turn file
# descriptor 2 away from the terminal for as long: no progress could be shown, and whatever a
# library writes would be kept unmasked. What a step says stands in the event log.
CONFIGURATION = """\
# Written by Zhibiao at every start; changes here do not last.
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
event_log_storage:
  module: pipelines.orchestration.event_log
  class: KeptConnectionEventLog
  config:
    base_dir: {history}
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
run_monitoring:
  enabled: true
"""


def prepare_home(layout: Layout) -> None:
    """Create Dagster's home, private to its owner; point this process and its children to it."""
    layout.dagster_home.mkdir(parents=True, exist_ok=True, mode=0o700)
    (layout.dagster_home / "dagster.yaml").write_text(
        # A JSON string is a YAML one: a path may hold a colon or a number sign.
        CONFIGURATION.format(history=json.dumps(str(layout.dagster_home / "history" / "runs"))),
        encoding="utf-8",
    )
    os.environ["DAGSTER_HOME"] = str(layout.dagster_home)
    os.environ["DO_NOT_TRACK"] = "1"


@contextmanager
def open_instance(layout: Layout) -> Iterator[dg.DagsterInstance]:
    """The instance of this warehouse."""
    prepare_home(layout)
    with dg.DagsterInstance.get() as instance:
        yield instance


def fail_orphaned_runs(instance: dg.DagsterInstance, keep: str) -> None:
    """Mark runs as failed that a killed process left as started.

    Only the holder of the lease may call this: then no other night can be alive.
    """
    alive = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING]
    for run in instance.get_runs(dg.RunsFilter(statuses=alive)):
        if run.run_id != keep:
            instance.report_run_failed(run, "the process that ran this night was ended")
