"""Units that make or use special equipment, and who holds their two safety roles.

From a scene to the rows of the two tables. A unit is staffed on a day on which it has a director
and an officer; staffing grew through the demo, and holders change, some with a gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.demo.registers.scene import CALIBRATED_DAY, Scene
from pipelines.demo.registers.spelling import Row
from pipelines.demo.totals import CALIBRATED_YEAR

KINDS = {"producer": "equipment_producers", "user": "equipment_users"}
"""The kind of unit and how its figures begin."""
_ROLES = ("director", "officer")
_FIRST = date(2017, 1, 3)
_ALL_STAFFED = date(CALIBRATED_YEAR, 12, 20)
"""From here to the calibrated day nobody leaves a role, so that the published rate holds."""
_STAFFED_EARLY = 60  # of 100 units, before 2023
_GROWTH_FROM = date(2022, 12, 20)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Unit:
    number: int
    kind: str
    street: str
    obliged_from: date
    obliged_until: date | None
    is_staffed: bool
    """On the calibrated day, or for a unit that is not obliged then, some time."""

    @property
    def unit_no(self) -> str:
        return f"TS{'SC' if self.kind == 'producer' else 'SY'}{self.number:09d}"


def _units_of_kind(scene: Scene, kind: str) -> list[_Unit]:
    """Those obliged on the calibrated day, some whose obligation ended before, some since."""
    staffed = scene.totals.count(f"{KINDS[kind]}_staffed")
    obliged = scene.totals.whole_of(staffed, f"{KINDS[kind]}_staffing_rate")
    ended = staffed // 25 + 1
    spans: list[tuple[date, date | None]] = [
        (day, CALIBRATED_DAY if place == 3 else None)
        for place, day in enumerate(
            scene.spread(f"{kind} obliged", obliged, _FIRST, date(CALIBRATED_YEAR, 12, 2))
        )
    ]
    starts = scene.spread(f"{kind} came", ended, _FIRST, date(CALIBRATED_YEAR - 3, 12, 31))
    ends = scene.spread(
        f"{kind} went", ended, date(CALIBRATED_YEAR - 2, 3, 1), CALIBRATED_DAY - _DAY
    )
    spans += zip(starts, ends, strict=True)
    flow = scene.flow(f"{kind} later", obliged // 10 + 1)
    spans.append((CALIBRATED_DAY + _DAY, None))
    spans += [(moment.day, None) for moment in flow if moment.day > CALIBRATED_DAY + _DAY]
    streets = scene.streets(kind, list(range(len(spans))))
    return [
        _Unit(place, kind, street, *span, is_staffed=place >= obliged or place < staffed)
        for place, (span, street) in enumerate(zip(spans, streets, strict=True))
        if span[0] <= scene.end
    ]


def _all_units(scene: Scene) -> list[_Unit]:
    return [unit for kind in KINDS for unit in _units_of_kind(scene, kind)]


def units(scene: Scene) -> list[Row]:
    """One row per unit."""
    everyone = _all_units(scene)
    names = scene.persons("unit", [unit.number * 10 + (unit.kind == "user") for unit in everyone])
    return [
        {
            "unit_no": unit.unit_no,
            "unit_name": f"{name}设备行",
            "unit_kind": unit.kind,
            "street": unit.street,
            "obliged_from": unit.obliged_from,
            "obliged_until": unit.obliged_until,
        }
        for unit, name in zip(everyone, names, strict=True)
    ]


def role_holders(scene: Scene) -> list[Row]:
    """One row per unit, role and person, in order of unit and role."""
    everyone = _all_units(scene)
    numbers = [unit.number * 10 + (unit.kind == "user") for unit in everyone]
    span = (_ALL_STAFFED - _GROWTH_FROM).days
    columns = zip(
        everyone,
        scene.below("staffed early", numbers, 100),
        scene.below("staffed after", numbers, span),
        scene.below("holder changes", numbers, 12),
        strict=True,
    )
    held: list[tuple[_Unit, str, int, date, date | None]] = []
    for unit, early, after, change in columns:
        since = unit.obliged_from
        if early >= _STAFFED_EARLY or since > _ALL_STAFFED:
            grown = _GROWTH_FROM if since <= _ALL_STAFFED else since
            since = max(
                since, grown + timedelta(days=after if since <= _ALL_STAFFED else after % 40)
            )
        if unit.obliged_until and since > unit.obliged_until:
            continue
        roles = _ROLES if unit.is_staffed else _ROLES[:1]
        for role in roles:
            # One unit in twelve changes its officer at once, another with a gap of three weeks.
            gap = {3: 1, 7: 21}.get(change, 0) if role == "officer" else 0
            leaves = since + timedelta(days=120)
            if gap and leaves + timedelta(days=gap) <= _ALL_STAFFED:
                held.append((unit, role, 1, since, leaves))
                held.append((unit, role, 2, leaves + timedelta(days=gap), None))
            else:
                held.append((unit, role, 1, since, unit.obliged_until))
    held = [holding for holding in held if holding[3] <= scene.end]
    names = scene.persons("holder", [unit.number * 100 + turn for unit, _, turn, _, _ in held])
    return [
        {
            "holding_no": f"{unit.unit_no}-{role[0].upper()}{turn}",
            "unit_no": unit.unit_no,
            "person_name": name,
            "role": role,
            "held_from": since,
            "held_until": until if until and until <= scene.end else None,
        }
        for (unit, role, turn, since, until), name in zip(held, names, strict=True)
    ]


RECIPES = {
    "special_equipment__units": units,
    "special_equipment__role_holders": role_holders,
}
