"""The lives of the complaint platform's items: from receipt to the end, and the terms on the way.

What does not belong here: texts (recipes/complaints).
"""

from __future__ import annotations

import numpy as np

from demo.dice import Draws
from demo.frames import NEVER, Days, Flags, Frame, Objects, concatenate, is_within, pick, take
from demo.scene import Scene
from demo.totals import Totals
from demo.vocabulary import INDUSTRIES, STREET_WEIGHTS
from demo.volumes import COMPLAINTS, spread_over_year, yearly_volume
from demo.working_days import add_working_days

GROWTH = 1.13
_COMPLAINT_SHARE = 0.74
_REPORTS_WITH_COMPLAINT = 0.09
_LATE = 0.03

COMPLAINT, REPORT, CONSULTATION = range(3)
_SUBMISSIONS = (
    (COMPLAINT, -1, -1), (REPORT, -1, -1), (CONSULTATION, -1, -1), (COMPLAINT, REPORT, -1),
    (COMPLAINT, COMPLAINT, REPORT),
)  # fmt: skip

# Working days until an item is surely late. 总局令20: decide on acceptance within 7, mediate within
# 45 of it, from 2024-07-01 (消费者权益保护法实施条例) within 60 days; 程序规定: verify a report
# within 15, extended 30.
_MEDIATION_DAYS, _EXTENDED_DAYS, _REPORT_DAYS, _ANSWER_DAYS = 60, 30, 15, 7
_LONGEST_MEDIATION = 34  # in time by both rules, holidays included
# 总局令121, article 35: a repeated report is not handled again; one supplemented with new facts is
# verified anew.
_REPEATS_CHANGED = np.datetime64("2026-04-15")

_NOT_ACCEPTED = "不予受理"

# Two humps in working hours, a long evening.
_HOURS = (
    1, 0.6, 0.4, 0.3, 0.3, 0.5, 1, 2.5, 5, 9, 10, 8, 5.5, 6.5, 9, 9, 8, 6, 4.5, 5, 5.5, 5, 3.5, 2
)  # fmt: skip


def day_of(instants: Days) -> Days:
    """The day of each instant."""
    return instants.astype("datetime64[D]")


def items_known(scene: Scene) -> Frame:
    """The items received from the start to the end, as they are known when the last day ends.

    `respondent` is a position in the stock or -1, `told` is when the complainant was told whether
    the complaint is accepted.
    """
    years = range(scene.start.year, scene.end.year + 1)
    items = concatenate(_items_of_year(scene, year) for year in years)
    end = np.asarray([scene.end], dtype="datetime64[D]")
    cut = (end + 1).astype("datetime64[s]")
    items = take(items, is_within(day_of(items["received"]), scene.start, scene.end))
    for step in ("accepted", "extended", "supplemented", "told"):
        items[step][items[step] >= cut] = NEVER
    # Whoever is due is closed by then: what would be late after it is closed in its last hours.
    usual = items.pop("usual")
    last_hours = add_working_days(end, 0) + np.timedelta64(17, "h")
    rushed = np.maximum(np.maximum(usual, last_hours), last_step(items, "told") + 60)
    closed = np.where((items["closed"] >= cut) & (usual < cut), rushed, items["closed"])
    items["closed"] = np.where(closed < cut, closed, NEVER)
    is_refused = items["outcome"] == _NOT_ACCEPTED  # it is told as it closes the item
    items["told"] = np.where(is_refused, items["closed"], items["told"])
    return items


def last_step(items: Frame, *more: str) -> Days:
    """The last thing that happened to each item, besides `more` of them."""
    steps = ("received", "accepted", "extended", "supplemented", *more)
    latest: Days = np.fmax.reduce([items[step] for step in steps])
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
    counts = _submission_counts(scene.totals, year)
    submissions = year * 100_000_000 + np.arange(sum(counts))
    draws = scene.dice.of(submissions)
    days = spread_over_year(scene.dice, "complaint", year, len(submissions), COMPLAINTS)
    seconds = draws.choose("hour", _HOURS) * 3600 + draws.below("second", 3600)
    received = np.sort(days + seconds.astype("timedelta64[s]"))
    composition = draws.shares("submission", counts)
    kinds = np.asarray(_SUBMISSIONS)[composition]
    place, part = np.nonzero(kinds >= 0)
    numbers = year * 100_000_000 + np.arange(len(place))
    # Of three items the second complaint is about another respondent.
    is_second = (composition[place] == len(_SUBMISSIONS) - 1) & (part == 1)
    items = {
        "number": numbers,
        "submission": submissions[place],
        "kind": kinds[place, part],
        "received": received[place],
        **_respondents(scene.entities, scene.dice.of(submissions[place] * 2 + is_second)),
    }
    return _lived(scene.dice.of(numbers), items)


def _respondents(stock: Frame, draws: Draws) -> Frame:
    """Who is complained about: few firms draw most complaints; a tenth are not identified."""
    industries = draws.choose("complaint industry", [i.complaints for i in INDUSTRIES])
    order = np.argsort(stock["industries"], kind="stable")
    begins = np.searchsorted(stock["industries"][order], np.arange(len(INDUSTRIES) + 1))
    available = np.diff(begins)[industries]
    place = (draws.uniform("respondent") ** 2.5 * available).astype(np.int64)
    is_known = draws.some("identified", 0.9) & (available > 0)
    respondents = np.where(is_known, order[np.where(is_known, begins[industries] + place, 0)], -1)
    streets = draws.choose("complaint street", STREET_WEIGHTS)
    return {
        "respondent": respondents,
        "street": np.where(is_known, stock["streets"][respondents], streets),
        "industry": np.where(~is_known & draws.some("industry unknown", 0.2), -1, industries),
    }


def _at_work(draws: Draws, what: str, days: Days, happens: Flags | bool = True) -> Days:
    """An instant between 8:30 and 17:30 of each day, where it happens."""
    seconds = draws.between(what, 8 * 3600 + 1800, 17 * 3600 + 1800)
    return np.where(happens, days + seconds.astype("timedelta64[s]"), NEVER)


def _lived(draws: Draws, items: Frame) -> Frame:
    """The items with acceptance, notice, extension, new facts, closure and outcome."""
    kinds, day = items["kind"], day_of(items["received"])
    is_refused = (kinds == COMPLAINT) & draws.some("refused", 0.17)
    is_accepted, is_report = (kinds == COMPLAINT) & ~is_refused, kinds == REPORT
    is_extended = is_report & draws.some("extended", 0.07)
    is_supplemented = is_report & draws.some("supplemented", 0.06)
    decided = add_working_days(day, draws.waits("acceptance", 1.9, 1, 7))
    extended = add_working_days(day, 14)
    supplemented = add_working_days(day, draws.between("supplement", 1, 12))
    items = items | {
        "accepted": _at_work(draws, "accepted at", decided, is_accepted),
        "extended": _at_work(draws, "extended at", extended, is_extended),
        "supplemented": _at_work(draws, "supplemented at", supplemented, is_supplemented),
        "outcome": _outcomes(draws, items, is_refused),
    }
    items |= _closures(draws, items, decided)
    # Where new facts change nothing, the report may be decided upon before they come.
    items["supplemented"][items["supplemented"] >= items["closed"]] = NEVER
    # Most are told at once, some only days later, and all before the item is closed.
    wait = draws.choose("told after", (70, 20, 7, 0, 0, 3))
    told = _at_work(draws, "told at", add_working_days(decided, wait), is_accepted)
    items["told"] = np.minimum(np.where(wait == 0, items["accepted"], told), items["closed"])
    return items


def _closures(draws: Draws, items: Frame, decided: Days) -> Frame:
    """When each item is closed, mostly in time, and when the few late ones would usually be."""
    kinds, supplemented = items["kind"], day_of(items["supplemented"])
    checks = draws.waits("verification", 5.0, 2, 15)
    cases = [
        ~np.isnat(items["accepted"]), kinds == COMPLAINT, ~np.isnat(items["extended"]),
        kinds == REPORT,
    ]  # fmt: skip
    steps = np.select(
        cases,
        [draws.waits("mediation", 15.0, 1, _LONGEST_MEDIATION), 0, _REPORT_DAYS + checks, checks],
        draws.waits("answer", 0.8, 1, _ANSWER_DAYS),
    )
    limits = np.select(
        cases, [_MEDIATION_DAYS, _ANSWER_DAYS, _EXTENDED_DAYS, _REPORT_DAYS], _ANSWER_DAYS
    )
    is_anew = supplemented >= _REPEATS_CHANGED
    begins = np.where(is_anew, supplemented, day_of(items["received"]))
    begins = np.where(kinds == COMPLAINT, decided, begins)
    usual = _at_work(draws, "closed at", add_working_days(begins, steps))
    at_once = items["received"] + draws.between("answered", 300, 20 * 3600)
    is_quick = (kinds == CONSULTATION) & draws.some("quick", 0.8)
    usual = np.where(is_quick, at_once, usual)
    late = add_working_days(begins, limits + draws.between("lateness", 1, 12))
    closed = np.where(draws.some("late", _LATE), _at_work(draws, "closed at", late), usual)
    return {"closed": closed, "usual": usual}


def _outcomes(draws: Draws, items: Frame, is_refused: Flags) -> Objects:
    """How each item ends, in the platform's words."""
    is_report = items["kind"] == REPORT
    could_repeat = is_report & (day_of(items["received"]) >= _REPEATS_CHANGED)
    return np.select(
        [
            is_refused & draws.some("withdrawn early", 0.2),
            is_refused,
            items["kind"] == COMPLAINT,
            could_repeat & draws.some("repeated", 0.03),
            is_report & draws.some("out of jurisdiction", 0.02),
            is_report,
        ],
        [
            "撤回",
            _NOT_ACCEPTED,
            pick(("达成调解", "终止调解", "撤回"), draws.choose("complaint ends", (46, 36, 18))),
            "不再另行处理",
            "无管辖权告知",
            pick(("立案", "不予立案", "移送"), draws.choose("report ends", (2.5, 91, 6.5))),
        ],
        "已答复",
    )
