"""Items of the complaint platform as arrays: what an item is, its terms, what is known of it.

What does not belong here: which items there are and how they go (complaint_lives); texts and the
database (complaints).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields, replace
from datetime import date

import numpy as np

from demo.dice import Integers
from demo.working_days import add_working_days, day_number, next_working_day

COMPLAINT, REPORT, CONSULTATION = range(3)
KIND_LABELS = ("投诉", "举报", "咨询")

NEVER = np.iinfo(np.int64).max
"""The instant of what does not happen."""
DAY = 86_400

# 总局令20: decide on acceptance within 7 working days; mediate within 45 working days of it, from
# 2024-07-01 (消费者权益保护法实施条例) within 60 days; 程序规定: verify a report within 15 working
# days, extended 30.
_ACCEPTANCE_DAYS, _MEDIATION_DAYS, _MEDIATION_CALENDAR_DAYS, REPORT_DAYS = 7, 45, 60, 15
_MEDIATION_CHANGED = day_number(date(2024, 7, 1))
# The same regulation: within the days of acceptance the consumer is told.
_NOTICE_BEGINS = _MEDIATION_CHANGED
# 总局令121, article 35: a repeated report is not handled again; one supplemented with new facts is
# verified anew.
REPEATS_CHANGED = day_number(date(2026, 4, 15))

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
            & (supplemented >= REPEATS_CHANGED)
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
        limits = np.where(self.kinds == REPORT, REPORT_DAYS, _ACCEPTANCE_DAYS)
        limits = limits + np.where(self.extended != NEVER, REPORT_DAYS, 0)
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
