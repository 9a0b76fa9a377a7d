"""What a registration event says: names, scopes, capital, addresses, as the registry spells them.

All texts of an entity are functions of its number, so that its events agree with one another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo import vocabulary as words
from demo.dice import Dice, Flags, Integers
from demo.entities import (
    BRANCH,
    CHANGED,
    COOPERATIVE,
    ENTERPRISE,
    EVENT_LABELS,
    HOUSEHOLD,
    KIND_LABELS,
    NO_INDUSTRY,
    Entities,
    Events,
)
from demo.identities import Texts, person_names, phone_numbers

_RARE_NAME_EVERY = 211
_FOREIGN_EVERY = 40  # branches
_FOREIGN_BRANCH = "外国公司分支机构"
_LOWER_CASE = 0.006
_TYPE_MISSING = 0.79
_CAPITAL_FORMS = (
    "{n}万人民币", "{c}(万美元)", "{d}万元人民币", "{y}元", "{n}万元", "{c}万元人民币", "{n}万港元",
    "{n}万欧元", "{c}(万元)",
)  # fmt: skip
_CAPITAL_WEIGHTS = (46, 2, 12, 9, 18, 8, 1, 0.7, 3)
_CAPITALS = (1, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000, 12000)


def _table(values: tuple[str, ...] | list[str]) -> Texts:
    return np.asarray(values, dtype=object)


@dataclass(frozen=True)
class RegistrationTexts:
    """Makes rows of events on demand; holds numbers and short look-ups only."""

    dice: Dice
    entities: Entities
    events: Events
    places_in_day: Integers

    @classmethod
    def of(cls, dice: Dice, entities: Entities, events: Events) -> RegistrationTexts:
        """Number the events within each day (they come in order of the day)."""
        first_of_day = np.searchsorted(events.days, events.days, side="left")
        places = np.arange(len(events.days)) - first_of_day + 1
        return cls(dice, entities, events, places)

    def rows(self, index: Integers) -> list[tuple[str, ...]]:
        """One tuple of fifteen texts per event, in the order of the contract's columns."""
        positions = self.events.entities[index]
        subjects = self.entities.take(positions)
        ids = subjects.numbers
        kinds = self.events.kinds[index]
        # A change often is one of the people: the event number shifts the draw of the person.
        persons = np.where(kinds == CHANGED, ids * 7 + self.events.days[index], ids)
        dates = self.events.days[index].astype("datetime64[D]").astype(str)
        compact = np.char.replace(dates, "-", "")
        numbers = [
            f"DJ{day}{place:05d}"
            for day, place in zip(compact, self.places_in_day[index].tolist(), strict=True)
        ]
        columns = (
            numbers,
            _table(EVENT_LABELS)[kinds],
            dates.tolist(),
            self._codes(subjects, index),
            trade_names(self.dice, subjects),
            np.where(is_foreign(subjects), _FOREIGN_BRANCH, _table(KIND_LABELS)[subjects.kinds]),
            self._types(subjects, index),
            self._industry_codes(subjects),
            self._capital(subjects),
            self._scopes(subjects),
            person_names(self.dice, persons),
            self._phones(persons),
            self._addresses(subjects),
            _table(words.STREETS)[subjects.streets],
            _table(words.REGISTRARS)[self.dice.choose("registrar", ids, (0.8, 0.2))],
        )
        return list(zip(*columns, strict=True))

    def _codes(self, subjects: Entities, index: Integers) -> list[str]:
        codes = subjects.credit_codes(self.dice)
        lower = self.dice.uniform("lower case", index) < _LOWER_CASE
        codes[lower] = [code.lower() for code in codes[lower]]
        return list(codes)

    def _types(self, subjects: Entities, index: Integers) -> Texts:
        by_kind = (
            words.ENTERPRISE_TYPES, words.BRANCH_TYPES, words.HOUSEHOLD_TYPES,
            words.COOPERATIVE_TYPES, words.COOPERATIVE_TYPES,
        )  # fmt: skip
        draw = self.dice.uniform("type", subjects.numbers)
        # One in fifty of those given contradicts the class: the text classifies nothing.
        swapped = self.dice.uniform("type swapped", subjects.numbers) < 0.02
        kinds = np.where(swapped & (subjects.kinds == HOUSEHOLD), ENTERPRISE, subjects.kinds)
        given = np.select(
            [kinds == kind for kind in range(len(by_kind))],
            [_table(texts)[(draw * len(texts)).astype(np.int64)] for texts in by_kind],
        )
        nothing = _table(words.NOTHING)[self.dice.choose("type nothing", index, (6, 3, 1))]
        return np.where(self.dice.uniform("type given", index) < _TYPE_MISSING, nothing, given)

    def _industry_codes(self, subjects: Entities) -> Texts:
        codes = _table([i.code for i in words.INDUSTRIES])[np.maximum(subjects.industries, 0)]
        return np.where(subjects.industries == NO_INDUSTRY, "", codes)

    def _capital(self, subjects: Entities) -> list[str]:
        ids = subjects.numbers
        amounts = np.asarray(_CAPITALS)[
            self.dice.choose("capital", ids, (2, 3, 6, 14, 8, 6, 15, 20, 9, 9, 6, 2, 1, 0.3))
        ]
        forms = _table(_CAPITAL_FORMS)[self.dice.choose("capital form", ids, _CAPITAL_WEIGHTS)]
        nothing = _table(words.NOTHING)[self.dice.below("capital nothing", ids, 3)]
        without = (subjects.kinds == BRANCH) | (subjects.kinds > COOPERATIVE)
        given = [
            form.format(n=amount, c=f"{amount:,}", d=f"{amount}.5", y=amount * 10_000)
            for form, amount in zip(forms, amounts.tolist(), strict=True)
        ]
        rarely = without | (
            (subjects.kinds == HOUSEHOLD) & (self.dice.uniform("capital given", ids) < 0.55)
        )
        return list(np.where(rarely, nothing, _table(given)))

    def _scopes(self, subjects: Entities) -> list[str]:
        ids, extras = subjects.numbers, words.EXTRA_SCOPES
        main = _table([i.scope for i in words.INDUSTRIES])[np.maximum(subjects.industries, 0)]
        first, second = (_table(extras)[self.dice.below(f"scope {n}", ids, len(extras))]
                         for n in (1, 2))  # fmt: skip
        joints = _table([";", ",", ",", "；\n", "、"])[self.dice.below("scope joint", ids, 5)]
        given: Texts = main + joints + first + joints + second
        licensed = "一般项目:" + given + "\n许可项目:食品销售(依法须经批准的项目, 经批准后方可开展)"
        return list(np.where(self.dice.uniform("scope licensed", ids) < 0.08, licensed, given))

    def _phones(self, persons: Integers) -> Texts:
        missing = self.dice.uniform("phone missing", persons) < 0.03
        nothing = _table(words.NOTHING)[self.dice.below("phone nothing", persons, 3)]
        return np.where(missing, nothing, phone_numbers(self.dice, persons))

    def _addresses(self, subjects: Entities) -> list[str]:
        ids = subjects.numbers
        roads = _table(words.ROADS)[self.dice.below("road", ids, len(words.ROADS))]
        streets = _table(words.STREETS)[subjects.streets]
        doors = self.dice.between("door", ids, 1, 1999).tolist()
        rooms = self.dice.between("room", ids, 101, 2608).tolist()
        return [
            f"浙江省杭州市滨江区{street}{road}{door}号{room}室"
            for street, road, door, room in zip(streets, roads, doors, rooms, strict=True)
        ]


def is_foreign(subjects: Entities) -> Flags:
    """Whether an entity is a branch of a foreign company."""
    foreign: Flags = (subjects.kinds == BRANCH) & (subjects.numbers % _FOREIGN_EVERY == 7)
    return foreign


def trade_names(roll: Dice, subjects: Entities) -> Texts:
    """The name of each entity; three in ten households bear that of their operator."""
    ids = subjects.numbers
    operators = person_names(roll, ids)
    heads = _table(words.NAME_HEADS)[roll.below("head", ids, len(words.NAME_HEADS))]
    rare = ids % _RARE_NAME_EVERY == _RARE_NAME_EVERY // 2
    rare_heads = _table(words.RARE_CHARACTERS)[ids // _RARE_NAME_EVERY % len(words.RARE_CHARACTERS)]
    tails = _table(words.NAME_TAILS)[roll.below("tail", ids, len(words.NAME_TAILS))]
    brand = np.where(rare, rare_heads, heads) + tails
    trade = _table([i.word for i in words.INDUSTRIES])[np.maximum(subjects.industries, 0)]
    company = _table(["有限公司", "股份有限公司", "合伙企业(有限合伙)"])[
        roll.choose("form", ids, (90, 4, 6))
    ]
    shop = _table(["店", "商行", "经营部", "工作室"])[roll.below("shop", ids, 4)]
    own = np.where(roll.uniform("own name", ids) < 0.3, operators, brand)
    names: Texts = np.select(
        [subjects.kinds == ENTERPRISE, subjects.kinds == BRANCH, subjects.kinds == HOUSEHOLD],
        [
            "杭州" + brand + trade + company,
            np.where(
                is_foreign(subjects),
                brand + trade + "(新加坡)有限公司杭州分公司",
                "杭州" + brand + trade + "有限公司滨江分公司",
            ),
            "杭州市滨江区" + np.where(rare, brand, own) + trade + shop,
        ],
        "杭州滨江" + brand + "蔬菜专业合作社",
    )
    return names
