"""Penalty cases of the demo as arrays: what a case is, its terms, and what of it is made public.

What does not belong here: which cases there are and how they go (penalty_lives); texts (penalties).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from demo.dice import Dice, Flags, Integers
from demo.working_days import add_working_days, next_working_day

MINOR, MAJOR, LENIENT, NO_VIOLATION, TO_AUTHORITY, TO_JUSTICE = range(6)
UNDECIDED = np.iinfo(np.int64).max
UNPUBLISHED = UNDECIDED
# 程序规定 art. 64: decide within 90 days of filing, 30 more by approval, hearings and tests not
# counted; art. 80: a last day off moves on. 信息公示规定: publish within 20 working days.
DECISION_DAYS, EXTENSION_DAYS, PUBLICATION_DAYS = 90, 30, 20
ON_THE_SPOT_FROM = 900_000
"""From here run the numbers of a year's penalties on the spot."""


@dataclass(frozen=True)
class Cases:
    """One element per case; amounts in fen, over all decisions of the case."""

    numbers: Integers
    filed: Integers
    decided: Integers
    kinds: Integers
    penalties: Integers
    gains: Integers
    waived: Integers
    is_panel_reviewed: Flags
    has_two_parties: Flags
    is_warning: Flags
    """Punished with a warning and nothing else."""
    is_extended: Flags
    excluded: Integers
    """Days that the term does not count: hearings, notices, tests."""
    published: Integers

    def __len__(self) -> int:
        """How many cases there are."""
        return len(self.numbers)

    def followed_by(self, others: Cases) -> Cases:
        """These cases and the others after them."""
        return Cases(
            *(
                np.concatenate([getattr(self, f.name), getattr(others, f.name)])
                for f in fields(self)
            )
        )

    def take(self, index: Integers) -> Cases:
        """The cases at these positions."""
        return Cases(*(getattr(self, f.name)[index] for f in fields(self)))

    @property
    def is_on_the_spot(self) -> Flags:
        """Whether each case is one of the summary procedure: not filed, decided on its day."""
        summary: Flags = self.numbers % 1_000_000 >= ON_THE_SPOT_FROM
        return summary

    def due_days(self) -> Integers:
        """The day by which each case must be decided, by what is known of it."""
        days = DECISION_DAYS + np.where(self.is_extended, EXTENSION_DAYS, 0) + self.excluded
        return next_working_day(self.filed + days)

    def publication_due_days(self) -> Integers:
        """The day by which the decisions of each decided case must be public."""
        decided = np.where(self.decided == UNDECIDED, self.filed, self.decided)
        return add_working_days(decided, PUBLICATION_DAYS)

    def is_publishable(self, dice: Dice) -> Flags:
        """Whether the decisions are penalties, more than a warning, and not made on the spot."""
        is_penal = np.where(
            self.kinds == LENIENT, is_mitigated(dice, self.numbers), self.kinds < LENIENT
        )
        is_decided = self.decided != UNDECIDED
        publishable: Flags = is_decided & is_penal & ~self.is_warning & ~self.is_on_the_spot
        return publishable


def is_mitigated(dice: Dice, numbers: Integers) -> Flags:
    """Whether a lenient case got a lower fine (减轻处罚) rather than none (不予处罚)."""
    mitigated: Flags = dice.uniform("mitigated", numbers) < 0.5
    return mitigated
