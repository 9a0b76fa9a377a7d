"""Cases against the bureau: administrative reconsiderations, and lawsuits with their hearings.

From a scene to the rows of the two tables of one database, as known at the demo's end.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from pipelines.demo.registers.scene import Moment, Scene
from pipelines.demo.registers.spelling import Row
from pipelines.demo.totals import CALIBRATED_YEAR

_RESULTS = ("upheld", "upheld", "rejected", "terminated", "upheld", "revoked", "ordered_to_act",
            "unlawful", "not_accepted")  # fmt: skip
_ANNOUNCED = 20  # days that a hearing is announced ahead
_ATTENDED_BEFORE = 85
"""Of 100 instances heard before the calibrated year, those that a head of the bureau attended."""


def reconsiderations(scene: Scene) -> list[Row]:
    """One row per case, by the day of the application."""
    moments = scene.flow("reconsideration", scene.totals.count("reconsiderations_new"))
    numbers = [moment.number for moment in moments]
    columns = zip(
        moments,
        scene.below("reconsideration result", numbers, len(_RESULTS)),
        scene.below("reconsideration takes", numbers, 36),
        scene.persons("reconsideration", numbers),
        strict=True,
    )
    rows: list[Row] = []
    for moment, result, takes, person in columns:
        is_accepted = _RESULTS[result] != "not_accepted"
        is_extended = is_accepted and moment.place % 14 == 3
        days = 4 if not is_accepted else 24 + takes + 28 * is_extended
        accepted = _by(moment.day + timedelta(days=2 + takes % 3), scene.end)
        concluded = _by(moment.day + timedelta(days=days), scene.end)
        rows.append({
            "case_no": f"杭滨复议〔{moment.year}〕{moment.place + 1}号",
            "applicant": person,
            "applied_on": moment.day,
            "accepted_on": accepted if is_accepted else None,
            "procedure": ("ordinary", "summary")[takes % 4 == 1] if is_accepted else None,
            "is_extended": is_extended,
            "concluded_on": concluded,
            "result": _RESULTS[result] if concluded else None,
        })  # fmt: skip
    return rows


def _by(day: date, end: date) -> date | None:
    """A day if it has come by the end."""
    return day if day <= end else None


def hearings(scene: Scene) -> list[Row]:
    """One row per case, instance and hearing, by case."""
    moments = scene.flow("litigation", scene.totals.count("litigations_first_instance"))
    attended = _attended_share(scene)
    rows: list[Row] = []
    for moment, person in zip(
        moments, scene.persons("litigation", [m.number for m in moments]), strict=True
    ):
        case = {"case_no": f"({moment.year})浙0108行初{moment.place + 1}号", "plaintiff": person}
        for instance, filed in _instances(moment):
            if filed <= scene.end:
                steps = _heard(scene, moment, filed, attended)
                rows += [{**case, "instance": instance, "filed_on": filed, **s} for s in steps]
    return rows


def _attended_share(scene: Scene) -> dict[int, int]:
    """Of 1000 instances first heard in a year, those with a head present at some hearing."""
    stated = int(scene.totals.stated("head_court_attendance_rate") * 10)
    return {
        year: stated if year >= CALIBRATED_YEAR else _ATTENDED_BEFORE * 10
        for year in range(scene.years.start, scene.end.year + 2)
    }


def _instances(moment: Moment) -> Iterator[tuple[str, date]]:
    """The instances of a case and the day on which each was filed."""
    yield "first", moment.day
    if moment.place % 3 == 1:
        yield "second", moment.day + timedelta(days=118 + moment.place)
    if moment.place % 24 == 10:
        yield "retrial", moment.day + timedelta(days=330)


def _heard(scene: Scene, moment: Moment, filed: date, attended: dict[int, int]) -> Iterator[Row]:
    """The hearings of one instance; one row without a day when none is announced yet."""
    number = [moment.number * 400 + filed.timetuple().tm_yday]
    waits = 32 + scene.below("hearing waits", number, 40)[0]
    first = filed + timedelta(days=waits)
    judged = first + timedelta(days=45)
    common: Row = {
        "procedure": ("ordinary", "ordinary", "summary")[moment.place % 3],
        "judged_on": _by(judged, scene.end),
    }
    if first > scene.end + timedelta(days=_ANNOUNCED):
        yield {**common, "hearing_no": 0, "heard_on": None, "head_present": None}
        return
    is_attended = scene.below("head attends", number, 1000)[0] < attended[first.year]
    second = first + timedelta(days=17)
    head = ("deputy", "deputy", "deputy", "principal")[moment.place % 4]
    presence = [head if is_attended else "none"]
    days = [first]
    if moment.place % 5 == 2 and second.year == first.year:
        # Several hearings: the head comes to the last one only.
        days, presence = [first, second], ["none", *presence]
    for order, (day, present) in enumerate(zip(days, presence, strict=True), start=1):
        is_over = day <= scene.end
        yield {
            **common,
            "hearing_no": order,
            "heard_on": day,
            "head_present": present if is_over else None,
        }


RECIPES = {
    "reconsiderations__cases": reconsiderations,
    "litigations__hearings": hearings,
}
