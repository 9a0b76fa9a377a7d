"""A night that could not begin, since its declarations cannot be read: recorded and told.

What belongs here: that one record. What does not: a night that began (night).
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from pipelines.clock import yesterday
from pipelines.demo.marker import read_marker
from pipelines.errors import NightRunningError
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.orchestration.lease import hold_lease
from pipelines.quality.alerts import deliver_outbox, queue_operator_message
from pipelines.settings import Settings


def note_failed_start(settings: Settings, night_id: str, message: str) -> None:
    """Record and tell a night that could not begin, for its declarations cannot be read."""
    layout = Layout.of(settings)
    marker = read_marker(layout.sources)
    now = datetime.now(UTC)
    day = marker.end if marker else yesterday(now)
    with open_operations(layout.operations) as operations:
        operations.execute(
            "insert into nights (night_id, business_date, started_at, ended_at, outcome, message)"
            " values (?, ?, ?, ?, 'failed', ?)",
            [night_id, day.isoformat(), now.isoformat(), now.isoformat(), message],
        )
        queue_operator_message(
            operations,
            night_id=night_id,
            business_date=day,
            stage="启动",
            message=message,
            has_release=layout.current.exists(),
        )
    # Two at once would send what waits twice; the night that is running tells this with its own.
    with suppress(NightRunningError), hold_lease(layout.lease):
        deliver_outbox(layout, settings)
