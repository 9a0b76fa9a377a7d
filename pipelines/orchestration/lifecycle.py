"""The life of a night: how it is opened under the lease, and that its end is recorded and told.

Belongs here: the business date, the clean working folder, the record, the digests. Does not: what
is done in between (the asset modules beside this one).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from functools import partial

from pipelines.errors import (
    NightRunningError,
    SettingsError,
    SourceUnavailableError,
    UsageError,
)
from pipelines.layout import OWNER_ONLY, Layout
from pipelines.operations import open_operations
from pipelines.orchestration.business_dates import choose_date
from pipelines.orchestration.failed_start import tell_by_last_resort
from pipelines.orchestration.interruption import note_interruptions
from pipelines.orchestration.lease import hold_lease
from pipelines.orchestration.night import Night
from pipelines.orchestration.night_limit import NightLimit
from pipelines.orchestration.night_record import (
    NightOutcome,
    begin_night,
    end_night,
    stages_of,
    unfinished_nights,
    untold_since,
)
from pipelines.orchestration.sources_folder import find_marker, require_sources
from pipelines.orchestration.state import close_repairs, look_at_releases, restore_store
from pipelines.quality.alerts import (
    deliver_outbox,
    queue_digests,
    queue_operator_message,
    subject_labels,
)
from pipelines.quality.last_resort import note_told
from pipelines.quality.stewards import read_stewards
from pipelines.settings import Settings
from pipelines.sources.connectors.file_drops import look_at_drops
from pipelines.sources.connectors.interface import FirstLooks
from pipelines.sources.hanging_files import LOOK_SECONDS, answer_within
from pipelines.sources.older_deliveries import require_known

ENDED_FROM_OUTSIDE = "由人员或系统中断（Ctrl-C 或 SIGTERM），已完成的部分保留"
TIME = "时限"
"""Where a night stood that had no time left, in the operator's message."""


@contextmanager
def open_night(
    settings: Settings,
    night_id: str,
    business_date: date | None,
    *,
    make_current: bool = False,
    accept_older: frozenset[str] = frozenset(),
    from_scratch: bool = False,
) -> Iterator[Night]:
    """Open a night under the lease; whatever happens, its end is recorded and told.

    Args:
        settings: Of this installation.
        night_id: Dagster's run id.
        business_date: The day that the figures are stated for; None for the default.
        make_current: Whether the release of a past day becomes current.
        accept_older: Source tables whose older delivery may replace a newer one.
        from_scratch: Whether all that is computed is computed anew.

    Raises:
        NightRunningError: another night holds the lease.
        NightOverdueError: the night passed `ZHIBIAO_MAX_NIGHT`; raised in whatever it was at.
        StorageError: the state of the warehouse cannot be read or written; the operator was told.
        UsageError: the business date lies in the future, or `accept_older` names no table.
    """
    try:
        with _held_night(
            settings,
            night_id,
            business_date,
            make_current=make_current,
            accept_older=accept_older,
            from_scratch=from_scratch,
        ) as night:
            yield night
    except (NightRunningError, UsageError):
        raise
    except Exception as error:
        tell_by_last_resort(settings, night_id, business_date, error)
        raise


@contextmanager
def _held_night(
    settings: Settings,
    night_id: str,
    business_date: date | None,
    *,
    make_current: bool,
    accept_older: frozenset[str],
    from_scratch: bool,
) -> Iterator[Night]:
    os.umask(OWNER_ONLY)
    layout = Layout.of(settings)
    with hold_lease(layout.lease), note_interruptions() as interruptions:
        restore_store(layout)
        look_at_releases(layout)
        marker = find_marker(layout)
        now = datetime.now(UTC)
        night = Night(
            night_id,
            choose_date(business_date, marker, now),
            now,
            settings,
            layout,
            is_synthetic=marker is not None,
            make_current=make_current,
            accept_older=accept_older,
            from_scratch=from_scratch,
            interruptions=interruptions,
        )
        _close_interrupted_nights(layout, now)
        shutil.rmtree(layout.build, ignore_errors=True)
        # It may be a mount point of its own, which stays.
        layout.build.mkdir(parents=True, exist_ok=True)
        with open_operations(layout.operations) as operations:
            begin_night(operations, night_id, night.business_date, now)
        with NightLimit(settings, partial(_close_overdue, night)) as limit:
            try:
                night.end_if_past = limit.end_if_past
                with limit.interrupting():
                    _see_the_sources(night)
                    night.first_looks = _first_looks(night)
                    yield night
            finally:
                if limit.is_past:
                    night.failure = (TIME, limit.message)
                _close_night(night)


def _first_looks(night: Night) -> FirstLooks | None:
    """None where the folder does not answer: each table then finds out for itself."""
    with suppress(SourceUnavailableError):
        return answer_within(
            LOOK_SECONDS,
            lambda: look_at_drops(night.contracts.values(), night.layout.sources),
            "sources",
        )
    return None


def _see_the_sources(night: Night) -> None:
    try:
        require_known(night.accept_older, night.contracts)
        with open_operations(night.layout.operations) as operations:
            require_sources(operations, night.layout, night.settings, night.contracts)
    except SettingsError as error:
        night.failure = ("启动", str(error))
        raise


def _close_overdue(night: Night, message: str) -> None:
    """Close a night that goes on all the same; what it does until its process ends is not told."""
    night.failure = (TIME, message)
    _close_night(night)


def _close_night(night: Night) -> None:
    """Record the outcome and send the digests: silence is never the end of a night."""
    _record_end(night)
    with suppress(OSError):  # it has spared the next night some work, and is not needed
        night.store.write()
    # Apart: stewards that cannot be read must not undo the record of how the night ended.
    with open_operations(night.layout.operations) as operations:
        queue_digests(
            operations,
            night_id=night.night_id,
            business_date=night.business_date,
            since=untold_since(operations, night.night_id),
            stewards=read_stewards(night.layout.expectations),
            labels=subject_labels(night.contracts, night.suites),
            layout=night.layout,
        )
        close_repairs(operations)
    deliver_outbox(night.layout, night.settings)


def _record_end(night: Night) -> None:
    outcome, message = _outcome_of(night)
    step, said = night.failure or ("", "")
    with open_operations(night.layout.operations) as operations:
        end_night(
            operations,
            night.night_id,
            outcome,
            datetime.now(UTC),
            release_id=night.released,
            message=message,
        )
        if outcome != "released":
            queue_operator_message(
                operations,
                night_id=night.night_id,
                business_date=night.business_date,
                stage=step or _last_stage(operations, night.night_id),
                message=ENDED_FROM_OUTSIDE
                if outcome == "interrupted"
                else said or "没有步骤报错，但后续步骤没有执行",
                has_release=night.layout.current.exists(),
            )
    note_told(night.night_id)


def _outcome_of(night: Night) -> tuple[NightOutcome, str | None]:
    """How a night ended, and the message that `zhibiao status` shows."""
    step, said = night.failure or ("", "")
    why = f"{step}: {said}" if night.failure else None
    if night.released:
        return "released", why
    if night.interruptions.asked:
        return "interrupted", f"{step or 'night'}: ended by Ctrl-C or SIGTERM"
    return "failed", why


def _last_stage(operations: sqlite3.Connection, night_id: str) -> str:
    """Where a night stood that ended without an error of its own."""
    stages = stages_of(operations, night_id)
    return f"{stages[-1].stage} 之后" if stages else "启动"


def _close_interrupted_nights(layout: Layout, now: datetime) -> None:
    """Nights without an end were killed: nobody else can be running one under our lease."""
    with open_operations(layout.operations) as operations:
        for killed in unfinished_nights(operations):
            end_night(operations, killed.night_id, "interrupted", now)
            queue_operator_message(
                operations,
                night_id=killed.night_id,
                business_date=date.fromisoformat(killed.business_date),
                stage=_last_stage(operations, killed.night_id),
                message="进程在夜间任务结束之前被外部终止（断电、重启或强制结束）",
                has_release=layout.current.exists(),
            )
