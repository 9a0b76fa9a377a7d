"""Market entities of the demo and what happens to them: arrays of numbers, no texts.

An entity has one street, industry and kind for its whole life, so that the stock identity holds
for every breakdown. Everything is a function of the seed and the entity's number: a later end date
adds events and changes none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from demo.dice import Dice
from demo.frames import Days, Flags, Frame, Integers, Objects, concatenate, is_within, take
from demo.identities import credit_codes
from demo.totals import Totals
from demo.vocabulary import INDUSTRIES, STREET_WEIGHTS
from demo.volumes import REGISTRATIONS, spread_over_year, yearly_volume
from demo.working_days import add_working_days, next_working_day

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
_AREAS = (330108, 330103, 330104, 330185, 330106, 330109, 330110)
_AREA_WEIGHTS = (93.0, 0.6, 0.6, 0.2, 2.2, 2.2, 1.2)
_ABOLISHED_AREAS = (330103, 330104, 330185)
_CODES_CHANGED = np.datetime64("2015-10-01")
_AREAS_CHANGED = np.datetime64("2021-04-09")
_FIRST_DAY = date(1992, 1, 6)


def codes_of(dice: Dice, entities: Frame) -> Objects:
    """The USCC of each entity; it keeps the area of first registration for ever."""
    draws, moved_in = dice.of(entities["numbers"]), entities["arrival_kinds"] == MOVED_IN
    here = draws.choose("first area", _AREA_WEIGHTS)
    elsewhere = draws.choose("former area", (0.0, *_AREA_WEIGHTS[1:]))
    areas = np.asarray(_AREAS)[np.where(moved_in, elsewhere, here)]
    is_new = (entities["arrived"] >= _AREAS_CHANGED) & ~moved_in
    areas = np.where(is_new & np.isin(areas, _ABOLISHED_AREAS), 330106, areas)
    categories = np.asarray(_CREDIT_CODE_CATEGORIES)[entities["kinds"]]
    is_modern = entities["arrived"] >= _CODES_CHANGED
    return credit_codes(entities["numbers"], categories, areas, is_modern)


def _complete(
    dice: Dice, numbers: Integers, kinds: Integers, arrived: Days, moved_in: Flags, anchor: date
) -> Frame:
    """Entities with street, industry and end of life; none leaves until 20 days after `anchor`."""
    draws = dice.of(numbers)
    by_enterprise = draws.choose("industry", [i.enterprises for i in INDUSTRIES])
    by_household = draws.choose("industry", [i.households for i in INDUSTRIES])
    farming = len(INDUSTRIES) - 1
    industries = np.select(
        [draws.some("industry missing", 0.003), kinds <= BRANCH, kinds == HOUSEHOLD],
        [NO_INDUSTRY, by_enterprise, by_household],
        farming,
    )
    lifetime = draws.waits("lifetime", 365 / _YEARLY_EXITS)
    exits = np.asarray((DEREGISTERED, REVOKED, MOVED_OUT, CANCELLED))
    return {
        "numbers": numbers,
        "kinds": kinds,
        "arrived": arrived,
        "arrival_kinds": np.where(moved_in, MOVED_IN, ESTABLISHED),
        "streets": draws.choose("street", STREET_WEIGHTS),
        "industries": industries,
        "left": next_working_day(np.maximum(arrived + 20, np.datetime64(anchor)) + lifetime),
        "exit_kinds": exits[draws.choose("exit", (0.88, 0.06, 0.055, 0.005))],
    }


def opening_stock(dice: Dice, totals: Totals, start: date) -> Frame:
    """The entities on the register on the day before `start`, established since 1992."""
    numbers = np.arange(round(_STOCK_PER_ARRIVAL * totals.count("new_market_entities")))
    draws, eve = dice.of(numbers), start - timedelta(days=1)
    kinds = draws.choose("opening kind", (58.2, 3.8, 37.8, 0.18, 0.02))
    # The register grows: half of those alive were established in the last fifth of the time.
    age = draws.uniform("opening age") ** 2.3 * (eve - _FIRST_DAY).days
    arrived = add_working_days(np.datetime64(eve) - age.astype(np.int64), 0)
    moved_in = draws.some("opening move", 0.02) & (kinds <= BRANCH)
    return _complete(dice, numbers, kinds, arrived, moved_in, start)


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
    established = block + np.arange(everything)
    moving = block + 3_000_000 + np.arange(moves)
    counts = (enterprises - branches, branches, households, cooperatives)
    kinds = (
        dice.of(established).shares("kind", counts),
        dice.of(moving).choose("kind", (9.0, 1.0)),
    )
    days = [
        spread_over_year(dice, what, year, count, REGISTRATIONS)
        for what, count in (("establishment", everything), ("move in", moves))
    ]
    numbers = np.concatenate([established, moving])
    moved_in = np.arange(len(numbers)) >= everything
    return _complete(
        dice, numbers, np.concatenate(kinds), np.concatenate(days), moved_in, date(year, 1, 1)
    )


def population(dice: Dice, totals: Totals, stock: Frame, start: date, end: date) -> Frame:
    """All entities of the demo: the opening stock, then each year's arrivals up to `end`."""
    years = range(start.year, end.year + 1)
    arrived = concatenate(_arrivals(dice, totals, year) for year in years)
    return concatenate([stock, take(arrived, is_within(arrived["arrived"], start, end))])


def events_of(dice: Dice, entities: Frame, start: date, end: date) -> Frame:
    """Everything that happens to the entities up to `end`, by day: `entities` are positions.

    Of the time before `start` only the arrivals are known.
    """
    numbers = entities["numbers"]
    frames = []
    for day, kind, happens in _happenings(dice, entities, start):
        places = np.flatnonzero(happens & is_within(day, _FIRST_DAY, end))
        kinds = np.broadcast_to(kind, len(numbers))
        frames.append({"entities": places, "days": day[places], "kinds": kinds[places]})
    events = concatenate(frames)
    return take(events, np.lexsort((events["kinds"], numbers[events["entities"]], events["days"])))


def _happenings(
    dice: Dice, entities: Frame, first: date
) -> Iterator[tuple[Days, Integers | int, Flags | bool]]:
    """Day and kind of whatever happens, and to which entities.

    After an exit: half of those cancelled are restored and stay. Of those revoked a third is
    deregistered, and one in twenty is cancelled and restored, as revoked as before.
    """
    draws, left, exits = dice.of(entities["numbers"]), entities["left"], entities["exit_kinds"]
    since = np.maximum(entities["arrived"] + 1, np.datetime64(first))
    change = since + draws.waits("change 1", 365 / _YEARLY_CHANGES)
    yield entities["arrived"], entities["arrival_kinds"], True
    for day, kind, happens in (
        (change, CHANGED, True),
        (change + 1 + draws.waits("change 2", 365 / _YEARLY_CHANGES), CHANGED, True),
        (since + draws.waits("dormancy", 700), DORMANT, draws.some("dormant", _DORMANCIES)),
        (change + 1 + draws.waits("change cancelled", 60), CHANGE_CANCELLED,
         draws.some("is change cancelled", _CHANGES_CANCELLED)),
    ):  # fmt: skip
        worked = next_working_day(day)
        yield worked, kind, happens & (worked < left)  # after the exit it did not take place
    yield left, exits, True

    fate = draws.uniform("fate")
    sequel = next_working_day(left + 1 + draws.waits("first sequel", 90))
    second = next_working_day(sequel + 1 + draws.waits("second sequel", 90))
    turns = (exits == REVOKED) & (fate >= 0.35) & (fate < 0.4)
    yield sequel, DEREGISTERED, (exits == REVOKED) & (fate < 0.35)
    yield sequel, CANCELLED, turns
    yield second, RESTORED, turns
    yield sequel, RESTORED, (exits == CANCELLED) & (fate < 0.5)
    yield sequel, DEREGISTRATION_CANCELLED, (exits == DEREGISTERED) & (fate < 0.002)
