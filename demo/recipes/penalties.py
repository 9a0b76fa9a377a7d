"""The case system: one row per case, its parties and decisions nested.

What does not belong here: which cases and amounts there are (penalty_lives).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np

from demo import penalty_lives as lives
from demo import vocabulary as words
from demo.entities import HOUSEHOLD
from demo.frames import Integers, pick, rows_of
from demo.scene import Scene
from demo.spelling import Row

_PARTY_WEIGHTS = {"企业": 62, "个体工商户": 30, "自然人": 8}
_NO_PENALTY = {
    lives.NO_VIOLATION: "违法事实不能成立",
    lives.TO_AUTHORITY: "移送其他行政机关",
    lives.TO_JUSTICE: "移送司法机关",
}
_PROCEDURE_SINCE = 2024
"""The year from which on the system notes the procedure of the cases that are filed."""
_NOTED_FLOOR = Decimal("5000.00")
"""What was noted as the floor before a case turned out to be none; nothing is waived by it."""


def cases(scene: Scene) -> list[Row]:
    """The cases in the order of their numbers, those on the spot last."""
    known = lives.cases_known(scene)
    numbers = known["number"]
    draws = scene.dice.of(numbers)
    known |= {
        "field": draws.choose("case field", words.CASE_FIELD_WEIGHTS),
        "street": draws.choose("case street", words.STREET_WEIGHTS),
        "mitigated": lives.is_mitigated(scene.dice, numbers),
        "collected": draws.below("collected", 100),
        "goods": draws.below("goods", 12),
    }
    first, second = _parties(scene, numbers), _parties(scene, numbers + 500_000)
    return [
        _row(case, list(parties[: max(case["parties"], 1)]))
        for case, *parties in zip(rows_of(known), first, second, strict=True)
    ]


def _parties(scene: Scene, ids: Integers) -> list[dict[str, str | None]]:
    """A party per case; only persons and households have an identity number."""
    draws = scene.dice.of(ids)
    kinds = draws.choose("party", list(_PARTY_WEIGHTS.values()))
    shops = np.flatnonzero(scene.entities["kinds"] == HOUSEHOLD)
    draw = draws.uniform("party entity")
    shops = shops[(draw * len(shops)).astype(np.int64)]
    firms = pick(scene.firms, (draw * len(scene.firms)).astype(np.int64))
    people = scene.people("party", ids + 700_000_000)
    parties = []
    for kind, firm, shop, person in zip(kinds.tolist(), firms, shops.tolist(), people, strict=True):
        code, name = (
            (firm.uscc, firm.name),
            (scene.codes[shop], scene.names[shop]),
            (None, person.name),
        )[kind]
        parties.append({
            "kind": list(_PARTY_WEIGHTS)[kind], "uscc": code, "name": name,
            "id_number": person.identity_number if kind else None, "phone": person.phone,
        })  # fmt: skip
    return parties


def _row(case: dict[str, Any], parties: list[dict[str, str | None]]) -> Row:
    year, running = divmod(case["number"], 1_000_000)
    on_the_spot = case["kind"] == lives.ON_THE_SPOT
    noted = "普通程序" if year >= _PROCEDURE_SINCE else None
    field = list(words.CASE_CAUSES)[case["field"]]
    causes = words.CASE_CAUSES[field]
    decisions = list(_decisions(case))
    last = decisions[-1] if decisions else {}
    changed = last.get("published_on") or last.get("decided_on") or case["filed"].isoformat()
    kind = "简案" if on_the_spot else "案"
    return {
        "case_no": f"杭滨市监{kind}〔{year}〕{running % 900_000 + 1:05d}号",
        "filed_on": case["filed"],
        "procedure": "简易程序" if on_the_spot else noted,
        "case_field": field,
        "cause": causes[case["number"] % len(causes)],
        "street_code": words.STREET_CODES[case["street"]],
        "parties": parties,
        "is_panel_reviewed": bool(case["panel"]),
        "is_extended": bool(case["extended"]),
        "further_extension_days": None,
        "excluded_days": case["excluded"] or None,
        "decisions": decisions,
        "updated_at": f"{changed} 16:{case['number'] % 60:02d}:00",
    }


def _decisions(case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The decisions of a case, one per party: of two, one bears 60 of 100 and the other 40."""
    if case["decided"] is None:
        return
    lenient, on_the_spot = case["kind"] == lives.LENIENT, case["kind"] == lives.ON_THE_SPOT
    kind = ("减轻处罚" if case["mitigated"] else "不予处罚") if lenient else "行政处罚"
    kind = _NO_PENALTY.get(case["kind"], kind)
    takes_goods = kind in ("行政处罚", "减轻处罚") and not case["warned"] and not on_the_spot
    goods = case["goods"] // 10 * (case["number"] % 90 + 1) if takes_goods else 0
    is_warned = bool(case["warned"]) or (kind == "行政处罚" and case["collected"] > 90)
    paper = "移送" if kind.startswith("移送") else "当罚" if on_the_spot else "罚处"
    year, running = divmod(case["number"], 1_000_000)
    number = f"杭滨市监{paper}〔{case['decided'].year}〕{year % 100}{running % 900_000 + 1:05d}"
    fine = case["penalty"] - case["gains"]
    parts = [(fine, case["gains"])]
    if case["parties"] > 1:
        most = fine * 6 // 10, case["gains"] * 6 // 10
        parts = [most, (fine - most[0], case["gains"] - most[1])]
    for order, (part, gains) in enumerate(parts, start=1):
        floor = _yuan((part + gains) * 6 // 10) if case["collected"] < 30 else None
        floor = _NOTED_FLOOR if kind in _NO_PENALTY.values() else floor
        imposed = {"警告": is_warned, "罚款": part, "没收违法所得": gains, "没收非法财物": goods}
        yield {
            "decision_no": f"{number}-{order}号",
            "kind": kind,
            "decided_on": case["decided"].isoformat(),
            "penalty_types": [name for name, amount in imposed.items() if amount],
            "fine_yuan": _yuan(part),
            "confiscated_gains_yuan": _yuan(gains),
            "confiscated_goods_yuan": _yuan(goods * 5_050),
            "statutory_floor_yuan": _yuan(part + gains + case["waived"]) if lenient else floor,
            "collected_yuan": _yuan(_collected(part + gains, case["collected"])),
            "published_on": case["published"] and case["published"].isoformat(),
        }


def _collected(imposed: int, draw: int) -> int:
    """What was paid: all in 86 of 100, half (by instalments) in 8, nothing yet in 6."""
    return imposed if draw < 86 else imposed // 2 if draw < 94 else 0


def _yuan(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2)


RECIPES = {"penalty_cases__cases": cases}
