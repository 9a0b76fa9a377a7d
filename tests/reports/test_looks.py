"""A report author restyles our workbooks in Excel; what cannot be carried over is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Border, Font, GradientFill, PatternFill, Side
from openpyxl.styles.colors import Color

from pipelines.errors import ContractError
from pipelines.reports import sheets
from pipelines.reports.figures import ReleaseIdentity
from pipelines.reports.looks import NAMES, TEMPLATE, read_looks
from pipelines.reports.sheets import SheetWriter

RELEASE = ReleaseIdentity("2025-01-15-0123456789ab", date(2025, 1, 15), is_synthetic=True)


def restyled(tmp_path: Path, change: Callable[[dict[str, Any], Any], object]) -> Path:
    workbook = openpyxl.load_workbook(TEMPLATE)
    sheet = workbook.worksheets[0]
    change({str(name.value): cell for name, cell in sheet.iter_rows(max_col=2)}, sheet)
    path = tmp_path / "workbook.xlsx"
    workbook.save(path)
    return path


def test_a_restyled_template_shows_in_the_workbook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(cells: dict[str, Any], _: Any) -> None:
        cells["标题"].font = Font(name="黑体", sz=20, italic=True, underline="double")
        cells["表头"].fill = PatternFill("solid", fgColor=Color(theme=4, tint=0.4))
        cells["表格文字"].border = Border(bottom=Side("dashDot", "FF00AA11"))
        cells["表格文字"].font = Font(name="宋体", sz=22)
        cells["表格数字"].font = Font(name="宋体", sz=11, color=Color(indexed=2), strike=True)

    template = restyled(tmp_path, change)
    monkeypatch.setattr(sheets, "read_looks", lambda: read_looks(template))
    writer = SheetWriter("样式", RELEASE)
    sheet, row = writer.start("甲", "甲表", [10, 20])
    writer.write_lines(sheet, row, ["科室", "户数"], [["登记注册科", 7]])
    written = openpyxl.load_workbook(BytesIO(writer.finish())).worksheets[0]
    title, head, text, number = (written[place] for place in ("A1", "A5", "A6", "B6"))
    assert (title.font.name, title.font.sz, title.font.i) == ("黑体", 20, True)
    assert (title.font.u, title.font.b) == ("double", False)
    assert head.fill.fgColor.rgb == "FF95B3D7"  # the theme's blue, 40 % lighter
    assert head.font.b
    assert (text.border.bottom.style, text.border.top.style) == ("dashDot", None)
    assert text.border.bottom.color.rgb == "FF00AA11"
    # Five wide letters of twice the size fill four lines of a column of ten.
    assert written.row_dimensions[6].height == 4 * 28 + 2
    assert (number.value, number.number_format) == (7, "#,##0")
    assert (number.font.color.rgb, number.font.strike) == ("FFFF0000", True)


def _forget(cells: dict[str, Any], sheet: Any) -> None:
    sheet.delete_rows(cells["表头"].row)


def _rename(_: dict[str, Any], sheet: Any) -> None:
    sheet["A3"] = "提示"


def _double(_: dict[str, Any], sheet: Any) -> None:
    sheet["A20"] = "标题"


def _blend(cells: dict[str, Any], _: Any) -> None:
    cells["表头"].fill = GradientFill(stop=("FFFFFF", "000000"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_forget, "expected a row for each look, got none for 表头"),
        (_rename, "A3: expected the name of a look, each once"),
        (_double, "A20: expected the name of a look, each once"),
        (_blend, "B5: expected one plain colour as its fill, got 'linear'"),
    ],
)
def test_what_cannot_be_carried_over_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any], Any], object], told: str
) -> None:
    with pytest.raises(ContractError) as refused:
        read_looks(restyled(tmp_path, change))
    assert told in str(refused.value)


def test_each_look_of_the_template_is_worn_somewhere() -> None:
    room = Path(sheets.__file__).parent
    code = "".join(path.read_text(encoding="utf-8") for path in room.rglob("*.py"))
    assert [name for name in sorted(NAMES) if code.count(f'"{name}"') < 2] == []
