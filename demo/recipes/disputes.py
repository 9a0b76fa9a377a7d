"""Cases against the bureau: administrative reconsiderations, and lawsuits with their hearings.

From a scene to the rows of the two tables of one database, as known at the demo's end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from demo.scene import Entry, Scene
from demo.spelling import Row
from demo.totals import CALIBRATED_YEAR

_RESULTS = ("upheld", "upheld", "rejected", "terminated", "upheld", "revoked", "ordered_to_act",
            "unlawful")  # fmt: skip
_REFUSED = 9  # one application is refused for so many cases that the bureau is notified of
_GRANTED = (15, 30, None, 20)
"""Days of an extension; the authority does not always tell, and thirty count then."""
_AHEAD = 16  # days at most from an application to its notice; of a silent authority, always
_SILENT = (20, 7)
"""One case in twenty is never decided upon, and accepted by the end of its review."""
_SUMMARY_SINCE = date(2024, 1, 1)
"""The revised 行政复议法 is the first with a summary procedure."""
_ANNOUNCED = 20  # days that a hearing is announced ahead
_ATTENDED_BEFORE = 850
"""Of 1000 instances heard before the calibrated year, those that a head of the bureau attended."""


def reconsiderations(scene: Scene) -> list[Row]:
    """One row per case: those of which notice comes, by its day, then those that were refused."""
    return [*_notified(scene), *_refused(scene)]


def _notified(scene: Scene) -> list[Row]:
    """Cases that were accepted; of those applied for at the end, the notice is still to come."""
    rows: list[Row] = []
    for entry in scene.flow("reconsideration", "reconsiderations_new", days_ahead=_AHEAD):
        takes = entry.below("takes", 36)
        is_silent = entry.place % _SILENT[0] == _SILENT[1]
        accepts = entry.day - timedelta(days=1 + takes % 3)
        applies = accepts - timedelta(days=2 + takes % 3)
        if is_silent:
            applies = entry.day - timedelta(days=_AHEAD)
        if applies > scene.end:
            continue
        is_extended = entry.place % 14 == 3
        is_summary = takes % 4 == 1 and accepts >= _SUMMARY_SINCE
        accepted = None if is_silent else scene.by_end(accepts)
        granted = _GRANTED[entry.place // 14 % len(_GRANTED)] if is_extended else None
        suspended = 12 if entry.place % 40 == 9 else None
        appraised = 21 if entry.place % 60 == 9 else None
        days = 24 + takes + (suspended or 0) + (appraised or 0)
        days += (30 if granted is None else granted) - 2 if is_extended else 0
        concluded = scene.by_end(applies + timedelta(days=days))
        rows.append({
            "case_no": f"杭滨复议〔{entry.year}〕{entry.place + 1}号",
            "applicant": entry.person.name,
            "applied_on": applies,
            "accepted_on": accepted,
            "notified_on": scene.by_end(entry.day),
            "procedure": ("ordinary", "summary")[is_summary] if accepted else None,
            "is_extended": is_extended,
            "extension_days": granted,
            "suspended_days": suspended,
            "excluded_days": appraised,
            "concluded_on": concluded,
            "result": _RESULTS[entry.below("result", len(_RESULTS))] if concluded else None,
        })  # fmt: skip
    return rows


def _refused(scene: Scene) -> list[Row]:
    """Applications that were not accepted, within the days of review; no notice is sent of them."""
    total = max(scene.totals.count("reconsiderations_new") // _REFUSED, 1)
    return [
        {
            "case_no": f"杭滨复不受〔{entry.year}〕{entry.place + 1}号",
            "applicant": entry.person.name,
            "applied_on": entry.day,
            **dict.fromkeys(("accepted_on", "notified_on", "procedure")),
            "is_extended": False,
            "concluded_on": (concluded := scene.by_end(entry.day + timedelta(days=4))),
            "result": "not_accepted" if concluded else None,
        }
        for entry in scene.flow("reconsideration refused", total)
    ]


@dataclass(frozen=True)
class _Instance:
    """One case at one court, and the day for which its first hearing is set."""

    entry: Entry
    name: str
    filed: date
    first: date
    draw: int
    """Of 1000: below a share, a head attends."""
    is_attended: bool = False


def hearings(scene: Scene) -> list[Row]:
    """One row per case, instance and hearing, by case."""
    return [
        {
            "case_no": f"({one.entry.year})浙0108行初{one.entry.place + 1}号",
            "plaintiff": one.entry.person.name,
            "instance": one.name,
            "filed_on": one.filed,
            "procedure": ("ordinary", "ordinary", "summary")[one.entry.place % 3],
            "judged_on": scene.by_end(one.first + timedelta(days=45)),
            **step,
        }
        for one in _attended(scene, list(_instances(scene)))
        for step in _heard(scene, one)
    ]


def _instances(scene: Scene) -> Iterator[_Instance]:
    """The instances of each case that were filed by the end."""
    for entry in scene.flow("litigation", "litigations_first_instance"):
        filed = {"first": entry.day}
        if entry.place % 3 == 1:
            filed["second"] = entry.day + timedelta(days=118 + entry.place)
        if entry.place % 24 == 10:
            filed["retrial"] = entry.day + timedelta(days=330)
        for name, day in filed.items():
            first = day + timedelta(days=32 + entry.below(f"hearing {name} waits", 40))
            if day <= scene.end:
                draw = entry.below(f"head attends {name}", 1000)
                yield _Instance(entry, name, day, first, draw)


def _attended(scene: Scene, instances: list[_Instance]) -> Iterator[_Instance]:
    """The instances, some with a head present: in the calibrated year the published share, exactly.

    Hearings of that year that spoil the share are put off to the next.
    """
    rate = "head_court_attendance_rate"
    heard = [o for o in instances if o.first.year == CALIBRATED_YEAR and o.first <= scene.end]
    heard.sort(key=lambda one: (one.draw, one.entry.number, one.name))
    least = min(len(heard), 1)
    whole, part = scene.totals.part_of(range(len(heard), least - 1, -1), rate)
    for one in instances:
        if one not in heard:
            is_later = one.first.year > CALIBRATED_YEAR
            share = int(scene.totals.stated(rate) * 10) if is_later else _ATTENDED_BEFORE
            yield replace(one, is_attended=one.draw < share)
        elif (place := heard.index(one)) < whole:
            yield replace(one, is_attended=place < part)
        else:
            yield replace(one, first=one.first + timedelta(days=366))


def _heard(scene: Scene, one: _Instance) -> Iterator[Row]:
    """The hearings of one instance; one row without a day when none is announced yet."""
    if one.first > scene.end + timedelta(days=_ANNOUNCED):
        yield {"hearing_no": 0, "heard_on": None, "head_present": None, "is_head_called": None}
        return
    second = one.first + timedelta(days=17)
    place = one.entry.place
    head = ("deputy", "other_head", "deputy", "principal")[place % 4]
    if place % 9 == 4 and head != "principal":
        head = "codefendant_head"
    presence = head if one.is_attended else "none"
    hearings = [(one.first, presence, False)]
    if place % 5 == 2 and second.year == one.first.year:
        hearings = [(one.first, "none", False), (second, presence, False)]
        if place % 2:
            # The head had come, and the court called again: who does not come then did not attend.
            hearings = [(one.first, head, False), (second, presence, True)]
    for order, (day, present, is_called) in enumerate(hearings, start=1):
        yield {
            "hearing_no": order,
            "heard_on": day,
            "head_present": present if day <= scene.end else None,
            "is_head_called": is_called,
        }


RECIPES = {
    "reconsiderations__cases": reconsiderations,
    "litigations__hearings": hearings,
}
