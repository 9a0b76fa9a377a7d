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
    total = scene.totals.count("reconsiderations_new")
    rows: list[Row] = []
    for moment in scene.flow("reconsideration", total, days_ahead=_AHEAD):
        takes = moment.below("takes", 36)
        is_silent = moment.place % _SILENT[0] == _SILENT[1]
        accepts = moment.day - timedelta(days=1 + takes % 3)
        applies = accepts - timedelta(days=2 + takes % 3)
        if is_silent:
            applies = moment.day - timedelta(days=_AHEAD)
        if applies > scene.end:
            continue
        is_extended = moment.place % 14 == 3
        is_summary = takes % 4 == 1 and accepts >= _SUMMARY_SINCE
        accepted = None if is_silent else scene.by_end(accepts)
        granted = _GRANTED[moment.place // 14 % len(_GRANTED)] if is_extended else None
        suspended = 12 if moment.place % 40 == 9 else None
        appraised = 21 if moment.place % 60 == 9 else None
        days = 24 + takes + (suspended or 0) + (appraised or 0)
        days += (30 if granted is None else granted) - 2 if is_extended else 0
        concluded = scene.by_end(applies + timedelta(days=days))
        rows.append({
            "case_no": f"杭滨复议〔{moment.year}〕{moment.place + 1}号",
            "applicant": moment.person.name,
            "applied_on": applies,
            "accepted_on": accepted,
            "notified_on": scene.by_end(moment.day),
            "procedure": ("ordinary", "summary")[is_summary] if accepted else None,
            "is_extended": is_extended,
            "extension_days": granted,
            "suspended_days": suspended,
            "excluded_days": appraised,
            "concluded_on": concluded,
            "result": _RESULTS[moment.below("result", len(_RESULTS))] if concluded else None,
        })  # fmt: skip
    return rows


def _refused(scene: Scene) -> list[Row]:
    """Applications that were not accepted, within the days of review; no notice is sent of them."""
    total = max(scene.totals.count("reconsiderations_new") // _REFUSED, 1)
    rows: list[Row] = []
    for moment in scene.flow("reconsideration refused", total):
        concluded = scene.by_end(moment.day + timedelta(days=4))
        rows.append({
            "case_no": f"杭滨复不受〔{moment.year}〕{moment.place + 1}号",
            "applicant": moment.person.name,
            "applied_on": moment.day,
            "accepted_on": None,
            "notified_on": None,
            "procedure": None,
            "is_extended": False,
            "concluded_on": concluded,
            "result": "not_accepted" if concluded else None,
        })  # fmt: skip
    return rows


@dataclass(frozen=True)
class _Instance:
    """One case at one court, and the day for which its first hearing is set."""

    moment: Entry
    name: str
    filed: date
    first: date

    @property
    def number(self) -> tuple[int, str]:
        """What no other instance has."""
        return self.moment.number, self.name

    @property
    def draw(self) -> int:
        """Of 1000: below a share, a head attends."""
        return self.moment.below(f"head attends {self.name}", 1000)


def hearings(scene: Scene) -> list[Row]:
    """One row per case, instance and hearing, by case."""
    moments = scene.flow("litigation", scene.totals.count("litigations_first_instance"))
    instances = [_set(*known) for known in _instances(moments) if known[2] <= scene.end]
    instances, attended = _attended(scene, instances)
    return [
        {
            "case_no": f"({one.moment.year})浙0108行初{one.moment.place + 1}号",
            "plaintiff": one.moment.person.name,
            "instance": one.name,
            "filed_on": one.filed,
            **step,
        }
        for one in instances
        for step in _heard(scene, one, is_attended=one.number in attended)
    ]


def _instances(moments: list[Entry]) -> Iterator[tuple[Entry, str, date]]:
    """The instances of each case and the day on which each was filed."""
    for moment in moments:
        yield moment, "first", moment.day
        if moment.place % 3 == 1:
            yield moment, "second", moment.day + timedelta(days=118 + moment.place)
        if moment.place % 24 == 10:
            yield moment, "retrial", moment.day + timedelta(days=330)


def _set(moment: Entry, name: str, filed: date) -> _Instance:
    waits = 32 + moment.below(f"hearing {name} waits", 40)
    return _Instance(moment, name, filed, filed + timedelta(days=waits))


def _attended(
    scene: Scene, instances: list[_Instance]
) -> tuple[list[_Instance], set[tuple[int, str]]]:
    """Those with a head present, by number: in the calibrated year the published share, exactly.

    Hearings of that year that spoil the share are put off to the next.
    """
    stated = int(scene.totals.stated("head_court_attendance_rate") * 10)
    usual = {
        one.number
        for one in instances
        if one.draw < (stated if one.first.year > CALIBRATED_YEAR else _ATTENDED_BEFORE)
    }
    heard = sorted(
        (one.draw, one.number)
        for one in instances
        if one.first.year == CALIBRATED_YEAR and one.first <= scene.end
    )
    whole, part = scene.totals.part_of(
        range(len(heard), min(len(heard), 1) - 1, -1), "head_court_attendance_rate"
    )
    in_year = [number for _, number in heard]
    put_off = set(in_year[whole:])
    later = timedelta(days=366)
    moved = [
        replace(one, first=one.first + later) if one.number in put_off else one for one in instances
    ]
    return moved, (usual - set(in_year)) | set(in_year[:part])


def _heard(scene: Scene, one: _Instance, *, is_attended: bool) -> Iterator[Row]:
    """The hearings of one instance; one row without a day when none is announced yet."""
    common: Row = {
        "procedure": ("ordinary", "ordinary", "summary")[one.moment.place % 3],
        "judged_on": scene.by_end(one.first + timedelta(days=45)),
    }
    if one.first > scene.end + timedelta(days=_ANNOUNCED):
        open_cells: Row = {"heard_on": None, "head_present": None, "is_head_called": None}
        yield {**common, "hearing_no": 0, **open_cells}
        return
    second = one.first + timedelta(days=17)
    place = one.moment.place
    head = ("deputy", "other_head", "deputy", "principal")[place % 4]
    if place % 9 == 4 and head != "principal":
        head = "codefendant_head"
    days, presence, calls = [one.first], [head if is_attended else "none"], [False]
    if place % 5 == 2 and second.year == one.first.year:
        days, presence, calls = [one.first, second], ["none", *presence], [False, False]
        if place % 2:
            # The head had come, and the court called again: who does not come then did not attend.
            presence[0], calls[1] = head, True
    for order, (day, present, called) in enumerate(zip(days, presence, calls, strict=True), 1):
        is_over = day <= scene.end
        yield {
            **common,
            "hearing_no": order,
            "heard_on": day,
            "head_present": present if is_over else None,
            "is_head_called": called,
        }


RECIPES = {
    "reconsiderations__cases": reconsiderations,
    "litigations__hearings": hearings,
}
