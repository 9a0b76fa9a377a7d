"""The demo bureau: writes all systems' extracts at once and says what they hold.

This module orders the steps. What the records are stands in the modules that it calls.
"""

from __future__ import annotations

import math
import os
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import numpy as np

from demo import ip_pledges, penalties
from demo.claim import claim, finish
from demo.complaint_items import Items
from demo.complaint_lives import items_between
from demo.complaints import DATABASE, ComplaintTexts, write_database
from demo.dice import Dice
from demo.entities import (
    ENTERPRISE,
    Entities,
    Events,
    events_of,
    opening_stock,
    population,
)
from demo.identities import Texts
from demo.ip_pledges import PledgeWorkbook
from demo.penalties import CaseTexts
from demo.penalty_cases import Cases
from demo.penalty_lives import cases_between
from demo.pledge_contracts import Contracts, contracts_between
from demo.registers.registers import DELIVERED, RECIPES, Registers, register_files
from demo.registers.scene import Firms, Scene
from demo.registration_texts import trade_names
from demo.registrations import RegistrationFiles
from demo.totals import Totals, read_totals
from demo.vocabulary import STREET_CODES
from demo.working_days import ANNOUNCED, LAST_DELIVERY
from pipelines.clock import SHANGHAI
from pipelines.errors import UsageError
from pipelines.sources.connectors.file_drops import period_span
from pipelines.sources.synthetic import DemoMarker

DEFAULT_SEED = 20240
DEFAULT_START = date(2023, 1, 1)
DEFAULT_END = date(2025, 1, 15)
_SMALLEST, _LARGEST = 0.02, 20.0
_STAGING = ".demo-writing"
_EVENING = time(22)


@dataclass(frozen=True)
class DemoSummary:
    """What was delivered."""

    sources: Path
    marker: DemoMarker
    rows: dict[str, int]
    """Delivered rows by source table, broken and duplicate ones included."""
    ugliness: dict[str, int]
    """How often each oddity occurs, by `<source>: <what>`."""

    @property
    def start(self) -> date:
        """The first day of the demo."""
        return self.marker.start

    @property
    def end(self) -> date:
        """The last business date of the demo."""
        return self.marker.end


@dataclass(frozen=True)
class Bureau:
    """The records behind one demo."""

    dice: Dice
    stock: Entities
    codes: Texts
    names: Texts
    entities: Entities
    events: Events
    items: Items
    contracts: Contracts
    cases: Cases
    registers: Registers
    start: date
    end: date

    @classmethod
    def imagine(cls, seed: int, totals: Totals, start: date, end: date) -> Bureau:
        """Draw all records of a bureau that adds up to the totals."""
        dice = Dice(seed)
        stock = opening_stock(dice, totals, start)
        codes, names = stock.credit_codes(dice), trade_names(dice, stock)
        scene = Scene(dice, totals, _firms(stock, codes, names), start, end)
        entities = population(dice, totals, start, end)
        return cls(
            dice=dice,
            stock=stock,
            codes=codes,
            names=names,
            entities=entities,
            events=events_of(dice, entities, start, end),
            items=items_between(dice, totals, stock, start, end).as_of(end),
            contracts=contracts_between(dice, totals, stock, start, end),
            cases=cases_between(dice, totals, start, end),
            registers=Registers.imagine(scene),
            start=start,
            end=end,
        )

    def files(self) -> list[str]:
        """Everything that will be written, relative to the sources folder."""
        registrations = RegistrationFiles.of(self.dice, self.entities, self.events, self.start)
        return [
            *registrations.names(),
            DATABASE,
            ip_pledges.file_name(self.end),
            penalties.file_name(self.end),
            *register_files(self.end),
        ]

    def write(self, folder: Path) -> Counter[str]:
        """Write all extracts below a folder; what was delivered."""
        found = RegistrationFiles.of(self.dice, self.entities, self.events, self.start).write(
            folder
        )
        write_database(folder / DATABASE, ComplaintTexts(self.dice, self.codes), self.items)
        workbook = PledgeWorkbook(self.dice, self.stock, self.codes, self.names)
        found.update(workbook.write(folder / ip_pledges.file_name(self.end), self.contracts))
        texts = CaseTexts(self.dice, self.stock, self.codes, self.names)
        found.update(texts.write(folder / penalties.file_name(self.end), self.cases))
        found.update(self.items.oddities())
        found.update(self.registers.write(folder))
        return found


def write_demo(
    sources: Path,
    *,
    seed: int = DEFAULT_SEED,
    scale: float = 1.0,
    start: date = DEFAULT_START,
    end: date = DEFAULT_END,
    totals: Path | None = None,
) -> DemoSummary:
    """Write the demo bureau's extracts below `sources`; equal arguments give equal files.

    `totals` is a CSV of published facts (`indicator_id`, `published`, `unit`) of the year 2024 that
    the records shall add up to; at scale 1 they do exactly. Counts and amounts scale with `scale`.

    Raises:
        SettingsError: when `sources` holds what the demo did not write, or an argument or a total
            is unusable.
    """
    check_range(scale, start, end)
    bureau = Bureau.imagine(seed, read_totals(totals, Decimal(str(scale))), start, end)
    files = bureau.files()
    earlier = claim(sources, files)
    staging = sources / _STAGING
    shutil.rmtree(staging, ignore_errors=True)
    found = bureau.write(staging)
    _date_files(staging, files, end)
    _move_into_place(staging, sources, files, earlier)
    marker = DemoMarker(seed, scale, start, end, tuple(files))
    finish(sources, marker)
    rows = {
        table: found.pop(f"{source}: {DELIVERED}", 0)
        for source, table in (
            ("registrations", "registrations__events"),
            ("complaints", "complaints__items"),
            ("ip_pledges", "ip_pledges__pledged_rights"),
            ("penalty_cases", "penalty_cases__cases"),
            *((table, table) for table in RECIPES),
        )
    }
    return DemoSummary(sources, marker, rows, dict(sorted(found.items())))


def _firms(stock: Entities, codes: Texts, names: Texts) -> Firms:
    """The enterprises among the opening stock."""
    places = np.flatnonzero(stock.kinds == ENTERPRISE)
    streets = np.asarray(STREET_CODES, dtype=object)[stock.streets[places]]
    return Firms(list(codes[places]), list(names[places]), list(streets))


def check_range(scale: float, start: date, end: date) -> None:
    """Refuse what cannot be imagined.

    Raises:
        UsageError: saying which argument, and what it may be.
    """
    if not (math.isfinite(scale) and _SMALLEST <= scale <= _LARGEST):
        raise UsageError(
            f"demo, scale: expected {_SMALLEST} to {_LARGEST:g}, got {scale!r}. Choose one within."
        )
    if start.day != 1 or start.year <= ANNOUNCED[0]:
        raise UsageError(
            f"demo, from: expected the first day of a month since {ANNOUNCED[0] + 1}, "
            f"got {start}. Choose one."
        )
    if not start <= end <= LAST_DELIVERY:
        raise UsageError(
            f"demo, to: expected a day from {start} to {LAST_DELIVERY} (working days are announced "
            f"until then), got {end}. Choose one within."
        )


def _date_files(folder: Path, files: list[str], end: date) -> None:
    """Date each file as its system would have written it: in the evening of its last day.

    A file for a month is written when the month is over, or on the last day of the demo.
    """
    for name in files:
        span = period_span(Path(name).stem.rpartition("_")[2])
        day = min(span[1], end) if span else end
        written_at = datetime.combine(day, _EVENING, SHANGHAI).timestamp()
        os.utime(folder / name, (written_at, written_at))


def _move_into_place(staging: Path, sources: Path, files: list[str], earlier: set[str]) -> None:
    """Rename every new file over the old one, and remove what only the earlier demo had."""
    for name in files:
        target = sources / name
        target.parent.mkdir(parents=True, exist_ok=True)
        # A journal that belongs to the old database must not be replayed into the new one.
        for suffix in ("-journal", "-wal", "-shm") if name.endswith((".db", ".sqlite")) else ():
            target.with_name(target.name + suffix).unlink(missing_ok=True)
        (staging / name).replace(target)
    for name in earlier - set(files):
        (sources / name).unlink(missing_ok=True)
    shutil.rmtree(staging)
