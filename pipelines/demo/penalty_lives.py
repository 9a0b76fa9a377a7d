"""Penalty cases of the demo and their decisions: arrays of numbers; the published totals in 2024.

All decisions of a case fall on one day, and a case is either penal or lenient, so that counting by
case and by decision agree where the definitions do. What does not belong here: texts (penalties).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

import numpy as np

from pipelines.demo.allocation import split_amount
from pipelines.demo.dice import Dice, Flags, Integers
from pipelines.demo.totals import CALIBRATED_YEAR, Totals
from pipelines.demo.volumes import CASES, spread_over_year, yearly_volume
from pipelines.demo.working_days import day_number, next_working_day, years_of
from pipelines.errors import SettingsError

GROWTH = 223 / 240
"""There were fewer cases in 2024 than in the year before."""
MAJOR_FEN = 1_000_000
"""10,000 yuan, where a case becomes a major one."""

MINOR, MAJOR, LENIENT = range(3)
UNDECIDED = np.iinfo(np.int64).max
_LONGEST_DAYS = 80  # within the 90 days of the rules, holidays included
_DROPPED_EVERY = 20
_TWO_PARTIES_EVERY = 11
_LEAST_FINE, _LEAST_WAIVED = 10_000, 100_000


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

    def __len__(self) -> int:
        """How many cases there are."""
        return len(self.numbers)

    def take(self, index: Integers) -> Cases:
        """The cases at these positions."""
        return Cases(*(getattr(self, f.name)[index] for f in fields(self)))


def _filed(dice: Dice, totals: Totals, years: range) -> tuple[Integers, Integers, Integers]:
    """Number, day of filing and day of decision of every case filed in these years."""
    numbers, days = [], []
    for year in years:
        count = max(3, yearly_volume(totals.cases, year, GROWTH))
        if year == CALIBRATED_YEAR:
            count = totals.cases
        numbers.append(year * 1_000_000 + np.arange(count, dtype=np.int64))
        days.append(spread_over_year(dice, "case", year, count, CASES))
    number, filed = np.concatenate(numbers), np.concatenate(days)
    wait = 12 + dice.waiting("decision", number, 30.0).astype(np.int64)
    decided = next_working_day(filed + np.minimum(wait, _LONGEST_DAYS))
    dropped = number % 1_000_000 % _DROPPED_EVERY == 1
    return number, filed, np.where(dropped, UNDECIDED, decided)


def cases_between(dice: Dice, totals: Totals, start: date, end: date) -> Cases:
    """The cases filed up to `end` and since 92 days before `start`, decided as far as they are."""
    years = range(start.year - 1, end.year + 1)
    numbers, filed, decided = _filed(dice, totals, years)
    zeros = np.zeros(len(numbers), dtype=np.int64)
    cases = Cases(numbers, filed, decided, zeros.copy(), zeros.copy(), zeros.copy(), zeros.copy(),
                  zeros > 0, zeros > 0)  # fmt: skip
    decided_in = np.where(decided == UNDECIDED, 0, years_of(np.where(decided == UNDECIDED, 0,
                                                                     decided)))  # fmt: skip
    for year in years:
        _decide_year(dice, totals, cases, np.flatnonzero(decided_in == year), year)
    last = day_number(end)
    seen = cases.take(np.flatnonzero((filed <= last) & (filed >= day_number(start) - 92)))
    return _as_of(seen, last)


def _as_of(cases: Cases, last: int) -> Cases:
    """What is known when a day ends: no later decision, no amount of one."""
    known = cases.decided <= last
    return Cases(
        numbers=cases.numbers,
        filed=cases.filed,
        decided=np.where(known, cases.decided, UNDECIDED),
        kinds=cases.kinds,
        penalties=np.where(known, cases.penalties, 0),
        gains=np.where(known, cases.gains, 0),
        waived=np.where(known, cases.waived, 0),
        is_panel_reviewed=cases.is_panel_reviewed & known,
        has_two_parties=cases.has_two_parties,
    )


def _decide_year(dice: Dice, totals: Totals, cases: Cases, index: Integers, year: int) -> None:
    """Fill in kinds and amounts of the cases decided in a year."""
    major, lenient, panel = (
        yearly_volume(count, year, GROWTH)
        for count in (totals.major_cases, totals.lenient_cases, totals.panel_reviewed_cases)
    )
    if major + lenient > len(index) and year == CALIBRATED_YEAR:
        raise SettingsError(
            f"totals: expected at least {major + lenient} cases decided in {year} for the major "
            f"and lenient ones, got {len(index)}. Raise cases_filed, or lower the others."
        )
    major = min(major, len(index))
    lenient = min(lenient, len(index) - major)
    numbers = cases.numbers[index]
    kinds = dice.shares("case kind", numbers, (len(index) - major - lenient, major, lenient))
    cases.kinds[index] = kinds
    preference = np.choose(kinds, (1, 0, 2))
    order = np.lexsort((dice.uniform("panel", numbers), preference))
    cases.is_panel_reviewed[index[order[:panel]]] = True
    cases.has_two_parties[index[kinds != LENIENT][::_TWO_PARTIES_EVERY]] = True

    total = yearly_volume(totals.penalties, year, GROWTH)
    cases.penalties[index] = _penalties(dice, numbers, kinds, total)
    share = dice.uniform("gains", numbers)
    with_gains = (kinds == MAJOR) | ((kinds == MINOR) & (share < 0.3))
    cases.gains[index] = np.where(
        with_gains, (cases.penalties[index] * (0.1 + share * 0.3)).astype(np.int64), 0
    )
    forgiven = index[kinds == LENIENT]
    if len(forgiven):
        cases.waived[forgiven] = split_amount(
            yearly_volume(totals.waived, year, GROWTH),
            0.3 + dice.waiting("waived", cases.numbers[forgiven], 1.0),
            least=_LEAST_WAIVED, step=10_000, what="lenient_amount_waived",
        )  # fmt: skip


def _penalties(dice: Dice, numbers: Integers, kinds: Integers, total: int) -> Integers:
    """The cash penalty of each case, adding up to the total; only major ones reach 10,000 yuan."""
    is_small = (kinds == MINOR) | ((kinds == LENIENT) & is_mitigated(dice, numbers))
    is_major = kinds == MAJOR
    amounts = np.zeros(len(numbers), dtype=np.int64)
    small = np.minimum(30_000 + dice.waiting("fine", numbers, 250_000.0), 900_000.0)[is_small]
    # Major cases bring most of the money; without any, the others have to bring it all.
    room = (total - int(is_major.sum()) * MAJOR_FEN) // 2
    usual = min(int(small.sum()), room) if is_major.any() else total
    amounts[is_small] = split_amount(
        usual, small, least=_LEAST_FINE, step=1_000, what="penalty_amount"
    )
    weights = 0.2 + dice.waiting("major fine", numbers[is_major], 1.0)
    if len(weights) > 1:
        weights[int(np.argmin(weights))] = 0.0  # one is exactly on the threshold
    amounts[is_major] = split_amount(
        total - usual, weights, least=MAJOR_FEN, step=100, what="penalty_amount"
    )
    if amounts[is_small].max(initial=0) >= MAJOR_FEN:
        raise SettingsError(
            "totals, penalty_amount: expected an amount that fits its major cases, got more. "
            "Raise major_cases, or lower penalty_amount."
        )
    return amounts


def is_mitigated(dice: Dice, numbers: Integers) -> Flags:
    """Whether a lenient case got a lower fine (减轻处罚) rather than none (不予处罚)."""
    mitigated: Flags = dice.uniform("mitigated", numbers) < 0.5
    return mitigated
