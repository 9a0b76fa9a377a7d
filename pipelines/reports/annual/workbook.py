"""The annual report as an Excel workbook: a cover, one sheet a field of work, the definitions.

What belongs here: which sheets there are and what stands in them. What does not: how a cell is
written (reports.sheets), values and their rounding.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.reports.annual.wording import MEANINGS, ROUNDING, UNFINISHED, title_of
from pipelines.reports.contents import Contents, Figure
from pipelines.reports.sheets import SheetWriter

_COLUMNS = (
    ("序号", 6), ("指标", 34), ("数值", 16), ("单位", 9), ("上年", 16), ("同比变化", 16),
    ("状态", 12),
)  # fmt: skip
_DEFINED = (("责任科室", 14), ("指标", 22), ("口径", 56), ("计算方法", 38), ("依据", 38))


def render_workbook(contents: Contents) -> bytes:
    """The workbook: 摘要, a sheet a section, 口径 and 说明; the same bytes each time."""
    writer = SheetWriter(title_of(contents.year), contents.release)
    _write_figures(writer, "摘要", f"{contents.year}年主要指标", contents.main)
    for section in contents.sections:
        _write_figures(writer, section.name, f"{contents.year}年{section.name}", section.figures)
    _write_definitions(writer, contents)
    _write_notes(writer, contents)
    return writer.finish()


def _write_figures(writer: SheetWriter, name: str, title: str, figures: Sequence[Figure]) -> None:
    sheet, row = writer.start(name, title, [width for _, width in _COLUMNS])
    writer.write_header(sheet, row, [heading for heading, _ in _COLUMNS])
    for number, figure in enumerate(figures, start=1):
        indicator, row = figure.indicator, row + 1
        writer.write_count(sheet, row, 0, number, "居中文字")
        writer.write_text(sheet, row, 1, indicator.label_zh)
        # The status has a column of its own; last year's has none.
        writer.write_cell(sheet, row, 2, figure.shown, is_marked=False)
        writer.write_text(sheet, row, 3, indicator.scale.unit, "居中文字")
        writer.write_cell(sheet, row, 4, figure.before, is_marked=True)
        writer.write_change(sheet, row, 5, figure.change)
        writer.write_text(sheet, row, 6, figure.marks, "居中文字")
        writer.fit_row(sheet, row, ["", indicator.label_zh, "", "", "", "", figure.marks])


def _write_definitions(writer: SheetWriter, contents: Contents) -> None:
    sheet, row = writer.start("口径", "指标口径与依据", [width for _, width in _DEFINED])
    writer.write_lines(
        sheet,
        row,
        [heading for heading, _ in _DEFINED],
        [
            (section.name, f.indicator.label_zh, _define(f), f.computation, f.legal_basis)
            for section in contents.sections
            for f in section.figures
        ],
    )


def _define(figure: Figure) -> str:
    indicator = figure.indicator
    if not indicator.ambiguity:
        return indicator.definition
    return f"{indicator.definition}\n注意：{indicator.ambiguity}"


def _write_notes(writer: SheetWriter, contents: Contents) -> None:
    sheet, row = writer.start("说明", "阅读说明", (28, 46, 14, 60, 12, 12), is_frozen=False)
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
    writer.write_states(sheet, row, contents.states)
