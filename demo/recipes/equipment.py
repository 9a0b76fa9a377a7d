"""Units that make or use special equipment, and who holds their two safety roles.

From a scene to the rows of the two tables. An obligation is one unit for one kind of equipment; it
is staffed on a day on which it has a director and the officers it needs. Staffing grew through the
demo, and holders change, some with a gap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from demo.scene import CALIBRATED_DAY, Scene
from demo.spelling import Row
from demo.totals import CALIBRATED_YEAR
from demo.vocabulary import STREET_CODES, STREET_WEIGHTS

KINDS = {"producer": "equipment_producers", "user": "equipment_users"}
"""The kind of unit and how its figures begin."""
_EQUIPMENT = {
    "producer": ("boiler", "pressure_vessel", "lift", "crane", "pressure_pipeline"),
    "user": (
        "lift", "pressure_vessel", "site_vehicle", "lift", "crane", "boiler", "lift",
        "gas_cylinder", "lift", "pressure_pipeline", "amusement_ride",
    ),
}  # fmt: skip
"""By place, so that neighbours differ: in turn every twelfth obligation is the unit's before it."""
_SHARING, _OF_NO_KIND = 12, 40
_ON_SITES = (("crane", "building_site"), ("site_vehicle", "municipal_site"))
"""What others supervise: it comes beside the calibrated obligations, with nobody in a role."""
_FIRST = date(2017, 1, 3)
_ALL_STAFFED = date(CALIBRATED_YEAR, 12, 20)
"""From here to the calibrated day nobody leaves a role, so that the published rate holds."""
_STAFFED_EARLY = 60  # of 100 units, before 2023
_GROWTH_FROM = date(2022, 12, 20)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Obligation:
    number: int
    kind: str
    equipment: str | None
    used_at: str | None
    street: str
    obliged_from: date
    obliged_until: date | None
    is_staffed: bool
    """On the calibrated day, or for one that is not obliged then, some time."""

    @property
    def shares_unit(self) -> bool:
        """Whether it is the second of its unit."""
        return self.number % _SHARING == _SHARING - 1

    @property
    def unit_number(self) -> int:
        return self.number - self.shares_unit

    @property
    def unit_no(self) -> str:
        return self._named(self.unit_number)

    @property
    def holding_no(self) -> str:
        """How the numbers of its holdings begin."""
        return self._named(self.number)

    def _named(self, number: int) -> str:
        return f"TS{'SC' if self.kind == 'producer' else 'SY'}{number:09d}"

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
        has_two = self.number % _SHARING >= _SHARING - 2
        is_whole = self.equipment != "lift" and not has_two and self.number % 3 == 0
        return None if is_whole else self.equipment


def _equipment_of(kind: str, place: int) -> str | None:
    if place % _OF_NO_KIND == _OF_NO_KIND - 2 and place % _SHARING < _SHARING - 2:
        return None
    return _EQUIPMENT[kind][place % len(_EQUIPMENT[kind])]


def _obligations_of_kind(scene: Scene, kind: str) -> list[_Obligation]:
    """Those of the calibrated day, some that ended before or began since, and those of sites."""
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
    streets = _streets(scene, kind, range(len(spans)))
    obligations = []
    for place, (span, street) in enumerate(zip(spans, streets, strict=True)):
        equipment = _equipment_of(kind, place)
        is_used = kind == "user" and equipment in dict(_ON_SITES)
        obligations.append(
            _Obligation(
                place,
                kind,
                equipment,
                "elsewhere" if is_used and place % 2 else None,
                streets[place - 1] if place % _SHARING == _SHARING - 1 else street,
                *span,
                is_staffed=place >= obliged or place < staffed,
            )
        )
    if kind == "user":
        obligations += _obligations_on_sites(scene, max(4, obliged // 60))
    return [one for one in obligations if one.obliged_from <= scene.end]


def _streets(scene: Scene, what: str, numbers: Sequence[int]) -> list[str]:
    chosen = scene.dice.of(numbers).choose(f"{what} street", STREET_WEIGHTS)
    return [STREET_CODES[place] for place in chosen.tolist()]


def _obligations_on_sites(scene: Scene, count: int) -> Iterator[_Obligation]:
    starts = scene.spread("sites", count, _FIRST, date(CALIBRATED_YEAR, 12, 2))
    numbers = [_SHARING * (500_000 + place) for place in range(count)]
    for place, street in enumerate(_streets(scene, "sites", numbers)):
        equipment, used_at = _ON_SITES[place % len(_ON_SITES)]
        yield _Obligation(
            numbers[place], "user", equipment, used_at, street, starts[place], None, False
        )


def _all_obligations(scene: Scene) -> list[_Obligation]:
    return [one for kind in KINDS for one in _obligations_of_kind(scene, kind)]


def units(scene: Scene) -> list[Row]:
    """One row per unit and kind of equipment."""
    everyone = _all_obligations(scene)
    people = scene.people("unit", [one.unit_number * 10 + (one.kind == "user") for one in everyone])
    return [
        {
            "unit_no": one.unit_no,
            "unit_name": f"{person.name}设备行",
            "unit_kind": one.kind,
            "equipment_kind": one.equipment,
            "used_at": one.used_at,
            "officers_required": one.officers_required,
            "street": one.street,
            "obliged_from": one.obliged_from,
            "obliged_until": one.obliged_until,
        }
        for one, person in zip(everyone, people, strict=True)
    ]


@dataclass(frozen=True)
class _Holding:
    obligation: _Obligation
    role: str
    turn: int
    since: date
    until: date | None
    person: int
    """0 is the director of the obligation, any other an officer."""

    @property
    def person_number(self) -> int:
        return (self.obligation.number * 2 + (self.obligation.kind == "user")) * 10 + self.person


def _holdings_of(one: _Obligation, since: date, change: int) -> Iterator[_Holding]:
    """Who holds the roles of an obligation that is staffed from a day on."""
    yield _Holding(one, "director", 1, since, one.obliged_until, 0)
    if not one.is_staffed:
        return
    # One officer in twelve changes at once, another with a gap of three weeks.
    days = [since]
    leaves = since + timedelta(days=120)
    gap = {3: 1, 7: 21}.get(change, 0)
    is_boiler_maker = one.kind == "producer" and one.equipment == "boiler"
    if is_boiler_maker:
        gap = 1
    if gap and leaves + timedelta(days=gap) <= _ALL_STAFFED:
        days.append(leaves + timedelta(days=gap))
    for turn, day in enumerate(days, start=1):
        is_last = turn == len(days)
        until = (one.obliged_until if turn == 1 else None) if is_last else leaves
        # A director doubles as officer: at a maker of vessels for good, at one of boilers, where
        # that does not count, until there is another.
        doubles = one.kind == "producer" and (
            one.equipment == "pressure_vessel" or (is_boiler_maker and not is_last)
        )
        yield _Holding(one, "officer", turn, day, until, 0 if doubles else turn)
    if one.officers_required:
        second = since + timedelta(days=75)
        yield _Holding(one, "officer", 3, second if second <= _ALL_STAFFED else since,
                       one.obliged_until, 3)  # fmt: skip


def role_holders(scene: Scene) -> list[Row]:
    """One row per obligation, role and person, in order of obligation and role."""
    everyone = [one for one in _all_obligations(scene) if one.number < _SHARING * 500_000]
    numbers = [one.number * 10 + (one.kind == "user") for one in everyone]
    span = (_ALL_STAFFED - _GROWTH_FROM).days
    draws = (
        scene.dice.of(numbers).below(what, limit).tolist()
        for what, limit in (("staffed early", 100), ("staffed after", span), ("changes", 12))
    )
    held: list[_Holding] = []
    for one, early, after, change in zip(everyone, *draws, strict=True):
        since = one.obliged_from
        if early >= _STAFFED_EARLY or since > _ALL_STAFFED:
            grown = _GROWTH_FROM if since <= _ALL_STAFFED else since
            since = max(
                since, grown + timedelta(days=after if since <= _ALL_STAFFED else after % 40)
            )
        if one.obliged_until and since > one.obliged_until:
            continue
        held += [each for each in _holdings_of(one, since, change) if each.since <= scene.end]
    people = scene.people("holder", [each.person_number for each in held])
    return [
        {
            "holding_no": f"{each.obligation.holding_no}-{each.role[0].upper()}{each.turn}",
            "unit_no": each.obligation.unit_no,
            "person_name": person.name,
            "person_no": person.identity_number,
            "equipment_kind": each.obligation.held_for,
            "role": each.role,
            "held_from": each.since,
            "held_until": scene.by_end(each.until),
        }
        for each, person in zip(held, people, strict=True)
    ]


RECIPES = {
    "special_equipment__units": units,
    "special_equipment__role_holders": role_holders,
}
