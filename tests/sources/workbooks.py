"""Workbooks for these tests: a pledge list as a section keeps it, and ways to damage one."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import datetime

import xlsxwriter

from pipelines.sources.contracts import SourceTable
from tests.sources.bureau import columns, contract

SHEET = "质押登记"
Pledge = tuple[str, object, object, list[str]]
"""Contract number, date, amount, the rights under it."""


def pledge_contract(**overrides: object) -> SourceTable:
    """Title, two header lines, merged cells, total row."""
    dialect = {
        "connector": "excel",
        "location": "ip/台账_{period}.xlsx",
        "sheet": SHEET,
        "title_rows": 1,
        "header_rows": 2,
        "fill_down": ["合同编号", "登记日期", "金额(万元)"],
        "footer_marker": "合计",
        "footer_sums": ["金额(万元)"],
        **overrides,
    }
    fields = columns(
        合同编号={"data_type": "text", "required": True},
        登记日期={"data_type": "date", "formats": ["%Y年%m月%d日", "serial"]},
        **{"金额(万元)": "decimal"},
        权利号={"data_type": "text", "required": True},
        出质人={"data_type": "text", "sensitivity": "personal"},
    )
    return contract(dialect, delivery="full", fields=fields, key=("合同编号", "权利号"))


def pledge_list(
    pledges: list[Pledge],
    *,
    total: object = None,
    is_1904: bool = False,
    marker: str = "合　计",
    shuffle: bool = False,
    extra: str | None = None,
) -> bytes:
    """The list as Excel stores it; the total is right unless given."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "date_1904": is_1904})
    sheet = book.add_worksheet(SHEET)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    order = [4, 3, 2, 1, 0] if shuffle else [0, 1, 2, 3, 4]
    sheet.merge_range(0, 0, 0, 4, "质押登记台账")
    header = {
        0: ("合同编号", ""),
        1: ("登记\n日期", ""),
        2: ("金额", "(万元)"),
        3: ("权利", "权利号"),
        4: ("出质人", ""),
    }
    for field, (upper, lower) in header.items():
        if lower:
            sheet.write(1, order[field], upper)
            sheet.write(2, order[field], lower)
        else:
            sheet.merge_range(1, order[field], 2, order[field], upper)
    if extra:
        sheet.merge_range(1, 5, 2, 5, extra)
    row, added = 3, 0.0
    for number, date, amount, rights in pledges:
        last = row + len(rights) - 1
        for field, value in ((0, number), (1, date), (2, amount)):
            style = day if isinstance(value, datetime) else None
            if len(rights) > 1:
                sheet.merge_range(row, order[field], last, order[field], "")
            if isinstance(value, datetime):
                sheet.write_datetime(row, order[field], value, style)
            else:
                sheet.write(row, order[field], value)
        for place, right in enumerate(rights):
            sheet.write(row + place, order[3], right)
            sheet.write(row + place, order[4], "张三科技")
        added += amount if isinstance(amount, int | float) else 0
        row = last + 1
    sheet.write(row, 0, marker)
    sheet.write(row, order[2], added if total is None else total)
    sheet.write(row + 2, 0, "填表人：李四")
    book.close()
    return stream.getvalue()


def edit_sheet(content: bytes, change: Callable[[str], str]) -> bytes:
    """The workbook with its sheet's XML changed."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.infolist():
            data = old.read(member)
            if member.filename == "xl/worksheets/sheet1.xml":
                data = change(data.decode()).encode()
            new.writestr(member.filename, data)
    return stream.getvalue()


def with_false_dimension(xml: str) -> str:
    """A sheet that claims to end at B2."""
    return re.sub(r'<dimension ref="[^"]*"/>', '<dimension ref="A1:B2"/>', xml)
