"""How a sheet of any of our workbooks is written: heading, tables, numbers, marks, inert texts.

Numbers are numbers, rounded as shown; texts are written as texts, so that one beginning with
`= + - @` or a control character stays inert. What does not belong here: which sheets there are
(workbook, annual.workbook), how their cells look (looks), values and their rounding.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from io import BytesIO
from math import ceil
from typing import Any
from unicodedata import east_asian_width

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipelines.reports.figures import ReleaseIdentity, SourceState
from pipelines.reports.formats import SYNTHETIC, Cell, Change
from pipelines.reports.looks import read_looks

_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n")
_FORBIDDEN_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\]")
_LONGEST_SHEET_NAME = 31
_COLUMN_POINTS = 11  # the size of the letters that a column's width counts
_LINE_SPACING = 1.25
_HIGHEST_ROW = 409  # Excel takes no more
_STATE_HEADINGS = ("数据来源", "数据截至", "陈旧起始", "原因", "采用行数", "隔离行数")


class SheetWriter:
    """Writes the sheets of one workbook; keeps its formats and the names taken."""

    def __init__(self, title: str, release: ReleaseIdentity) -> None:
        self._stream = BytesIO()
        self._workbook = xlsxwriter.Workbook(
            self._stream,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
            },
        )
        # The release's date and not the clock's: equal contents give equal bytes.
        created = datetime.combine(release.as_of, time.min)
        self._workbook.set_properties({"title": title, "created": created})
        self._release = release
        self._taken: set[str] = set()
        self._widths: Sequence[int] = ()
        self._looks = read_looks()
        self._formats: dict[tuple[str, tuple[tuple[str, Any], ...]], Format] = {}

    def finish(self) -> bytes:
        """Close the workbook and give its bytes."""
        self._workbook.close()
        return self._stream.getvalue()

    def start(
        self, name: str, title: str, widths: Sequence[int], *, is_frozen: bool = True
    ) -> tuple[Worksheet, int]:
        """Open a sheet with its heading; returns the row where the table begins.

        `widths` are those of its columns, in Latin characters; texts are wrapped to them.
        """
        sheet = self._workbook.add_worksheet(choose_sheet_name(name, self._taken))
        self._widths = widths
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        self.write_text(sheet, 0, 0, title, "标题")
        self.write_text(sheet, 1, 0, self._release.dating, "报告日期")
        if self._release.is_synthetic:
            self.write_text(sheet, 2, 0, SYNTHETIC, "醒目提示")
        sheet.set_row(0, self._line_points("标题") + 6)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(4)
        sheet.set_footer(f"&C{SYNTHETIC if self._release.is_synthetic else ''}&R&P / &N")
        if is_frozen:
            sheet.freeze_panes(5, min(2, len(widths) - 1))
        return sheet, 4

    def write_header(self, sheet: Worksheet, row: int, headings: Sequence[str]) -> None:
        """Write the headings of a table."""
        for column, heading in enumerate(headings):
            self.write_text(sheet, row, column, heading, "表头")

    def write_section(
        self,
        sheet: Worksheet,
        row: int,
        title: str,
        headings: Sequence[str],
        lines: Sequence[Sequence[object]],
    ) -> int:
        """Write a titled block; returns the row where the next begins."""
        self.write_text(sheet, row, 0, title, "小标题")
        return self.write_lines(sheet, row + 1, headings, lines)

    def write_lines(
        self,
        sheet: Worksheet,
        row: int,
        headings: Sequence[str],
        lines: Sequence[Sequence[object]],
    ) -> int:
        """Write headings and wrapped texts below them; returns the row where the next begins."""
        self.write_header(sheet, row, headings)
        for offset, line in enumerate(lines, start=row + 1):
            for column, value in enumerate(line):
                if isinstance(value, int):
                    self.write_count(sheet, offset, column, value)
                else:
                    text = "" if value is None else str(value)
                    self.write_text(sheet, offset, column, text)
            self.fit_row(sheet, offset, [str(value or "") for value in line])
        return row + len(lines) + 2

    def fit_row(self, sheet: Worksheet, row: int, texts: Sequence[str]) -> None:
        """Make a row as high as its wrapped texts need: not every program does when it opens."""
        scale = _COLUMN_POINTS / self._looks["表格文字"]["font_size"]
        lines = max(
            _count_lines(t, int(w * scale)) for t, w in zip(texts, self._widths, strict=False)
        )
        sheet.set_row(row, min(lines * self._line_points("表格文字") + 2, _HIGHEST_ROW))

    def _line_points(self, look: str) -> int:
        return round(float(self._looks[look]["font_size"]) * _LINE_SPACING)

    def write_count(
        self, sheet: Worksheet, row: int, column: int, number: int, look: str = "表格数字"
    ) -> None:
        """Write a whole number that needs no rounding."""
        sheet.write_number(row, column, number, self._format(look, num_format="#,##0"))

    def write_marks(self, sheet: Worksheet, row: int, meanings: Mapping[str, str]) -> int:
        """Write what the marks mean; returns the row where the next block begins."""
        return self.write_section(sheet, row, "标记", ("标记", "含义"), tuple(meanings.items()))

    def write_states(
        self, sheet: Worksheet, row: int, states: Sequence[SourceState], title: str = "数据状况"
    ) -> int:
        """Write how fresh each source is; returns the row where the next block begins."""
        lines = [
            (s.source, s.data_through, s.stale_from, s.reason, s.rows_loaded, s.rows_quarantined)
            for s in states
        ]
        return self.write_section(sheet, row, title, _STATE_HEADINGS, lines)

    def write_cell(
        self, sheet: Worksheet, row: int, column: int, cell: Cell, *, is_marked: bool
    ) -> None:
        """Write a value as a number, or what stands in its place."""
        if cell.number is None:
            self.write_text(sheet, row, column, cell.text, "表格数字")
            return
        decimals = -int(cell.number.as_tuple().exponent)
        pattern = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
        if is_marked and cell.mark:
            # The mark is part of how the number is shown; the cell stays a number.
            pattern += f'" {cell.mark}"'
        look = self._format("表格数字", num_format=pattern)
        sheet.write_number(row, column, float(cell.number), look)

    def write_change(self, sheet: Worksheet, row: int, column: int, change: Change) -> None:
        """Write a change as a number with its sign and unit."""
        if change.number is None:
            self.write_text(sheet, row, column, change.text, "表格数字")
            return
        unit = '0.00" 个百分点"' if change.is_points else '0.0"%"'
        look = self._format("表格数字", num_format=f"+{unit};-{unit};{unit}")
        sheet.write_number(row, column, float(change.number), look)

    def write_text(
        self, sheet: Worksheet, row: int, column: int, text: str, look: str = "表格文字"
    ) -> None:
        """Write a text that no spreadsheet program runs."""
        is_active = text.startswith(_ACTIVE)
        worn = self._format(look, quote_prefix=True) if is_active else self._format(look)
        if text:
            sheet.write_string(row, column, text, worn)
        else:
            sheet.write_blank(row, column, None, worn)

    def _format(self, look: str, **more: object) -> Format:
        key = (look, tuple(sorted(more.items())))
        if key not in self._formats:
            self._formats[key] = self._workbook.add_format({**self._looks[look], **more})
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


def _count_lines(text: str, width: int) -> int:
    """How many lines a text takes in a column; a Chinese character is two Latin ones wide."""
    wide = (sum(1 + (east_asian_width(c) in "WF") for c in line) for line in text.split("\n"))
    # A line breaks before its last character would reach the rule.
    return sum(max(1, ceil(length / max(1, width - 2))) for length in wide)
