"""The lives of the complaint platform's items, drawn by dice: from receipt to the end.

What does not belong here: what an item is, and what of it is known at the end of a day
(complaint_items); texts and the database (complaints).
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import numpy as np

from demo.complaint_items import (
    ANSWERED,
    COMPLAINT,
    CONSULTATION,
    DAY,
    FILED,
    NEVER,
    NOT_ACCEPTED,
    OUT_OF_JURISDICTION,
    REPEATED,
    REPEATS_CHANGED,
    REPORT,
    REPORT_DAYS,
    WITHDRAWN,
    Items,
)
from demo.dice import Dice, Integers
from demo.entities import NO_INDUSTRY, Entities
from demo.totals import Totals
from demo.vocabulary import INDUSTRIES, STREET_WEIGHTS
from demo.volumes import COMPLAINTS, spread_over_year, yearly_volume
from demo.working_days import add_working_days, day_number

GROWTH = 1.13
_COMPLAINT_SHARE = 0.74
_REPORTS_WITH_COMPLAINT = 0.09
_SUBMISSIONS = (
    (COMPLAINT,), (REPORT,), (CONSULTATION,), (COMPLAINT, REPORT), (COMPLAINT, COMPLAINT, REPORT),
)  # fmt: skip
_LATE = 0.03


def _submission_counts(totals: Totals, year: int) -> tuple[int, ...]:
    """How many submissions of each composition a year has, so that its items add up."""
    both = yearly_volume(totals.complaints_and_reports, year, GROWTH)
    consultations = yearly_volume(
        totals.count("items_received") - totals.complaints_and_reports, year, GROWTH
    )
    complaints = round(both * _COMPLAINT_SHARE)
    reports = both - complaints
    joint = max(1, round(reports * _REPORTS_WITH_COMPLAINT))
    triples = max(1, joint // 20)
    pairs = joint - triples if joint > triples else 0
    return (
        complaints - pairs - 2 * triples, reports - pairs - triples, consultations, pairs, triples,
    )  # fmt: skip


def _working_instants(dice: Dice, what: str, numbers: Integers, days: Integers) -> Integers:
    """An instant between 8:30 and 17:30 of each day."""
    return days * DAY + dice.between(what, numbers, 8 * 3600 + 1800, 17 * 3600 + 1800)


def _life(
    dice: Dice, numbers: Integers, kinds: Integers, received: Integers
) -> dict[str, Integers]:
    """Acceptance, notice, extension, new facts, closure and outcome of each item."""
    day = received // DAY
    wait = np.minimum(1 + dice.waiting("acceptance", numbers, 1.9).astype(np.int64), 7)
    decided = add_working_days(day, wait)
    is_refused = dice.uniform("refused", numbers) < 0.17
    is_accepted = (kinds == COMPLAINT) & ~is_refused
    accepted = np.where(
        is_accepted, _working_instants(dice, "accepted at", numbers, decided), NEVER
    )
    is_extended = (kinds == REPORT) & (dice.uniform("extended", numbers) < 0.07)
    extended = np.where(
        is_extended,
        _working_instants(dice, "extended at", numbers, add_working_days(day, 14)),
        NEVER,
    )
    is_supplemented = (kinds == REPORT) & (dice.uniform("supplemented", numbers) < 0.06)
    supplemented_on = add_working_days(day, dice.between("supplement", numbers, 1, 12))
    supplemented = np.where(
        is_supplemented, _working_instants(dice, "supplemented at", numbers, supplemented_on), NEVER
    )
    never = np.full_like(received, NEVER)
    partial = Items(numbers, numbers, kinds, received, accepted, never, extended, supplemented,
                    never, kinds, numbers, numbers, numbers)  # fmt: skip
    closed = _closing(dice, partial, decided)
    # Where new facts change nothing, the report may be decided upon before they come.
    supplemented = np.where(supplemented < closed, supplemented, NEVER)
    # Most are told at once, some only days later, and all before the item is closed.
    wait = dice.choose("told after", numbers, (70, 20, 7, 0, 0, 3))
    told_later = _working_instants(dice, "told at", numbers, add_working_days(decided, wait))
    told = np.minimum(np.where(wait == 0, accepted, told_later), closed)
    told = np.where(is_accepted, told, NEVER)
    states = {
        COMPLAINT: dice.choose("complaint ends", numbers, (0, 46, 36, 18)),
        REPORT: FILED + dice.choose("report ends", numbers, (2.5, 91, 6.5)),
        CONSULTATION: np.full(len(numbers), ANSWERED),
    }
    outcomes = np.select([kinds == kind for kind in states], list(states.values()))
    early = np.where(dice.uniform("withdrawn early", numbers) < 0.2, WITHDRAWN, NOT_ACCEPTED)
    outcomes = np.where((kinds == COMPLAINT) & is_refused, early, outcomes)
    elsewhere = (kinds == REPORT) & (dice.uniform("out of jurisdiction", numbers) < 0.02)
    outcomes = np.where(elsewhere, OUT_OF_JURISDICTION, outcomes)
    repeated = (kinds == REPORT) & (dice.uniform("repeated", numbers) < 0.03)
    outcomes = np.where(repeated & (day >= REPEATS_CHANGED), REPEATED, outcomes)
    return {
        "accepted": accepted, "told": told, "extended": extended, "supplemented": supplemented,
        "closed": closed, "outcomes": outcomes,
    }  # fmt: skip


def _closing(dice: Dice, items: Items, decided: Integers) -> Integers:
    """When each item is closed: mostly well before it is due, a few working days late in 3 %."""
    numbers, day = items.numbers, items.verified_from()
    mediation = np.minimum(1 + dice.waiting("mediation", numbers, 15.0).astype(np.int64), 40)
    checks = np.minimum(2 + dice.waiting("verification", numbers, 5.0).astype(np.int64), 15)
    answer = np.minimum(1 + dice.waiting("answer", numbers, 0.8).astype(np.int64), 7)
    steps = np.select(
        [items.accepted != NEVER, items.kinds == COMPLAINT, items.extended != NEVER,
         items.kinds == REPORT],
        [mediation, 0, REPORT_DAYS + checks, checks],
        answer,
    )  # fmt: skip
    in_time = add_working_days(np.where(items.kinds == COMPLAINT, decided, day), steps)
    is_late = dice.uniform("late", numbers) < _LATE
    late = add_working_days(items.due_days(), dice.between("lateness", numbers, 1, 12))
    closed = _working_instants(dice, "closed at", numbers, np.where(is_late, late, in_time))
    at_once = items.received + dice.between("answered", numbers, 300, 20 * 3600)
    quick = (items.kinds == CONSULTATION) & ~is_late & (dice.uniform("quick", numbers) < 0.8)
    return np.where(quick, at_once, closed)


def items_of_year(dice: Dice, totals: Totals, stock: Entities, year: int) -> Items:
    """The items received in a year, in order of receipt; respondents are positions in `stock`."""
    counts = _submission_counts(totals, year)
    submissions = year * 100_000_000 + np.arange(sum(counts), dtype=np.int64)
    days = spread_over_year(dice, "complaint", year, len(submissions), COMPLAINTS)
    received = np.sort(days * DAY + _time_of_day(dice, submissions))
    composition = dice.shares("submission", submissions, counts)

    widest = max(map(len, _SUBMISSIONS))
    parts = np.asarray([(*kinds, *[-1] * (widest - len(kinds))) for kinds in _SUBMISSIONS])
    kinds = parts[composition]
    place, part = np.nonzero(kinds >= 0)
    kinds = kinds[place, part]
    numbers = year * 100_000_000 + np.arange(len(kinds), dtype=np.int64)
    # Of three items the second complaint is about another respondent.
    is_second = (composition[place] == len(_SUBMISSIONS) - 1) & (part == 1)
    respondents, streets, industries = _respondents(dice, submissions[place] * 2 + is_second, stock)
    return Items(
        numbers=numbers,
        submissions=submissions[place],
        kinds=kinds,
        received=received[place],
        respondents=respondents,
        streets=streets,
        industries=industries,
        **_life(dice, numbers, kinds, received[place]),
    )


def items_between(dice: Dice, totals: Totals, stock: Entities, start: date, end: date) -> Items:
    """The items received from `start` to `end`, with their whole lives."""
    years = [items_of_year(dice, totals, stock, y) for y in range(start.year, end.year + 1)]
    items = Items(*(np.concatenate([getattr(y, f.name) for y in years]) for f in fields(Items)))
    first, cut = day_number(start) * DAY, (day_number(end) + 1) * DAY
    return items.take(np.flatnonzero((items.received >= first) & (items.received < cut)))


def _time_of_day(dice: Dice, submissions: Integers) -> Integers:
    """Seconds after midnight: two humps in working hours, a long evening."""
    hours = (1, 0.6, 0.4, 0.3, 0.3, 0.5, 1, 2.5, 5, 9, 10, 8, 5.5, 6.5, 9, 9, 8, 6, 4.5, 5, 5.5, 5,
             3.5, 2)  # fmt: skip
    hour = dice.choose("hour", submissions, hours)
    return hour * 3600 + dice.below("second", submissions, 3600)


def _respondents(
    dice: Dice, keys: Integers, stock: Entities
) -> tuple[Integers, Integers, Integers]:
    """Who is complained about: few firms draw most complaints; a tenth are not identified."""
    industries = dice.choose("complaint industry", keys, [i.complaints for i in INDUSTRIES])
    order = np.argsort(stock.industries, kind="stable")
    begins = np.searchsorted(stock.industries[order], np.arange(len(INDUSTRIES) + 1))
    available = np.diff(begins)[industries]
    place = (dice.uniform("respondent", keys) ** 2.5 * available).astype(np.int64)
    is_known = (dice.uniform("identified", keys) < 0.9) & (available > 0)
    positions = np.where(is_known, begins[industries] + place, 0)
    respondents = np.where(is_known, order[positions], -1)
    streets = dice.choose("complaint street", keys, STREET_WEIGHTS)
    streets = np.where(is_known, stock.streets[respondents], streets)
    unknown = ~is_known & (dice.uniform("industry unknown", keys) < 0.2)
    return respondents, streets, np.where(unknown, NO_INDUSTRY, industries)
