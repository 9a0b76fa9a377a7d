"""The pledge workbook: one row per right, the contract's own cells on its first row only.

The contracts over data whose amount is secured make up the published total.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np

from demo import vocabulary as words
from demo.allocation import split_amount
from demo.frames import Frame, concatenate, is_within, rows_of, take
from demo.scene import Scene
from demo.spelling import Row
from demo.totals import CALIBRATED_YEAR
from demo.volumes import PLEDGES, spread_over_year, yearly_volume

_CONTRACTS_2024 = 235
GROWTH = 1.18

_PATENT, _TRADEMARK, _DATA_IP, _COPYRIGHT, _MIXED = range(5)
_RIGHTS = {"专利权": "ZL", "商标权": "TM", "数据知识产权": "SJ", "著作权": "ZZ"}
"""The kinds of right, and how the numbers of each begin."""
_SECURED, _CREDIT_LINE, _DRAWN = range(3)
_AMOUNTS = ("担保金额", "授信额度", "实际放款")
_MAXIMUM = "最高债权额"
"""What is secured under a maximum pledge; every fifth is one."""
_STEP = 10_000
"""Fen in the smallest amount of the workbook: 0.01 万元 is 100 yuan."""
_FEN_PER_WAN = 1_000_000
_WANTED = (100, 200, 300, 500, 600, 800, 1000, 1500, 2000, 3000, 5000)
_RIGHT_COUNTS = (1, 3, 2, 1, 5, 2, 1, 4)
"""Rights of one contract after another; two for a mixed one at least."""

GROUPS = {
    "ip_pledges__pledged_rights": {
        "合同信息": ("出质人", "出质人统一社会信用代码", "质权人", "所属街道"),
        "权利信息": ("权利类型", "权利号", "权利名称"),
        "质押金额": ("质押金额(万元)", "金额类型"),
    }
}


def _contracts_of(scene: Scene, year: int) -> Frame:
    """All contracts of a year, amounts in fen."""
    usual = round(_CONTRACTS_2024 * scene.totals.scale)
    count = max(6, yearly_volume(usual, year, GROWTH))
    numbers = year * 10_000_000 + np.arange(count)
    draws = scene.dice.of(numbers)
    kinds = draws.choose("right kind", (0.55, 0.12, 0.15, 0.09, 0.09))
    amount_kinds = draws.choose("amount kind", (0.72, 0.18, 0.10))
    # However small the bureau, the middle of each year has one of the counted contracts.
    kinds[count // 2], amount_kinds[count // 2] = _DATA_IP, _SECURED
    drawn = draws.choose("pledge amount", (8, 12, 14, 22, 5, 12, 14, 5, 5, 2, 1))
    odd = draws.below("odd amount", 20) // 17 * 510_000
    amounts = np.asarray(_WANTED)[drawn] * _FEN_PER_WAN + odd
    total = scene.totals.fen("data_ip_pledge_amount", _STEP)
    if year != CALIBRATED_YEAR:
        total = yearly_volume(total // _STEP, year, GROWTH) * _STEP
    counted = np.flatnonzero((kinds == _DATA_IP) & (amount_kinds == _SECURED))
    amounts[counted] = split_amount(
        total, amounts[counted].astype(np.float64), least=_STEP, step=_STEP,
        what="data_ip_pledge_amount",
    )  # fmt: skip
    return {
        "number": numbers,
        "day": spread_over_year(scene.dice, "pledge", year, count, PLEDGES),
        "kind": kinds,
        "amount_kind": amount_kinds,
        "amount": amounts,
        "firm": draws.below("pledgor", len(scene.firms)),
    }


def pledged_rights(scene: Scene) -> list[Row]:
    """The contracts registered from the start to the end, in order of the day."""
    years = range(scene.start.year, scene.end.year + 1)
    every = concatenate(_contracts_of(scene, year) for year in years)
    known = take(every, is_within(every["day"], scene.start, scene.end))
    return [row for contract in rows_of(known) for row in _rights_of(scene, contract)]


def _rights_of(scene: Scene, contract: dict[str, Any]) -> Iterator[Row]:
    year, place = divmod(contract["number"], 10_000_000)
    number, kind, firm = contract["number"], contract["kind"], scene.firms[contract["firm"]]
    is_maximum = contract["amount_kind"] == _SECURED and number % 5 == 0
    cells: Row = {
        "质押合同编号": f"浙滨知质{year}第{place + 1:04d}号",
        "登记日期": contract["day"],
        "出质人": firm.name,
        "出质人统一社会信用代码": firm.uscc,
        "质权人": words.BANKS[number % len(words.BANKS)],
        "所属街道": words.STREETS[words.STREET_CODES.index(firm.street)],
        "质押金额(万元)": Decimal(contract["amount"]) / _FEN_PER_WAN,
        "金额类型": _MAXIMUM if is_maximum else _AMOUNTS[contract["amount_kind"]],
    }
    count = max(_RIGHT_COUNTS[place % len(_RIGHT_COUNTS)], 2 if kind == _MIXED else 1)
    for order in range(count):
        right = (_TRADEMARK if order == 1 else _PATENT) if kind == _MIXED else kind
        name, prefix = list(_RIGHTS.items())[right]
        trade = words.INDUSTRIES[(number + order) % len(words.INDUSTRIES)].word
        yield {
            **(cells if order == 0 else {}),
            "权利类型": name,
            "权利号": f"{prefix}{year}{place:05d}{order:02d}{number * 37 % 10}",
            "权利名称": f"一种{trade}方法及系统",
        }


RECIPES = {"ip_pledges__pledged_rights": pledged_rights}
