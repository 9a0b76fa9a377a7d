"""What every recipe draws on: the days of the demo, the totals, firms, and how entries come about.

Two ways of coming about: a flow (so many in each year, spread over its days) and a stock (so many
on the last day of the calibrated year, some gone before, some come after). What does not belong
here: what any one list holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np

from demo.dice import Dice, Integers
from demo.entities import ENTERPRISE, codes_of, opening_stock
from demo.frames import Frame
from demo.identities import Texts, identity_numbers, person_names, phone_numbers, pick
from demo.spelling import Row
from demo.totals import CALIBRATED_YEAR, Totals
from demo.trade_names import trade_names
from demo.vocabulary import STREET_CODES, STREET_WEIGHTS
from demo.volumes import Season, spread_over_year, yearly_volume
from demo.working_days import to_date
from pipelines.errors import SettingsError

GROWTH = 1.08
CALIBRATED_DAY = date(CALIBRATED_YEAR, 12, 31)
_OFFICE = Season(
    months=(0.7, 0.5, 1.2, 1.1, 1.1, 1.1, 0.9, 0.8, 1.2, 1.0, 1.2, 1.2),
    weekdays=(1.0, 1.1, 1.1, 1.1, 1.0, 0.2, 0.2),
    holiday=0.0,
)
_LISTED_BEFORE = 5  # years before the calibrated one in which a stock has built up
_GONE = 12  # one in so many left before the calibrated day
_LEAVING = 15  # one in so many leaves in the two years after it


@dataclass(frozen=True)
class Firm:
    """A firm on the register since before the demo began."""

    uscc: str
    name: str
    street: str


@dataclass(frozen=True)
class Entry:
    """One entry of a list: a number that no other entry of it has, and what was drawn for it."""

    number: int
    luck: int
    street: str
    person: str
    firm: Firm
    """Some firm of the register; its street is not the entry's own."""

    def below(self, purpose: str, limit: int) -> int:
        """A number from 0 up to, not including, the limit."""
        key = hashlib.blake2b(f"{self.luck}:{purpose}".encode(), digest_size=6).digest()
        return int.from_bytes(key, "little") * limit >> 48


@dataclass(frozen=True)
class Moment(Entry):
    """An entry of a flow, on its day."""

    day: date

    @property
    def year(self) -> int:
        """The year that the entry belongs to."""
        return self.day.year

    @property
    def place(self) -> int:
        """How many entries of the year came before."""
        return self.number % 1_000_000


@dataclass(frozen=True)
class Stay(Entry):
    """An entry of a stock: from a day on, and until another, if it has come by the demo's end."""

    since: date
    until: date | None

    def holds(self, day: date) -> bool:
        """Whether the entry is listed on a day; on the day it leaves it no longer is."""
        return self.since <= day and (self.until is None or self.until > day)


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
    def codes(self) -> Texts:
        """The USCC of each entity."""
        return codes_of(self.dice, self.entities)

    @cached_property
    def names(self) -> Texts:
        """The trade name of each entity."""
        return trade_names(self.dice, self.entities)

    @cached_property
    def firms(self) -> list[Firm]:
        """The enterprises of the register."""
        places = np.flatnonzero(self.entities["kinds"] == ENTERPRISE)
        streets = pick(STREET_CODES, self.entities["streets"][places])
        columns = zip(self.codes[places], self.names[places], streets, strict=True)
        return [Firm(*firm) for firm in columns]

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
        order = np.argsort(self.dice.uniform(f"firms {purpose}", np.arange(len(self.firms))))
        return [self.firms[place] for place in order[:count].tolist()]

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
        total: int,
        *,
        extra: int = 0,
        days_ahead: int = 0,
        season: Season = _OFFICE,
    ) -> list[Moment]:
        """Entries of all years up to the end, in order of the day.

        Args:
            what: Names the flow; equal names fall on equal days.
            total: Entries in the calibrated year.
            extra: Entries that every year has beside its volume.
            days_ahead: How far beyond the demo's end the flow is followed.
            season: When in a year.
        """
        last = self.end + timedelta(days=days_ahead)
        numbers: list[int] = []
        days: list[int] = []
        for year in range(self.years.start, last.year + 1):
            count = self.volume(total, year) + extra
            days += spread_over_year(self.dice, what, year, count, season).tolist()
            numbers += range(year * 1_000_000, year * 1_000_000 + count)
        drawn = zip(self._drawn(what, numbers), map(to_date, days), strict=True)
        return [Moment(*entry, day) for entry, day in drawn if day <= last]

    def stock(self, what: str, total: int) -> list[Stay]:
        """Entries of which `total` are listed on the calibrated day, in order of the day."""
        first = min(CALIBRATED_YEAR - _LISTED_BEFORE, self.years.start)
        gone = max(1, total // _GONE)
        turn = date(first + 3, 1, 1)
        came = self.spread(f"{what}, gone came", gone, date(first, 1, 4), turn)
        went = self.spread(f"{what}, gone", gone, turn + timedelta(days=31), CALIBRATED_DAY)
        spans: list[tuple[date, date | None]] = [
            *(
                (since, self._leaving(what, number))
                for number, since in enumerate(
                    self.spread(f"{what}, listed", total, date(first, 1, 4), CALIBRATED_DAY)
                )
            ),
            *zip(came, went, strict=True),
        ]
        stays = zip(self._drawn(what, range(len(spans))), spans, strict=True)
        later = [m for m in self.flow(f"{what}, later", total // 8) if m.day > CALIBRATED_DAY]
        found = [
            *(Stay(*entry, since, self.by_end(until)) for entry, (since, until) in stays),
            *(Stay(m.number, m.luck, m.street, m.person, m.firm, m.day, None) for m in later),
        ]
        known = [stay for stay in found if stay.since <= self.end]
        return sorted(known, key=lambda stay: (stay.since, stay.number))

    def _leaving(self, what: str, number: int) -> date | None:
        """The day after the calibrated one on which an entry leaves, if it does."""
        if number % _LEAVING != 7:
            return None
        waits = self.dice.between(f"{what}, leaving", np.asarray([number]), 3, 700)
        return CALIBRATED_DAY + timedelta(days=int(waits[0]))

    def spread(self, what: str, count: int, first: date, last: date) -> list[date]:
        """So many days from the first to the last, in order, the last of them the last day."""
        span = max((last - first).days, 0)
        places = np.arange(count, dtype=np.int64)
        points = (places + self.dice.uniform(what, places)) / max(count, 1)
        days = [first + timedelta(days=int(p * span)) for p in points.tolist()]
        return [*days[:-1], last] if days else []

    def _drawn(self, what: str, numbers: Sequence[int]) -> list[tuple[int, int, str, str, Firm]]:
        """What an entry is made of, per number."""
        ids = np.asarray(numbers, np.int64)
        streets = pick(STREET_CODES, self.dice.choose(f"{what} street", ids, STREET_WEIGHTS))
        firms = self.dice.below(f"{what} firm", ids, len(self.firms)).tolist()
        return list(
            zip(
                numbers,
                self.dice.below(f"{what} luck", ids, 2**48).tolist(),
                streets,
                self.persons(what, numbers),
                [self.firms[place] for place in firms],
                strict=True,
            )
        )

    def persons(self, purpose: str, numbers: Sequence[int]) -> list[str]:
        """A made-up personal name per number."""
        return list(person_names(self.dice, self._people(purpose, numbers)))

    def phones(self, purpose: str, numbers: Sequence[int]) -> list[str]:
        """A made-up telephone number per number."""
        return list(phone_numbers(self.dice, self._people(purpose, numbers)))

    def identity_numbers(self, purpose: str, numbers: Sequence[int]) -> list[str]:
        """A made-up identity number per number, of the person that `persons` names."""
        return list(identity_numbers(self.dice, self._people(purpose, numbers)))

    def _people(self, purpose: str, numbers: Sequence[int]) -> Integers:
        draws = self.dice.below(f"{purpose} person", np.asarray(numbers, np.int64), 2**31)
        return draws + 2**33


def in_order(rows: Iterable[Row], *names: str) -> list[Row]:
    """The rows in the order of some columns, compared as texts."""
    return sorted(rows, key=lambda row: [str(row[name]) for name in names])
