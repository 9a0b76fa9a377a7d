"""The night in progress: what every stage is given, and the records it leaves behind.

Belongs here: opening and closing a night (lease, business date, clean working folder, record,
digests). Does not: what a stage does, which is in the asset modules beside this one.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property

from pydantic import JsonValue

from pipelines.clock import today, yesterday
from pipelines.demo.marker import read_marker
from pipelines.errors import GateError, SettingsError
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.orchestration.dbt_runs import DbtRuns
from pipelines.orchestration.lease import hold_lease
from pipelines.orchestration.sources_folder import require_sources
from pipelines.orchestration.steps import Step
from pipelines.quality.alerts import (
    deliver_outbox,
    queue_digests,
    queue_operator_message,
    subject_labels,
)
from pipelines.quality.stewards import read_stewards
from pipelines.quality.suites import Suite, read_suites
from pipelines.quality.verdicts import Verdict, read_verdicts
from pipelines.releases.identity import definitions_hash, release_id_for
from pipelines.settings import Settings
from pipelines.sources.admission import Admission, choose_extracts
from pipelines.sources.connectors.file_drops import look_at_drops
from pipelines.sources.connectors.interface import FirstLooks
from pipelines.sources.contracts import SourceTable, read_contracts
from pipelines.sources.landing import HeldDelivery
from pipelines.sources.older_deliveries import require_known


@dataclass
class Night:
    """One night in progress, in one process: stages read it and add what they found."""

    night_id: str
    business_date: date
    started_at: datetime
    settings: Settings
    layout: Layout
    is_synthetic: bool
    make_current: bool = False
    """Whether the release becomes current also when a later day's is."""
    first_looks: FirstLooks | None = None
    """At the file drops, when the night began."""
    accept_older: frozenset[str] = frozenset()
    """Source tables whose older delivery may replace a newer one tonight."""
    held: list[HeldDelivery] = field(default_factory=list)
    """Deliveries refused before they could land, and sources that were away."""
    gates: list[dict[str, JsonValue]] = field(default_factory=list)
    """One summary per suite that was run, for the manifest."""
    failure: tuple[str, str] | None = None
    """The step that failed, and its message."""
    released: str | None = None
    """The release, once `current` points to it."""

    @cached_property
    def contracts(self) -> dict[str, SourceTable]:
        """The source contracts, by id."""
        return read_contracts(self.layout.dbt_project)

    @cached_property
    def suites(self) -> dict[str, Suite]:
        """The suites, by gated table."""
        return read_suites(self.layout.expectations, self.contracts)

    @cached_property
    def definitions(self) -> str:
        """Hash over everything that defines a figure."""
        return definitions_hash(self.layout)

    @cached_property
    def dbt(self) -> DbtRuns:
        """The dbt project of this night, parsed once."""
        return DbtRuns(self.layout, self.settings)

    def suite_of(self, table: SourceTable) -> Suite:
        """The suite that gates a source table.

        Raises:
            GateError: nobody has written one; an ungated table never reaches a figure.
        """
        if table.id not in self.suites:
            raise GateError(
                f"{table.id}: expected a suite expectations/{table.id}.yml, got none. "
                "docs/add-a-source.md shows what a suite looks like."
            )
        return self.suites[table.id]

    def verdicts(self, table_id: str) -> dict[str, Verdict]:
        """The newest verdict on each extract of a table."""
        with open_operations(self.layout.operations) as operations:
            return read_verdicts(operations, table_id)

    def accepted(self, table_id: str) -> list[str]:
        """The extracts of a table that its gate let through."""
        return [v.extract_id for v in self.verdicts(table_id).values() if v.is_accepted]

    @cached_property
    def admission(self) -> Admission:
        """What tonight's figures rest on; fixed when first asked for, after every gate has spoken.

        Raises:
            GateError: a source table has no accepted extract at all.
        """
        accepted = {table_id: self.accepted(table_id) for table_id in self.contracts}
        return choose_extracts(self.layout, self.contracts, accepted, self.held, self.business_date)

    @cached_property
    def release_id(self) -> str:
        """The release that these extracts and definitions make."""
        used = {
            table_id: [extract.extract_id for extract in extracts]
            for table_id, extracts in self.admission.in_use.items()
        }
        states = [asdict(state) for state in self.admission.states]
        return release_id_for(self.business_date, used, states, self.definitions)

    def note_step(self, step: Step) -> None:
        """Record a step that has ended; the first one that failed is why the night failed."""
        if step.state == "began":
            return
        if step.state == "failed" and self.failure is None:
            self.failure = (step.name, step.message)
        with open_operations(self.layout.operations) as operations:
            operations.execute(
                "insert or replace into stages (night_id, stage, ended_at, outcome, seconds)"
                " values (?, ?, ?, ?, ?)",
                [
                    self.night_id,
                    step.name,
                    datetime.now(UTC).isoformat(),
                    step.state,
                    step.seconds,
                ],
            )

    def extracts_for_manifest(self) -> list[dict[str, JsonValue]]:
        """The extracts in use with their counts, as the manifest states them."""
        rows: list[dict[str, JsonValue]] = []
        for table_id, extracts in self.admission.in_use.items():
            verdicts = self.verdicts(table_id)
            for extract in extracts:
                verdict = verdicts[extract.extract_id]
                rows.append(
                    {
                        "table": table_id,
                        "extract_id": extract.extract_id,
                        "sha256": extract.sha256,
                        "rows_delivered": verdict.rows_delivered,
                        "rows_loaded": verdict.rows_loaded,
                        "rows_quarantined": verdict.rows_quarantined,
                        "rows_duplicate": verdict.rows_duplicate,
                    }
                )
        return rows


@contextmanager
def open_night(
    settings: Settings,
    night_id: str,
    business_date: date | None,
    *,
    make_current: bool = False,
    accept_older: frozenset[str] = frozenset(),
) -> Iterator[Night]:
    """Open a night under the lease; whatever happens, its end is recorded and told.

    Args:
        settings: Of this installation.
        night_id: Dagster's run id.
        business_date: The day that the figures are stated for; None for the default.
        make_current: Whether the release of a past day becomes current.
        accept_older: Source tables whose older delivery may replace a newer one.

    Raises:
        NightRunningError: another night holds the lease.
        SettingsError: the business date lies in the future, or `accept_older` names no table.
    """
    os.umask(0o077)
    layout = Layout.of(settings)
    with hold_lease(layout.lease):
        marker = read_marker(layout.sources)
        now = datetime.now(UTC)
        chosen = business_date or (marker.end if marker else yesterday(now))
        if chosen > today(now):
            raise SettingsError(
                f"business date: expected a day that has come, got {chosen}. "
                "Give --date YYYY-MM-DD."
            )
        _close_interrupted_nights(layout, now)
        shutil.rmtree(layout.build, ignore_errors=True)
        # It may be a mount point of its own, which stays.
        layout.build.mkdir(parents=True, exist_ok=True)
        night = Night(
            night_id,
            chosen,
            now,
            settings,
            layout,
            is_synthetic=marker is not None,
            make_current=make_current,
            accept_older=accept_older,
        )
        with open_operations(layout.operations) as operations:
            operations.execute(
                "insert into nights (night_id, business_date, started_at) values (?, ?, ?)",
                [night_id, chosen.isoformat(), now.isoformat()],
            )
        try:
            _see_the_sources(night)
            night.first_looks = look_at_drops(night.contracts.values(), layout.sources)
            yield night
        finally:
            _close_night(night)


def _see_the_sources(night: Night) -> None:
    try:
        require_known(night.accept_older, night.contracts)
        with open_operations(night.layout.operations) as operations:
            require_sources(operations, night.layout, night.settings, night.contracts)
    except SettingsError as error:
        night.failure = ("启动", str(error))
        raise


def _close_night(night: Night) -> None:
    """Record the outcome and send the digests: silence is never the end of a night."""
    _record_end(night)
    # Apart: stewards that cannot be read must not undo the record of how the night ended.
    with open_operations(night.layout.operations) as operations:
        queue_digests(
            operations,
            night_id=night.night_id,
            business_date=night.business_date,
            started_at=night.started_at.isoformat(),
            stewards=read_stewards(night.layout.expectations),
            labels=subject_labels(night.contracts, night.suites),
            layout=night.layout,
        )
    deliver_outbox(night.layout, night.settings)


def _record_end(night: Night) -> None:
    step, message = night.failure or ("", "")
    with open_operations(night.layout.operations) as operations:
        operations.execute(
            "update nights set ended_at = ?, outcome = ?, release_id = ?, message = ?"
            " where night_id = ?",
            [
                datetime.now(UTC).isoformat(),
                "released" if night.released else "failed",
                night.released,
                f"{step}: {message}" if night.failure else None,
                night.night_id,
            ],
        )
        if not night.released:
            queue_operator_message(
                operations,
                night_id=night.night_id,
                business_date=night.business_date,
                stage=step or _last_stage(operations, night.night_id),
                message=message or "没有步骤报错，但后续步骤没有执行",
                has_release=night.layout.current.exists(),
            )


def _last_stage(operations: sqlite3.Connection, night_id: str) -> str:
    """Where a night stood that ended without an error of its own."""
    row = operations.execute(
        "select stage from stages where night_id = ? order by ended_at desc limit 1", [night_id]
    ).fetchone()
    return f"{row['stage']} 之后" if row else "启动"


def _close_interrupted_nights(layout: Layout, now: datetime) -> None:
    """Nights without an end were killed: nobody else can be running one under our lease."""
    with open_operations(layout.operations) as operations:
        killed = operations.execute(
            "select night_id, business_date from nights where ended_at is null"
        ).fetchall()
        for row in killed:
            operations.execute(
                "update nights set ended_at = ?, outcome = 'interrupted' where night_id = ?",
                [now.isoformat(), row["night_id"]],
            )
            queue_operator_message(
                operations,
                night_id=row["night_id"],
                business_date=date.fromisoformat(row["business_date"]),
                stage=_last_stage(operations, row["night_id"]),
                message="进程在夜间任务结束之前被外部终止（断电、重启或强制结束）",
                has_release=layout.current.exists(),
            )
