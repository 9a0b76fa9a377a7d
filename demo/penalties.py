"""The case system's JSON lines: one case a line, its parties and decisions nested.

What belongs here: the texts of a case. What does not: which cases and amounts there are
(penalty_cases, penalty_lives).
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from demo import vocabulary as words
from demo.dice import Dice, Integers
from demo.entities import ENTERPRISE, HOUSEHOLD, Entities
from demo.identities import Texts, identity_numbers, person_names, phone_numbers
from demo.penalty_cases import (
    LENIENT,
    NO_VIOLATION,
    ON_THE_SPOT_FROM,
    TO_AUTHORITY,
    TO_JUSTICE,
    UNDECIDED,
    UNPUBLISHED,
    Cases,
    is_mitigated,
)
from demo.working_days import to_date

_PARTY_KINDS = ("企业", "个体工商户", "自然人")
_PARTY_WEIGHTS = (62, 30, 8)
Decision = dict[str, str | int | list[str] | None]
"""Amounts in fen, under keys that end in `_yuan`, as they are written."""
_OTHER_KINDS = {
    NO_VIOLATION: "违法事实不能成立",
    TO_AUTHORITY: "移送其他行政机关",
    TO_JUSTICE: "移送司法机关",
}
_PENAL = ("行政处罚", "减轻处罚")
_PROCEDURE_SINCE = 2024
"""The year from which on the system notes the procedure of the cases that are filed."""
_NOTED_FLOOR = 500_000
"""What was noted as the floor before a case turned out to be none; nothing is waived by it."""
_PERSON = 2
_PERSONS = 700_000_000


@dataclass(frozen=True)
class CaseTexts:
    """Writes cases as JSON lines; names and codes by position in the opening stock."""

    dice: Dice
    stock: Entities
    codes: Texts
    names: Texts

    def write(self, path: Path, cases: Cases) -> Counter[str]:
        """Write the file; what was delivered."""
        path.parent.mkdir(parents=True, exist_ok=True)
        found: Counter[str] = Counter()
        parties = self._parties(cases)
        fields = self.dice.choose("case field", cases.numbers, words.CASE_FIELD_WEIGHTS)
        streets = self.dice.choose("case street", cases.numbers, words.STREET_WEIGHTS)
        mitigated = is_mitigated(self.dice, cases.numbers)
        with path.open("w", encoding="utf-8", newline="\n") as file:
            for place in range(len(cases)):
                decisions = self._decisions(cases, place, bool(mitigated[place]))
                field = list(words.CASE_CAUSES)[int(fields[place])]
                file.write(_line(cases, place, field, int(streets[place]), parties[place],
                                 decisions))  # fmt: skip
                found["penalty_cases: rows delivered"] += 1
                found["penalty_cases: cases with two decisions"] += len(decisions) > 1
                found["penalty_cases: cases without a decision"] += not decisions
                found["penalty_cases: bare warnings"] += bool(cases.is_warning[place])
                found["penalty_cases: penalties on the spot"] += bool(cases.is_on_the_spot[place])
                found["penalty_cases: cases without a violation or transferred"] += any(
                    decision["kind"] in _OTHER_KINDS.values() for decision in decisions
                )
        return found

    def _parties(self, cases: Cases) -> list[list[dict[str, str | None]]]:
        """One or two parties per case; only persons and households have an identity number."""
        first = self._party_column(cases.numbers)
        second = self._party_column(cases.numbers + 500_000)
        return [
            [one, other] if both else [one]
            for one, other, both in zip(first, second, cases.has_two_parties, strict=True)
        ]

    def _party_column(self, ids: Integers) -> list[dict[str, str | None]]:
        kinds = self.dice.choose("party", ids, _PARTY_WEIGHTS)
        persons = ids + _PERSONS
        people = zip(
            person_names(self.dice, persons), phone_numbers(self.dice, persons),
            identity_numbers(self.dice, persons), strict=True,
        )  # fmt: skip
        firms, shops = (np.flatnonzero(self.stock.kinds == k) for k in (ENTERPRISE, HOUSEHOLD))
        draw = self.dice.uniform("party entity", ids)
        chosen = np.where(
            kinds == 0, firms[(draw * len(firms)).astype(np.int64)],
            shops[(draw * len(shops)).astype(np.int64)],
        )  # fmt: skip
        return [
            {
                "kind": _PARTY_KINDS[kind],
                "uscc": None if kind == _PERSON else self.codes[entity],
                "name": name if kind == _PERSON else self.names[entity],
                "id_number": identity if kind else None,
                "phone": phone,
            }
            for kind, entity, (name, phone, identity) in zip(
                kinds.tolist(), chosen.tolist(), people, strict=True
            )
        ]

    def _decisions(self, cases: Cases, place: int, mitigated: bool) -> list[Decision]:
        """The decisions of a case, one per party."""
        if cases.decided[place] == UNDECIDED:
            return []
        number = cases.numbers[place : place + 1]
        gains = int(cases.gains[place])
        fine = int(cases.penalties[place]) - gains
        lenient = int(cases.kinds[place]) == LENIENT
        draw = float(self.dice.uniform("collected", number)[0])
        kind = ("减轻处罚" if mitigated else "不予处罚") if lenient else "行政处罚"
        kind = _OTHER_KINDS.get(int(cases.kinds[place]), kind)
        is_warned = bool(cases.is_warning[place]) or (kind == "行政处罚" and draw > 0.9)
        goods = int(self.dice.below("goods", number, 12)[0]) // 10 * (int(number[0]) % 90 + 1)
        on_the_spot = bool(cases.is_on_the_spot[place])
        takes_goods = kind in _PENAL and not cases.is_warning[place] and not on_the_spot
        goods = goods if takes_goods else 0
        parties = 2 if cases.has_two_parties[place] else 1
        decided = to_date(int(cases.decided[place]))
        year, running = divmod(int(number[0]), 1_000_000)
        paper = "移送" if kind.startswith("移送") else "当罚" if on_the_spot else "罚处"
        running = running % ON_THE_SPOT_FROM + 1
        paper = f"杭滨市监{paper}〔{decided.year}〕{year % 100}{running:05d}"
        decisions: list[Decision] = []
        for order, (part_fine, part_gains) in enumerate(
            zip(*(_parts(amount, parties) for amount in (fine, gains)), strict=True), start=1
        ):
            imposed = part_fine + part_gains
            floor = imposed * 6 // 10 if draw < 0.3 else None
            floor = _NOTED_FLOOR if kind in _OTHER_KINDS.values() else floor
            decisions.append({
                "decision_no": f"{paper}-{order}号",
                "kind": kind,
                "decided_on": decided.isoformat(),
                "penalty_types": _types(is_warned, part_fine, part_gains, goods),
                "fine_yuan": part_fine,
                "confiscated_gains_yuan": part_gains,
                "confiscated_goods_yuan": goods * 5_050,
                "statutory_floor_yuan": imposed + int(cases.waived[place]) if lenient else floor,
                "collected_yuan": _collected(imposed, draw),
                "published_on": _published_on(cases, place),
            })  # fmt: skip
        return decisions


def file_name(end: date) -> str:
    """The file of a day, relative to the sources folder."""
    return f"penalty_cases/penalty_cases_{end:%Y%m%d}.jsonl"


def _parts(amount: int, parties: int) -> list[int]:
    """An amount split over the parties of a case: 60 to 40 between two."""
    if parties == 1:
        return [amount]
    return [amount * 6 // 10, amount - amount * 6 // 10]


def _collected(imposed: int, draw: float) -> int:
    """What was paid: all in 86 of 100, half (by instalments) in 8, nothing yet in 6."""
    if draw < 0.86:
        return imposed
    return imposed // 2 if draw < 0.94 else 0


def _types(is_warned: bool, fine: int, gains: int, goods: int) -> list[str]:
    """The kinds of penalty of a decision, as art. 9 of the penalty law names them."""
    imposed = {"警告": is_warned, "罚款": fine, "没收违法所得": gains, "没收非法财物": goods}
    return [name for name, amount in imposed.items() if amount]


def _published_on(cases: Cases, place: int) -> str | None:
    published = int(cases.published[place])
    return None if published == UNPUBLISHED else to_date(published).isoformat()


def _decision_json(decision: Decision) -> str:
    """A decision as JSON; amounts keep their two decimals, which `json.dumps` would drop."""
    cells = []
    for name, value in decision.items():
        if isinstance(value, int):
            cells.append(f'"{name}": {value // 100}.{value % 100:02d}')
        else:
            cells.append(f'"{name}": {json.dumps(value, ensure_ascii=False)}')
    return "{" + ", ".join(cells) + "}"


def _line(
    cases: Cases,
    place: int,
    field: str,
    street: int,
    parties: list[dict[str, str | None]],
    decisions: list[Decision],
) -> str:
    number = int(cases.numbers[place])
    year, running = divmod(number, 1_000_000)
    causes = words.CASE_CAUSES[field]
    filed = to_date(int(cases.filed[place])).isoformat()
    last = decisions[-1] if decisions else {}
    changed = str(last.get("published_on") or last.get("decided_on") or filed)
    on_the_spot = running >= ON_THE_SPOT_FROM
    noted = "普通程序" if year >= _PROCEDURE_SINCE else None
    head = {
        "case_no": f"杭滨市监{'简案' if on_the_spot else '案'}〔{year}〕"
        f"{running % ON_THE_SPOT_FROM + 1:05d}号",
        "filed_on": filed,
        "procedure": "简易程序" if on_the_spot else noted,
        "case_field": field,
        "cause": causes[number % len(causes)],
        "street_code": words.STREET_CODES[street],
        "parties": parties,
        "is_panel_reviewed": bool(cases.is_panel_reviewed[place]),
        "is_extended": bool(cases.is_extended[place]),
        "further_extension_days": None,
        "excluded_days": int(cases.excluded[place]) or None,
    }
    start = json.dumps(head, ensure_ascii=False)[:-1]
    nested = ", ".join(_decision_json(d) for d in decisions)
    return (
        f'{start}, "decisions": [{nested}], "updated_at": "{changed} 16:{number % 60:02d}:00"}}\n'
    )
