"""The words of the dictionary in its two languages, and the choice between two texts.

What belongs here: headings and the names of kinds and states. What does not: anything said about
one indicator, which the release itself says.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.reports.catalogue import CatalogueEntry
from pipelines.reports.formats import MARK_MEANINGS, MARKS, NOTHING, SYNTHETIC, Cell
from pipelines.reports.periods import Period, name_period

_WORDS = {
    # key: (Chinese, English)
    "dictionary": ("指标字典", "Dictionary of indicators"),
    "language": ("中文", "English"),
    "synthetic": (
        SYNTHETIC,
        "Synthetic demonstration data: made by the demo program, no statistics of any authority.",
    ),
    "as_of": ("数据截至", "As of"),
    "release": ("发布编号", "Release"),
    "indicators": ("项指标", "indicators"),
    "sections": ("责任科室", "Sections"),
    "indicator": ("指标", "Indicator"),
    "id": ("编号", "Id"),
    "kind": ("类型", "Kind"),
    "unit": ("列示单位", "Shown in"),
    "base_unit": ("存储为", "stored as"),
    "fraction": ("小数", "fraction"),
    "owner": ("责任科室", "Owner"),
    "ledger": ("台账", "Ledger"),
    "version": ("版本", "Version"),
    "main": ("主要指标", "Main figure"),
    "definition": ("定义", "Definition"),
    "ambiguity": ("口径说明", "What the wording leaves open"),
    "computation": ("计算", "Computation"),
    "formula": ("公式", "Formula"),
    "filter": ("筛选条件", "Filter"),
    "all_rows": ("台账全部记录", "All rows of the ledger"),
    "time_column": ("归期日期", "Date that counts"),
    "breakdowns": ("分组", "Breakdowns"),
    "none": ("无", "None"),
    "parts": ("分子与分母", "Numerator and denominator"),
    "used_by": ("用于", "Used by"),
    "reported_as": ("报告采用的口径", "Reported under the definition of"),
    "reports": ("报告中以此口径列示的指标", "States in reports"),
    "external": (
        "数值取自外部文件，不由台账计算。",
        "The values are taken from a document and not computed from records.",
    ),
    "legal_basis": ("依据", "Legal basis"),
    "citation": ("出处", "Citation"),
    "held_from": ("有效自", "Held from"),
    "held_to": ("至", "To"),
    "words": ("原文与说明", "Words and remarks"),
    "versions": ("版本沿革", "Versions"),
    "valid_from": ("启用日期", "In use since"),
    "from_the_start": ("自始", "The beginning"),
    "change": ("变更内容", "What changed"),
    "sources": ("数据来源", "Sources"),
    "source": ("来源", "Source"),
    "data_through": ("数据截至", "Data through"),
    "state": ("状况", "State"),
    "fresh": ("正常", "Fresh"),
    "stale_from": ("陈旧，起始日期", "Stale from"),
    "values": ("最近数值（全区）", "Latest values (whole district)"),
    "years": ("各年", "Years"),
    "months": ("各月", "Months"),
    "period": ("期间", "Period"),
    "value": ("数值", "Value"),
    "no_years": ("没有按年发布的数值。", "No values are published by year."),
    "no_months": ("没有按月发布的数值。", "No values are published by month."),
    "marks": ("标记", "Marks"),
}

_KINDS = {
    "count": ("计数", "Count"),
    "sum": ("合计", "Sum"),
    "stock": ("期末存量", "Stock on the last day"),
    "ratio": ("比率", "Ratio"),
    "median": ("中位数", "Median"),
    "percentile": ("百分位数", "Percentile"),
    "distinct": ("去重计数", "Distinct count"),
    "rank": ("位次", "Rank"),
    "upper_bound": ("上限", "Upper bound"),
    "lower_bound": ("下限", "Lower bound"),
}

_ENGLISH_MARKS = {
    "provisional": (
        "provisional",
        "The period is not over or a deadline is not announced; the value may change.",
    ),
    "stale": (
        "stale",
        "The data behind it did not arrive in time; counted up to the day that it reaches.",
    ),
    "missing": ("not delivered", "No source delivered the period; there is no value, and no zero."),
    "suppressed": ("suppressed", "Too few cases; not shown, to protect those concerned."),
}
_ACRONYMS = {"ip": "IP", "ccc": "CCC"}
_ENGLISH_MAGNITUDES = {4: " × 10,000", 8: " × 100 million"}


@dataclass(frozen=True)
class Said:
    """A text and the language that it is in."""

    text: str
    tag: str


@dataclass(frozen=True)
class Language:
    """One of the two: `code` names its folder, `tag` marks its pages."""

    code: str
    tag: str

    def word(self, key: str) -> str:
        """A heading."""
        return self._own(_WORDS[key])

    def kind(self, kind: str) -> str:
        """The name of a kind; one that is new here stands as it is declared."""
        return self._own(_KINDS.get(kind, (kind, kind)))

    def pick(self, chinese: str, english: str) -> Said:
        """The text in this language, or in Chinese where there is no other."""
        return Said(english, ENGLISH.tag) if self is ENGLISH and english else Said(chinese, "zh")

    def name(self, chinese: str, key: str) -> Said:
        """The name of a section or ledger; in English its key, spelled out."""
        words = key.replace("_", " ")
        spelled = " ".join(_ACRONYMS.get(word, word) for word in words.split())
        return self.pick(chinese or key, spelled[:1].upper() + spelled[1:])

    def unit(self, entry: CatalogueEntry) -> str:
        """The unit that an indicator's values are shown in."""
        scale = entry.scale
        if self is CHINESE or scale.unit == "%":
            return scale.unit
        return self.base_unit(entry) + _ENGLISH_MAGNITUDES.get(scale.exponent, "")

    def base_unit(self, entry: CatalogueEntry) -> str:
        """The unit that an indicator's values are stored in."""
        if entry.scale.unit == "%":
            return self.word("fraction")
        return self._own((entry.unit_label, entry.unit.replace("_", " ")))

    def period(self, period: Period) -> str:
        """The name of a year or month."""
        if self is ENGLISH:
            return name_period(period.grain, period.start, period.end)
        return f"{period.end.year}年" + (f"{period.end.month}月" if period.grain == "month" else "")

    def number(self, cell: Cell) -> str:
        """A value, or what stands in its place."""
        if cell.number is None and cell.text == MARKS.get(cell.status):
            return self.mark(cell.status)
        return cell.text

    def mark(self, status: str) -> str:
        """What stands beside a value whose status is not final."""
        if self is CHINESE:
            return MARKS.get(status, "")
        return _ENGLISH_MARKS.get(status, ("", ""))[0]

    def mark_meaning(self, status: str) -> str:
        """What the mark of a status says."""
        return MARK_MEANINGS[MARKS[status]] if self is CHINESE else _ENGLISH_MARKS[status][1]

    def _own(self, pair: tuple[str, str]) -> str:
        return pair[0] if self is CHINESE else pair[1]


CHINESE = Language("zh", "zh-CN")
ENGLISH = Language("en", "en")
EMPTY = NOTHING
