"""Run one night in this process, through Dagster."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import dagster as dg

from pipelines.error_kinds import disk_trouble
from pipelines.errors import (
    GateError,
    NightInterruptedError,
    NightRunningError,
    ReleaseError,
    StorageError,
    UsageError,
    ZhibiaoError,
)
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.orchestration.business_dates import choose_date
from pipelines.orchestration.failed_start import note_failed_start, tell_by_last_resort
from pipelines.orchestration.graph import build_definitions
from pipelines.orchestration.instance import open_instance
from pipelines.orchestration.interruption import note_interruptions
from pipelines.orchestration.lease import hold_lease
from pipelines.orchestration.lifecycle import TIME
from pipelines.orchestration.night_record import find_night
from pipelines.orchestration.schedule import NIGHTLY
from pipelines.orchestration.sources_folder import find_marker
from pipelines.orchestration.state import restore_history, restore_store
from pipelines.orchestration.steps import (
    CLOSED_GATE,
    REFUSALS,
    Step,
    StepReporter,
    closing_reason,
    innermost_error,
    innermost_message,
)
from pipelines.settings import Settings
from pipelines.sources.contracts import read_contracts
from pipelines.sources.older_deliveries import require_known

Listener = Callable[[Step, Sequence[str]], None]
UNCHANGED = "The current release stays current; `zhibiao status` lists what is open."
NONE_YET = "There is no release yet; `zhibiao status` lists what is open."


def run_night(
    settings: Settings,
    business_date: date | None,
    listener: Listener,
    *,
    make_current: bool = False,
    accept_older: Sequence[str] = (),
    from_scratch: bool = False,
) -> str:
    """Run the nightly job; the id of the night, for looking up what it did.

    A night that is refused leaves no run in Dagster.

    Args:
        settings: Of this installation.
        business_date: The day that the figures are stated for; None for the default.
        listener: Is told each step, and the names of all.
        make_current: Whether the release of a past day becomes current.
        accept_older: Source tables whose older delivery may replace a newer one.
        from_scratch: Whether all that is computed is computed anew.

    Raises:
        ZhibiaoError: the night ended without a release; the message names the step and its cause,
            the exit code is that of the cause (75 when another night is running, 70 when the night
            passed its bound, 130 when it was ended by Ctrl-C or SIGTERM).
    """
    night_id = str(uuid4())
    chosen: dict[str, Any] = {
        "make_current": make_current,
        "accept_older": list(accept_older),
        "from_scratch": from_scratch,
    }
    if business_date:
        chosen["business_date"] = business_date.isoformat()
    try:
        _run(settings, night_id, business_date, listener, chosen)
    except (NightRunningError, NightInterruptedError, UsageError):
        raise
    except Exception as error:
        tell_by_last_resort(settings, night_id, business_date, error)
        raise
    return night_id


def _run(
    settings: Settings,
    night_id: str,
    business_date: date | None,
    listener: Listener,
    chosen: Mapping[str, Any],
) -> None:
    layout = Layout.of(settings)
    _prepare(layout, business_date)
    with note_interruptions() as interruptions, open_instance(layout) as instance:
        try:
            job = _load_job(settings, night_id)
            require_known(chosen["accept_older"], read_contracts(layout.dbt_project))
            result = _execute(job, instance, night_id, chosen, listener)
        except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
            result = None
        outcome, message = _read_end(layout, night_id)
        _refuse_without_time(outcome, message, layout)
        if result is None or (interruptions.asked and outcome != "released"):
            _clear_run(instance, night_id, outcome)
            raise NightInterruptedError(
                "night: expected to run to its end, got Ctrl-C or SIGTERM. "
                f"{what_stays(layout)} Run it again."
            )
        if not result.success:
            _clear_run(instance, night_id, outcome)
            raise _refusal_of(result, what_stays(layout))
    _refuse_without_release(outcome, layout)


def _prepare(layout: Layout, business_date: date | None) -> None:
    """Refuse what the opening night would refuse, and mend what Dagster's run would stumble over.

    A courtesy: a second night can begin before the first one holds the lease.
    """
    choose_date(business_date, find_marker(layout), datetime.now(UTC))
    with hold_lease(layout.lease):
        restore_store(layout)
        restore_history(layout)


def _execute(
    job: dg.JobDefinition,
    instance: dg.DagsterInstance,
    night_id: str,
    chosen: Mapping[str, Any],
    listener: Listener,
) -> dg.ExecuteInProcessResult:
    names = list(job.graph.node_dict)
    instance.add_event_listener(night_id, StepReporter(lambda step: listener(step, names)))
    config = {
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        "resources": {"night": {"config": chosen}},
    }
    return job.execute_in_process(
        instance=instance, run_id=night_id, run_config=config, raise_on_error=False
    )


def _clear_run(instance: dg.DagsterInstance, night_id: str, outcome: str | None) -> None:
    """Leave no run of a night that was never opened, and none as failed that was interrupted.

    Of two nights that begin at once, the one without the lease finds out when its run is there.
    """
    run = instance.get_run_by_id(night_id)
    if run is None:
        return
    if outcome is None:
        instance.delete_run(night_id)
    elif outcome == "interrupted":
        instance.report_run_canceled(run, "ended by Ctrl-C or SIGTERM")


def _load_job(settings: Settings, night_id: str) -> dg.JobDefinition:
    """The nightly job; declarations that cannot be read end the night before it begins."""
    try:
        return build_definitions().resolve_job_def(NIGHTLY)
    except ZhibiaoError as error:
        note_failed_start(settings, night_id, str(error))
        raise


def _read_end(layout: Layout, night_id: str) -> tuple[str | None, str]:
    """How a night ended, and what it said; None when it was never opened."""
    try:
        with open_operations(layout.operations) as operations:
            night = find_night(operations, night_id)
    except (sqlite3.Error, StorageError):
        # It may be the store that ended the night; that is said by the run.
        return "unknown", ""
    return (str(night.outcome), night.message or "") if night else (None, "")


def _refuse_without_time(outcome: str | None, message: str, layout: Layout) -> None:
    """Whatever was interrupted failed for the time, and not for what it says itself."""
    if outcome == "failed" and message.startswith(f"{TIME}: "):
        raise ReleaseError(f"{message.removeprefix(f'{TIME}: ')} {what_stays(layout)}")


def _refuse_without_release(outcome: str | None, layout: Layout) -> None:
    """A run whose steps were skipped counts as a success for Dagster, and is none for us."""
    if outcome != "released":
        raise GateError(
            "night: expected a release, got a run that skipped its last steps. "
            f"{what_stays(layout)}"
        )


def what_stays(layout: Layout) -> str:
    """What readers have when a night ends without a release."""
    return UNCHANGED if layout.current.exists() else NONE_YET


def _refusal_of(result: dg.ExecuteInProcessResult, what_stays: str) -> ZhibiaoError:
    """The refusal behind a failed run, with the exit code of its kind."""
    failed = next((event for event in result.all_events if event.is_failure), None)
    if failed is None:
        return GateError(f"night: expected a release, got a run without one. {what_stays}")
    error = innermost_error(failed)
    cause = error.cls_name if error else ""
    reasons = (closing_reason(e) for e in result.all_events if e.step_key == failed.step_key)
    closed_by = next((reason for reason in reasons if reason), "")
    message = innermost_message(failed, closed_by) or "expected a release, got no message."
    if failed.step_key is None:
        refusal = ZhibiaoError(message)
    else:
        refusal = ZhibiaoError(f"{failed.step_key}: {message} {what_stays}")
    kind = GateError if cause == CLOSED_GATE else REFUSALS.get(cause, ReleaseError)
    if disk_trouble(message):
        kind = StorageError
    refusal.exit_code = kind.exit_code  # type: ignore[misc]
    return refusal
