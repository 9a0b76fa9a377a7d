"""The night in progress: what every stage is given, and the records it leaves behind.

Belongs here: opening and closing a night (lease, business date, clean working folder, record,
digests). Does not: what a stage does, which is in the asset modules beside this one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.demo.bureau import DemoMarker, read_marker
from pipelines.errors import SettingsError
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.orchestration.lease import hold_lease
from pipelines.quality.alerts import deliver_outbox, queue_digests, queue_operator_message
from pipelines.quality.suites import Suite, read_suites
from pipelines.releases.identity import definitions_hash, release_id_for
from pipelines.settings import Settings
from pipelines.sources.admission import extracts_in_use
from pipelines.sources.contracts import SourceTable, read_contracts
from pipelines.sources.landing import Extract, list_extracts

SHANGHAI = ZoneInfo("Asia/Shanghai")


def default_business_date(marker: DemoMarker | None, now: datetime) -> date:
    """The date whose data a night takes: the demo's last day, otherwise yesterday in Shanghai."""
    if marker is not None:
        return marker.end
    return now.astimezone(SHANGHAI).date() - timedelta(days=1)


@dataclass
class Night:
    """One night in progress. Stages read it; `released` is set by the last one."""

    night_id: str
    business_date: date
    settings: Settings
    layout: Layout
    is_synthetic: bool
    release_id: str | None = None
    delivered: list[str] = field(default_factory=list)
    """Where this night's digests went: files or target names."""

    @cached_property
    def contracts(self) -> dict[str, SourceTable]:
        """The source contracts, by id."""
        return read_contracts(self.layout.dbt_project)

    @cached_property
    def suites(self) -> dict[str, Suite]:
        """The suites, by gated table."""
        return read_suites(self.layout.expectations)

    @cached_property
    def definitions(self) -> str:
        """Hash over everything that defines a figure."""
        return definitions_hash(self.layout)

    def accepted(self, table_id: str) -> list[str]:
        """Extracts of a table that its gate let through, under any version of the suite."""
        with open_operations(self.layout.operations) as operations:
            rows = operations.execute(
                "select extract_id from verdicts where source_table = ? and verdict = 'accepted'",
                [table_id],
            )
            return [row["extract_id"] for row in rows]

    def in_use(self) -> dict[str, list[Extract]]:
        """The extracts that tonight's figures are computed from, by source table."""
        return {
            table_id: extracts_in_use(
                table, list_extracts(self.layout, table_id), self.accepted(table_id)
            )
            for table_id, table in self.contracts.items()
        }

    def planned_release_id(self) -> str:
        """The release that these extracts and definitions make."""
        used = {table: [e.extract_id for e in extracts] for table, extracts in self.in_use().items()}
        return release_id_for(self.business_date, used, self.definitions)


@contextmanager
def open_night(settings: Settings, night_id: str, business_date: date | None) -> Iterator[Night]:
    """Open a night under the lease; whatever happens, its end is recorded and told.

    Raises:
        NightRunningError: another night holds the lease.
        SettingsError: the business date lies in the future.
    """
    os.umask(0o077)
    layout = Layout.of(settings)
    marker = read_marker(layout.sources)
    now = datetime.now(UTC)
    chosen = business_date or default_business_date(marker, now)
    if chosen > now.astimezone(SHANGHAI).date():
        raise SettingsError(
            f"business date: expected a day that has come, got {chosen}. Give --date YYYY-MM-DD."
        )
    with hold_lease(layout.lease):
        _close_interrupted_nights(layout, now)
        _empty_folder(layout.build)
        night = Night(night_id, chosen, settings, layout, is_synthetic=marker is not None)
        with open_operations(layout.operations) as operations:
            operations.execute(
                "insert into nights (night_id, business_date, started_at) values (?, ?, ?)",
                [night_id, chosen.isoformat(), now.isoformat()],
            )
        try:
            yield night
        finally:
            _close_night(night)


def _close_night(night: Night) -> None:
    """Record the outcome and send the digests: silence is never the end of a night."""
    outcome = "released" if night.release_id else "failed"
    with open_operations(night.layout.operations) as operations:
        operations.execute(
            "update nights set ended_at = ?, outcome = ?, release_id = ? where night_id = ?",
            [datetime.now(UTC).isoformat(), outcome, night.release_id, night.night_id],
        )
        queue_digests(operations, night)
    night.delivered = deliver_outbox(night.layout, night.settings)
