"""What the annual report says in words: how a figure was computed, what marks mean.

What belongs here: sentences made from the catalogue and from one figure. What does not: numbers'
looks (formats), where a sentence stands (workbook, document, page).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipelines.reports.catalogue import CatalogueEntry
from pipelines.reports.dictionary.languages import CHINESE
from pipelines.reports.documents import Document
from pipelines.reports.figures import StoredFigure
from pipelines.reports.formats import EXTERNAL, MARK_MEANINGS, MARKS, Scale, show_value
from pipelines.reports.words import Words

MEANINGS = {
    "（无标记）": "数值已经确定。",
    **MARK_MEANINGS,
    EXTERNAL: "取自上级通报等外部文件，不由台账计算，本系统无法核算。",
    "空心": "图中空心的点或柱为暂定或陈旧数值；已抑制的数值不画出。",
}
"""What each mark of the annual report means, drawn or written."""

ROUNDING = (
    "同比变化为与上年相比的增减百分比，比率为两年之差，以百分点表示；位次和限值不作同比。"
    "数值四舍五入，只在列示时进行一次。图只列排在前面的主要指标，全部数值见表。"
)
UNFINISHED = (
    "本年尚未结束：数值统计到数据截止日，全部为暂定；上年数值为全年数，两者期间不同，不作同比。"
)

_PLAIN = Scale("", 0, 1, is_trimmed=True)
# Word's and SVG's XML can hold no other control characters.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def title_of(year: int) -> str:
    """The heading of the annual report."""
    return f"{year}年度指标报告"


def name_marks(indicator: CatalogueEntry, status: str) -> str:
    """The words that stand beside a figure; empty for a final one from our own ledgers."""
    marks = [MARKS.get(status, ""), EXTERNAL if indicator.is_external else ""]
    return "、".join(mark for mark in marks if mark)


def explain_computation(
    indicator: CatalogueEntry,
    stored: StoredFigure,
    catalogue: Mapping[str, CatalogueEntry],
    words: Words,
    document: Document | None = None,
) -> str:
    """How a figure came about: formula, filter, ledger, day; of a rate what was divided.

    An external figure names the document that states it instead of a formula. Formula and filter
    are said in words; what a release made before the labels has none for is left out.
    """
    kind = CHINESE.kind(indicator.kind)
    parts = [f"{EXTERNAL}，未经计算（{kind}）" if indicator.is_external else kind]
    if document:
        return "；".join([*parts, f"文件：{document.citation}"])
    said = (
        ("算式", words.formula(indicator, catalogue)),
        ("条件", words.filter(indicator)),
        ("台账", indicator.ledger_label),
        ("归期", words.time(indicator)),
    )
    parts += [f"{name}：{text}" for name, text in said if text]
    if stored.numerator is not None and stored.denominator is not None:
        numerator = show_value(stored.numerator, stored.status, _PLAIN).text
        denominator = show_value(stored.denominator, stored.status, _PLAIN).text
        parts.append(f"分子 {numerator}，分母 {denominator}")
    return "；".join(parts)


def printable(text: str) -> str:
    """The text without the control characters that XML cannot hold."""
    return _UNPRINTABLE.sub("", text)
