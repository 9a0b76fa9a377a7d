"""How the demo's penalty cases go: filing, decision, amounts; the published totals in 2024.

All decisions of a case fall on one day, and a case is either penal or lenient, so that counting by
case and by decision agree where the definitions do. Penalties on the spot stand beside the filed
cases. What does not belong here: texts (recipes/penalties).
"""

from __future__ import annotations

import numpy as np

from demo.allocation import split_amount
from demo.dice import Dice, Flags, Integers
from demo.frames import Frame, concatenate, take
from demo.scene import Scene
from demo.totals import CALIBRATED_YEAR
from demo.volumes import CASES, spread_over_year, yearly_volume
from demo.working_days import add_working_days, day_number, next_working_day, years_of
from pipelines.errors import SettingsError

GROWTH = 223 / 240
"""There were fewer cases in 2024 than in the year before."""
MINOR, MAJOR, LENIENT, NO_VIOLATION, TO_AUTHORITY, TO_JUSTICE, ON_THE_SPOT = range(7)
NEVER = np.iinfo(np.int64).max
# 程序规定 art. 64: decide within 90 days of filing, 30 more by approval, hearings and tests not
# counted; 信息公示规定: publish within 20 working days.
_DECISION_DAYS, _PUBLICATION_DAYS = 90, 20
_MAJOR_FEN = 1_000_000
"""10,000 yuan, where a case becomes a major one."""

_LONGEST_DAYS = 80  # of an ordinary case: within the 90 days, holidays included
_LOOK_BACK_DAYS = 150  # the slowest is decided within this time, holidays included
_WARNED_EVERY = 23
_NOT_PURSUED_EVERY = 20
_NOT_PURSUED = (NEVER, TO_AUTHORITY, TO_JUSTICE, NO_VIOLATION)
"""What becomes in turn of cases that lead to no sanction: dropped, or one of three decisions."""
_TWO_PARTIES_EVERY = 11
_ON_THE_SPOT_EVERY = 12
_LEAST_SPOT_FINE = 5_000
"""50 yuan; up to 200 yuan, the limit for persons (程序规定 art. 66), which firms keep too."""
_LEAST_FINE, _LEAST_WAIVED = 10_000, 100_000


def cases_known(scene: Scene) -> Frame:
    """The cases filed until the end that may be decided from the start on, as far as they are.

    Days are day numbers or NEVER, amounts fen over all decisions of a case.
    """
    dice, last = scene.dice, day_number(scene.end)
    years = range(scene.start.year - 1, scene.end.year + 1)
    spot = concatenate(_on_the_spot(scene, year) for year in years)
    cases = concatenate(_filed(scene, year) for year in years)
    decided_in = _year_of(cases["decided"])
    for year in years:
        # Fines on the spot are part of the published sum.
        total = yearly_volume(scene.totals.fen("penalty_amount"), year, GROWTH)
        total -= int(spot["penalty"][years_of(spot["decided"]) == year].sum())
        index = np.flatnonzero((cases["kind"] == MINOR) & (decided_in == year))
        _decide_year(scene, cases, index, year, total)
    cases["published"] = _published(dice, cases)
    spot["published"] = np.full_like(spot["number"], NEVER)
    cases = concatenate([cases, spot])
    within = (cases["filed"] <= last) & (
        cases["filed"] >= day_number(scene.start) - _LOOK_BACK_DAYS
    )
    cases = take(cases, within)
    is_known = cases["decided"] <= last
    for amount in ("penalty", "gains", "waived", "panel", "parties", "warned"):
        cases[amount] = np.where(is_known, cases[amount], 0)
    for day in ("decided", "published"):
        cases[day] = np.where(cases[day] <= last, cases[day], NEVER)
    # An extension is approved, and a test ordered, well before the term ends.
    for term in ("extended", "excluded"):
        cases[term] = np.where(cases["filed"] + 60 <= last, cases[term], 0)
    return cases


def is_mitigated(dice: Dice, numbers: Integers) -> Flags:
    """Whether a lenient case got a lower fine (减轻处罚) rather than none (不予处罚)."""
    mitigated: Flags = dice.uniform("mitigated", numbers) < 0.5
    return mitigated


def _year_of(days: Integers) -> Integers:
    return np.where(days == NEVER, 0, years_of(np.where(days == NEVER, 0, days)))


def _case(number: Integers, filed: Integers, decided: Integers, kind: Integers) -> Frame:
    """Cases of which nothing else is known."""
    others = ("penalty", "gains", "waived", "panel", "warned", "extended", "excluded")
    return {
        "number": number, "filed": filed, "decided": decided, "kind": kind,
        "parties": np.ones_like(number), **{name: np.zeros_like(number) for name in others},
    }  # fmt: skip


def _numbers(scene: Scene, what: str, year: int, count: int, first: int) -> tuple[Integers, ...]:
    numbers = year * 1_000_000 + first + np.arange(count, dtype=np.int64)
    return numbers, spread_over_year(scene.dice, what, year, count, CASES)


def _on_the_spot(scene: Scene, year: int) -> Frame:
    """Penalties by summary procedure: small fines, and every fourth a warning."""
    filed = yearly_volume(scene.totals.count("cases_filed"), year, GROWTH)
    count = max(2, filed // _ON_THE_SPOT_EVERY)
    number, day = _numbers(scene, "on the spot", year, count, 900_000)
    cases = _case(number, day, day, np.full_like(number, ON_THE_SPOT))
    is_warned = number % 4 == 3
    fines = _LEAST_SPOT_FINE * scene.dice.between("spot fine", number, 1, 4)
    cases |= {"warned": is_warned.astype(np.int64), "penalty": np.where(is_warned, 0, fines)}
    return cases


def _filed(scene: Scene, year: int) -> Frame:
    """Every case filed in a year, with the day of its decision and nothing decided yet."""
    dice, count = scene.dice, yearly_volume(scene.totals.count("cases_filed"), year, GROWTH)
    count = count if year == CALIBRATED_YEAR else max(3, count)
    number, filed = _numbers(scene, "case", year, count, 0)
    pace = dice.uniform("pace", number)
    is_extended, is_excluded, is_late = pace < 0.06, (pace >= 0.06) & (pace < 0.1), pace >= 0.97
    usual = 12 + dice.waiting("decision", number, 30.0).astype(np.int64)
    slow = _DECISION_DAYS + dice.below("slow", number, 10) + np.where(is_excluded, 0, 5)
    late = _DECISION_DAYS + dice.between("late decision", number, 10, 40)
    wait = np.select([is_extended | is_excluded, is_late], [slow, late],
                     np.minimum(usual, _LONGEST_DAYS))  # fmt: skip
    # The year shifts the turn, so that few cases show more than one end.
    running = np.arange(count)
    turn = (year + running // _NOT_PURSUED_EVERY) % len(_NOT_PURSUED)
    is_dropped = running % _NOT_PURSUED_EVERY == 1
    ends = np.where(is_dropped, np.asarray(_NOT_PURSUED)[turn], MINOR)
    decided = np.where(ends == NEVER, NEVER, next_working_day(filed + wait))
    cases = _case(number, filed, decided, ends)
    cases["extended"] = is_extended.astype(np.int64)
    cases["excluded"] = np.where(is_excluded, dice.between("excluded", number, 10, 40), 0)
    return cases


def _published(dice: Dice, cases: Frame) -> Integers:
    """The day on which penalties of more than a warning are made public: 4 of 100 too late."""
    numbers, kinds, decided = cases["number"], cases["kind"], cases["decided"]
    is_penal = np.where(kinds == LENIENT, is_mitigated(dice, numbers), kinds < LENIENT)
    is_public = is_penal & (decided != NEVER) & (cases["warned"] == 0)
    wait = np.minimum(1 + dice.waiting("publication", numbers, 6.0).astype(np.int64),
                      _PUBLICATION_DAYS)  # fmt: skip
    is_late = dice.uniform("late publication", numbers) < 0.04
    wait = np.where(is_late, _PUBLICATION_DAYS + 1 + numbers % 9, wait)
    days = add_working_days(np.where(is_public, decided, cases["filed"]), wait)
    return np.where(is_public, days, NEVER)


def _decide_year(scene: Scene, cases: Frame, index: Integers, year: int, total: int) -> None:
    """Fill in kinds and amounts of the cases pursued and decided in a year, `total` fen in all."""
    dice = scene.dice
    major, lenient, panel = (
        yearly_volume(scene.totals.count(name), year, GROWTH)
        for name in ("major_cases", "lenient_cases", "panel_reviewed_cases")
    )
    if major + lenient > len(index) and year == CALIBRATED_YEAR:
        raise SettingsError(
            f"totals: expected at least {major + lenient} cases decided in {year} for the major "
            f"and lenient ones, got {len(index)}. Raise cases_filed, or lower the others."
        )
    major = min(major, len(index))
    lenient = min(lenient, len(index) - major)
    numbers = cases["number"][index]
    kinds = dice.shares("case kind", numbers, (len(index) - major - lenient, major, lenient))
    cases["kind"][index] = kinds
    preference = np.choose(kinds, (1, 0, 2))
    order = np.lexsort((dice.uniform("panel", numbers), preference))
    cases["panel"][index[order[:panel]]] = 1
    cases["parties"][index[kinds != LENIENT][::_TWO_PARTIES_EVERY]] = 2
    cases["warned"][index[np.flatnonzero(kinds == MINOR)[1::_WARNED_EVERY]]] = 1
    fined = index[cases["warned"][index] == 0]
    cases["penalty"][fined] = _penalties(dice, take(cases, fined), total)
    share = dice.uniform("gains", numbers)
    with_gains = (kinds == MAJOR) | ((kinds == MINOR) & (share < 0.3))
    gains = (cases["penalty"][index] * (0.1 + share * 0.3)).astype(np.int64)
    cases["gains"][index] = np.where(with_gains, gains, 0)
    forgiven = index[kinds == LENIENT]
    if len(forgiven):
        cases["waived"][forgiven] = split_amount(
            yearly_volume(scene.totals.fen("lenient_amount_waived"), year, GROWTH),
            0.3 + dice.waiting("waived", cases["number"][forgiven], 1.0),
            least=_LEAST_WAIVED, step=10_000, what="lenient_amount_waived",
        )  # fmt: skip


def _penalties(dice: Dice, cases: Frame, total: int) -> Integers:
    """The cash penalty of each case, adding up to the total; only major ones reach 10,000 yuan."""
    numbers, kinds = cases["number"], cases["kind"]
    is_small = (kinds == MINOR) | ((kinds == LENIENT) & is_mitigated(dice, numbers))
    is_major = kinds == MAJOR
    amounts = np.zeros(len(numbers), dtype=np.int64)
    small = np.minimum(30_000 + dice.waiting("fine", numbers, 250_000.0), 900_000.0)[is_small]
    # Major cases bring most of the money; without any, the others have to bring it all.
    room = (total - int(is_major.sum()) * _MAJOR_FEN) // 2
    usual = min(int(small.sum()), room) if is_major.any() else total
    amounts[is_small] = split_amount(
        usual, small, least=_LEAST_FINE, step=1_000, what="penalty_amount"
    )
    weights = 0.2 + dice.waiting("major fine", numbers[is_major], 1.0)
    if len(weights) > 1:
        weights[int(np.argmin(weights))] = 0.0  # one is exactly on the threshold
    amounts[is_major] = split_amount(
        total - usual, weights, least=_MAJOR_FEN, step=100, what="penalty_amount"
    )
    if amounts[is_small].max(initial=0) >= _MAJOR_FEN:
        raise SettingsError(
            "totals, penalty_amount: expected an amount that fits its major cases, got more. "
            "Raise major_cases, or lower penalty_amount."
        )
    return amounts
