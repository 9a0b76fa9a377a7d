"""How the demo's penalty cases go: filing, decision, amounts; the published totals in 2024.

All decisions of a case fall on one day, and a case is either penal or lenient, so that counting by
case and by decision agree where the definitions do. Penalties on the spot stand beside the filed
cases. What does not belong here: texts (recipes/penalties).
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from demo.allocation import split_amount
from demo.dice import Dice
from demo.frames import NEVER, Days, Flags, Frame, Integers, concatenate, is_within, take
from demo.scene import Scene
from demo.totals import CALIBRATED_YEAR
from demo.volumes import CASES, spread_over_year, yearly_volume
from demo.working_days import add_working_days, next_working_day, years_of
from pipelines.errors import SettingsError

GROWTH = 223 / 240
"""There were fewer cases in 2024 than in the year before."""
MINOR, MAJOR, LENIENT, NO_VIOLATION, TO_AUTHORITY, TO_JUSTICE, ON_THE_SPOT, DROPPED = range(8)
# 程序规定 art. 64: decide within 90 days of filing, 30 more by approval, hearings and tests not
# counted; 信息公示规定: publish within 20 working days.
_DECISION_DAYS, _PUBLICATION_DAYS = 90, 20
_MAJOR_FEN = 1_000_000
"""10,000 yuan, where a case becomes a major one."""

_LONGEST_DAYS = 80  # of an ordinary case: within the 90 days, holidays included
_LOOK_BACK_DAYS = 150  # the slowest is decided within this time, holidays included
_WARNED_EVERY = 23
_NOT_PURSUED_EVERY = 20
_NOT_PURSUED = (DROPPED, TO_AUTHORITY, TO_JUSTICE, NO_VIOLATION)
"""What becomes in turn of cases that lead to no sanction: dropped, or one of three decisions."""
_TWO_PARTIES_EVERY = 11
_ON_THE_SPOT_EVERY = 12
_LEAST_SPOT_FINE = 5_000
"""50 yuan; up to 200 yuan, the limit for persons (程序规定 art. 66), which firms keep too."""
_LEAST_FINE, _LEAST_WAIVED = 10_000, 100_000


def cases_known(scene: Scene) -> Frame:
    """The cases filed until the end that may be decided from the start on, as far as they are.

    Amounts are fen over all decisions of a case.
    """
    years = range(scene.start.year - 1, scene.end.year + 1)
    spot = concatenate(_on_the_spot(scene, year) for year in years)
    cases = concatenate(_filed(scene, year) for year in years)
    for year in years:
        # Fines on the spot are part of the published sum.
        total = yearly_volume(scene.totals.fen("penalty_amount"), year, GROWTH)
        total -= int(spot["penalty"][years_of(spot["decided"]) == year].sum())
        index = np.flatnonzero((cases["kind"] == MINOR) & (years_of(cases["decided"]) == year))
        _decide_year(scene, cases, index, year, total)
    cases = concatenate([cases, spot])
    cases["published"] = _published(scene.dice, cases)
    first = scene.start - timedelta(days=_LOOK_BACK_DAYS)
    cases = take(cases, is_within(cases["filed"], first, scene.end))
    end = np.datetime64(scene.end)
    is_known = cases["decided"] <= end
    for amount in ("penalty", "gains", "waived", "panel", "parties", "warned"):
        cases[amount] = np.where(is_known, cases[amount], 0)
    for day in ("decided", "published"):
        cases[day] = np.where(cases[day] <= end, cases[day], NEVER)
    # An extension is approved, and a test ordered, well before the term ends.
    for term in ("extended", "excluded"):
        cases[term] = np.where(cases["filed"] + 60 <= end, cases[term], 0)
    return cases


def is_mitigated(dice: Dice, numbers: Integers) -> Flags:
    """Whether a lenient case got a lower fine (减轻处罚) rather than none (不予处罚)."""
    return dice.of(numbers).some("mitigated", 0.5)


def _cases(scene: Scene, what: str, year: int, count: int, first: int) -> Frame:
    """Cases filed in a year, of which nothing else is known: they are decided at once."""
    numbers = year * 1_000_000 + first + np.arange(count)
    days = spread_over_year(scene.dice, what, year, count, CASES)
    names = ("kind", "penalty", "gains", "waived", "panel", "warned", "extended", "excluded")
    return {
        "number": numbers,
        "filed": days,
        "decided": days,
        "parties": np.ones_like(numbers),
        **{name: np.zeros_like(numbers) for name in names},
    }


def _on_the_spot(scene: Scene, year: int) -> Frame:
    """Penalties by summary procedure: small fines, and every fourth a warning."""
    filed = yearly_volume(scene.totals.count("cases_filed"), year, GROWTH)
    count = max(2, filed // _ON_THE_SPOT_EVERY)
    cases = _cases(scene, "on the spot", year, count, 900_000)
    cases["kind"] += ON_THE_SPOT
    cases["warned"] += cases["number"] % 4 == 3
    fines = _LEAST_SPOT_FINE * scene.dice.of(cases["number"]).between("spot fine", 1, 4)
    cases["penalty"] = np.where(cases["warned"], 0, fines)
    return cases


def _filed(scene: Scene, year: int) -> Frame:
    """Every case filed in a year, with the day of its decision and nothing decided yet."""
    count = yearly_volume(scene.totals.count("cases_filed"), year, GROWTH)
    count = count if year == CALIBRATED_YEAR else max(3, count)
    cases = _cases(scene, "case", year, count, 0)
    draws = scene.dice.of(cases["number"])
    pace = draws.uniform("pace")
    is_extended, is_excluded, is_late = pace < 0.06, (pace >= 0.06) & (pace < 0.1), pace >= 0.97
    slow = _DECISION_DAYS + draws.below("slow", 10) + np.where(is_excluded, 0, 5)
    late = _DECISION_DAYS + draws.between("late decision", 10, 40)
    usual = draws.waits("decision", 30.0, 12, _LONGEST_DAYS)
    wait = np.select([is_extended | is_excluded, is_late], [slow, late], usual)
    # The year shifts the turn, so that few cases show more than one end.
    running = np.arange(count)
    turn = (year + running // _NOT_PURSUED_EVERY) % len(_NOT_PURSUED)
    is_not_pursued = running % _NOT_PURSUED_EVERY == 1
    cases["kind"] = np.where(is_not_pursued, np.asarray(_NOT_PURSUED)[turn], MINOR)
    decided = next_working_day(cases["filed"] + wait)
    cases["decided"] = np.where(cases["kind"] == DROPPED, NEVER, decided)
    cases["extended"] += is_extended
    cases["excluded"] = np.where(is_excluded, draws.between("excluded", 10, 40), 0)
    return cases


def _published(dice: Dice, cases: Frame) -> Days:
    """The day on which penalties of more than a warning are made public: 4 of 100 too late."""
    draws, kinds = dice.of(cases["number"]), cases["kind"]
    is_penal = np.where(kinds == LENIENT, is_mitigated(dice, cases["number"]), kinds < LENIENT)
    wait = draws.waits("publication", 6.0, 1, _PUBLICATION_DAYS)
    late = _PUBLICATION_DAYS + 1 + cases["number"] % 9
    wait = np.where(draws.some("late publication", 0.04), late, wait)
    days = add_working_days(cases["decided"], wait)
    return np.where(is_penal & (cases["warned"] == 0), days, NEVER)


def _decide_year(scene: Scene, cases: Frame, index: Integers, year: int, total: int) -> None:
    """Fill in kinds and amounts of the cases pursued and decided in a year, `total` fen in all."""
    numbers = cases["number"][index]
    draws = scene.dice.of(numbers)
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
    kinds = draws.shares("case kind", (len(index) - major - lenient, major, lenient))
    cases["kind"][index] = kinds
    preference = np.choose(kinds, (1, 0, 2))
    order = np.lexsort((draws.uniform("panel"), preference))
    cases["panel"][index[order[:panel]]] = 1
    cases["parties"][index[kinds != LENIENT][::_TWO_PARTIES_EVERY]] = 2
    cases["warned"][index[np.flatnonzero(kinds == MINOR)[1::_WARNED_EVERY]]] = 1
    fined = index[cases["warned"][index] == 0]
    cases["penalty"][fined] = _penalties(scene.dice, take(cases, fined), total)
    share = draws.uniform("gains")
    with_gains = (kinds == MAJOR) | ((kinds == MINOR) & (share < 0.3))
    gains = (cases["penalty"][index] * (0.1 + share * 0.3)).astype(np.int64)
    cases["gains"][index] = np.where(with_gains, gains, 0)
    forgiven = index[kinds == LENIENT]
    if len(forgiven):
        cases["waived"][forgiven] = split_amount(
            yearly_volume(scene.totals.fen("lenient_amount_waived"), year, GROWTH),
            0.3 + scene.dice.of(cases["number"][forgiven]).waiting("waived", 1.0),
            least=_LEAST_WAIVED, step=10_000, what="lenient_amount_waived",
        )  # fmt: skip


def _penalties(dice: Dice, cases: Frame, total: int) -> Integers:
    """The cash penalty of each case, adding up to the total; only major ones reach 10,000 yuan."""
    numbers, kinds = cases["number"], cases["kind"]
    draws = dice.of(numbers)
    is_small = (kinds == MINOR) | ((kinds == LENIENT) & is_mitigated(dice, numbers))
    is_major = kinds == MAJOR
    amounts = np.zeros(len(numbers), dtype=np.int64)
    small = np.minimum(30_000 + draws.waiting("fine", 250_000.0), 900_000.0)[is_small]
    # Major cases bring most of the money; without any, the others have to bring it all.
    room = (total - int(is_major.sum()) * _MAJOR_FEN) // 2
    usual = min(int(small.sum()), room) if is_major.any() else total
    amounts[is_small] = split_amount(
        usual, small, least=_LEAST_FINE, step=1_000, what="penalty_amount"
    )
    weights = 0.2 + draws.waiting("major fine", 1.0)[is_major]
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
