"""The report as an Excel workbook, written by XlsxWriter with equal bytes for equal contents.

Numbers are numbers, rounded as shown; texts are written as texts, so that one beginning with
`= + - @` or a control character stays inert. What does not belong here: values and their rounding.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipelines.reports.contents import SYNTHETIC, Contents
from pipelines.reports.figures import Indicator
from pipelines.reports.formats import MARK_MEANINGS, MARKS, Cell, Change
from pipelines.reports.tables import Table

_FONT = "宋体"
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n")
_FORBIDDEN_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\]")
_LONGEST_SHEET_NAME = 31


def render_workbook(contents: Contents) -> bytes:
    """The workbook: 主要指标, one sheet a section with its months, 街道, 说明."""
    stream = BytesIO()
    workbook = xlsxwriter.Workbook(
        stream,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )
    # The release's date and not the clock's: equal contents give equal bytes.
    created = datetime.combine(contents.release.as_of, time.min)
    workbook.set_properties({"title": contents.title, "created": created})
    sheets = _Sheets(workbook, contents)
    sheets.write_main()
    for table in contents.months:
        sheets.write_table(table.title, f"{table.title}：各月数值", table)
    sheets.write_table("街道", "各街道全年数值", contents.areas)
    sheets.write_notes()
    workbook.close()
    return stream.getvalue()


class _Sheets:
    """Writes sheets of one workbook; keeps its formats and the names taken."""

    def __init__(self, workbook: xlsxwriter.Workbook, contents: Contents) -> None:
        self._workbook = workbook
        self._contents = contents
        self._taken: set[str] = set()
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def write_main(self) -> None:
        sheet, row = self._start("主要指标", f"{self._contents.year}年主要指标", 6)
        self._write_header(sheet, row, ("责任科室", "指标", "数值", "单位", "同比", "状态"))
        for figure in self._contents.main:
            row += 1
            self._write_text(sheet, row, 0, figure.owner, border=1)
            self._write_text(sheet, row, 1, figure.label, border=1)
            self._write_cell(sheet, row, 2, figure.shown, is_marked=False)
            self._write_text(sheet, row, 3, figure.unit, border=1, align="center")
            self._write_change(sheet, row, 4, figure.change)
            self._write_text(sheet, row, 5, MARKS.get(figure.status, ""), border=1, align="center")
        for column, width in enumerate((20, 32, 16, 9, 16, 9)):
            sheet.set_column(column, column, width)

    def write_table(self, name: str, title: str, table: Table) -> None:
        headings = ("指标", "单位", *table.columns)
        sheet, row = self._start(name, f"{self._contents.year}年{title}", len(headings))
        self._write_header(sheet, row, headings)
        for line in table.rows:
            row += 1
            self._write_text(sheet, row, 0, line.indicator.label, border=1)
            unit = line.indicator.scale.unit
            self._write_text(sheet, row, 1, unit, border=1, align="center")
            for column, cell in enumerate(line.cells, start=2):
                self._write_cell(sheet, row, column, cell, is_marked=True)
        sheet.set_column(0, 0, 32)
        sheet.set_column(1, 1, 8)
        sheet.set_column(2, len(headings) - 1, 14)

    def write_notes(self) -> None:
        sheet, row = self._start("说明", "说明", 6, is_frozen=False)
        row = self._write_section(
            sheet, row, "标记", ("标记", "含义"), tuple(MARK_MEANINGS.items())
        )
        row = self._write_section(
            sheet,
            row,
            "数据状况",
            ("数据来源", "数据截至", "陈旧起始", "原因", "采用行数", "隔离行数"),
            [
                (
                    s.source,
                    s.data_through,
                    s.stale_from,
                    s.reason,
                    s.rows_loaded,
                    s.rows_quarantined,
                )
                for s in self._contents.states
            ],
        )
        self._write_section(
            sheet,
            row,
            "指标定义",
            ("指标", "单位", "责任科室", "定义", "法律依据", "版本"),
            [_define(indicator) for indicator in self._contents.indicators],
        )
        for column, width in enumerate((30, 14, 20, 60, 48, 10)):
            sheet.set_column(column, column, width)

    def _start(
        self, name: str, title: str, columns: int, *, is_frozen: bool = True
    ) -> tuple[Worksheet, int]:
        """Open a sheet with its heading; returns the row where the table begins."""
        sheet = self._workbook.add_worksheet(choose_sheet_name(name, self._taken))
        self._write_text(sheet, 0, 0, title, bold=True, font_size=16)
        self._write_text(sheet, 1, 0, self._contents.dating, font_color="#555555")
        if self._contents.release.is_synthetic:
            self._write_text(sheet, 2, 0, SYNTHETIC, bold=True, font_color="#B00020")
        sheet.set_row(0, 26)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(4)
        sheet.set_footer(f"&C{SYNTHETIC if self._contents.release.is_synthetic else ''}&R&P / &N")
        if is_frozen:
            sheet.freeze_panes(5, min(2, columns - 1))
        return sheet, 4

    def _write_header(self, sheet: Worksheet, row: int, headings: Sequence[str]) -> None:
        for column, heading in enumerate(headings):
            self._write_text(
                sheet, row, column, heading, bold=True, border=1, align="center", bg_color="#E9EDF2"
            )

    def _write_section(
        self,
        sheet: Worksheet,
        row: int,
        title: str,
        headings: Sequence[str],
        lines: Sequence[Sequence[object]],
    ) -> int:
        """Write a titled block; returns the row where the next begins."""
        self._write_text(sheet, row, 0, title, bold=True, font_size=13)
        self._write_header(sheet, row + 1, headings)
        count = self._format(num_format="#,##0", border=1, valign="top")
        for offset, line in enumerate(lines, start=row + 2):
            for column, value in enumerate(line):
                if isinstance(value, int):
                    sheet.write_number(offset, column, value, count)
                else:
                    text = "" if value is None else str(value)
                    self._write_text(sheet, offset, column, text, border=1, text_wrap=True)
        return row + len(lines) + 3

    def _write_cell(
        self, sheet: Worksheet, row: int, column: int, cell: Cell, *, is_marked: bool
    ) -> None:
        if cell.number is None:
            self._write_text(sheet, row, column, cell.text, border=1, align="right")
            return
        decimals = -int(cell.number.as_tuple().exponent)
        pattern = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
        if is_marked and cell.mark:
            # The mark is part of how the number is shown; the cell stays a number.
            pattern += f'" {cell.mark}"'
        sheet.write_number(
            row, column, float(cell.number), self._format(num_format=pattern, border=1)
        )

    def _write_change(self, sheet: Worksheet, row: int, column: int, change: Change) -> None:
        if change.number is None:
            self._write_text(sheet, row, column, change.text, border=1, align="right")
            return
        unit = '0.00" 个百分点"' if change.is_points else '0.0"%"'
        form = self._format(num_format=f"+{unit};-{unit};{unit}", border=1)
        sheet.write_number(row, column, float(change.number), form)

    def _write_text(
        self, sheet: Worksheet, row: int, column: int, text: str, **looks: object
    ) -> None:
        if text.startswith(_ACTIVE):
            looks["quote_prefix"] = True
        look = self._format(valign="top", **looks)
        if text:
            sheet.write_string(row, column, text, look)
        else:
            sheet.write_blank(row, column, None, look)

    def _format(self, **looks: object) -> Format:
        key = tuple(sorted(looks.items()))
        if key not in self._formats:
            self._formats[key] = self._workbook.add_format({"font_name": _FONT, **looks})
        return self._formats[key]


def choose_sheet_name(wanted: str, taken: set[str]) -> str:
    """A name that Excel accepts and no other sheet bears; it is added to `taken`."""
    cleaned = _FORBIDDEN_IN_SHEET_NAMES.sub("·", wanted).strip("' ") or "表"
    name, number = cleaned[:_LONGEST_SHEET_NAME], 1
    while name.casefold() in taken:
        number += 1
        ending = f" {number}"
        name = cleaned[: _LONGEST_SHEET_NAME - len(ending)] + ending
    taken.add(name.casefold())
    return name


def _define(indicator: Indicator) -> tuple[str, str, str, str, str, str]:
    return (
        indicator.label,
        indicator.scale.unit,
        indicator.owner,
        indicator.definition,
        indicator.legal_basis,
        f"第{indicator.version}版",
    )
