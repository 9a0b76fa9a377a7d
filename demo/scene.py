"""What every recipe draws on: the days of the demo, the totals, firms, and how entries come about.

Two ways of coming about: a flow (so many in each year, spread over its days) and a stock (so many
on the last day of the calibrated year, some gone before, some come after). What does not belong
here: what any one list holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import TypeVar

import numpy as np

from demo.dice import Dice
from demo.entities import ENTERPRISE, codes_of, opening_stock
from demo.frames import Frame, Integers, Objects, pick
from demo.identities import identity_numbers, person_names, phone_numbers
from demo.spelling import Row
from demo.totals import CALIBRATED_YEAR, Totals
from demo.trade_names import trade_names
from demo.vocabulary import STREET_CODES, STREET_WEIGHTS
from demo.volumes import Season, spread_over_year, yearly_volume
from pipelines.errors import SettingsError

GROWTH = 1.08
CALIBRATED_DAY = date(CALIBRATED_YEAR, 12, 31)
_OFFICE = Season(
    months=(0.7, 0.5, 1.2, 1.1, 1.1, 1.1, 0.9, 0.8, 1.2, 1.0, 1.2, 1.2),
    weekdays=(1.0, 1.1, 1.1, 1.1, 1.0, 0.2, 0.2),
    holiday=0.0,
)
Kind = TypeVar("Kind")
_LISTED_BEFORE = 5  # years before the calibrated one in which a stock has built up
_GONE = 12  # one in so many left before the calibrated day
_FIRST_LEAVING, _LEAVING = 7, 15  # from that on, one in so many leaves in the two years after it
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Firm:
    """A firm on the register since before the demo began."""

    uscc: str
    name: str
    street: str


@dataclass(frozen=True)
class Person:
    """Somebody made up."""

    name: str
    phone: str
    identity_number: str


@dataclass(frozen=True)
class Entry:
    """One entry of a list, what was drawn for it, and when it came about."""

    number: int
    """What no other entry of the list has."""
    luck: int
    street: str
    person: Person
    firm: Firm
    """Some firm of the register; its street is not the entry's own."""
    day: date
    until: date | None = None
    """The day on which an entry of a stock leaves it, if that has come by the demo's end."""

    @property
    def year(self) -> int:
        """The year that the entry belongs to."""
        return self.day.year

    @property
    def place(self) -> int:
        """How many entries came before: of a flow in its year, of a stock in all."""
        return self.number % 1_000_000

    def below(self, purpose: str, limit: int) -> int:
        """A number from 0 up to, not including, the limit."""
        key = hashlib.blake2b(f"{self.luck}:{purpose}".encode(), digest_size=6).digest()
        return int.from_bytes(key, "little") * limit >> 48

    def holds(self, day: date) -> bool:
        """Whether the entry is listed on a day; on the day it leaves it no longer is."""
        return self.day <= day and (self.until is None or self.until > day)


@dataclass(frozen=True)
class Scene:
    """The circumstances of one demo."""

    dice: Dice
    totals: Totals
    entities: Frame
    """The entities on the register on the day before the start."""
    start: date
    end: date

    @classmethod
    def of(cls, seed: int, totals: Totals, start: date, end: date) -> Scene:
        """The scene of one seed and size."""
        dice = Dice(seed)
        return cls(dice, totals, opening_stock(dice, totals, start), start, end)

    @cached_property
    def codes(self) -> Objects:
        """The USCC of each entity."""
        return codes_of(self.dice, self.entities)

    @cached_property
    def names(self) -> Objects:
        """The trade name of each entity."""
        return trade_names(self.dice, self.entities)

    @cached_property
    def firms(self) -> Objects:
        """The enterprises of the register, each a Firm."""
        places = np.flatnonzero(self.entities["kinds"] == ENTERPRISE)
        streets = pick(STREET_CODES, self.entities["streets"][places])
        columns = zip(self.codes[places], self.names[places], streets, strict=True)
        return np.asarray([Firm(*firm) for firm in columns], dtype=object)

    def some_firms(self, purpose: str, count: int) -> list[Firm]:
        """So many different firms; a greater count begins with the same ones.

        Raises:
            SettingsError: when the register has not so many.
        """
        if count > len(self.firms):
            raise SettingsError(
                f"totals, {purpose}: expected at most {len(self.firms)} firms, as many as the "
                f"register has, got {count}. Mend the totals file."
            )
        order = np.argsort(self.dice.of(range(len(self.firms))).uniform(f"firms {purpose}"))
        return list(pick(self.firms, order[:count]))

    @property
    def years(self) -> range:
        """The years in which lists have entries: also the one before the demo."""
        return range(self.start.year - 1, self.end.year + 1)

    def volume(self, total: int, year: int) -> int:
        """The volume of a year, given that of the calibrated one."""
        return yearly_volume(total, year, GROWTH)

    def by_end(self, day: date | None) -> date | None:
        """A day if it has come by the end."""
        return day if day and day <= self.end else None

    def flow(
        self,
        what: str,
        total: str | int,
        *,
        extra: int = 0,
        days_ahead: int = 0,
        season: Season = _OFFICE,
    ) -> list[Entry]:
        """Entries of all years up to the end, in order of the day.

        Args:
            what: Names the flow; equal names fall on equal days.
            total: Entries in the calibrated year, or the indicator that says how many.
            extra: Entries that every year has beside its volume.
            days_ahead: How far beyond the demo's end the flow is followed.
            season: When in a year.
        """
        last = self.end + timedelta(days=days_ahead)
        found: list[Entry] = []
        for year in range(self.years.start, last.year + 1):
            count = self.volume(self.totals.count(total), year) + extra
            days = spread_over_year(self.dice, what, year, count, season)
            found += self._drawn(what, year * 1_000_000 + np.arange(count), days.tolist())
        return [entry for entry in found if entry.day <= last]

    def stock(self, what: str, total: str | int) -> list[Entry]:
        """Entries of which `total` are listed on the calibrated day, in order of the day.

        Some are gone by then and some leave later, the first of them on the day after, on which
        another one comes.
        """
        total = self.totals.count(total)
        first = min(CALIBRATED_YEAR - _LISTED_BEFORE, self.years.start)
        gone = max(1, total // _GONE)
        begin, turn, next_day = date(first, 1, 4), date(first + 3, 1, 1), CALIBRATED_DAY + _DAY
        came = [
            *self.spread(f"{what}, listed", total, begin, CALIBRATED_DAY),
            *self.spread(f"{what}, gone came", gone, begin, turn),
            next_day,
        ]
        numbers = np.arange(len(came))
        waits = self.dice.of(numbers).between(f"{what}, leaving", 1, 700).tolist()
        left: list[date | None] = [None] * len(came)
        for number in range(_FIRST_LEAVING, total, _LEAVING):
            left[number] = CALIBRATED_DAY + timedelta(days=waits[number])
        if total > _FIRST_LEAVING:
            left[_FIRST_LEAVING] = next_day
        left[total:-1] = self.spread(f"{what}, gone", gone, turn + 31 * _DAY, CALIBRATED_DAY)
        entries = [
            replace(entry, until=self.by_end(until))
            for entry, until in zip(self._drawn(what, numbers, came), left, strict=True)
        ]
        later = self.flow(f"{what}, later", total // 8)
        entries += (entry for entry in later if entry.day > next_day)
        known = [entry for entry in entries if entry.day <= self.end]
        return sorted(known, key=lambda entry: (entry.day, entry.number))

    def spread(self, what: str, count: int, first: date, last: date) -> list[date]:
        """So many days from the first to the last, in order, the last of them the last day."""
        span = max((last - first).days, 0)
        places = np.arange(count)
        points = (places + self.dice.of(places).uniform(what)) / max(count, 1)
        days = [first + timedelta(days=int(p * span)) for p in points.tolist()]
        return [*days[:-1], last] if days else []

    def _drawn(self, what: str, numbers: Integers, days: list[date]) -> Iterator[Entry]:
        """An entry per number."""
        draws = self.dice.of(numbers)
        return map(
            Entry,
            numbers.tolist(),
            draws.below(f"{what} luck", 2**48).tolist(),
            pick(STREET_CODES, draws.choose(f"{what} street", STREET_WEIGHTS)),
            self.people(what, numbers),
            pick(self.firms, draws.below(f"{what} firm", len(self.firms))),
            days,
        )

    def people(self, purpose: str, numbers: Sequence[int] | Integers) -> list[Person]:
        """Somebody per number."""
        ids = 2**33 + self.dice.of(numbers).below(f"{purpose} person", 2**31)
        made_up = (make(self.dice, ids) for make in (person_names, phone_numbers, identity_numbers))
        return list(map(Person, *made_up))


def of_kinds(
    entries: Callable[[str, str | int], list[Entry]], what: str, totals: Mapping[Kind, str | int]
) -> Iterator[tuple[Kind, str, Entry]]:
    """The entries (a flow or a stock) of each kind of a list: kind, number and entry.

    `totals` has an indicator for each kind, or a number where nothing is published.
    """
    for order, (kind, total) in enumerate(totals.items(), start=1):
        for entry in entries(f"{what} {order}", total):
            yield kind, f"{entry.year}{order:02d}{entry.place + 1:05d}", entry


def in_order(rows: Iterable[Row], *names: str) -> list[Row]:
    """The rows in the order of some columns, compared as texts."""
    return sorted(rows, key=lambda row: [str(row[name]) for name in names])
