"""Run one night in this process, through Dagster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import uuid4

import dagster as dg

from pipelines.error_kinds import disk_trouble
from pipelines.errors import (
    GateError,
    NightRunningError,
    ReleaseError,
    StorageError,
    UsageError,
    ZhibiaoError,
)
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.orchestration.failed_start import note_failed_start, tell_by_last_resort
from pipelines.orchestration.instance import open_instance
from pipelines.orchestration.lease import hold_lease
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

UNCHANGED = "The current release stays current; `zhibiao status` lists what is open."
NONE_YET = "There is no release yet; `zhibiao status` lists what is open."


def run_night(
    settings: Settings,
    business_date: date | None,
    listener: Callable[[Step, int], None],
    *,
    make_current: bool = False,
    accept_older: Sequence[str] = (),
) -> str:
    """Run the nightly job; the id of the night, for looking up what it did.

    Args:
        settings: Of this installation.
        business_date: The day that the figures are stated for; None for the default.
        listener: Is told each step and how many there are.
        make_current: Whether the release of a past day becomes current.
        accept_older: Source tables whose older delivery may replace a newer one.

    Raises:
        ZhibiaoError: the night ended without a release; the message names the step and its cause,
            the exit code is that of the cause (75 when another night is running).
    """
    night_id = str(uuid4())
    try:
        _run(settings, night_id, business_date, listener, make_current, accept_older)
    except (NightRunningError, UsageError):
        raise
    except Exception as error:
        tell_by_last_resort(settings, night_id, business_date, error)
        raise
    return night_id


def _run(
    settings: Settings,
    night_id: str,
    business_date: date | None,
    listener: Callable[[Step, int], None],
    make_current: bool,
    accept_older: Sequence[str],
) -> None:
    layout = Layout.of(settings)
    with hold_lease(layout.lease):
        restore_store(layout)
        restore_history(layout)
    with open_instance(layout) as instance:
        job = _load_job(settings, night_id)
        total = len(job.graph.nodes)
        chosen: dict[str, Any] = {
            "make_current": make_current,
            "accept_older": list(accept_older),
        }
        if business_date:
            chosen["business_date"] = business_date.isoformat()
        config = {
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            "resources": {"night": {"config": chosen}},
        }
        instance.add_event_listener(night_id, StepReporter(lambda step: listener(step, total)))
        result = job.execute_in_process(
            instance=instance, run_id=night_id, run_config=config, raise_on_error=False
        )
    if not result.success:
        raise _refusal_of(result, what_stays(Layout.of(settings)))
    _refuse_without_release(settings, night_id)


def _load_job(settings: Settings, night_id: str) -> dg.JobDefinition:
    """The nightly job; declarations that cannot be read end the night before it begins."""
    try:
        from pipelines.definitions import definitions

        return definitions.resolve_job_def("nightly")
    except ZhibiaoError as error:
        note_failed_start(settings, night_id, str(error))
        raise


def _refuse_without_release(settings: Settings, night_id: str) -> None:
    """A run whose steps were skipped counts as a success for Dagster, and is none for us."""
    with open_operations(Layout.of(settings).operations) as operations:
        night = operations.execute(
            "select outcome from nights where night_id = ?", [night_id]
        ).fetchone()
    if night is None or night["outcome"] != "released":
        raise GateError(
            "night: expected a release, got a run that skipped its last steps. "
            f"{what_stays(Layout.of(settings))}"
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
