"""The annual report as an Excel workbook: a cover, and one sheet a field of work.

What belongs here: which sheets there are and what stands in them. What does not: how a cell is
written (reports.sheets), values and their rounding.
"""

from __future__ import annotations

from xlsxwriter.worksheet import Worksheet

from pipelines.reports.annual.contents import AnnualContents, AnnualFigure, Section
from pipelines.reports.annual.wording import MEANINGS, ROUNDING, UNFINISHED
from pipelines.reports.sheets import SheetWriter

_COLUMNS = (
    ("序号", 6), ("指标", 26), ("数值", 14), ("单位", 9), ("口径", 44), ("上年", 14),
    ("同比变化", 15), ("状态", 10), ("计算方法", 48), ("依据", 40),
)  # fmt: skip


def render_workbook(contents: AnnualContents) -> bytes:
    """The workbook: 封面, then a sheet a section with a figure a row; the same bytes each time."""
    writer = SheetWriter(contents.title, contents.release)
    _write_cover(writer, contents)
    for section in contents.sections:
        _write_section(writer, contents, section)
    return writer.finish()


def _write_cover(writer: SheetWriter, contents: AnnualContents) -> None:
    sheet, row = writer.start("封面", contents.title, (28, 46, 14, 60, 12, 12), is_frozen=False)
    facts = [
        ("年度", f"{contents.year}年"),
        ("数据截至", contents.release.as_of.isoformat()),
        ("发布编号", contents.release.release_id),
        ("列示", ROUNDING),
    ]
    if contents.is_unfinished:
        facts.append(("本年", UNFINISHED))
    row = writer.write_section(sheet, row, "本报告", ("项目", "内容"), facts)
    row = writer.write_marks(sheet, row, MEANINGS)
    if contents.doubtful_states:
        row = writer.write_states(
            sheet, row, contents.doubtful_states, "未按时报送或不完整的数据来源"
        )
    else:
        writer.write_text(sheet, row, 0, "各数据来源均按时、完整。")
        row += 2
    writer.write_states(sheet, row, contents.states)


def _write_section(writer: SheetWriter, contents: AnnualContents, section: Section) -> None:
    widths = [width for _, width in _COLUMNS]
    sheet, row = writer.start(section.name, f"{contents.year}年{section.name}", widths)
    writer.write_header(sheet, row, [heading for heading, _ in _COLUMNS])
    for number, figure in enumerate(section.figures, start=1):
        _write_figure(writer, sheet, row + number, number, figure)


def _write_figure(
    writer: SheetWriter, sheet: Worksheet, row: int, number: int, figure: AnnualFigure
) -> None:
    indicator = figure.indicator
    writer.write_count(sheet, row, 0, number, align="center")
    writer.write_text(sheet, row, 1, indicator.label_zh, border=1, text_wrap=True)
    # The status has a column of its own; last year's has none.
    writer.write_cell(sheet, row, 2, figure.shown, is_marked=False)
    writer.write_text(sheet, row, 3, indicator.scale.unit, border=1, align="center")
    writer.write_text(sheet, row, 4, _define(figure), border=1, text_wrap=True)
    writer.write_cell(sheet, row, 5, figure.before, is_marked=True)
    writer.write_change(sheet, row, 6, figure.change)
    writer.write_text(sheet, row, 7, figure.marks, border=1, align="center", text_wrap=True)
    writer.write_text(sheet, row, 8, figure.computation, border=1, text_wrap=True)
    writer.write_text(sheet, row, 9, figure.legal_basis, border=1, text_wrap=True)
    written = ["", indicator.label_zh, "", "", _define(figure), "", "", figure.marks]
    writer.fit_row(sheet, row, [*written, figure.computation, figure.legal_basis])


def _define(figure: AnnualFigure) -> str:
    indicator = figure.indicator
    if not indicator.ambiguity:
        return indicator.definition
    return f"{indicator.definition}\n注意：{indicator.ambiguity}"
