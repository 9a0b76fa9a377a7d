"""Market entities of the demo and what happens to them: arrays of numbers, no texts.

An entity has one street, industry and kind for its whole life, so that the stock identity holds
for every breakdown. Everything is a function of the seed and the entity's number: a later end date
adds events and changes none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date

import numpy as np

from demo.dice import Dice, Flags, Integers
from demo.identities import Texts, credit_codes
from demo.totals import Totals
from demo.vocabulary import INDUSTRIES, STREET_WEIGHTS
from demo.volumes import REGISTRATIONS, spread_over_year, yearly_volume
from demo.working_days import add_working_days, day_number, next_working_day

_STOCK_PER_ARRIVAL = 95_000 / 25_284
"""Entities on the register before the demo, for each new one of the calibrated year."""
GROWTH = 1.05

ENTERPRISE, BRANCH, HOUSEHOLD, COOPERATIVE, COOPERATIVE_BRANCH = range(5)
KIND_LABELS = ("企业", "企业分支机构", "个体工商户", "农民专业合作社", "农民专业合作社分支机构")
CREDIT_CODE_CATEGORIES = (1, 1, 2, 3, 3)

ESTABLISHED, CHANGED, DEREGISTERED, REVOKED, MOVED_IN, MOVED_OUT, DORMANT = range(7)
CANCELLED, CHANGE_CANCELLED, DEREGISTRATION_CANCELLED, RESTORED = range(7, 11)
EVENT_LABELS = (
    "设立", "变更", "注销", "吊销", "迁入", "迁出", "歇业",
    "撤销设立登记", "撤销变更登记", "撤销注销登记", "恢复登记",
)  # fmt: skip

NO_INDUSTRY = -1
_COOPERATIVES = 0.00036  # of the new entities: 9 in 2024
_BRANCHES = 0.06  # of the enterprises
_MOVES_IN = 0.032  # for each new entity
_YEARLY_EXITS = 0.115
_YEARLY_CHANGES = 0.22
_DORMANCIES = 0.006  # of all entities, once
_CHANGES_CANCELLED = 0.004  # of the first changes
_LATEST = day_number(date(2027, 6, 30))
"""Nobody waits a century; the bound keeps the days within the calendar."""
_AREAS = (330108, 330103, 330104, 330185, 330106, 330109, 330110)
_AREA_WEIGHTS = (93.0, 0.6, 0.6, 0.2, 2.2, 2.2, 1.2)
_ABOLISHED_AREAS = (330103, 330104, 330185)
_CODES_CHANGED = day_number(date(2015, 10, 1))
_AREAS_CHANGED = day_number(date(2021, 4, 9))
_FIRST_DAY = day_number(date(1992, 1, 6))


@dataclass(frozen=True)
class Entities:
    """One element per entity in each array; days are day numbers."""

    numbers: Integers
    kinds: Integers
    arrived: Integers
    arrival_kinds: Integers
    streets: Integers
    industries: Integers
    left: Integers
    exit_kinds: Integers

    def __len__(self) -> int:
        """How many entities there are."""
        return len(self.numbers)

    def take(self, index: Integers) -> Entities:
        """The entities at these positions."""
        return Entities(*(getattr(self, f.name)[index] for f in fields(self)))

    def credit_codes(self, dice: Dice) -> Texts:
        """The USCC of each entity; it keeps the area of first registration for ever."""
        areas = np.asarray(_AREAS)[dice.choose("first area", self.numbers, _AREA_WEIGHTS)]
        elsewhere = np.asarray(_AREAS)[
            dice.choose("former area", self.numbers, (0.0, *_AREA_WEIGHTS[1:]))
        ]
        moved_in = self.arrival_kinds == MOVED_IN
        areas = np.where(moved_in, elsewhere, areas)
        is_new = (self.arrived >= _AREAS_CHANGED) & ~moved_in
        areas = np.where(is_new & np.isin(areas, _ABOLISHED_AREAS), 330106, areas)
        categories = np.asarray(CREDIT_CODE_CATEGORIES)[self.kinds]
        return credit_codes(self.numbers, categories, areas, self.arrived >= _CODES_CHANGED)


@dataclass(frozen=True)
class Events:
    """One element per registration event; `entities` are positions, in order of the day."""

    entities: Integers
    days: Integers
    kinds: Integers


def _complete(
    dice: Dice, numbers: Integers, kinds: Integers, arrived: Integers, moved_in: Flags, anchor: int
) -> Entities:
    """Entities with street, industry and end of life; none leaves until 20 days after `anchor`."""
    by_enterprise = dice.choose("industry", numbers, [i.enterprises for i in INDUSTRIES])
    by_household = dice.choose("industry", numbers, [i.households for i in INDUSTRIES])
    farming = len(INDUSTRIES) - 1
    industries = np.select(
        [kinds <= BRANCH, kinds == HOUSEHOLD], [by_enterprise, by_household], farming
    )
    industries = np.where(
        dice.uniform("industry missing", numbers) < 0.003, NO_INDUSTRY, industries
    )
    lifetime = dice.waiting("lifetime", numbers, 365 / _YEARLY_EXITS).astype(np.int64)
    earliest = np.maximum(arrived + 20, anchor)
    left = next_working_day(np.minimum(earliest + lifetime, _LATEST))
    exits = np.asarray((DEREGISTERED, REVOKED, MOVED_OUT, CANCELLED))
    return Entities(
        numbers=numbers,
        kinds=kinds,
        arrived=arrived,
        arrival_kinds=np.where(moved_in, MOVED_IN, ESTABLISHED),
        streets=dice.choose("street", numbers, STREET_WEIGHTS),
        industries=industries,
        left=left,
        exit_kinds=exits[dice.choose("exit", numbers, (0.88, 0.06, 0.055, 0.005))],
    )


def opening_stock(dice: Dice, totals: Totals, start: date) -> Entities:
    """The entities on the register on the day before `start`, established since 1992."""
    numbers = np.arange(
        round(_STOCK_PER_ARRIVAL * totals.count("new_market_entities")), dtype=np.int64
    )
    kinds = dice.choose("opening kind", numbers, (58.2, 3.8, 37.8, 0.18, 0.02))
    span = day_number(start) - 1 - _FIRST_DAY
    # The register grows: half of those alive were established in the last fifth of the time.
    age = (dice.uniform("opening age", numbers) ** 2.3 * span).astype(np.int64)
    arrived = add_working_days(day_number(start) - 1 - age, 0)
    moved_in = (dice.uniform("opening move", numbers) < 0.02) & (kinds <= BRANCH)
    return _complete(dice, numbers, kinds, arrived, moved_in, day_number(start))


def arrivals(dice: Dice, totals: Totals, year: int) -> Entities:
    """The entities that are established in a year or move in: the totals exactly, in 2024."""
    enterprises = yearly_volume(totals.count("new_enterprises"), year, GROWTH)
    everything = max(yearly_volume(totals.count("new_market_entities"), year, GROWTH), enterprises)
    cooperatives = min(round(everything * _COOPERATIVES), everything - enterprises)
    branches = round(enterprises * _BRANCHES)
    households = everything - enterprises - cooperatives
    moves = max(1, round(everything * _MOVES_IN))

    block = 10_000_000 + (year - 2000) * 4_000_000
    established = block + np.arange(everything, dtype=np.int64)
    moving = block + 3_000_000 + np.arange(moves, dtype=np.int64)
    kinds = np.concatenate([
        dice.shares("kind", established, (enterprises - branches, branches, households,
                                          cooperatives)),
        dice.choose("kind", moving, (9.0, 1.0)),
    ])  # fmt: skip
    days = np.concatenate([
        spread_over_year(dice, "establishment", year, everything, REGISTRATIONS),
        spread_over_year(dice, "move in", year, moves, REGISTRATIONS),
    ])  # fmt: skip
    numbers = np.concatenate([established, moving])
    moved_in = np.arange(len(numbers)) >= everything
    return _complete(dice, numbers, kinds, days, moved_in, day_number(date(year, 1, 1)))


def population(dice: Dice, totals: Totals, start: date, end: date) -> Entities:
    """All entities of the demo: the opening stock, then each year's arrivals up to `end`."""
    groups = [opening_stock(dice, totals, start)]
    for year in range(start.year, end.year + 1):
        group = arrivals(dice, totals, year)
        within = (group.arrived >= day_number(start)) & (group.arrived <= day_number(end))
        groups.append(group.take(np.flatnonzero(within)))
    return Entities(
        *(np.concatenate([getattr(g, f.name) for g in groups]) for f in fields(Entities))
    )


def events_of(dice: Dice, entities: Entities, start: date, end: date) -> Events:
    """Everything that happens to the entities up to `end`, by day.

    Of the time before `start` only the arrivals are known.
    """
    first, last = day_number(start), day_number(end)
    everyone = np.arange(len(entities), dtype=np.int64)
    since = np.maximum(entities.arrived + 1, first)
    mean = 365 / _YEARLY_CHANGES
    change = since + dice.waiting("change 1", entities.numbers, mean).astype(np.int64)
    second = change + 1 + dice.waiting("change 2", entities.numbers, mean).astype(np.int64)
    annulled = change + 1 + dice.waiting("change cancelled", entities.numbers, 60).astype(np.int64)
    is_annulled = dice.uniform("is change cancelled", entities.numbers) < _CHANGES_CANCELLED
    dormancy = since + dice.waiting("dormancy", entities.numbers, 700).astype(np.int64)
    falls_dormant = dice.uniform("dormant", entities.numbers) < _DORMANCIES

    positions, days, kinds = [everyone], [entities.arrived], [entities.arrival_kinds]
    for when, kind, happens in (
        (change, CHANGED, True),
        (second, CHANGED, True),
        (dormancy, DORMANT, falls_dormant),
        (annulled, CHANGE_CANCELLED, is_annulled),
    ):
        within = np.flatnonzero((when <= last) & happens)
        day = next_working_day(when[within])
        # A change after the exit did not take place.
        kept = (day < entities.left[within]) & (day <= last)
        positions.append(within[kept])
        days.append(day[kept])
        kinds.append(np.full(int(kept.sum()), kind))
    gone = np.flatnonzero(entities.left <= last)
    positions.append(gone)
    days.append(entities.left[gone])
    kinds.append(entities.exit_kinds[gone])
    for day, kind, happens in _sequels(dice, entities):
        within = np.flatnonzero((day <= last) & happens)
        positions.append(within)
        days.append(day[within])
        kinds.append(np.full(len(within), kind))

    events = Events(np.concatenate(positions), np.concatenate(days), np.concatenate(kinds))
    order = np.lexsort((events.kinds, entities.numbers[events.entities], events.days))
    return Events(events.entities[order], events.days[order], events.kinds[order])


def _sequels(dice: Dice, entities: Entities) -> Iterator[tuple[Integers, int, Flags]]:
    """What follows an exit: day and kind of each sequel, and whose it is.

    Half of those cancelled are restored and stay. Of those revoked a third is deregistered, and one
    in twenty is cancelled and restored, as revoked as before.
    """
    numbers, exits = entities.numbers, entities.exit_kinds
    fate = dice.uniform("fate", numbers)
    first = _some_days_after(dice, "first sequel", numbers, entities.left)
    second = _some_days_after(dice, "second sequel", numbers, first)
    is_revoked = exits == REVOKED
    turns = is_revoked & (fate >= 0.35) & (fate < 0.4)
    yield first, DEREGISTERED, is_revoked & (fate < 0.35)
    yield first, CANCELLED, turns
    yield second, RESTORED, turns
    yield first, RESTORED, (exits == CANCELLED) & (fate < 0.5)
    yield first, DEREGISTRATION_CANCELLED, (exits == DEREGISTERED) & (fate < 0.002)


def _some_days_after(dice: Dice, purpose: str, numbers: Integers, day: Integers) -> Integers:
    wait = 1 + dice.waiting(purpose, numbers, 90).astype(np.int64)
    return next_working_day(np.minimum(day + wait, _LATEST))
