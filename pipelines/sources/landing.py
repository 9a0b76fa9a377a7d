"""Landing: a night's visit to one source table, from its deliveries to immutable extracts.

What belongs here: which delivery is new, unchanged, held or not yet complete, and what follows.
What does not: reading (connectors), landing one delivery (deliveries), judging it (quality). A
refused delivery never keeps the others of its table from landing, and no source another: what
leaves here is what all sources share.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.clock import today
from pipelines.durable import make_folder, reason_of, refusing_full_disk
from pipelines.error_kinds import raise_interruption
from pipelines.errors import ExtractHeldError, SettingsError, SourceUnavailableError, StorageError
from pipelines.layout import Layout
from pipelines.settings import Settings
from pipelines.sources.connectors import CONNECTORS
from pipelines.sources.connectors.interface import Candidate, FirstLooks, NotNowError, Visit
from pipelines.sources.contracts import SourceTable
from pipelines.sources.damages import (
    as_held,
    open_damages,
    set_aside_damaged,
    settle_damages,
)
from pipelines.sources.deliveries import land_delivery
from pipelines.sources.extract_folder import remove_unfinished_extracts
from pipelines.sources.extracts import (
    Extract,
    landed_key_ids,
    table_folder,
)
from pipelines.sources.hanging_files import answer_within
from pipelines.sources.history import History
from pipelines.sources.older_deliveries import hold_older, newer_extract
from pipelines.sources.pseudonyms import PseudonymKey, open_key
from pipelines.sources.reading_apart import read_delivery
from pipelines.sources.refusals import HeldDelivery, Refusals
from pipelines.sources.retries import Retry
from pipelines.sources.sessions import within_memory
from pipelines.sources.unforeseen import (
    UNFORESEEN,
    reading_code,
    unforeseen_delivery,
    unforeseen_visit,
)


@dataclass
class LandingReport:
    """What one visit to one table brought."""

    source_table: str
    extracts: list[Extract] = field(default_factory=list)
    """Landed now."""
    held: list[HeldDelivery] = field(default_factory=list)
    """Refused now, or before and not mended since."""
    mended: list[HeldDelivery] = field(default_factory=list)
    """What was damaged in landing and stands there again since today."""
    waiting: list[str] = field(default_factory=list)
    """Files not yet complete, or that the visit had no time for; the next night takes them."""
    unchanged: int = 0
    """Deliveries that brought nothing new."""
    is_complete: bool = True
    """False when the visit broke off: what it does not report is not thereby settled."""
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        """Rows landed now."""
        return sum(extract.rows_landed for extract in self.extracts)

    @property
    def bytes(self) -> int:
        """Bytes written now."""
        return sum(extract.data_bytes + extract.rejected_bytes for extract in self.extracts)


def land_table(
    table: SourceTable,
    *,
    layout: Layout,
    settings: Settings,
    business_date: date,
    day: date | None = None,
    look_interval: float = 0.5,
    first_looks: FirstLooks | None = None,
    retry: Retry | None = None,
    accept_older: bool = False,
) -> LandingReport:
    """Visit a table's source and land what is new.

    Args:
        table: The contract.
        layout: Where landing lies.
        settings: Connections, the pseudonym key, threads and memory.
        business_date: The day of the night, up to which a database without a cursor speaks.
        day: Today by the bureau's clock; None asks the clock.
        look_interval: Seconds between two looks at a file never seen before.
        first_looks: The first of the two, where it was taken before.
        retry: How a source that is away is tried again.
        accept_older: Let an older delivery land as the newest version.

    Raises:
        SourceUnavailableError: the source is away, after all tries.
        SettingsError: the pseudonym key is missing, or is not the one used so far.
        StorageError: the warehouse cannot be written.
    """
    started = time.monotonic()
    _require_folder(layout.landing)
    with _workspace(layout.build) as workspace:
        visit = Visit(
            sources=layout.sources,
            business_date=business_date,
            today=day or today(datetime.now(UTC)),
            connection=settings.connections.get(table.source),
            look_interval=look_interval,
            first_looks=first_looks,
            memory_limit=settings.memory_limit,
            workspace=workspace,
            max_seconds=settings.max_visit_seconds,
        )
        try:
            report = _visit_source(table, layout, settings, visit, retry or Retry(), accept_older)
        except (SourceUnavailableError, SettingsError, StorageError):
            raise
        except ExtractHeldError as refusal:
            report = _broken_off(table, layout, refusal.reason, str(refusal))
        except Exception as error:
            raise_interruption(error)
            report = _broken_off(table, layout, UNFORESEEN, unforeseen_visit(table, error))
    report.seconds = time.monotonic() - started
    return report


@contextmanager
def _workspace(build: Path) -> Iterator[Path]:
    """A folder that only its owner enters, gone afterwards; the next night removes a killed one's.

    Raises:
        StorageError: it cannot be made.
    """
    try:
        make_folder(build)
        folder = TemporaryDirectory(prefix="landing-", dir=build, ignore_cleanup_errors=True)
    except OSError as error:
        raise StorageError(
            f"{build}: expected a folder where we may work, got {reason_of(error)!r}. See that "
            "ZHIBIAO_WAREHOUSE lies on a disk that we may write to, and run the night again."
        ) from None
    with folder as path:
        yield Path(path)


def _broken_off(table: SourceTable, layout: Layout, reason: str, message: str) -> LandingReport:
    held = HeldDelivery(table.id, table.dialect.location, "source", reason, message)
    missing = as_held(table, open_damages(layout, table.id))
    return LandingReport(table.id, held=[held, *missing], is_complete=False)


def _visit_source(
    table: SourceTable,
    layout: Layout,
    settings: Settings,
    visit: Visit,
    retry: Retry,
    accept_older: bool,
) -> LandingReport:
    remove_unfinished_extracts(table_folder(layout, table.id))
    set_aside_damaged(layout, table.id, visit.today)
    history = History.read(layout, table)
    refusals = Refusals(history.home, _reader(settings))
    refusals.set_spoiled_aside()
    seen = {(r.delivery.origin, r.modified_ns, r.size) for r in refusals.all()}
    visit = replace(
        visit,
        since=history.changed_since,
        known_files=history.known_files | seen,
        began_at=time.monotonic(),
    )
    key = _open_key(table, layout, settings, history)
    report = _Landing(history, refusals, visit, settings, key, retry, accept_older).run()
    is_all = not report.held and not report.waiting
    for damage in settle_damages(layout, table, history.extracts, visit.today, is_all=is_all):
        (report.held if damage.is_open else report.mended).extend(as_held(table, [damage]))
    return report


def _reader(settings: Settings) -> str:
    """What refuses a delivery beside its contract: what it refused, another one may take."""
    return f"{reading_code()} {settings.memory_limit} {settings.max_visit}"


def _require_folder(landing: Path) -> None:
    """What all sources share is no fault of one delivery."""
    if landing.exists() and not landing.is_dir():
        raise StorageError(
            f"{landing}: expected the folder of what has landed, got a file. Move it away, restore "
            "the folder from the backup, and run the night again."
        )


def _open_key(
    table: SourceTable, layout: Layout, settings: Settings, history: History
) -> PseudonymKey | None:
    """The key, when the table has personal columns; all of landing speaks when there is none."""
    if not table.personal_columns:
        return None
    path = settings.pseudonym_key_path
    used = {extract.key_id for extract in history.extracts if extract.key_id}
    return open_key(path, used if path.exists() else landed_key_ids(layout))


@dataclass
class _Landing:
    """One visit in progress."""

    history: History
    refusals: Refusals
    visit: Visit
    settings: Settings
    key: PseudonymKey | None
    retry: Retry
    accept_older: bool

    def run(self) -> LandingReport:
        """Take every delivery in turn."""
        table = self.history.table
        connector = CONNECTORS[table.dialect.connector]
        found = self.retry.call(
            lambda: answer_within(
                self.visit.seconds_left,
                lambda: connector.discover(table, self.visit),
                f"{table.id} in {table.dialect.location}",
            ),
            self.visit.seconds_left,
        )
        report = LandingReport(table.id, waiting=list(found.waiting))
        report.held += [HeldDelivery(table.id, *refused) for refused in found.refused]
        for candidate in found.candidates:
            if self.visit.seconds_left:
                self._take(candidate, report)
            else:
                report.waiting.append(candidate.origin)
                report.is_complete = False
        reported = {(delivery.origin, delivery.slot) for delivery in report.held}
        report.held += [
            refusal.delivery
            for refusal in self.refusals.all()
            if (refusal.delivery.origin, refusal.delivery.slot) not in reported
        ]
        return report

    def _take(self, candidate: Candidate, report: LandingReport) -> None:
        if candidate.sha256 and self.history.has(candidate, candidate.sha256):
            self.refusals.clear(candidate.slot)
            report.unchanged += 1
            return
        if not self.accept_older and (newest := newer_extract(self.history, candidate)):
            report.held.append(hold_older(self.history, candidate, newest))
            return
        if known := self.refusals.of(self.history.table, candidate):
            report.held.append(known)
            return
        try:
            extract = self._land(candidate)
        except NotNowError:
            report.waiting.append(candidate.origin)
        except ExtractHeldError as refusal:
            report.held.append(self._refuse(candidate, refusal.reason, str(refusal)))
        except (SourceUnavailableError, StorageError):
            raise
        except Exception as error:
            raise_interruption(error)
            message = unforeseen_delivery(self.history.table, error)
            report.held.append(self._refuse(candidate, UNFORESEEN, message))
        else:
            self.refusals.clear(candidate.slot)
            if extract is None:
                report.unchanged += 1
            else:
                self.history.extracts.append(extract)
                report.extracts.append(extract)

    def _land(self, candidate: Candidate) -> Extract | None:
        with within_memory(self.history.table):
            return self.retry.call(lambda: self._read_and_land(candidate), self.visit.seconds_left)

    def _read_and_land(self, candidate: Candidate) -> Extract | None:
        table = self.history.table
        with (
            refusing_full_disk(f"landing of {table.id}", self.history.home),
            read_delivery(table, candidate, self.visit) as reading,
        ):
            return land_delivery(
                candidate,
                reading,
                self.history,
                key=self.key,
                settings=self.settings,
                business_date=self.visit.business_date,
                workspace=self.visit.workspace,
            )

    def _refuse(self, candidate: Candidate, reason: str, message: str) -> HeldDelivery:
        detail = f"{self.visit.business_date} {(candidate.sha256 or '')[:8]}".strip()
        delivery = HeldDelivery(
            self.history.table.id,
            candidate.origin,
            candidate.slot,
            reason,
            message,
            detail,
        )
        self.refusals.replace(self.history.table, candidate, delivery)
        return delivery
