"""The night in progress: what every stage is given, and what it has found so far.

Belongs here: what several stages ask for. Does not: how a night begins and ends (lifecycle), nor
what a stage does, which is in the asset modules beside this one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from functools import cached_property

from pydantic import JsonValue

from pipelines.clock import today
from pipelines.compute.build import Build
from pipelines.compute.compiling import compile_project
from pipelines.compute.store import ResultStore
from pipelines.errors import GateError
from pipelines.layout import Layout
from pipelines.metrics.ledger_labels import Labels, read_ledger_labels
from pipelines.operations import open_operations
from pipelines.orchestration.interruption import Interruptions
from pipelines.orchestration.night_record import note_stage
from pipelines.orchestration.steps import Step
from pipelines.quality.suite_files import read_suites
from pipelines.quality.suites import Suite
from pipelines.quality.verdicts import Verdict, read_verdicts
from pipelines.releases.identity import definitions_hash, release_id_for
from pipelines.settings import Settings
from pipelines.sources.admission import Admission, admit, choose_extracts
from pipelines.sources.connectors.interface import FirstLooks
from pipelines.sources.contracts import SourceTable, read_contracts
from pipelines.sources.refusals import HeldDelivery


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
    from_scratch: bool = False
    """Whether every table is made anew, and no earlier result is taken."""
    held: list[HeldDelivery] = field(default_factory=list)
    """Deliveries refused before they could land, and sources that were away."""
    gates: list[dict[str, JsonValue]] = field(default_factory=list)
    """One summary per suite that was run, for the manifest."""
    interruptions: Interruptions = field(default_factory=Interruptions)
    """Whether Ctrl-C or SIGTERM has asked the night to end."""
    end_if_past: Callable[[], None] = lambda: None
    """Raises when the night has passed its bound."""
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
        return read_suites(self.layout.expectations, self.contracts, self.labels)

    @cached_property
    def labels(self) -> Labels:
        """What people call the columns of the ledgers."""
        return read_ledger_labels(self.layout.dbt_project, self.contracts)

    @cached_property
    def definitions(self) -> str:
        """Hash over everything that defines a figure."""
        return definitions_hash(self.layout)

    @cached_property
    def store(self) -> ResultStore:
        """Results of earlier nights."""
        return ResultStore(self.layout, today(self.started_at), from_scratch=self.from_scratch)

    @cached_property
    def build(self) -> Build:
        """The tables of this night, over the extracts that are in use.

        Raises:
            GateError: no source table has an accepted extract.
        """
        given = admit(
            self.layout,
            self.contracts,
            self.admission,
            business_date=self.business_date,
            settings=self.settings,
        )
        project = compile_project(self.layout)
        return Build(project, self.store, self.layout, self.settings, given)

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
            GateError: no source table has an accepted extract.
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

    @cached_property
    def is_published(self) -> bool:
        """Whether a release of these inputs and definitions is there; not asked from scratch."""
        return not self.from_scratch and (self.layout.releases / self.release_id).is_dir()

    def note_step(self, step: Step) -> None:
        """Record a step that has ended; the first one that failed is why the night failed.

        Raises:
            KeyboardInterrupt: the night was asked to end, and the step is only beginning.
            NightOverdueError: its time is over.
        """
        if step.state == "began":
            self.interruptions.end_if_asked()
            self.end_if_past()
            return
        if step.state == "failed" and self.failure is None:
            self.failure = (step.name, step.message)
        with open_operations(self.layout.operations) as operations:
            note_stage(operations, self.night_id, step.name, step.state, step.seconds)

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
