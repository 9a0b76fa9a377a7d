"""The complaint platform's table: what each item says, as the platform writes it.

What does not belong here: what happens to an item (complaint_lives).
"""

from __future__ import annotations

import numpy as np

from demo import vocabulary as words
from demo.complaint_lives import COMPLAINT, CONSULTATION, REPORT, day_of, items_known, last_step
from demo.dice import Draws
from demo.frames import Frame, Integers, Objects, pick, take, withhold
from demo.identities import identity_numbers, person_names, phone_numbers
from demo.scene import Scene
from demo.spelling import Columns, Table

_KINDS = ("投诉", "举报", "咨询")
_PREFIXES = ("TS", "JB", "ZX")
_CHANNELS = ("互联网", "电话", "来人", "来函")
_CHANNEL_WEIGHTS = (71, 25, 2.5, 1.5)
_COMPLAINANTS = 40_000  # persons; some write hundreds of times
_PERSONS = 500_000_000


def items(scene: Scene) -> Table:
    """One row per item, in order of receipt."""
    known = items_known(scene)
    known["updated"] = last_step(known, "told", "closed")
    return Table(day_of(known["received"]), lambda index: _columns(scene, take(known, index)))


def _columns(scene: Scene, known: Frame) -> Columns:
    writers = scene.dice.of(known["submission"])
    days = np.char.replace(day_of(known["received"]).astype(str), "-", "").tolist()
    running, submissions = (
        (known[name] % 100_000_000).tolist() for name in ("number", "submission")
    )
    persons = _PERSONS + (writers.uniform("complainant") ** 2 * _COMPLAINANTS).astype(np.int64)
    names, phones = person_names(scene.dice, persons), phone_numbers(scene.dice, persons)
    identities = identity_numbers(scene.dice, persons)
    kinds = known["kind"]
    waiting = (kinds == COMPLAINT) & np.isnat(known["accepted"])
    under_way = np.where(waiting, "待受理", "处理中")
    return {
        "item_no": [
            f"{prefix}{day}{number:08d}"
            for prefix, day, number in zip(pick(_PREFIXES, kinds), days, running, strict=True)
        ],
        "submission_no": [
            f"1330108{day}{number:08d}" for day, number in zip(days, submissions, strict=True)
        ],
        "item_kind": pick(_KINDS, kinds),
        "channel": pick(_CHANNELS, writers.choose("channel", _CHANNEL_WEIGHTS)),
        "received_at": known["received"],
        "accepted_at": known["accepted"],
        "notified_at": known["told"],
        "supplemented_at": known["supplemented"],
        "closed_at": known["closed"],
        "updated_at": known["updated"],
        "status": np.where(np.isnat(known["closed"]), under_way, known["outcome"]),
        "is_extended": (~np.isnat(known["extended"])).astype(int).tolist(),
        "street_code": pick(words.STREET_CODES, known["street"]),
        "industry_code": pick([*(i.code for i in words.INDUSTRIES), None], known["industry"]),
        "respondent_uscc": withhold(scene.codes[known["respondent"]], known["respondent"] < 0),
        "complainant_name": withhold(names, writers.some("anonymous", 0.04)),
        "complainant_phone": phones,
        "complainant_id_number": withhold(identities, writers.some("identity", 0.35)),
        "content": _contents(scene.dice.of(known["number"]), kinds, names, phones),
    }


def _contents(draws: Draws, kinds: Integers, names: Objects, phones: Objects) -> list[str]:
    """With line breaks and quotation marks, as people type them."""
    grievances = draws.pick("grievance", words.GRIEVANCES)
    what = np.where(kinds == CONSULTATION, draws.pick("question", words.QUESTIONS), grievances)
    ends = (", 要求退款并赔偿。", ", 请依法查处。")
    wish = np.select([kinds == COMPLAINT, kinds == REPORT], ends, "。")
    joint = np.where(draws.some("line break", 0.2), "。\n", ": ")
    return [
        f'{name}(联系电话{phone})反映{j}"{w}"{end}'
        for name, phone, j, w, end in zip(names, phones, joint, what, wish, strict=True)
    ]


RECIPES = {"complaints__items": items}
