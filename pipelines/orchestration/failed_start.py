"""A night that could not begin, or not be recorded: told all the same.

What belongs here: the record of one whose declarations cannot be read, and the last resort of one
that nothing can record. What does not: a night that began (night).
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime

from pipelines.error_kinds import as_refusal
from pipelines.errors import NightRunningError, ZhibiaoError
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.orchestration.business_dates import default_date
from pipelines.orchestration.lease import hold_lease
from pipelines.orchestration.night_record import begin_night, end_night
from pipelines.orchestration.sources_folder import find_marker
from pipelines.quality.alerts import deliver_outbox, queue_operator_message
from pipelines.quality.last_resort import note_told, tell_operator
from pipelines.settings import Settings


def note_failed_start(settings: Settings, night_id: str, message: str) -> None:
    """Record and tell a night that could not begin, for its declarations cannot be read."""
    layout = Layout.of(settings)
    marker = find_marker(layout)
    now = datetime.now(UTC)
    day = default_date(marker, now)
    with open_operations(layout.operations) as operations:
        begin_night(operations, night_id, day, now)
        end_night(operations, night_id, "failed", now, message=message)
        queue_operator_message(
            operations,
            night_id=night_id,
            business_date=day,
            stage="启动",
            message=message,
            has_release=layout.current.exists(),
        )
    note_told(night_id)
    # Two at once would send what waits twice; the night that is running tells this with its own.
    with suppress(NightRunningError), hold_lease(layout.lease):
        deliver_outbox(layout, settings)


def tell_by_last_resort(
    settings: Settings, night_id: str, business_date: date | None, error: Exception
) -> None:
    """Tell the operator past the outbox, unless the outbox has it."""
    marker = None
    with suppress(OSError, ZhibiaoError):
        marker = find_marker(Layout.of(settings))
    day = business_date or default_date(marker, datetime.now(UTC))
    tell_operator(Layout.of(settings), settings, night_id, day, str(as_refusal(error)))
