"""The items of the complaint platform and their whole lives: arrays of numbers, no texts.

What belongs here: which items there are, when each is received, accepted, told of, extended,
supplemented and closed, and what of that is known at the end of a day. What does not: texts and the
database (complaints).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields, replace
from datetime import date

import numpy as np

from pipelines.demo.dice import Dice, Integers
from pipelines.demo.entities import NO_INDUSTRY, Entities
from pipelines.demo.totals import Totals
from pipelines.demo.vocabulary import INDUSTRIES, STREET_WEIGHTS
from pipelines.demo.volumes import COMPLAINTS, spread_over_year, yearly_volume
from pipelines.demo.working_days import add_working_days, day_number, next_working_day

GROWTH = 1.13
COMPLAINT, REPORT, CONSULTATION = range(3)
KIND_LABELS = ("投诉", "举报", "咨询")

NEVER = np.iinfo(np.int64).max
"""The instant of what does not happen."""
DAY = 86_400

_COMPLAINT_SHARE = 0.74
_REPORTS_WITH_COMPLAINT = 0.09
_SUBMISSIONS = (
    (COMPLAINT,), (REPORT,), (CONSULTATION,), (COMPLAINT, REPORT), (COMPLAINT, COMPLAINT, REPORT),
)  # fmt: skip
_LATE = 0.03

# 总局令20: decide on acceptance within 7 working days; mediate within 45 working days of it, from
# 2024-07-01 (消费者权益保护法实施条例) within 60 days; 程序规定: verify a report within 15 working
# days, extended 30.
_ACCEPTANCE_DAYS, _MEDIATION_DAYS, _MEDIATION_CALENDAR_DAYS, _REPORT_DAYS = 7, 45, 60, 15
_MEDIATION_CHANGED = day_number(date(2024, 7, 1))
# The same regulation: within the days of acceptance the consumer is told.
_NOTICE_BEGINS = _MEDIATION_CHANGED
# 总局令121, article 35: a repeated report is not handled again; one supplemented with new facts is
# verified anew.
_REPEATS_CHANGED = day_number(date(2026, 4, 15))

# Terminal states, by kind; a complaint that is not accepted has its own.
(
    NOT_ACCEPTED, SETTLED, ENDED, WITHDRAWN, FILED, NOT_FILED, TRANSFERRED, ANSWERED,
    REPEATED, OUT_OF_JURISDICTION,
) = range(10)  # fmt: skip
OUTCOME_LABELS = (
    "不予受理", "达成调解", "终止调解", "撤回", "立案", "不予立案", "移送", "已答复",
    "不再另行处理", "无管辖权告知",
)  # fmt: skip


@dataclass(frozen=True)
class Items:
    """One element per item; instants are seconds since 1970-01-01 in Asia/Shanghai."""

    numbers: Integers
    submissions: Integers
    kinds: Integers
    received: Integers
    accepted: Integers
    told: Integers
    """When the complainant was told of an acceptance; of a refusal, see `notified`."""
    extended: Integers
    supplemented: Integers
    closed: Integers
    outcomes: Integers
    respondents: Integers
    streets: Integers
    industries: Integers

    def __len__(self) -> int:
        """How many items there are."""
        return len(self.numbers)

    def take(self, index: Integers) -> Items:
        """The items at these positions."""
        return Items(*(getattr(self, f.name)[index] for f in fields(self)))

    def notified(self) -> Integers:
        """When the complainant was told: a refusal is told as it closes the item."""
        return np.where(self.outcomes == NOT_ACCEPTED, self.closed, self.told)

    def verified_from(self) -> Integers:
        """The day of receipt; of a report that begins anew, that of the new facts."""
        supplemented = _day_of(self.supplemented)
        is_anew = (
            (self.supplemented != NEVER)
            & (supplemented >= _REPEATS_CHANGED)
            & (supplemented <= _day_of(self.closed))
        )
        return np.where(is_anew, supplemented, self.received // DAY)

    def due_days(self) -> Integers:
        """The day by which each item must be closed, given what happened so far."""
        received = self.verified_from()
        is_accepted = self.accepted != NEVER
        accepted = np.where(is_accepted, self.accepted // DAY, received)
        mediated = np.where(
            accepted < _MEDIATION_CHANGED,
            add_working_days(accepted, _MEDIATION_DAYS),
            next_working_day(accepted + _MEDIATION_CALENDAR_DAYS),
        )
        limits = np.where(self.kinds == REPORT, _REPORT_DAYS, _ACCEPTANCE_DAYS)
        limits = limits + np.where(self.extended != NEVER, _REPORT_DAYS, 0)
        return np.where(is_accepted, mediated, add_working_days(received, limits))

    def terms(self) -> dict[str, tuple[Integers, Integers]]:
        """Per statutory term, the day each item is due and the day it was met.

        NEVER where an item has no such term, and where it is not met.
        """
        received, closed = self.received // DAY, _day_of(self.closed)
        accepted = _day_of(self.accepted)
        is_complaint, is_accepted = self.kinds == COMPLAINT, self.accepted != NEVER
        decided = np.where(is_accepted, accepted, closed)
        acceptance = add_working_days(received, _ACCEPTANCE_DAYS)
        notified = _day_of(self.notified())
        # Before the first complaint that carries a day of notice nothing is known of one.
        kept = received >= received.min(initial=NEVER, where=notified != NEVER)
        is_told = is_complaint & kept & (received >= _NOTICE_BEGINS)
        withdrawn = np.where(self.outcomes == WITHDRAWN, closed, NEVER)
        due = self.due_days()
        return {
            "acceptance": (np.where(is_complaint, acceptance, NEVER), decided),
            "acceptance_notice": (
                np.where(is_told, acceptance, NEVER),
                np.minimum(notified, withdrawn),
            ),
            "mediation": (np.where(is_accepted, due, NEVER), closed),
            "verification": (np.where(self.kinds == REPORT, due, NEVER), closed),
        }

    def as_of(self, end: date) -> Items:
        """What is known when the day ends: later events have not happened.

        Whoever is due is closed by then; those that would have been later are closed in the last
        working hours before the cut-off.
        """
        cut = (day_number(end) + 1) * DAY
        known = self.take(np.flatnonzero(self.received < cut))
        accepted = np.where(known.accepted < cut, known.accepted, NEVER)
        extended = np.where(known.extended < cut, known.extended, NEVER)
        supplemented = np.where(known.supplemented < cut, known.supplemented, NEVER)
        told = np.where(known.told < cut, known.told, NEVER)
        seen = replace(
            known, accepted=accepted, told=told, extended=extended, supplemented=supplemented
        )
        due = seen.due_days()
        last_hours = add_working_days(np.asarray([day_number(end)]), 0) * DAY + 17 * 3600
        rushed = np.maximum(np.maximum(last_hours, due * DAY + 9 * 3600), _latest(seen) + 60)
        closed = np.where((due <= day_number(end)) & (known.closed >= cut), rushed, known.closed)
        return replace(seen, closed=np.where(closed < cut, closed, NEVER))

    def oddities(self) -> Counter[str]:
        """How many items there are of the kinds that need care."""
        due = self.due_days()
        is_closed = self.closed != NEVER
        shared = len(self) - len(np.unique(self.submissions))
        return Counter({
            "complaints: rows delivered": len(self),
            "complaints: further items of a submission": shared,
            "complaints: closed on a later day": int(
                (is_closed & (self.closed // DAY > self.received // DAY)).sum()
            ),
            "complaints: closed after due": int((is_closed & (self.closed // DAY > due)).sum()),
            "complaints: still open": int((~is_closed).sum()),
            "complaints: extended reports": int((self.extended != NEVER).sum()),
            "complaints: supplemented reports": int((self.supplemented != NEVER).sum()),
        })  # fmt: skip

    def updated(self) -> Integers:
        """The instant of the last change."""
        closed = np.where(self.closed == NEVER, 0, self.closed)
        told = np.where(self.told == NEVER, 0, self.told)
        return np.maximum(_latest(self), np.maximum(told, closed))


def _day_of(instants: Integers) -> Integers:
    return np.where(instants == NEVER, NEVER, instants // DAY)


def _latest(items: Items) -> Integers:
    """The last thing that happened to each item before it was closed."""
    accepted = np.where(items.accepted == NEVER, 0, items.accepted)
    extended = np.where(items.extended == NEVER, 0, items.extended)
    supplemented = np.where(items.supplemented == NEVER, 0, items.supplemented)
    return np.maximum(np.maximum(items.received, accepted), np.maximum(extended, supplemented))


def _submission_counts(totals: Totals, year: int) -> tuple[int, ...]:
    """How many submissions of each composition a year has, so that its items add up."""
    both = yearly_volume(totals.complaints_and_reports, year, GROWTH)
    consultations = yearly_volume(totals.consultations, year, GROWTH)
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
    outcomes = np.where(repeated & (day >= _REPEATS_CHANGED), REPEATED, outcomes)
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
        [mediation, 0, _REPORT_DAYS + checks, checks],
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
