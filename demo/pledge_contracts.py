"""Pledge contracts of the demo: parties, rights, amounts; the published total in 2024.

What belongs here: which contracts there are. What does not: the workbook (ip_pledges).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

import numpy as np

from demo.allocation import split_amount
from demo.dice import Dice, Integers
from demo.entities import ENTERPRISE, Entities
from demo.totals import CALIBRATED_YEAR, Totals
from demo.volumes import PLEDGES, spread_over_year, yearly_volume
from demo.working_days import day_number

CONTRACTS_2024 = 235
GROWTH = 1.18

PATENT, TRADEMARK, DATA_IP, COPYRIGHT, MIXED = range(5)
RIGHT_LABELS = ("专利权", "商标权", "数据知识产权", "著作权")
SECURED, CREDIT_LINE, DRAWN = range(3)
AMOUNT_LABELS = ("担保金额", "授信额度", "实际放款")
MAXIMUM_LABEL = "最高债权额"
"""What is secured under a maximum pledge."""

STEP = 10_000
"""Fen in the smallest amount of the workbook: 0.01 万元 is 100 yuan."""

_KINDS = (0.55, 0.12, 0.15, 0.09, 0.09)
_RIGHTS = np.asarray((1, 3, 2, 1, 5, 2, 1, 4))
"""Rights of one contract after another; two for a mixed one at least."""


@dataclass(frozen=True)
class Contracts:
    """One element per contract; amounts in fen, `pledgors` positions in the opening stock."""

    numbers: Integers
    days: Integers
    kinds: Integers
    amount_kinds: Integers
    amounts: Integers
    right_counts: Integers
    pledgors: Integers

    def __len__(self) -> int:
        """How many contracts there are."""
        return len(self.numbers)

    def take(self, index: Integers) -> Contracts:
        """The contracts at these positions."""
        return Contracts(*(getattr(self, f.name)[index] for f in fields(self)))


def contracts_of_year(dice: Dice, totals: Totals, stock: Entities, year: int) -> Contracts:
    """All contracts of a year; those over data whose amount is secured make up the total."""
    count = max(6, yearly_volume(round(CONTRACTS_2024 * totals.scale), year, GROWTH))
    places = np.arange(count, dtype=np.int64)
    numbers = year * 10_000_000 + places
    kinds = dice.choose("right kind", numbers, _KINDS)
    amount_kinds = dice.choose("amount kind", numbers, (0.72, 0.18, 0.10))
    # However small the bureau, the middle of each year has one of the counted contracts.
    kinds[count // 2], amount_kinds[count // 2] = DATA_IP, SECURED
    wanted = (100, 200, 300, 500, 600, 800, 1000, 1500, 2000, 3000, 5000)
    drawn = np.asarray(wanted)[
        dice.choose("pledge amount", numbers, (8, 12, 14, 22, 5, 12, 14, 5, 5, 2, 1))
    ]
    amounts = drawn * 1_000_000 + dice.below("odd amount", numbers, 20) // 17 * 510_000
    counted = np.flatnonzero((kinds == DATA_IP) & (amount_kinds == SECURED))
    # The workbook states 万元 with two decimals: steps of 100 yuan.
    total = totals.fen("data_ip_pledge_amount", STEP)
    if year != CALIBRATED_YEAR:
        total = yearly_volume(total // STEP, year, GROWTH) * STEP
    amounts[counted] = split_amount(
        total, amounts[counted].astype(np.float64), least=STEP, step=STEP,
        what="data_ip_pledge_amount",
    )  # fmt: skip
    firms = np.flatnonzero(stock.kinds == ENTERPRISE)
    right_counts = _RIGHTS[places % len(_RIGHTS)]
    return Contracts(
        numbers=numbers,
        days=spread_over_year(dice, "pledge", year, count, PLEDGES),
        kinds=kinds,
        amount_kinds=amount_kinds,
        amounts=amounts,
        right_counts=np.where(kinds == MIXED, np.maximum(right_counts, 2), right_counts),
        pledgors=firms[dice.below("pledgor", numbers, len(firms))],
    )


def contracts_between(
    dice: Dice, totals: Totals, stock: Entities, start: date, end: date
) -> Contracts:
    """The contracts registered from `start` to `end`, in order of the day."""
    years = [contracts_of_year(dice, totals, stock, y) for y in range(start.year, end.year + 1)]
    every = Contracts(
        *(np.concatenate([getattr(y, f.name) for y in years]) for f in fields(Contracts))
    )
    within = (every.days >= day_number(start)) & (every.days <= day_number(end))
    return every.take(np.flatnonzero(within))
