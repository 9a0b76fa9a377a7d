"""The pledge workbook: title, merged two-line header, merged cells, a total row, mixed dates.

What belongs here: how the IP section writes its contracts down. What does not: which contracts
there are (pledge_contracts).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from demo import vocabulary as words
from demo.dice import Dice
from demo.entities import Entities
from demo.identities import Texts
from demo.pledge_contracts import (
    AMOUNT_LABELS,
    MAXIMUM_LABEL,
    MIXED,
    PATENT,
    RIGHT_LABELS,
    SECURED,
    TRADEMARK,
    Contracts,
)
from demo.working_days import to_date

SHEET = "质押登记"
TITLE = "知识产权质押登记台账(演示数据)"
CONTRACT, DAY, PLEDGOR, CODE, PLEDGEE, STREET, RIGHT_KIND, RIGHT_NO, RIGHT_NAME, AMOUNT, KIND = (
    range(11)
)
COLUMNS = (
    "质押合同编号", "登记日期", "出质人", "出质人统一社会信用代码", "质权人", "所属街道",
    "权利类型", "权利号", "权利名称", "质押金额(万元)", "金额类型",
)  # fmt: skip
_GROUPS = (
    (PLEDGOR, STREET, "合同信息"),
    (RIGHT_KIND, RIGHT_NAME, "权利信息"),
    (AMOUNT, KIND, "质押金额"),
)
_CONTRACT_CELLS = (CONTRACT, DAY, PLEDGOR, CODE, PLEDGEE, STREET, AMOUNT, KIND)
_WIDTHS = (20, 14, 34, 22, 36, 10, 14, 22, 30, 14, 10)
_HEADER_ROWS = 3
_FEN_PER_WAN = 1_000_000
_SERIAL_EPOCH = date(1899, 12, 30)
# One contract after another; what a hand-kept workbook looks like after three years.
_DATE_FORMS = ("date", "%Y-%m-%d", "date", "serial", "%Y/%m/%d", "date", "%Y年%m月%d日", "%Y.%m.%d")
_TEXT_AMOUNT_EVERY = 9
_PREFIXES = {"专利权": "ZL", "商标权": "TM", "数据知识产权": "SJ", "著作权": "ZZ"}


@dataclass(frozen=True)
class PledgeWorkbook:
    """Writes contracts to a workbook; names and codes by position in the opening stock."""

    dice: Dice
    stock: Entities
    codes: Texts
    names: Texts

    def write(self, path: Path, contracts: Contracts) -> Counter[str]:
        """Write the workbook; the same contracts give the same bytes."""
        path.parent.mkdir(parents=True, exist_ok=True)
        found: Counter[str] = Counter()
        with xlsxwriter.Workbook(str(path)) as book:
            book.set_properties({"title": TITLE, "created": datetime(2020, 1, 1)})
            sheet = book.add_worksheet(SHEET)
            centred = book.add_format({"align": "center", "valign": "vcenter", "border": 1})
            dated = book.add_format(
                {"num_format": "yyyy-mm-dd", "align": "center", "valign": "vcenter", "border": 1}
            )
            _write_header(sheet, centred)
            row = _HEADER_ROWS
            for place in range(len(contracts)):
                row = self._write_contract(sheet, row, contracts, place, (centred, dated), found)
            sheet.write(row, CONTRACT, "合计", centred)
            sheet.write(row, AMOUNT, _wan(int(contracts.amounts.sum())), centred)
        found["ip_pledges: rows delivered"] = row - _HEADER_ROWS
        found["ip_pledges: total rows"] = 1
        return found

    def _write_contract(
        self,
        sheet: Worksheet,
        row: int,
        contracts: Contracts,
        place: int,
        formats: tuple[Format, Format],
        found: Counter[str],
    ) -> int:
        """Write one contract, its cells merged down over its rights; the next free row."""
        centred, dated = formats
        firm = int(contracts.pledgors[place])
        number = int(contracts.numbers[place])
        year, running = divmod(number, 10_000_000)
        rights = int(contracts.right_counts[place])
        day, is_dated = _day_cell(to_date(int(contracts.days[place])), place, found)
        cells = {
            CONTRACT: f"浙滨知质{year}第{running + 1:04d}号",
            DAY: day,
            PLEDGOR: self.names[firm],
            CODE: self.codes[firm],
            PLEDGEE: words.BANKS[number % len(words.BANKS)],
            STREET: words.STREETS[int(self.stock.streets[firm])],
            AMOUNT: _amount_cell(int(contracts.amounts[place]), place, found),
            KIND: _amount_label(int(contracts.amount_kinds[place]), number),
        }
        for column in _CONTRACT_CELLS:
            style = dated if column == DAY and is_dated else centred
            if rights > 1:
                sheet.merge_range(row, column, row + rights - 1, column, cells[column], style)
            else:
                sheet.write(row, column, cells[column], style)
        for offset in range(rights):
            kind = _right_kind(int(contracts.kinds[place]), offset)
            sheet.write(row + offset, RIGHT_KIND, kind, centred)
            right_no = f"{_PREFIXES[kind]}{year}{running:05d}{offset:02d}{number * 37 % 10}"
            sheet.write(row + offset, RIGHT_NO, right_no, centred)
            trade = words.INDUSTRIES[(number + offset) % len(words.INDUSTRIES)].word
            sheet.write(row + offset, RIGHT_NAME, f"一种{trade}方法及系统", centred)
        found["ip_pledges: contracts"] += 1
        found["ip_pledges: contracts with several rights"] += rights > 1
        return row + rights


def file_name(end: date) -> str:
    """The workbook of a day, relative to the sources folder."""
    return f"ip_pledges/知识产权质押登记_{end:%Y%m%d}.xlsx"


def _write_header(sheet: Worksheet, centred: Format) -> None:
    sheet.merge_range(0, 0, 0, len(COLUMNS) - 1, TITLE, centred)
    grouped = set()
    for first, last, label in _GROUPS:
        sheet.merge_range(1, first, 1, last, label, centred)
        grouped |= set(range(first, last + 1))
    for column, name in enumerate(COLUMNS):
        if column in grouped:
            sheet.write(2, column, name, centred)
        else:
            sheet.merge_range(1, column, 2, column, name, centred)
        sheet.set_column(column, column, _WIDTHS[column])


def _day_cell(day: date, place: int, found: Counter[str]) -> tuple[int | str, bool]:
    """A date as its row writes it, and whether the cell has a date format."""
    form = _DATE_FORMS[place % len(_DATE_FORMS)]
    if form in ("date", "serial"):
        found["ip_pledges: dates as date cells" if form == "date" else
              "ip_pledges: dates as bare serials"] += 1  # fmt: skip
        return (day - _SERIAL_EPOCH).days, form == "date"
    found["ip_pledges: dates as text"] += 1
    if form == "%Y年%m月%d日" and place % 16 > 8:
        return f"{day.year}年{day.month}月{day.day}日", False
    return day.strftime(form), False


def _wan(fen: int) -> float:
    """An amount in 万元; two decimals, so the shortest float is the decimal."""
    return float(Decimal(fen) / _FEN_PER_WAN)


def _amount_label(kind: int, number: int) -> str:
    """What the amount is; every fifth contract is a maximum pledge."""
    return MAXIMUM_LABEL if kind == SECURED and number % 5 == 0 else AMOUNT_LABELS[kind]


def _amount_cell(fen: int, place: int, found: Counter[str]) -> float | str:
    if place % _TEXT_AMOUNT_EVERY != 4:
        return _wan(fen)
    found["ip_pledges: amounts as text"] += 1
    return f"{Decimal(fen) / _FEN_PER_WAN:,.2f}"


def _right_kind(kind: int, offset: int) -> str:
    if kind == MIXED:
        return RIGHT_LABELS[TRADEMARK if offset == 1 else PATENT]
    return RIGHT_LABELS[kind]
