"""Trade names of the market entities, whole columns at a time."""

from __future__ import annotations

import numpy as np

from demo import vocabulary as words
from demo.dice import Dice
from demo.entities import BRANCH, ENTERPRISE, HOUSEHOLD
from demo.frames import Flags, Frame, Objects, pick
from demo.identities import person_names

_RARE_NAME_EVERY = 211
_FOREIGN_EVERY = 40  # branches


def is_foreign(entities: Frame) -> Flags:
    """Whether an entity is a branch of a foreign company."""
    foreign: Flags = (entities["kinds"] == BRANCH) & (entities["numbers"] % _FOREIGN_EVERY == 7)
    return foreign


def trade_names(dice: Dice, entities: Frame) -> Objects:
    """The name of each entity; three in ten households bear that of their operator."""
    ids, kinds = entities["numbers"], entities["kinds"]
    draws = dice.of(ids)
    rare = ids % _RARE_NAME_EVERY == _RARE_NAME_EVERY // 2
    rare_heads = pick(words.RARE_CHARACTERS, ids // _RARE_NAME_EVERY % len(words.RARE_CHARACTERS))
    brand = np.where(rare, rare_heads, draws.pick("head", words.NAME_HEADS))
    brand = brand + draws.pick("tail", words.NAME_TAILS)
    trade = pick([i.word for i in words.INDUSTRIES], np.maximum(entities["industries"], 0))
    forms = ("有限公司", "股份有限公司", "合伙企业(有限合伙)")
    form = pick(forms, draws.choose("form", (90, 4, 6)))
    is_own = ~rare & draws.some("own name", 0.3)
    shop = np.where(is_own, person_names(dice, ids), brand)
    names: Objects = np.select(
        [kinds == ENTERPRISE, is_foreign(entities), kinds == BRANCH, kinds == HOUSEHOLD],
        [
            "杭州" + brand + trade + form,
            brand + trade + "(新加坡)有限公司杭州分公司",
            "杭州" + brand + trade + "有限公司滨江分公司",
            "杭州市滨江区" + shop + trade + draws.pick("shop", ("店", "商行", "经营部", "工作室")),
        ],
        "杭州滨江" + brand + "蔬菜专业合作社",
    )
    return names
