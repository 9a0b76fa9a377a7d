"""When a night runs, and with what: the job, its schedule, the resource that opens it."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.clock import zone
from pipelines.errors import SettingsError
from pipelines.layout import Layout
from pipelines.orchestration.business_dates import default_date
from pipelines.orchestration.instance import fail_orphaned_runs
from pipelines.orchestration.lifecycle import open_night
from pipelines.orchestration.night import Night
from pipelines.orchestration.night_limit import dagster_limit
from pipelines.orchestration.sources_folder import find_marker
from pipelines.orchestration.steps import StepReporter
from pipelines.settings import Settings, current_settings

if TYPE_CHECKING:  # Dagster exports the function and not what it returns
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )


@dg.resource(
    config_schema={
        "business_date": dg.Field(
            str,
            is_required=False,
            description="YYYY-MM-DD; default: the demo's last day, or yesterday",
        ),
        "make_current": dg.Field(
            bool,
            default_value=False,
            description="let the release of a past day become current",
        ),
        "accept_older": dg.Field(
            [str],
            default_value=[],
            description="source tables whose older delivery may replace a newer one",
        ),
        "from_scratch": dg.Field(
            bool,
            default_value=False,
            description="compute all anew, and take no result of an earlier night",
        ),
    }
)
def night_resource(context: dg.InitResourceContext) -> Iterator[Night]:
    """The night in progress, held under the lease from the first step to the last."""
    chosen = context.resource_config.get("business_date")
    run_id = context.run.run_id if context.run else "unknown"
    business_date = _read_day(chosen) if chosen else None
    with open_night(
        current_settings(),
        run_id,
        business_date,
        make_current=bool(context.resource_config.get("make_current")),
        accept_older=frozenset(context.resource_config.get("accept_older", ())),
        from_scratch=bool(context.resource_config.get("from_scratch")),
    ) as night:
        if context.instance:
            fail_orphaned_runs(context.instance, keep=run_id)
            context.instance.add_event_listener(run_id, StepReporter(night.note_step))
        yield night


def _read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(
            f"business_date: expected a day as YYYY-MM-DD, got {text!r}. Mend the run's config."
        ) from None


NIGHTLY = "nightly"


# In-process: the default executor starts a process a step and imports everything again in each
# (10 assets: 56 s against 8 s).
def nightly_job(settings: Settings) -> "UnresolvedAssetJobDefinition":
    """The job, with the bound that Dagster itself keeps: what its pages start never outlives it."""
    return dg.define_asset_job(
        NIGHTLY,
        selection=dg.AssetSelection.all(),
        executor_def=dg.in_process_executor,
        description="Every source table to one release.",
        tags={"dagster/max_runtime": dagster_limit(settings)},
    )


def nightly_schedule() -> dg.ScheduleDefinition:
    """Every night at 02:00 by the bureau's clock."""
    return dg.ScheduleDefinition(
        name="nightly_schedule",
        job_name=NIGHTLY,
        cron_schedule="0 2 * * *",
        execution_timezone=zone().key,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every night at 02:00, for the day that has just ended.",
        execution_fn=_request_night,
    )


def _request_night(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """The night of the scheduled hour takes the data of the day before it, however late it starts.

    No run key: a second request for a day must not be dropped in silence. A demo bureau has its own
    last day.
    """
    marker = find_marker(Layout.of(current_settings()))
    day = default_date(marker, context.scheduled_execution_time)
    return dg.RunRequest(
        run_config={"resources": {"night": {"config": {"business_date": day.isoformat()}}}},
    )
