"""The lives of the complaint platform's items: from receipt to the end, and the terms on the way.

What does not belong here: texts (recipes/complaints).
"""

from __future__ import annotations

from datetime import date

import numpy as np

from demo.dice import Dice, Flags, Integers
from demo.frames import Frame, concatenate, take
from demo.scene import Scene
from demo.totals import Totals
from demo.vocabulary import INDUSTRIES, STREET_WEIGHTS
from demo.volumes import COMPLAINTS, spread_over_year, yearly_volume
from demo.working_days import add_working_days, day_number, next_working_day

GROWTH = 1.13
_COMPLAINT_SHARE = 0.74
_REPORTS_WITH_COMPLAINT = 0.09
_LATE = 0.03

COMPLAINT, REPORT, CONSULTATION = range(3)
_SUBMISSIONS = (
    (COMPLAINT, -1, -1), (REPORT, -1, -1), (CONSULTATION, -1, -1), (COMPLAINT, REPORT, -1),
    (COMPLAINT, COMPLAINT, REPORT),
)  # fmt: skip

NEVER = np.iinfo(np.int64).max
"""The instant of what does not happen."""
DAY = 86_400

# 总局令20: decide on acceptance within 7 working days; mediate within 45 working days of it, from
# 2024-07-01 (消费者权益保护法实施条例) within 60 days; 程序规定: verify a report within 15 working
# days, extended 30.
_ACCEPTANCE_DAYS, _MEDIATION_DAYS, _MEDIATION_CALENDAR_DAYS, _REPORT_DAYS = 7, 45, 60, 15
_MEDIATION_CHANGED = day_number(date(2024, 7, 1))
# 总局令121, article 35: a repeated report is not handled again; one supplemented with new facts is
# verified anew.
_REPEATS_CHANGED = day_number(date(2026, 4, 15))

# How an item ends, by kind; a complaint that is not accepted has its own.
(
    NOT_ACCEPTED, SETTLED, ENDED, WITHDRAWN, FILED, NOT_FILED, TRANSFERRED, ANSWERED,
    REPEATED, OUT_OF_JURISDICTION,
) = range(10)  # fmt: skip

# Two humps in working hours, a long evening.
_HOURS = (
    1, 0.6, 0.4, 0.3, 0.3, 0.5, 1, 2.5, 5, 9, 10, 8, 5.5, 6.5, 9, 9, 8, 6, 4.5, 5, 5.5, 5, 3.5, 2
)  # fmt: skip


def day_of(instants: Integers) -> Integers:
    """The day of each instant; NEVER stays."""
    return np.where(instants == NEVER, NEVER, instants // DAY)


def due_days(items: Frame) -> Integers:
    """The day by which each item must be closed, given what happened so far."""
    received, accepted = items["received"] // DAY, items["accepted"]
    supplemented, is_report = day_of(items["supplemented"]), items["kind"] == REPORT
    is_anew = (supplemented >= _REPEATS_CHANGED) & (supplemented != NEVER)
    is_anew &= supplemented <= day_of(items["closed"])
    verified_from = np.where(is_anew, supplemented, received)
    limits = np.where(is_report, _REPORT_DAYS, _ACCEPTANCE_DAYS)
    limits = limits + np.where(items["extended"] != NEVER, _REPORT_DAYS, 0)
    accepted_on = np.where(accepted == NEVER, received, accepted // DAY)
    mediated = np.where(
        accepted_on < _MEDIATION_CHANGED,
        add_working_days(accepted_on, _MEDIATION_DAYS),
        next_working_day(accepted_on + _MEDIATION_CALENDAR_DAYS),
    )
    return np.where(accepted != NEVER, mediated, add_working_days(verified_from, limits))


def items_known(scene: Scene) -> Frame:
    """The items received from the start to the end, as they are known when the last day ends.

    Instants are seconds since 1970-01-01 in Asia/Shanghai; `respondent` is a position in the stock
    or -1, `told` is when the complainant was told whether the complaint is accepted.
    """
    years = range(scene.start.year, scene.end.year + 1)
    items = concatenate(_items_of_year(scene, year) for year in years)
    first, cut = day_number(scene.start) * DAY, (day_number(scene.end) + 1) * DAY
    items = take(items, (items["received"] >= first) & (items["received"] < cut))
    for step in ("accepted", "extended", "supplemented", "told"):
        items[step] = np.where(items[step] < cut, items[step], NEVER)
    # Whoever is due is closed by then; those that would have been later are closed in the last
    # working hours before the cut-off.
    due, closed = due_days(items), items["closed"]
    last_hours = add_working_days(np.asarray([day_number(scene.end)]), 0) * DAY + 17 * 3600
    rushed = np.maximum(np.maximum(last_hours, due * DAY + 9 * 3600), last_step(items) + 60)
    closed = np.where((due <= day_number(scene.end)) & (closed >= cut), rushed, closed)
    items["closed"] = np.where(closed < cut, closed, NEVER)
    is_refused = items["outcome"] == NOT_ACCEPTED  # it is told as it closes the item
    items["told"] = np.where(is_refused, items["closed"], items["told"])
    return items


def last_step(items: Frame, *more: str) -> Integers:
    """The last thing that happened to each item, besides `more` of them."""
    steps = ("received", "accepted", "extended", "supplemented", *more)
    happened = [np.where(items[step] == NEVER, 0, items[step]) for step in steps]
    latest: Integers = np.maximum.reduce(happened)
    return latest


def _submission_counts(totals: Totals, year: int) -> tuple[int, ...]:
    """How many submissions of each composition a year has, so that its items add up."""
    both = yearly_volume(totals.complaints_and_reports, year, GROWTH)
    others = totals.count("items_received") - totals.complaints_and_reports
    complaints = round(both * _COMPLAINT_SHARE)
    reports = both - complaints
    joint = max(1, round(reports * _REPORTS_WITH_COMPLAINT))
    triples = max(1, joint // 20)
    pairs = joint - triples if joint > triples else 0
    return (
        complaints - pairs - 2 * triples, reports - pairs - triples,
        yearly_volume(others, year, GROWTH), pairs, triples,
    )  # fmt: skip


def _items_of_year(scene: Scene, year: int) -> Frame:
    """The items received in a year, in order of receipt, with their whole lives."""
    dice = scene.dice
    counts = _submission_counts(scene.totals, year)
    submissions = year * 100_000_000 + np.arange(sum(counts), dtype=np.int64)
    days = spread_over_year(dice, "complaint", year, len(submissions), COMPLAINTS)
    seconds = dice.choose("hour", submissions, _HOURS) * 3600
    received = np.sort(days * DAY + seconds + dice.below("second", submissions, 3600))
    composition = dice.shares("submission", submissions, counts)
    kinds = np.asarray(_SUBMISSIONS)[composition]
    place, part = np.nonzero(kinds >= 0)
    numbers = year * 100_000_000 + np.arange(len(place), dtype=np.int64)
    # Of three items the second complaint is about another respondent.
    is_second = (composition[place] == len(_SUBMISSIONS) - 1) & (part == 1)
    items = {
        "number": numbers,
        "submission": submissions[place],
        "kind": kinds[place, part],
        "received": received[place],
        **_respondents(scene, submissions[place] * 2 + is_second),
    }
    return items | _life(dice, items)


def _respondents(scene: Scene, keys: Integers) -> Frame:
    """Who is complained about: few firms draw most complaints; a tenth are not identified."""
    dice, stock = scene.dice, scene.entities
    industries = dice.choose("complaint industry", keys, [i.complaints for i in INDUSTRIES])
    order = np.argsort(stock["industries"], kind="stable")
    begins = np.searchsorted(stock["industries"][order], np.arange(len(INDUSTRIES) + 1))
    available = np.diff(begins)[industries]
    place = (dice.uniform("respondent", keys) ** 2.5 * available).astype(np.int64)
    is_known = (dice.uniform("identified", keys) < 0.9) & (available > 0)
    respondents = np.where(is_known, order[np.where(is_known, begins[industries] + place, 0)], -1)
    streets = dice.choose("complaint street", keys, STREET_WEIGHTS)
    unknown = ~is_known & (dice.uniform("industry unknown", keys) < 0.2)
    return {
        "respondent": respondents,
        "street": np.where(is_known, stock["streets"][respondents], streets),
        "industry": np.where(unknown, -1, industries),
    }


def _life(dice: Dice, items: Frame) -> Frame:
    """Acceptance, notice, extension, new facts, closure and outcome of each item."""
    numbers, kinds, day = items["number"], items["kind"], items["received"] // DAY
    is_complaint, is_report = kinds == COMPLAINT, kinds == REPORT

    def some(purpose: str, share: float) -> Flags:
        return dice.uniform(purpose, numbers) < share

    def on(what: str, days: Integers, happens: Flags) -> Integers:
        """An instant between 8:30 and 17:30 of each day."""
        at = days * DAY + dice.between(what, numbers, 8 * 3600 + 1800, 17 * 3600 + 1800)
        return np.where(happens, at, NEVER)

    def waits(purpose: str, least: int, mean: float, most: int) -> Integers:
        return np.minimum(least + dice.waiting(purpose, numbers, mean).astype(np.int64), most)

    is_refused = is_complaint & some("refused", 0.17)
    is_accepted, everyone = is_complaint & ~is_refused, np.full(len(numbers), True)
    is_extended = is_report & some("extended", 0.07)
    is_supplemented = is_report & some("supplemented", 0.06)
    decided = add_working_days(day, waits("acceptance", 1, 1.9, 7))
    supplemented = add_working_days(day, dice.between("supplement", numbers, 1, 12))
    life = items | {
        "accepted": on("accepted at", decided, is_accepted),
        "extended": on("extended at", add_working_days(day, 14), is_extended),
        "supplemented": on("supplemented at", supplemented, is_supplemented),
        "closed": np.full_like(numbers, NEVER),
    }
    # Mostly well before it is due, a few working days late in 3 %.
    checks, answer = waits("verification", 2, 5.0, 15), waits("answer", 1, 0.8, 7)
    steps = np.select(
        [is_accepted, is_complaint, life["extended"] != NEVER, is_report],
        [waits("mediation", 1, 15.0, 40), 0, _REPORT_DAYS + checks, checks],
        answer,
    )  # fmt: skip
    supplemented = day_of(life["supplemented"])
    is_anew = (supplemented >= _REPEATS_CHANGED) & (supplemented != NEVER)
    begins = np.where(is_complaint, decided, np.where(is_anew, supplemented, day))
    is_late = some("late", _LATE)
    late = add_working_days(due_days(life), dice.between("lateness", numbers, 1, 12))
    closed = on("closed at", np.where(is_late, late, add_working_days(begins, steps)), everyone)
    at_once = items["received"] + dice.between("answered", numbers, 300, 20 * 3600)
    closed = np.where((kinds == CONSULTATION) & ~is_late & some("quick", 0.8), at_once, closed)
    # Most are told at once, some only days later, and all before the item is closed.
    wait = dice.choose("told after", numbers, (70, 20, 7, 0, 0, 3))
    told = on("told at", add_working_days(decided, wait), is_accepted)
    told = np.minimum(np.where(wait == 0, life["accepted"], told), closed)
    outcomes = np.select(
        [
            is_refused & some("withdrawn early", 0.2),
            is_refused,
            is_complaint,
            is_report & some("repeated", 0.03) & (day >= _REPEATS_CHANGED),
            is_report & some("out of jurisdiction", 0.02),
            is_report,
        ],
        [
            WITHDRAWN,
            NOT_ACCEPTED,
            dice.choose("complaint ends", numbers, (0, 46, 36, 18)),
            REPEATED,
            OUT_OF_JURISDICTION,
            FILED + dice.choose("report ends", numbers, (2.5, 91, 6.5)),
        ],
        ANSWERED,
    )
    return {
        **{step: life[step] for step in ("accepted", "extended")},
        # Where new facts change nothing, the report may be decided upon before they come.
        "supplemented": np.where(life["supplemented"] < closed, life["supplemented"], NEVER),
        "closed": closed,
        "told": np.where(is_accepted, told, NEVER),
        "outcome": outcomes,
    }
