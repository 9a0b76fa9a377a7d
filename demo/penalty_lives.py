"""How the demo's penalty cases go: filing, decision, amounts; the published totals in 2024.

All decisions of a case fall on one day, and a case is either penal or lenient, so that counting by
case and by decision agree where the definitions do. Penalties on the spot stand beside the filed
cases. What does not belong here: what a case is (penalty_cases); texts (penalties).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from demo.allocation import split_amount
from demo.dice import Dice, Flags, Integers
from demo.penalty_cases import (
    DECISION_DAYS,
    LENIENT,
    MAJOR,
    MINOR,
    NO_VIOLATION,
    ON_THE_SPOT_FROM,
    PUBLICATION_DAYS,
    TO_AUTHORITY,
    TO_JUSTICE,
    UNDECIDED,
    UNPUBLISHED,
    Cases,
    is_mitigated,
)
from demo.totals import CALIBRATED_YEAR, Totals
from demo.volumes import CASES, spread_over_year, yearly_volume
from demo.working_days import add_working_days, day_number, next_working_day, years_of
from pipelines.errors import SettingsError

GROWTH = 223 / 240
"""There were fewer cases in 2024 than in the year before."""
MAJOR_FEN = 1_000_000
"""10,000 yuan, where a case becomes a major one."""

_LONGEST_DAYS = 80  # of an ordinary case: within the 90 days, holidays included
_LOOK_BACK_DAYS = 150  # the slowest is decided within this time, holidays included
_WARNED_EVERY = 23
_NOT_PURSUED_EVERY = 20
_NOT_PURSUED = (UNDECIDED, TO_AUTHORITY, TO_JUSTICE, NO_VIOLATION)
"""What becomes in turn of cases that lead to no sanction: dropped, or one of three decisions."""
_TWO_PARTIES_EVERY = 11
_ON_THE_SPOT_EVERY = 12
_LEAST_SPOT_FINE = 5_000
"""50 yuan; up to 200 yuan, the limit for persons (程序规定 art. 66), which firms keep too."""
_LEAST_FINE, _LEAST_WAIVED = 10_000, 100_000


def _filed(dice: Dice, totals: Totals, years: range) -> Cases:
    """Every case filed in these years, with the day of its decision and nothing decided yet."""
    numbers, days = [], []
    for year in years:
        count = yearly_volume(totals.count("cases_filed"), year, GROWTH)
        count = count if year == CALIBRATED_YEAR else max(3, count)
        numbers.append(year * 1_000_000 + np.arange(count, dtype=np.int64))
        days.append(spread_over_year(dice, "case", year, count, CASES))
    number, filed = np.concatenate(numbers), np.concatenate(days)
    is_extended, excluded, wait = _terms(dice, number)
    zeros = np.zeros(len(number), dtype=np.int64)
    ends = _ends(number)
    return Cases(
        numbers=number,
        filed=filed,
        decided=np.where(ends == UNDECIDED, UNDECIDED, next_working_day(filed + wait)),
        kinds=np.where(ends == UNDECIDED, MINOR, ends),
        penalties=zeros.copy(),
        gains=zeros.copy(),
        waived=zeros.copy(),
        is_panel_reviewed=zeros > 0,
        has_two_parties=zeros > 0,
        is_warning=zeros > 0,
        is_extended=is_extended,
        excluded=excluded,
        published=np.full(len(number), UNPUBLISHED),
    )


def _on_the_spot(dice: Dice, totals: Totals, years: range) -> Cases:
    """The penalties on the spot of these years: small fines, and every fourth a warning."""
    numbers, days = [], []
    for year in years:
        count = max(
            2, yearly_volume(totals.count("cases_filed"), year, GROWTH) // _ON_THE_SPOT_EVERY
        )
        numbers.append(year * 1_000_000 + ON_THE_SPOT_FROM + np.arange(count, dtype=np.int64))
        days.append(spread_over_year(dice, "on the spot", year, count, CASES))
    number, decided = np.concatenate(numbers), np.concatenate(days)
    is_warning = number % 4 == 3
    fines = _LEAST_SPOT_FINE * dice.between("spot fine", number, 1, 4)
    zeros = np.zeros(len(number), dtype=np.int64)
    return Cases(
        numbers=number,
        filed=decided,
        decided=decided,
        kinds=zeros + MINOR,
        penalties=np.where(is_warning, 0, fines),
        gains=zeros,
        waived=zeros,
        is_panel_reviewed=zeros > 0,
        has_two_parties=zeros > 0,
        is_warning=is_warning,
        is_extended=zeros > 0,
        excluded=zeros,
        published=np.full(len(number), UNPUBLISHED),
    )


def _ends(number: Integers) -> Integers:
    """The kind of each case that is not pursued, UNDECIDED when it is dropped; MINOR of the others.

    The year shifts the turn, so that few cases show more than one end.
    """
    year, running = number // 1_000_000, number % 1_000_000
    turn = (year + running // _NOT_PURSUED_EVERY) % len(_NOT_PURSUED)
    ends: Integers = np.where(
        running % _NOT_PURSUED_EVERY == 1, np.asarray(_NOT_PURSUED)[turn], MINOR
    )
    return ends


def _terms(dice: Dice, number: Integers) -> tuple[Flags, Integers, Integers]:
    """Whether each case is extended, its days not counted, and the days until it is decided.

    Of 100 cases 6 are extended and 4 have days not counted, which they use; 3 are late.
    """
    pace = dice.uniform("pace", number)
    is_extended, is_excluded, is_late = pace < 0.06, (pace >= 0.06) & (pace < 0.1), pace >= 0.97
    excluded = np.where(is_excluded, dice.between("excluded", number, 10, 40), 0)
    usual = 12 + dice.waiting("decision", number, 30.0).astype(np.int64)
    slow = DECISION_DAYS + dice.below("slow", number, 10) + np.where(is_excluded, 0, 5)
    late = DECISION_DAYS + dice.between("late decision", number, 10, 40)
    wait = np.select([is_extended | is_excluded, is_late], [slow, late],
                     np.minimum(usual, _LONGEST_DAYS))  # fmt: skip
    return is_extended, excluded, wait


def cases_between(dice: Dice, totals: Totals, start: date, end: date) -> Cases:
    """The cases filed up to `end` that may be decided from `start` on, as far as they are."""
    years = range(start.year - 1, end.year + 1)
    cases = _filed(dice, totals, years)
    decided_in = np.where(
        cases.decided == UNDECIDED, 0, years_of(np.where(cases.decided == UNDECIDED, 0,
                                                         cases.decided))
    )  # fmt: skip
    is_pursued = cases.kinds == MINOR
    on_the_spot = _on_the_spot(dice, totals, years)
    for year in years:
        # Fines on the spot are part of the published sum.
        total = yearly_volume(totals.fen("penalty_amount"), year, GROWTH)
        total -= int(on_the_spot.penalties[years_of(on_the_spot.decided) == year].sum())
        index = np.flatnonzero(is_pursued & (decided_in == year))
        _decide_year(dice, totals, cases, index, year, total)
    cases = _publish(dice, cases).followed_by(on_the_spot)
    first, last = day_number(start) - _LOOK_BACK_DAYS, day_number(end)
    return _as_of(cases.take(np.flatnonzero((cases.filed <= last) & (cases.filed >= first))), last)


def _publish(dice: Dice, cases: Cases) -> Cases:
    """The cases with the day their decisions are published: 4 of 100 too late."""
    wait = np.minimum(1 + dice.waiting("publication", cases.numbers, 6.0).astype(np.int64),
                      PUBLICATION_DAYS)  # fmt: skip
    is_late = dice.uniform("late publication", cases.numbers) < 0.04
    wait = np.where(is_late, PUBLICATION_DAYS + 1 + cases.numbers % 9, wait)
    is_publishable = cases.is_publishable(dice)
    decided = np.where(is_publishable, cases.decided, cases.filed)
    return replace(
        cases, published=np.where(is_publishable, add_working_days(decided, wait), UNPUBLISHED)
    )


def _as_of(cases: Cases, last: int) -> Cases:
    """What is known when a day ends: no later decision, no amount of one."""
    known = cases.decided <= last
    # An extension is approved, and a test ordered, well before the term ends.
    is_term_known = cases.filed + 60 <= last
    return replace(
        cases,
        decided=np.where(known, cases.decided, UNDECIDED),
        penalties=np.where(known, cases.penalties, 0),
        gains=np.where(known, cases.gains, 0),
        waived=np.where(known, cases.waived, 0),
        is_panel_reviewed=cases.is_panel_reviewed & known,
        is_warning=cases.is_warning & known,
        is_extended=cases.is_extended & is_term_known,
        excluded=np.where(is_term_known, cases.excluded, 0),
        published=np.where(cases.published <= last, cases.published, UNPUBLISHED),
    )


def _decide_year(
    dice: Dice, totals: Totals, cases: Cases, index: Integers, year: int, total: int
) -> None:
    """Fill in kinds and amounts of the cases pursued and decided in a year, `total` fen in all."""
    major, lenient, panel = (
        yearly_volume(totals.count(name), year, GROWTH)
        for name in ("major_cases", "lenient_cases", "panel_reviewed_cases")
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

    is_warning = np.zeros(len(index), dtype=bool)
    is_warning[np.flatnonzero(kinds == MINOR)[1::_WARNED_EVERY]] = True
    cases.is_warning[index] = is_warning
    fined = np.flatnonzero(~is_warning)
    cases.penalties[index[fined]] = _penalties(dice, numbers[fined], kinds[fined], total)
    share = dice.uniform("gains", numbers)
    with_gains = (kinds == MAJOR) | ((kinds == MINOR) & (share < 0.3))
    cases.gains[index] = np.where(
        with_gains, (cases.penalties[index] * (0.1 + share * 0.3)).astype(np.int64), 0
    )
    forgiven = index[kinds == LENIENT]
    if len(forgiven):
        cases.waived[forgiven] = split_amount(
            yearly_volume(totals.fen("lenient_amount_waived"), year, GROWTH),
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
