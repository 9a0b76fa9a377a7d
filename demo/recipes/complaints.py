"""The complaint platform's table: what each item says, as the platform writes it.

What does not belong here: what happens to an item (complaint_lives).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from demo import vocabulary as words
from demo.complaint_lives import (
    COMPLAINT,
    CONSULTATION,
    DAY,
    NEVER,
    REPORT,
    items_known,
    last_step,
)
from demo.dice import Integers
from demo.frames import Frame, take
from demo.identities import (
    Texts,
    identity_numbers,
    person_names,
    phone_numbers,
    pick,
    withhold,
)
from demo.scene import Scene
from demo.spelling import Columns, Table

_KINDS = ("投诉", "举报", "咨询")
_PREFIXES = ("TS", "JB", "ZX")
_OUTCOMES = (
    "不予受理", "达成调解", "终止调解", "撤回", "立案", "不予立案", "移送", "已答复",
    "不再另行处理", "无管辖权告知",
)  # fmt: skip
_CHANNELS = ("互联网", "电话", "来人", "来函")
_CHANNEL_WEIGHTS = (71, 25, 2.5, 1.5)
_COMPLAINANTS = 40_000  # persons; some write hundreds of times
_PERSONS = 500_000_000


def items(scene: Scene) -> Table:
    """One row per item, in order of receipt."""
    known = items_known(scene)
    known["updated"] = last_step(known, "told", "closed")
    return Table(known["received"] // DAY, lambda index: _columns(scene, take(known, index)))


def _columns(scene: Scene, known: Frame) -> Columns:
    dice, numbers, writers = scene.dice, known["number"], known["submission"]
    days = (known["received"] // DAY).astype("datetime64[D]").astype(str)
    compact = np.char.replace(days, "-", "").tolist()
    running = (numbers % 100_000_000).tolist()
    submissions = (writers % 100_000_000).tolist()
    persons = (dice.uniform("complainant", writers) ** 2 * _COMPLAINANTS).astype(np.int64)
    persons += _PERSONS
    names, phones = person_names(dice, persons), phone_numbers(dice, persons)
    is_open, kinds = known["closed"] == NEVER, known["kind"]
    waiting = (kinds == COMPLAINT) & (known["accepted"] == NEVER)

    def unless(purpose: str, share: float, values: Texts) -> Texts:
        """The values, with this share of them withheld."""
        return withhold(values, dice.uniform(purpose, writers) < share)

    instants = {
        f"{name}_at": _instants(known[step])
        for name, step in (
            ("received", "received"), ("accepted", "accepted"), ("notified", "told"),
            ("supplemented", "supplemented"), ("closed", "closed"), ("updated", "updated"),
        )
    }  # fmt: skip
    return {
        "item_no": [
            f"{prefix}{day}{number:08d}"
            for prefix, day, number in zip(pick(_PREFIXES, kinds), compact, running, strict=True)
        ],
        "submission_no": [
            f"1330108{day}{number:08d}" for day, number in zip(compact, submissions, strict=True)
        ],
        "item_kind": pick(_KINDS, kinds),
        "channel": pick(_CHANNELS, dice.choose("channel", writers, _CHANNEL_WEIGHTS)),
        **instants,
        "status": np.where(
            is_open, np.where(waiting, "待受理", "处理中"), pick(_OUTCOMES, known["outcome"])
        ),
        "is_extended": (known["extended"] != NEVER).astype(int).tolist(),
        "street_code": pick(words.STREET_CODES, known["street"]),
        "industry_code": pick([*(i.code for i in words.INDUSTRIES), None], known["industry"]),
        "respondent_uscc": withhold(scene.codes[known["respondent"]], known["respondent"] < 0),
        "complainant_name": unless("anonymous", 0.04, names),
        "complainant_phone": phones,
        "complainant_id_number": unless("identity", 0.35, identity_numbers(dice, persons)),
        "content": _contents(scene, numbers, kinds, names, phones),
    }


def _instants(seconds: Integers) -> npt.NDArray[np.datetime64]:
    """Nothing for what has not happened."""
    instants = seconds.astype("datetime64[s]")
    instants[seconds == NEVER] = np.datetime64("NaT")
    return instants


def _contents(
    scene: Scene, numbers: Integers, kinds: Integers, names: Texts, phones: Texts
) -> list[str]:
    """With line breaks and quotation marks, as people type them."""
    grievances, questions = (
        pick(texts, scene.dice.below(what, numbers, len(texts)))
        for what, texts in (("grievance", words.GRIEVANCES), ("question", words.QUESTIONS))
    )
    what = np.where(kinds == CONSULTATION, questions, grievances)
    ends = (", 要求退款并赔偿。", ", 请依法查处。")
    wish = np.select([kinds == COMPLAINT, kinds == REPORT], ends, "。")
    joint = np.where(scene.dice.uniform("line break", numbers) < 0.2, "。\n", ": ")
    return [
        f'{name}(联系电话{phone})反映{j}"{w}"{end}'
        for name, phone, j, w, end in zip(names, phones, joint, what, wish, strict=True)
    ]


RECIPES = {"complaints__items": items}
