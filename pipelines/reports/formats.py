"""How a value is written for people: scale, rounding, sign, mark. The only place that rounds.

Values are stored in base units (yuan, counts, fractions) and rounded half up, once, when they are
shown. What does not belong here: where a value comes from (figures) or where it stands (tables).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

SYNTHETIC = "合成演示数据：由演示程序生成，不是任何单位的真实统计。"
NOTHING = "—"
SUPPRESSED = "已抑制"
MISSING = "缺报"
MARKS = {
    "provisional": "暂定",
    "stale": "陈旧",
    "missing": MISSING,
    "suppressed": SUPPRESSED,
}
"""What stands beside a value whose status is not final."""
EXTERNAL = "外部数据"
"""What stands beside a value that was taken from a document and not computed."""

MARK_MEANINGS = {
    "暂定": "数值还会变，到期后才确定：期间尚未结束，或者期内有未到办理期限的事项，"
    "或者期限内的节假日安排尚未公布。",
    "陈旧": "所依据的数据没有按时更新，数值只统计到数据截至之日。",
    "缺报": "来源没有报送或没有报全该期间的数据，没有数值，不等于零。",
    "已抑制": "数量过少，为保护当事人信息不予列示。",
    NOTHING: "无数值，或上年同期为零、没有可比数值。",
}

WITHOUT_NUMBER = {"missing", "suppressed"}
"""Statuses that stand in the place of a number and not beside it."""

_MAGNITUDES = {"万": 4, "亿": 8}
# Places and bounds have no proportion: from the 2nd place to the 1st is no fall by 50 %.
_WITHOUT_PROPORTION = {"rank", "upper_bound", "lower_bound"}


@dataclass(frozen=True)
class Scale:
    """The unit that a value is shown in: stored value / 10**`exponent`, so many decimals."""

    unit: str
    exponent: int
    decimals: int
    is_trimmed: bool = False
    """Whether decimals that are zero at the end are left out."""


@dataclass(frozen=True)
class Cell:
    """One value as it is shown: rounded, in the unit of its scale."""

    number: Decimal | None
    status: str
    scale: Scale

    @property
    def text(self) -> str:
        """The number with thousands separators, or what stands in its place."""
        if self.number is None:
            return MARKS[self.status] if self.status in WITHOUT_NUMBER else NOTHING
        return f"{self.number:,f}"

    @property
    def mark(self) -> str:
        """The word that stands beside the number; empty for a final value."""
        return "" if self.number is None else MARKS.get(self.status, "")


@dataclass(frozen=True)
class Change:
    """A change on an earlier period: percent, or percentage points between two rates."""

    number: Decimal | None
    is_points: bool

    @property
    def text(self) -> str:
        """The number with its sign and unit."""
        if self.number is None:
            return NOTHING
        sign = "+" if self.number > 0 else ""
        return f"{sign}{self.number:,f}{' 个百分点' if self.is_points else '%'}"


def choose_scale(display_scale: str, unit_label: str, kind: str) -> Scale:
    """The scale that a metric's `display.scale` names: 元, 万元, 亿元, 件, 万件, % and the like.

    A bare 万 or 亿 takes the metric's unit. Scaled values and percentages show two decimals, counts
    and yuan none; medians and percentiles one where needed, ranks and bounds up to two, as stated.
    """
    if display_scale == "%" or unit_label == "%":
        return Scale("%", -2, 2)
    exponent = _MAGNITUDES.get(display_scale[:1], 0)
    if exponent:
        unit = display_scale if display_scale[1:] else display_scale + unit_label
        return Scale(unit, exponent, 2)
    unit = display_scale or unit_label
    if kind in _WITHOUT_PROPORTION:
        return Scale(unit, 0, 2, is_trimmed=True)
    if kind in {"median", "percentile"}:
        return Scale(unit, 0, 1, is_trimmed=True)
    return Scale(unit, 0, 0)


def show_value(value: Decimal | None, status: str, scale: Scale) -> Cell:
    """Round a stored value to its scale; a suppressed one is not shown, whatever is stored."""
    if value is None or status == "suppressed":
        return Cell(None, status, scale)
    shown = round_half_up(scale_value(value, scale), scale.decimals)
    return Cell(_trim(shown) if scale.is_trimmed else shown, status, scale)


def scale_value(value: Decimal, scale: Scale) -> Decimal:
    """A stored value in the unit of its scale, unrounded: a chart draws by it, nobody reads it."""
    return value.scaleb(-scale.exponent)


def show_change(change: Decimal | None, kind: str) -> Change:
    """Round a stored change: points with two decimals between rates, else percent with one.

    Places and bounds have none.
    """
    is_points = kind == "ratio"
    if change is None or kind in _WITHOUT_PROPORTION:
        return Change(None, is_points)
    return Change(round_half_up(change.scaleb(2), 2 if is_points else 1), is_points)


def round_half_up(number: Decimal, decimals: int) -> Decimal:
    """Round to so many decimals, half away from zero."""
    rounded = number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    # -0.04 rounds to -0.0, which nobody wants to read.
    return abs(rounded) if rounded.is_zero() else rounded


def _trim(number: Decimal) -> Decimal:
    """Without zeros after the point; those before it stay (normalize alone writes 1E+1 for 10)."""
    whole = number.to_integral_value()
    return whole if number == whole else number.normalize()
