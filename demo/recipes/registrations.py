"""The registry: what each registration event says, as the registry spells it.

All texts of an entity are functions of its number, so that its events agree with one another. What
does not belong here: which entities and events there are (entities).
"""

from __future__ import annotations

import numpy as np

from demo import entities
from demo import vocabulary as words
from demo.dice import Draws
from demo.frames import Frame, Integers, Objects, pick, take, withhold
from demo.identities import person_names, phone_numbers
from demo.scene import Scene
from demo.spelling import Columns, Table
from demo.trade_names import is_foreign, trade_names

_LOWER_CASE = 0.006
_TYPE_MISSING = 0.79
_TYPES = (
    words.ENTERPRISE_TYPES, words.BRANCH_TYPES, words.HOUSEHOLD_TYPES,
    words.COOPERATIVE_TYPES, words.COOPERATIVE_TYPES,
)  # fmt: skip
_CAPITAL_FORMS = (
    "{n}万人民币", "{c}(万美元)", "{d}万元人民币", "{y}元", "{n}万元", "{c}万元人民币", "{n}万港元",
    "{n}万欧元", "{c}(万元)",
)  # fmt: skip
_CAPITAL_WEIGHTS = (46, 2, 12, 9, 18, 8, 1, 0.7, 3)
_CAPITALS = (1, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000, 12000)
_CAPITALS_WEIGHTS = (2, 3, 6, 14, 8, 6, 15, 20, 9, 9, 6, 2, 1, 0.3)


def events(scene: Scene) -> Table:
    """One row per event, numbered within its day; they come in order of the day."""
    everyone = entities.population(scene.dice, scene.totals, scene.entities, scene.start, scene.end)
    happened = entities.events_of(scene.dice, everyone, scene.start, scene.end)
    days = happened["days"]
    places = np.arange(len(days)) - np.searchsorted(days, days, side="left") + 1

    def columns(index: Integers) -> Columns:
        chosen = take(happened, index)
        subjects = take(everyone, chosen["entities"])
        return _columns(scene, subjects, chosen, places[index], index)

    return Table(days, columns)


def _columns(
    scene: Scene, subjects: Frame, chosen: Frame, places: Integers, index: Integers
) -> Columns:
    dice, ids, days = scene.dice, subjects["numbers"], chosen["days"]
    draws, rows = dice.of(ids), dice.of(index)
    # A change often is one of the people: the event shifts the draw of the person.
    persons = np.where(chosen["kinds"] == entities.CHANGED, ids * 7 + days.astype(np.int64), ids)
    phone_missing = dice.of(persons).some("phone missing", 0.03)
    codes = entities.codes_of(dice, subjects)
    lower = np.flatnonzero(rows.some("lower case", _LOWER_CASE))
    codes[lower] = [code.lower() for code in codes[lower]]
    industries = subjects["industries"]
    kinds = pick(entities.KIND_LABELS, subjects["kinds"])
    streets = pick(words.STREETS, subjects["streets"])
    main = pick([i.scope for i in words.INDUSTRIES], np.maximum(industries, 0))
    scope = main + draws.pick("scope joint", (";", ",", ",", "；\n", "、"))
    scope += draws.pick("scope 1", words.EXTRA_SCOPES) + ","
    scope += draws.pick("scope 2", words.EXTRA_SCOPES)
    licensed = "一般项目:" + scope + "\n许可项目:食品销售(依法须经批准的项目, 经批准后方可开展)"
    compact = np.char.replace(days.astype(str), "-", "").tolist()
    doors = zip(
        streets, draws.pick("road", words.ROADS), draws.between("door", 1, 1999).tolist(),
        draws.between("room", 101, 2608).tolist(), strict=True,
    )  # fmt: skip
    return {
        "业务流水号": [f"DJ{d}{n:05d}" for d, n in zip(compact, places.tolist(), strict=True)],
        "业务类型": pick(entities.EVENT_LABELS, chosen["kinds"]),
        "核准日期": days,
        "统一社会信用代码": codes,
        "市场主体名称": trade_names(dice, subjects),
        "市场主体类别": np.where(is_foreign(subjects), "外国公司分支机构", kinds),
        "企业类型": withhold(_types(draws, subjects), rows.some("type given", _TYPE_MISSING)),
        "行业代码": pick([*(i.code for i in words.INDUSTRIES), None], industries),
        "注册资本": _capital(draws, subjects),
        "经营范围": np.where(draws.some("scope licensed", 0.08), licensed, scope),
        "法定代表人": person_names(dice, persons),
        "联系电话": withhold(phone_numbers(dice, persons), phone_missing),
        "住所": [f"浙江省杭州市滨江区{s}{road}{door}号{room}室" for s, road, door, room in doors],
        "所属街道": streets,
        "登记机关": pick(words.REGISTRARS, draws.choose("registrar", (0.8, 0.2))),
    }


def _types(draws: Draws, subjects: Frame) -> Objects:
    """One in fifty contradicts the class of the entity: the text classifies nothing."""
    is_swapped = draws.some("type swapped", 0.02) & (subjects["kinds"] == entities.HOUSEHOLD)
    kinds = np.where(is_swapped, entities.ENTERPRISE, subjects["kinds"])
    drawn = [draws.pick("type", texts) for texts in _TYPES]
    types: Objects = np.select([kinds == kind for kind in range(len(_TYPES))], drawn)
    return types


def _capital(draws: Draws, subjects: Frame) -> Objects:
    """An amount with its unit; branches and half of the households have none."""
    kinds = subjects["kinds"]
    amounts = np.asarray(_CAPITALS)[draws.choose("capital", _CAPITALS_WEIGHTS)].tolist()
    forms = pick(_CAPITAL_FORMS, draws.choose("capital form", _CAPITAL_WEIGHTS))
    given = np.asarray([
        form.format(n=amount, c=f"{amount:,}", d=f"{amount}.5", y=amount * 10_000)
        for form, amount in zip(forms, amounts, strict=True)
    ], dtype=object)  # fmt: skip
    rarely = (kinds == entities.HOUSEHOLD) & draws.some("capital given", 0.55)
    return withhold(given, rarely | (kinds == entities.BRANCH) | (kinds > entities.COOPERATIVE))


RECIPES = {"registrations__events": events}
