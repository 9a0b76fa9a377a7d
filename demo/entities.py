"""Market entities of the demo and what happens to them: arrays of numbers, no texts.

An entity has one street, industry and kind for its whole life, so that the stock identity holds
for every breakdown. Everything is a function of the seed and the entity's number: a later end date
adds events and changes none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from demo.dice import Dice, Flags, Integers
from demo.frames import Frame, concatenate, take
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
_CREDIT_CODE_CATEGORIES = (1, 1, 2, 3, 3)

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


def codes_of(dice: Dice, entities: Frame) -> Texts:
    """The USCC of each entity; it keeps the area of first registration for ever."""
    numbers, moved_in = entities["numbers"], entities["arrival_kinds"] == MOVED_IN
    areas = np.asarray(_AREAS)[dice.choose("first area", numbers, _AREA_WEIGHTS)]
    elsewhere = dice.choose("former area", numbers, (0.0, *_AREA_WEIGHTS[1:]))
    areas = np.where(moved_in, np.asarray(_AREAS)[elsewhere], areas)
    is_new = (entities["arrived"] >= _AREAS_CHANGED) & ~moved_in
    areas = np.where(is_new & np.isin(areas, _ABOLISHED_AREAS), 330106, areas)
    categories = np.asarray(_CREDIT_CODE_CATEGORIES)[entities["kinds"]]
    return credit_codes(numbers, categories, areas, entities["arrived"] >= _CODES_CHANGED)


def _complete(
    dice: Dice, numbers: Integers, kinds: Integers, arrived: Integers, moved_in: Flags, anchor: int
) -> Frame:
    """Entities with street, industry and end of life; none leaves until 20 days after `anchor`."""
    by_enterprise = dice.choose("industry", numbers, [i.enterprises for i in INDUSTRIES])
    by_household = dice.choose("industry", numbers, [i.households for i in INDUSTRIES])
    farming = len(INDUSTRIES) - 1
    industries = np.select(
        [dice.uniform("industry missing", numbers) < 0.003, kinds <= BRANCH, kinds == HOUSEHOLD],
        [NO_INDUSTRY, by_enterprise, by_household],
        farming,
    )
    lifetime = dice.waiting("lifetime", numbers, 365 / _YEARLY_EXITS).astype(np.int64)
    exits = np.asarray((DEREGISTERED, REVOKED, MOVED_OUT, CANCELLED))
    return {
        "numbers": numbers,
        "kinds": kinds,
        "arrived": arrived,
        "arrival_kinds": np.where(moved_in, MOVED_IN, ESTABLISHED),
        "streets": dice.choose("street", numbers, STREET_WEIGHTS),
        "industries": industries,
        "left": _worked(np.maximum(arrived + 20, anchor) + lifetime),
        "exit_kinds": exits[dice.choose("exit", numbers, (0.88, 0.06, 0.055, 0.005))],
    }


def _worked(days: Integers) -> Integers:
    return next_working_day(np.minimum(days, _LATEST))


def opening_stock(dice: Dice, totals: Totals, start: date) -> Frame:
    """The entities on the register on the day before `start`, established since 1992."""
    total = round(_STOCK_PER_ARRIVAL * totals.count("new_market_entities"))
    numbers = np.arange(total, dtype=np.int64)
    kinds = dice.choose("opening kind", numbers, (58.2, 3.8, 37.8, 0.18, 0.02))
    span = day_number(start) - 1 - _FIRST_DAY
    # The register grows: half of those alive were established in the last fifth of the time.
    age = (dice.uniform("opening age", numbers) ** 2.3 * span).astype(np.int64)
    arrived = add_working_days(day_number(start) - 1 - age, 0)
    moved_in = (dice.uniform("opening move", numbers) < 0.02) & (kinds <= BRANCH)
    return _complete(dice, numbers, kinds, arrived, moved_in, day_number(start))


def _arrivals(dice: Dice, totals: Totals, year: int) -> Frame:
    """The entities that are established in a year or move in: the totals exactly, in 2024."""
    enterprises = yearly_volume(totals.count("new_enterprises"), year, GROWTH)
    everything = yearly_volume(totals.count("new_market_entities"), year, GROWTH)
    everything = max(everything, enterprises)
    cooperatives = min(round(everything * _COOPERATIVES), everything - enterprises)
    branches = round(enterprises * _BRANCHES)
    households = everything - enterprises - cooperatives
    moves = max(1, round(everything * _MOVES_IN))

    block = 10_000_000 + (year - 2000) * 4_000_000
    established = block + np.arange(everything, dtype=np.int64)
    moving = block + 3_000_000 + np.arange(moves, dtype=np.int64)
    counts = (enterprises - branches, branches, households, cooperatives)
    kinds = [dice.shares("kind", established, counts), dice.choose("kind", moving, (9.0, 1.0))]
    days = [
        spread_over_year(dice, what, year, count, REGISTRATIONS)
        for what, count in (("establishment", everything), ("move in", moves))
    ]
    numbers = np.concatenate([established, moving])
    moved_in = np.arange(len(numbers)) >= everything
    first = day_number(date(year, 1, 1))
    return _complete(dice, numbers, np.concatenate(kinds), np.concatenate(days), moved_in, first)


def population(dice: Dice, totals: Totals, stock: Frame, start: date, end: date) -> Frame:
    """All entities of the demo: the opening stock, then each year's arrivals up to `end`."""
    years = range(start.year, end.year + 1)
    arrived = concatenate(_arrivals(dice, totals, year) for year in years)
    days = arrived["arrived"]
    within = (days >= day_number(start)) & (days <= day_number(end))
    return concatenate([stock, take(arrived, within)])


def events_of(dice: Dice, entities: Frame, start: date, end: date) -> Frame:
    """Everything that happens to the entities up to `end`, by day: `entities` are positions.

    Of the time before `start` only the arrivals are known.
    """
    numbers, last = entities["numbers"], day_number(end)
    frames = []
    for day, kind, happens in _happenings(dice, entities, day_number(start)):
        places = np.flatnonzero(happens & (day <= last))
        kinds = np.broadcast_to(kind, len(numbers))
        frames.append({"entities": places, "days": day[places], "kinds": kinds[places]})
    events = concatenate(frames)
    return take(events, np.lexsort((events["kinds"], numbers[events["entities"]], events["days"])))


def _happenings(
    dice: Dice, entities: Frame, first: int
) -> Iterator[tuple[Integers, Integers | int, Flags]]:
    """Day and kind of whatever happens, and to which entities.

    After an exit: half of those cancelled are restored and stay. Of those revoked a third is
    deregistered, and one in twenty is cancelled and restored, as revoked as before.
    """
    numbers, left, exits = entities["numbers"], entities["left"], entities["exit_kinds"]

    def after(day: Integers, purpose: str, mean: float) -> Integers:
        return day + dice.waiting(purpose, numbers, mean).astype(np.int64)

    def some(purpose: str, share: float) -> Flags:
        return dice.uniform(purpose, numbers) < share

    everyone = np.full(len(numbers), True)
    since = np.maximum(entities["arrived"] + 1, first)
    change = after(since, "change 1", 365 / _YEARLY_CHANGES)
    yield entities["arrived"], entities["arrival_kinds"], everyone
    for day, kind, happens in (
        (change, CHANGED, everyone),
        (after(change + 1, "change 2", 365 / _YEARLY_CHANGES), CHANGED, everyone),
        (after(since, "dormancy", 700), DORMANT, some("dormant", _DORMANCIES)),
        (after(change + 1, "change cancelled", 60), CHANGE_CANCELLED,
         some("is change cancelled", _CHANGES_CANCELLED)),
    ):  # fmt: skip
        worked = _worked(day)
        yield worked, kind, happens & (worked < left)  # after the exit it did not take place
    yield left, exits, everyone

    fate = dice.uniform("fate", numbers)
    sequel = _worked(after(left + 1, "first sequel", 90))
    second = _worked(after(sequel + 1, "second sequel", 90))
    turns = (exits == REVOKED) & (fate >= 0.35) & (fate < 0.4)
    yield sequel, DEREGISTERED, (exits == REVOKED) & (fate < 0.35)
    yield sequel, CANCELLED, turns
    yield second, RESTORED, turns
    yield sequel, RESTORED, (exits == CANCELLED) & (fate < 0.5)
    yield sequel, DEREGISTRATION_CANCELLED, (exits == DEREGISTERED) & (fate < 0.002)
