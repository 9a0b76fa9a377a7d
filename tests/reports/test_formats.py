"""How values are written for people."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pipelines.reports.formats import Scale, choose_scale, show_change, show_value

YUAN_10K = Scale("万元", 4, 2)
DAYS = Scale("天", 0, 1, is_trimmed=True)
SCORE = Scale("分以上", 0, 2, is_trimmed=True)


@pytest.mark.parametrize(
    ("display_scale", "unit_label", "kind", "scale"),
    [
        ("家", "家", "count", Scale("家", 0, 0)),
        ("元", "元", "sum", Scale("元", 0, 0)),
        ("万元", "元", "sum", Scale("万元", 4, 2)),
        ("亿元", "元", "sum", Scale("亿元", 8, 2)),
        ("万件", "件", "count", Scale("万件", 4, 2)),
        ("万", "件", "count", Scale("万件", 4, 2)),
        ("%", "%", "ratio", Scale("%", -2, 2)),
        ("", "%", "ratio", Scale("%", -2, 2)),
        ("", "件", "count", Scale("件", 0, 0)),
        ("天", "天", "median", Scale("天", 0, 1, is_trimmed=True)),
        ("位", "位", "rank", Scale("位", 0, 2, is_trimmed=True)),
        ("名以内", "名", "upper_bound", Scale("名以内", 0, 2, is_trimmed=True)),
        ("分以上", "分", "lower_bound", Scale("分以上", 0, 2, is_trimmed=True)),
    ],
)
def test_the_scale_follows_what_the_metric_declares(
    display_scale: str, unit_label: str, kind: str, scale: Scale
) -> None:
    assert choose_scale(display_scale, unit_label, kind) == scale


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        ("1234567", Scale("件", 0, 0), "1,234,567"),
        ("0", Scale("件", 0, 0), "0"),
        ("123450", YUAN_10K, "12.35"),
        ("123449.999999", YUAN_10K, "12.34"),
        ("-123450", YUAN_10K, "-12.35"),
        ("-49", YUAN_10K, "0.00"),
        ("12345678900", YUAN_10K, "1,234,567.89"),
        ("0.987650", Scale("%", -2, 2), "98.77"),
        ("1", Scale("%", -2, 2), "100.00"),
        ("9.5", DAYS, "9.5"),
        ("9.000000", DAYS, "9"),
        ("9.96", DAYS, "10"),
        ("99.940000", SCORE, "99.94"),
        ("99.900000", SCORE, "99.9"),
        ("25.000000", SCORE, "25"),
        ("99.995", SCORE, "100"),
        ("0.000000", SCORE, "0"),
        ("999999999999999999.999999", Scale("元", 0, 0), "1,000,000,000,000,000,000"),
    ],
)
def test_a_value_is_rounded_half_up_once_in_its_unit(value: str, scale: Scale, text: str) -> None:
    assert show_value(Decimal(value), "final", scale).text == text


@pytest.mark.parametrize(
    ("value", "status", "text", "mark"),
    [
        (Decimal(5), "final", "5", ""),
        (Decimal(5), "provisional", "5", "暂定"),
        (Decimal(5), "stale", "5", "陈旧"),
        (None, "final", "—", ""),
        (None, "stale", "—", ""),
        (None, "suppressed", "已抑制", ""),
        (None, "missing", "缺报", ""),
        (Decimal(2), "suppressed", "已抑制", ""),
    ],
)
def test_the_status_stands_beside_the_value_or_in_its_place(
    value: Decimal | None, status: str, text: str, mark: str
) -> None:
    cell = show_value(value, status, Scale("件", 0, 0))

    assert (cell.text, cell.mark) == (text, mark)


@pytest.mark.parametrize(
    ("change", "kind", "text"),
    [
        ("0.12345", "count", "+12.3%"),
        ("-0.0005", "sum", "-0.1%"),
        ("-0.0004", "sum", "0.0%"),
        ("10", "count", "+1,000.0%"),
        ("0.0125", "ratio", "+1.25 个百分点"),
        ("-0.00005", "ratio", "-0.01 个百分点"),
        (None, "count", "—"),
        ("-0.5", "rank", "—"),
        ("0.25", "lower_bound", "—"),
    ],
)
def test_a_change_is_a_percentage_or_points_between_rates(
    change: str | None, kind: str, text: str
) -> None:
    number = None if change is None else Decimal(change)

    assert show_change(number, kind).text == text
