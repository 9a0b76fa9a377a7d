"""Units that make or use special equipment, and who holds their two safety roles.

From a scene to the rows of the two tables. An obligation is one unit for one kind of equipment; it
is staffed on a day on which it has a director and the officers it needs. Staffing grew through the
demo, and holders change, some with a gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from demo.scene import CALIBRATED_DAY, Entry, Scene
from demo.spelling import Row
from demo.totals import CALIBRATED_YEAR

KINDS = {"producer": "equipment_producers", "user": "equipment_users"}
"""The kind of unit and how its figures begin."""
_EQUIPMENT = {
    "producer": ("boiler", "pressure_vessel", "lift", "crane", "pressure_pipeline"),
    "user": (
        "lift", "pressure_vessel", "site_vehicle", "lift", "crane", "boiler", "lift",
        "gas_cylinder", "lift", "pressure_pipeline", "amusement_ride",
    ),
}  # fmt: skip
"""By number, so that neighbours differ: in turn every twelfth obligation is the unit's before."""
_SHARING, _OF_NO_KIND = 12, 40
_ON_SITES = (("crane", "building_site"), ("site_vehicle", "municipal_site"))
"""What others supervise: it comes beside the calibrated obligations, with nobody in a role."""
_ALL_STAFFED = date(CALIBRATED_YEAR, 12, 20)
"""From here to the calibrated day nobody leaves a role, so that the published rate holds."""
_STAFFED_EARLY = 60  # of 100 units, before 2023
_GROWTH_FROM = date(2022, 12, 20)


@dataclass(frozen=True)
class _Obligation:
    kind: str
    number: int
    unit: int
    """The number of its unit, which may have another obligation before it."""
    equipment: str | None
    used_at: str | None
    street: str
    since: date
    until: date | None
    """The last day of it."""
    is_staffed: bool
    """On the calibrated day, or for one that is not obliged then, some time."""

    @property
    def unit_no(self) -> str:
        return self._named(self.unit)

    @property
    def holding_no(self) -> str:
        """How the numbers of its holdings begin."""
        return self._named(self.number)

    def _named(self, number: int) -> str:
        return f"TS{'SC' if self.kind == 'producer' else 'SY'}{number:010d}"

    @property
    def officers_required(self) -> int | None:
        """Two for every other user's lift; of the others the source says nothing."""
        is_large = self.equipment == "lift" and self.kind == "user" and self.number % 2 == 0
        return 2 if is_large else None

    @property
    def held_for(self) -> str | None:
        """The kind that its roles are held for: a third of those that may be are the whole unit's.

        Not where the unit has two kinds: a holder of the whole unit would serve the other as well.
        """
        is_whole = self.equipment != "lift" and not _has_two(self.number) and self.number % 3 == 0
        return None if is_whole else self.equipment


def _has_two(number: int) -> bool:
    """Whether the obligation's unit has another one."""
    return number % _SHARING >= _SHARING - 2


def _obligations(scene: Scene) -> list[_Obligation]:
    """Those of the calibrated day, some that ended before or began since."""
    found = []
    for kind, figures in KINDS.items():
        staffed = scene.totals.count(f"{figures}_staffed")
        obliged = scene.totals.whole_of(staffed, f"{figures}_staffing_rate")
        entries = scene.stock(f"{kind} obliged", obliged)
        streets = {entry.number: entry.street for entry in entries}
        for entry in entries:
            number = entry.number
            unit = number - (number % _SHARING == _SHARING - 1)
            equipment = _equipment_of(kind, number)
            is_elsewhere = kind == "user" and equipment in dict(_ON_SITES) and number % 2
            found.append(_Obligation(
                kind, number, unit, equipment, "elsewhere" if is_elsewhere else None,
                streets.get(unit, entry.street), entry.day, _last_day(entry),
                is_staffed=not staffed <= number < obliged,
            ))  # fmt: skip
    return found


def _obligations_on_sites(scene: Scene) -> Iterator[_Obligation]:
    """What others supervise, under numbers that no other obligation has."""
    for entry in scene.stock("sites", scene.totals.count("equipment_users_staffed") // 60 + 4):
        number = _SHARING * 500_000_000 + entry.number
        equipment, site = _ON_SITES[entry.number % len(_ON_SITES)]
        yield _Obligation("user", number, number, equipment, site, entry.street, entry.day,
                          _last_day(entry), is_staffed=False)  # fmt: skip


def _last_day(entry: Entry) -> date | None:
    """An obligation lasts until the day before that on which the unit has left the stock."""
    return entry.until and entry.until - timedelta(days=1)


def _equipment_of(kind: str, number: int) -> str | None:
    if number % _OF_NO_KIND == _OF_NO_KIND - 2 and not _has_two(number):
        return None
    return _EQUIPMENT[kind][number % len(_EQUIPMENT[kind])]


def units(scene: Scene) -> list[Row]:
    """One row per unit and kind of equipment, those on sites last."""
    obligations = [*_obligations(scene), *_obligations_on_sites(scene)]
    people = scene.people("unit", [one.unit * 10 + (one.kind == "user") for one in obligations])
    return [
        {
            "unit_no": one.unit_no,
            "unit_name": f"{person.name}设备行",
            "unit_kind": one.kind,
            "equipment_kind": one.equipment,
            "used_at": one.used_at,
            "officers_required": one.officers_required,
            "street": one.street,
            "obliged_from": one.since,
            "obliged_until": one.until,
        }
        for one, person in zip(obligations, people, strict=True)
    ]


class _Holding(NamedTuple):
    role: str
    turn: int
    since: date
    until: date | None
    person: int
    """0 is the director of the obligation, any other an officer."""


def _holdings_of(one: _Obligation, since: date, change: int) -> Iterator[_Holding]:
    """Who holds the roles of an obligation that is staffed from a day on."""
    yield _Holding("director", 1, since, one.until, 0)
    if not one.is_staffed:
        return
    is_producer = one.kind == "producer"
    is_boiler_maker = is_producer and one.equipment == "boiler"
    # One officer in twelve changes at once, another with a gap of three weeks.
    gap = 1 if is_boiler_maker else {3: 1, 7: 21}.get(change, 0)
    leaves = since + timedelta(days=120)
    follows = leaves + timedelta(days=gap)
    is_followed = gap > 0 and follows <= _ALL_STAFFED
    # A director doubles as officer: at a maker of vessels for good, at one of boilers, where that
    # does not count, until there is another.
    for_good = is_producer and one.equipment == "pressure_vessel"
    first = 0 if for_good or (is_boiler_maker and is_followed) else 1
    yield _Holding("officer", 1, since, leaves if is_followed else one.until, first)
    if is_followed:
        yield _Holding("officer", 2, follows, None, 0 if for_good else 2)
    if one.officers_required:
        second = since + timedelta(days=75)
        begins = second if second <= _ALL_STAFFED else since
        yield _Holding("officer", 3, begins, one.until, 3)


def role_holders(scene: Scene) -> list[Row]:
    """One row per obligation, role and person, in order of obligation and role."""
    obligations = _obligations(scene)
    numbers = [one.number * 2 + (one.kind == "user") for one in obligations]
    draws, span = scene.dice.of(numbers), (_ALL_STAFFED - _GROWTH_FROM).days
    columns = zip(
        obligations, numbers, draws.below("staffed early", 100).tolist(),
        draws.below("staffed after", span).tolist(), draws.below("changes", 12).tolist(),
        strict=True,
    )  # fmt: skip
    rows: list[Row] = []
    people: list[int] = []
    for one, number, early, after, change in columns:
        since = one.since
        if since > CALIBRATED_DAY:
            since += timedelta(days=after % 40)
        elif early >= _STAFFED_EARLY:
            since = max(since, _GROWTH_FROM + timedelta(days=after))
        if one.until and since > one.until:
            continue
        for held in _holdings_of(one, since, change):
            if held.since <= scene.end:
                people.append(number * 10 + held.person)
                rows.append({
                    "holding_no": f"{one.holding_no}-{held.role[0].upper()}{held.turn}",
                    "unit_no": one.unit_no,
                    "equipment_kind": one.held_for,
                    "role": held.role,
                    "held_from": held.since,
                    "held_until": scene.by_end(held.until),
                })  # fmt: skip
    return [
        {**row, "person_name": person.name, "person_no": person.identity_number}
        for row, person in zip(rows, scene.people("holder", people), strict=True)
    ]


RECIPES = {
    "special_equipment__units": units,
    "special_equipment__role_holders": role_holders,
}
