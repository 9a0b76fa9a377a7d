"""The annual report as a Word document: tables of figures, charts as pictures, notes.

What belongs here: what stands where. What does not: faces, borders and the file itself (paper).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.reports.annual.contents import AnnualContents, AnnualFigure, Section
from pipelines.reports.annual.drawing import Picture
from pipelines.reports.annual.paper import Paper
from pipelines.reports.annual.wording import MEANINGS, ROUNDING, UNFINISHED
from pipelines.reports.contents import SYNTHETIC

# Centimetres; together the width between the margins.
_FIGURE_WIDTHS = (5.0, 2.7, 1.8, 2.7, 3.2, 1.6)
_FIGURE_HEADINGS = ("指标", "数值", "单位", "上年", "同比变化", "状态")
_STATE_WIDTHS = (4.5, 2.6, 2.6, 7.3)
_STATE_HEADINGS = ("数据来源", "数据截至", "陈旧起始", "原因")
_NUMBERS = frozenset({1, 3, 4})


def render_document(contents: AnnualContents, pictures: Mapping[str, Sequence[Picture]]) -> bytes:
    """The document as bytes, the same each time; `pictures` are the charts by section."""
    paper = Paper(contents.title, contents.release)
    paper.write_title(contents.title)
    paper.write_centred(contents.release.dating)
    if contents.release.is_synthetic:
        paper.write_warning(SYNTHETIC)
    _write_reading(paper, contents)
    for section in contents.sections:
        _write_section(paper, contents, section, pictures.get(section.name, ()))
    return paper.finish()


def _write_reading(paper: Paper, contents: AnnualContents) -> None:
    paper.write_heading("阅读说明")
    if contents.is_unfinished:
        paper.write_text(UNFINISHED)
    paper.write_text(ROUNDING)
    paper.write_table(("标记", "含义"), tuple(MEANINGS.items()), (3.0, 14.0))
    if not contents.doubtful_states:
        paper.write_text("各数据来源均按时、完整。")
        return
    paper.write_text("以下数据来源未按时报送或不完整：")
    lines = [
        (s.source, str(s.data_through or "—"), str(s.stale_from or "—"), s.reason or "")
        for s in contents.doubtful_states
    ]
    paper.write_table(_STATE_HEADINGS, lines, _STATE_WIDTHS)


def _write_section(
    paper: Paper, contents: AnnualContents, section: Section, pictures: Sequence[Picture]
) -> None:
    paper.write_heading(section.name)
    paper.write_caption(f"{contents.year}年{section.name}指标（全区）")
    paper.write_table(
        _FIGURE_HEADINGS, [_line(figure) for figure in section.figures], _FIGURE_WIDTHS, _NUMBERS
    )
    for picture in pictures:
        paper.write_picture(picture.png, f"{section.name}　{picture.title}", picture.description)
    paper.write_heading("口径与说明", level=2)
    for figure in section.figures:
        _write_note(paper, figure)


def _line(figure: AnnualFigure) -> tuple[str, ...]:
    return (
        figure.indicator.label_zh,
        figure.shown.text,
        figure.indicator.scale.unit,
        f"{figure.before.text} {figure.before.mark}".strip(),
        figure.change.text,
        figure.marks,
    )


def _write_note(paper: Paper, figure: AnnualFigure) -> None:
    indicator = figure.indicator
    paper.write_note(indicator.label_zh, indicator.definition)
    for name, text in (
        ("注意", indicator.ambiguity),
        ("计算", figure.computation),
        ("依据", figure.legal_basis),
    ):
        if text:
            paper.write_small(f"{name}：{text}")
