"""Published figures beside the release's: at the published precision, in the published unit."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.reports.catalogue import CatalogueEntry
from pipelines.reports.periods import parse_stated_period
from pipelines.reports.published_figures import Bound, PublishedFigure
from pipelines.reports.reconciliation import Comparison, Outcome, compare_figures
from tests.reports.entries import make_entry

MATCH, DIFFERS, MISSING = Outcome


def compare(
    published: str,
    unit: str,
    value: str | None,
    *,
    period: str = "2024",
    status: str = "final",
    bound: Bound | None = None,
    **entry: Any,
) -> Comparison:
    """One figure against one value of the release; the published period is the stated one."""
    catalogue = {"a": make_entry("a", **entry)}
    key = ("a", parse_stated_period(period))
    stated = None if value is None else Decimal(value)
    figure = make_figure("a", published, unit, period, bound)
    return compare_figures([figure], catalogue, {key: (stated, status)})[0]


def make_figure(
    indicator_id: str, published: str, unit: str, period: str = "2024", bound: Bound | None = None
) -> PublishedFigure:
    return PublishedFigure(
        indicator_id, published, unit, period, parse_stated_period(period), bound
    )


@pytest.mark.parametrize(
    ("published", "unit", "value", "computed", "outcome"),
    [
        ("223", "件", "223.000000", "223", MATCH),
        ("223", "件", "224.000000", "224", DIFFERS),
        ("10.6", "万件", "106040.000000", "10.604", MATCH),
        ("10.60", "万件", "106040.000000", "10.604", MATCH),
        ("10.60", "万件", "106060.000000", "10.606", DIFFERS),
        ("1.12", "亿元", "112000000.000000", "1.12", MATCH),
        ("255.89", "万元", "2558949.990000", "255.894999", MATCH),
        ("100", "%", "1.000000", "100", MATCH),
        ("97.7", "％", "0.976900", "97.69", MATCH),
        # Exactly half goes up, away from zero.
        ("10.7", "万件", "106500.000000", "10.65", MATCH),
        ("10.6", "万件", "106500.000000", "10.65", DIFFERS),
        ("-3", "元", "-2.500000", "-2.5", MATCH),
        ("0", "元", "-0.400000", "-0.4", MATCH),
        ("999999999999999999.999999", "元", "999999999999999999.999999",
         "999999999999999999.999999", MATCH),
    ],
)  # fmt: skip
def test_a_value_is_compared_in_the_published_unit_at_the_published_precision(
    published: str, unit: str, value: str, computed: str, outcome: Outcome
) -> None:
    comparison = compare(published, unit, value)
    assert (comparison.computed, comparison.outcome) == (Decimal(computed), outcome)
    assert comparison.difference == Decimal(computed) - Decimal(published)


def test_no_digit_of_a_difference_is_lost() -> None:
    comparison = compare("0.00000000000001", "元", "999999999999999999.999999")
    assert comparison.difference == Decimal("999999999999999999.99999899999999")


UNITS = {
    "件": Fraction(1),
    "万件": Fraction(10_000),
    "亿元": Fraction(100_000_000),
    "%": Fraction(1, 100),
}


@given(
    st.integers(-(10**14), 10**14),
    st.sampled_from(sorted(UNITS)),
    st.integers(0, 6),
    st.integers(-1, 1),
)
def test_a_match_is_a_value_less_than_half_a_last_digit_away_or_half_below(
    millionths: int, unit: str, decimals: int, steps: int
) -> None:
    """An independent formulation, in fractions: the interval that rounds to the number."""
    exact = Fraction(millionths, 10**6) / UNITS[unit]
    number = int(exact * 10**decimals) + steps
    digits = f"{abs(number):0{decimals + 1}d}"
    text = digits[: len(digits) - decimals] + ("." + digits[-decimals:] if decimals else "")
    comparison = compare(
        f"{'-' if number < 0 else ''}{text}", unit, str(Decimal(millionths).scaleb(-6))
    )

    beyond = (abs(exact) - abs(Fraction(number, 10**decimals))) * 10**decimals
    same_side = number == 0 or (number > 0) == (exact > 0)
    matches = same_side and Fraction(-1, 2) <= beyond < Fraction(1, 2)
    assert (comparison.outcome is MATCH) is matches
    assert comparison.computed is not None
    assert Fraction(comparison.computed) == exact


@given(st.integers(0, 10**9), st.integers(0, 4))
def test_a_value_at_exactly_half_is_published_one_step_up(steps: int, decimals: int) -> None:
    half = (Decimal(steps) + Decimal("0.5")).scaleb(-decimals)
    up, down = (f"{Decimal(n).scaleb(-decimals):f}" for n in (steps + 1, steps))
    assert compare(up, "元", str(half)).outcome is MATCH
    assert compare(down, "元", str(half)).outcome is DIFFERS


@pytest.mark.parametrize(
    ("bound", "value", "outcome"),
    [
        (Bound.AT_LEAST, "20", MATCH),
        (Bound.AT_LEAST, "31", MATCH),
        (Bound.AT_LEAST, "19.999999", DIFFERS),
        (Bound.AT_MOST, "20", MATCH),
        (Bound.AT_MOST, "3", MATCH),
        (Bound.AT_MOST, "20.000001", DIFFERS),
    ],
)
def test_a_published_bound_is_kept_or_broken(bound: Bound, value: str, outcome: Outcome) -> None:
    comparison = compare("20", "部", value, bound=bound, unit_label="部")
    assert comparison.outcome is outcome
    assert (
        comparison.remark == {"lower_bound": "发布数是下限", "upper_bound": "发布数是上限"}[bound]
    )


@pytest.mark.parametrize(
    ("bound", "value", "kind", "outcome"),
    [
        (Bound.AT_MOST, "25", "upper_bound", MATCH),
        (Bound.AT_MOST, "20", "upper_bound", DIFFERS),
        (Bound.AT_MOST, "25", "lower_bound", DIFFERS),
        (None, "25", "upper_bound", MATCH),
    ],
)
def test_the_bound_of_a_document_is_compared_as_a_number(
    bound: Bound | None, value: str, kind: str, outcome: Outcome
) -> None:
    comparison = compare(
        "25", "名以内", value, bound=bound, kind=kind, ledger="external_figures", unit_label="名"
    )
    assert comparison.outcome is outcome
    assert "外部文件所载是" in comparison.remark


def rates(status: str = "final") -> tuple[dict[str, CatalogueEntry], Any]:
    catalogue = {
        "closure_rate": make_entry(
            "closure_rate", label_zh="办结率", unit_label="%", kind="ratio",
            display_scale="%", reported_as="due_closure_rate",
        ),
        "due_closure_rate": make_entry(
            "due_closure_rate", label_zh="应办结率", unit_label="%", kind="ratio",
            display_scale="%",
        ),
    }  # fmt: skip
    year = parse_stated_period("2024")
    return catalogue, {
        ("closure_rate", year): (Decimal("0.976872"), status),
        ("due_closure_rate", year): (Decimal("1.000000"), "final"),
    }


def test_a_figure_is_compared_under_the_definition_that_reports_use() -> None:
    comparison = compare_figures([make_figure("closure_rate", "100", "%")], *rates())[0]
    assert (comparison.outcome, comparison.computed) == (MATCH, Decimal(100))
    assert comparison.remark == "按「应办结率」（due_closure_rate）口径；本指标口径为 97.69%"


def test_a_definition_that_the_release_lacks_leaves_the_figure_missing() -> None:
    catalogue, values = rates()
    del catalogue["due_closure_rate"]
    comparison = compare_figures([make_figure("closure_rate", "100", "%")], catalogue, values)[0]
    assert comparison.outcome is MISSING
    assert "due_closure_rate" in comparison.remark


def test_a_suppressed_value_is_never_shown() -> None:
    comparison = compare("2", "件", "2", status="suppressed")
    assert (comparison.outcome, comparison.computed, comparison.difference) == (MISSING, None, None)
    assert comparison.remark == "数量过少，发布版不列示"


def test_a_period_that_was_never_delivered_is_missing_and_said_to_be() -> None:
    comparison = compare("2", "件", None, status="missing")
    assert (comparison.outcome, comparison.computed) == (Outcome.MISSING, None)
    assert comparison.remark == "来源没有报送或没有报全该期间的数据（缺报）"


def test_a_suppressed_own_value_is_not_shown_beside_another_definition() -> None:
    comparison = compare_figures([make_figure("closure_rate", "100", "%")], *rates("suppressed"))[0]
    assert comparison.remark.endswith("本指标口径为 已抑制")


@pytest.mark.parametrize(
    ("value", "published", "unit", "changes", "remark"),
    [
        ("106040", "10.6", "万件", {}, "四舍五入到 1 位小数后一致"),
        ("2.5", "3", "件", {}, "四舍五入到整数后一致"),
        ("106040", "10.7", "万件", {}, "按发布精度应为 10.6"),
        ("5", "5", "件", {"status": "provisional"}, "数值暂定"),
        ("5", "5", "件", {"status": "stale"}, "数值陈旧"),
        ("5", "5", "件", {"ledger": "external_figures"}, "数值取自外部文件"),
        ("5", "5", "个", {}, "发布单位“个”与指标单位“件”不同"),
        ("5", "5", "件", {}, ""),
        ("5", "5", "件", {"period": "2024-12-31"}, "按 2024-12 当月数值比较"),
        ("5", "5", "件", {"period": "2024-12-31", "kind": "stock"}, ""),
        ("5", "5", "件", {"period": "2024-11-ytd"}, ""),
        (None, "5", "件", {}, "发布版在该期间没有数值"),
    ],
)
def test_the_remark_says_what_the_numbers_do_not(
    value: str | None, published: str, unit: str, changes: dict[str, Any], remark: str
) -> None:
    assert compare(published, unit, value, **changes).remark == remark


@pytest.mark.parametrize(
    ("indicator_id", "period", "remark"),
    [
        ("cases_filled", "2024", "没有这个指标编号，相近的有 cases_filed"),
        ("zzz", "2024", "没有这个指标编号"),
        ("cases_filed", "2031-Q2", "发布版没有 2031-Q2 期间的全区数值"),
        ("cases_filed", "2024-12-30", "2024-12-30 不是月末，发布版只有月末时点的数值"),
    ],
)
def test_what_the_release_does_not_state_is_missing_with_the_reason(
    indicator_id: str, period: str, remark: str
) -> None:
    figure = make_figure(indicator_id, "5", "件", period)
    comparison = compare_figures([figure], {"cases_filed": make_entry("cases_filed")}, {})[0]
    assert (comparison.outcome, comparison.remark) == (MISSING, remark)


def test_figures_stay_in_the_order_of_the_file() -> None:
    figures = [make_figure(name, "1", "件") for name in ("b", "a", "c")]
    listed = [c.figure.indicator_id for c in compare_figures(figures, {}, {})]
    assert listed == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("kind", "period", "outcome"),
    [
        ("rank", "2024-12-31", MATCH),  # stated by the year, which ends on that day
        ("rank", "2024-11-30", MISSING),
        ("count", "2024-12-31", MISSING),  # what happened in December is not what did in the year
    ],
)
def test_what_is_stated_by_the_year_only_answers_for_its_last_day(
    kind: str, period: str, outcome: Outcome
) -> None:
    values = {("a", parse_stated_period("2024")): (Decimal(1), "final")}
    figure = make_figure("a", "1", "位", period)
    (comparison,) = compare_figures([figure], {"a": make_entry("a", kind=kind)}, values)
    assert comparison.outcome is outcome
