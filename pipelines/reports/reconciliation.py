"""Compares published figures with a release, at the precision at which they were published.

What belongs here: the comparison, pure and in Decimal, and the remarks that explain its outcome to
people of the bureau. What does not: reading the file (published_figures) or the release (catalogue,
figures), and writing the list (cli).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from difflib import get_close_matches
from enum import StrEnum

from pipelines.reports.catalogue import CatalogueEntry
from pipelines.reports.formats import MARKS, choose_scale, round_half_up, show_value
from pipelines.reports.periods import Period, name_period
from pipelines.reports.published_figures import Bound, PublishedFigure, strip_bound

Catalogue = Mapping[str, CatalogueEntry]
Values = Mapping[tuple[str, Period], tuple[Decimal | None, str]]
"""Value in base units and status, by indicator and period."""

# A DECIMAL(24, 6) in 亿, or a published number of 18 and 14 digits: no step may round unasked.
_DIGITS = 60
_BOUND_NAMES = {Bound.AT_LEAST: "下限", Bound.AT_MOST: "上限"}
_DAILY_KINDS = {"stock", "ratio", "rank", *Bound}
"""Kinds of figures that can be stated for a day; any other adds up what happened in a month."""


class Outcome(StrEnum):
    """How a published figure stands to the release."""

    MATCH = "match"
    DIFFERS = "differs"
    MISSING = "missing"


@dataclass(frozen=True)
class Comparison:
    """One published figure beside what the release states, both in the published unit."""

    figure: PublishedFigure
    outcome: Outcome
    remark: str
    computed: Decimal | None = None
    """As far as it is stored; None when the release states nothing."""
    version: int | None = None
    """Of the definition that the release's value follows; None when it states nothing."""

    @property
    def difference(self) -> Decimal | None:
        """Computed less published."""
        if self.computed is None:
            return None
        with localcontext(prec=_DIGITS):
            return self.computed - self.figure.number


def compare_figures(
    figures: Sequence[PublishedFigure], catalogue: Catalogue, values: Values
) -> list[Comparison]:
    """Compare each figure, in the order given.

    Args:
        figures: what was published.
        catalogue: the release's indicators by id.
        values: the release's figures for the whole district.
    """
    with localcontext(prec=_DIGITS):
        return [_compare(figure, catalogue, values) for figure in figures]


def _compare(figure: PublishedFigure, catalogue: Catalogue, values: Values) -> Comparison:
    entry = catalogue.get(figure.indicator_id)
    if entry is None:
        return Comparison(figure, Outcome.MISSING, _name_near(figure.indicator_id, catalogue))
    remarks = []
    giving = entry
    if entry.reported_as:
        if entry.reported_as not in catalogue:
            remark = f"目录指定按 {entry.reported_as} 的口径，发布版中没有这个指标"
            return Comparison(figure, Outcome.MISSING, remark)
        giving = catalogue[entry.reported_as]
        remarks.append(
            _say_definition(entry, giving, values.get((entry.indicator_id, figure.period)))
        )
    value, status = values.get(
        (giving.indicator_id, _find_period(figure, giving, values)), (None, "")
    )
    if value is None or status == "suppressed":
        remarks.append(_say_why_missing(figure, status))
        return Comparison(figure, Outcome.MISSING, "；".join(remarks))
    computed = value.scaleb(-_exponent(figure.plain_unit))
    outcome = Outcome.MATCH if _agrees(figure, giving, computed) else Outcome.DIFFERS
    remarks += _say_how_compared(figure, giving, computed, status)
    return Comparison(figure, outcome, "；".join(remarks), computed, giving.version)


def _find_period(figure: PublishedFigure, giving: CatalogueEntry, values: Values) -> Period:
    """The period asked for; of what is stated by the year only, the year that ends on the day."""
    period = figure.period
    year = Period("year", date(period.end.year, 1, 1), date(period.end.year, 12, 31))
    is_stated_by_the_year = (
        giving.kind in _DAILY_KINDS
        and (giving.indicator_id, period) not in values
        and period.end == year.end
    )
    return year if is_stated_by_the_year else period


def _agrees(figure: PublishedFigure, giving: CatalogueEntry, computed: Decimal) -> bool:
    """Whether the value, at the published precision, is the number; or keeps within the bound.

    A bound that a document states is known as a number only: two bounds agree when they are equal.
    """
    own_bound = _own_bound(giving)
    if figure.bound is None or own_bound is not None:
        is_same_kind = own_bound is None or figure.bound in {None, own_bound}
        return is_same_kind and round_half_up(computed, figure.decimals) == figure.number
    if figure.bound is Bound.AT_LEAST:
        return computed >= figure.number
    return computed <= figure.number


def _own_bound(giving: CatalogueEntry) -> Bound | None:
    return Bound(giving.kind) if giving.is_external and giving.kind in set(Bound) else None


def _exponent(unit: str) -> int:
    return choose_scale(unit, "", "count").exponent


def _name_near(indicator_id: str, catalogue: Catalogue) -> str:
    # 0.7 finds slips and lost endings; at the usual 0.6 it names ids that only look alike.
    near = get_close_matches(indicator_id, list(catalogue), n=3, cutoff=0.7)
    return f"没有这个指标编号{'，相近的有 ' + '、'.join(near) if near else ''}"


def _say_definition(
    entry: CatalogueEntry, giving: CatalogueEntry, own: tuple[Decimal | None, str] | None
) -> str:
    shown = show_value(*(own or (None, "")), entry.scale)
    unit = "" if shown.number is None else shown.scale.unit
    return (
        f"按「{giving.label_zh}」（{giving.indicator_id}）口径；"
        f"本指标口径为 {shown.text}{unit}{_in_brackets(shown.mark)}"
    )


def _say_why_missing(figure: PublishedFigure, status: str) -> str:
    if status == "suppressed":
        return "数量过少，发布版不列示"
    if status == "missing":
        return "来源没有报送或没有报全该期间的数据（缺报）"
    if status:
        return "发布版在该期间没有数值"
    if figure.period.grain == "day":
        return f"{figure.period_text} 不是月末，发布版只有月末时点的数值"
    return f"发布版没有 {figure.period_text} 期间的全区数值"


def _say_how_compared(
    figure: PublishedFigure, giving: CatalogueEntry, computed: Decimal, status: str
) -> list[str]:
    """What a reader must know beside the two numbers; nothing when they are plainly equal."""
    said = [*_say_sort(figure, giving), *_say_rounding(figure, giving, computed)]
    if mark := MARKS.get(status):
        said.append(f"数值{mark}")
    published_base, own_base = _base_unit(figure.plain_unit), _base_unit(giving.unit_label)
    if published_base and published_base != own_base:
        said.append(f"发布单位“{published_base}”与指标单位“{own_base}”不同")
    period = figure.period
    name = name_period(period.grain, period.start, period.end)
    if name != figure.period_text and giving.kind not in _DAILY_KINDS:
        said.append(f"按 {name} 当月数值比较")
    return said


def _say_sort(figure: PublishedFigure, giving: CatalogueEntry) -> list[str]:
    """Whether one of the two numbers is a bound, or not computed."""
    said = []
    own_bound = _own_bound(giving)
    if figure.bound is not None:
        said.append(f"发布数是{_BOUND_NAMES[figure.bound]}")
    if own_bound is not None:
        said.append(f"外部文件所载是{_BOUND_NAMES[own_bound]}")
    elif giving.is_external:
        said.append("数值取自外部文件")
    return said


def _say_rounding(figure: PublishedFigure, giving: CatalogueEntry, computed: Decimal) -> list[str]:
    if figure.bound is not None and _own_bound(giving) is None:
        return []
    rounded = round_half_up(computed, figure.decimals)
    if rounded != figure.number:
        return [f"按发布精度应为 {rounded:f}"]
    if rounded == computed:
        return []
    precision = f" {figure.decimals} 位小数" if figure.decimals else "整数"
    return [f"四舍五入到{precision}后一致"]


def _base_unit(unit: str) -> str:
    """The unit without its magnitude, so that 万元 and 元 are one."""
    bare = strip_bound(unit)
    return bare[1:] if _exponent(bare) > 0 else bare


def _in_brackets(mark: str) -> str:
    return f"（{mark}）" if mark else ""
