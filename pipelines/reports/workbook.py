"""The nightly report as an Excel workbook: main figures, months by section, streets, notes.

What belongs here: which sheets there are and what stands in them. What does not: how a cell is
written (sheets), values and their rounding.
"""

from __future__ import annotations

from pipelines.reports.contents import Contents, Figure
from pipelines.reports.formats import MARK_MEANINGS, MARKS
from pipelines.reports.page import title_of
from pipelines.reports.sheets import SheetWriter
from pipelines.reports.tables import Table


def render_workbook(contents: Contents) -> bytes:
    """The workbook: 主要指标, one sheet a section with its months, 街道, 说明."""
    writer = SheetWriter(title_of(contents.year), contents.release)
    _write_main(writer, contents)
    for section in contents.sections:
        title = f"{contents.year}年{section.name}：各月数值"
        _write_table(writer, section.name, title, section.months)
    _write_table(writer, "街道", f"{contents.year}年各街道全年数值", contents.areas)
    _write_notes(writer, contents)
    return writer.finish()


def _write_main(writer: SheetWriter, contents: Contents) -> None:
    widths = (20, 32, 16, 9, 16, 9)
    sheet, row = writer.start("主要指标", f"{contents.year}年主要指标", widths)
    writer.write_header(sheet, row, ("责任科室", "指标", "数值", "单位", "同比", "状态"))
    for figure in contents.main:
        indicator, row = figure.indicator, row + 1
        writer.write_text(sheet, row, 0, indicator.owner_name)
        writer.write_text(sheet, row, 1, indicator.label_zh)
        writer.write_cell(sheet, row, 2, figure.shown, is_marked=False)
        writer.write_text(sheet, row, 3, indicator.scale.unit, "居中文字")
        writer.write_change(sheet, row, 4, figure.change)
        mark = MARKS.get(figure.shown.status, "")
        writer.write_text(sheet, row, 5, mark, "居中文字")


def _write_table(writer: SheetWriter, name: str, title: str, table: Table) -> None:
    headings = ("指标", "单位", *table.columns)
    sheet, row = writer.start(name, title, (32, 8, *(14 for _ in table.columns)))
    writer.write_header(sheet, row, headings)
    for line in table.rows:
        row += 1
        writer.write_text(sheet, row, 0, line.indicator.label_zh)
        writer.write_text(sheet, row, 1, line.indicator.scale.unit, "居中文字")
        for column, cell in enumerate(line.cells, start=2):
            writer.write_cell(sheet, row, column, cell, is_marked=True)


def _write_notes(writer: SheetWriter, contents: Contents) -> None:
    sheet, row = writer.start("说明", "说明", (30, 14, 20, 60, 48, 10), is_frozen=False)
    row = writer.write_marks(sheet, row, MARK_MEANINGS)
    row = writer.write_states(sheet, row, contents.states)
    writer.write_section(
        sheet,
        row,
        "指标定义",
        ("指标", "单位", "责任科室", "定义", "法律依据", "版本"),
        [_define(figure) for section in contents.sections for figure in section.figures],
    )


def _define(figure: Figure) -> tuple[str, str, str, str, str, str]:
    indicator = figure.indicator
    return (
        indicator.label_zh,
        indicator.scale.unit,
        indicator.owner_name,
        indicator.definition,
        figure.legal_basis,
        f"第{indicator.version}版",
    )
