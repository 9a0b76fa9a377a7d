"""Figures of the smaller systems computed by hand: each metric once, with nulls and boundaries.

The rows are those of `by_hand.systems`. February 2024 ends on the 29th; March 2024 is empty.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.dbt.indicator_build import Ask

JANUARY = date(2024, 1, 31)
FEBRUARY = date(2024, 2, 29)
MARCH = date(2024, 3, 31)
DECEMBER = date(2024, 12, 31)

Figure = int | str | None


def number(figure: Figure) -> Decimal | None:
    """What the indicators hold: a decimal, or null."""
    return None if figure is None else Decimal(figure)


@pytest.mark.parametrize(
    ("indicator", "february", "march"),
    [
        ("data_ip_registrations", 2, 0),  # one of no street, one of no kind
        ("brand_certificates_new", 3, 0),
        ("brand_certified_firms_new", 1, 0),  # a second and a third certificate make no firm new
        ("ccc_exemptions", 2, 0),  # neither withdrawn nor undated, nor one without an outcome
        ("reconsiderations_new", 3, 0),  # one of which no notice came is none
        ("reconsiderations_due", 2, 0),  # the refused one never is
        ("reconsiderations_concluded_on_time", 1, 0),
        ("reconsiderations_not_yet_due", 0, 0),
        ("reconsideration_on_time_rate", "0.5", None),
        ("litigations_first_instance", 2, 0),  # filed in February, heard or not
        ("litigations_heard", 3, 0),  # one of them filed in January
        ("litigations_heard_with_head", 2, 0),
        ("litigations_heard_with_principal", 1, 0),
        ("litigations_heard_not_judged", 0, 0),  # what was not heard is not waited for
        ("head_court_attendance_rate", "0.666667", None),  # deputies count
        ("principal_attendance_rate", "0.333333", None),
        ("food_failures_to_report", 2, 0),  # risk monitoring is another kind of sampling
        ("food_failures_reported", 1, 0),
        ("food_failure_report_rate", "0.5", None),
        ("food_failures_to_dispose_of", 2, 0),
        ("food_failures_disposed_of", 1, 0),
        ("food_disposal_rate", "0.5", None),
        ("food_disposals_to_publish", 2, 0),
        ("food_disposals_published", 1, 0),
        ("food_publication_rate", "0.5", None),
    ],
)
def test_a_leap_month_and_an_empty_month_by_hand(
    ask: Ask, indicator: str, february: Figure, march: Figure
) -> None:
    assert ask(indicator, FEBRUARY) == number(february)
    assert ask(indicator, MARCH) == number(march)


@pytest.mark.parametrize(
    ("indicator", "january", "february", "march"),
    [
        ("brand_certified_firms", 2, 3, 2),  # B comes on the last day of February, C leaves after
        ("brand_certificates", 3, 6, 5),
        ("equipment_producers_obliged", 2, 2, 3),  # P1 twice, for two kinds; P2 comes in March
        ("equipment_producers_staffed", 1, 2, 2),  # for boilers P1's are held from the last day on
        ("equipment_producers_staffing_rate", "0.5", 1, "0.666667"),
        ("equipment_users_obliged", 3, 4, 4),
        ("equipment_users_staffed", 1, 2, 2),
        ("equipment_users_staffing_rate", "0.333333", "0.5", "0.5"),
        ("prepaid_beauty_merchants", 2, 3, 3),  # a gym is in another trade
        ("prepaid_beauty_merchants_covered", 1, 2, 2),
        ("prepaid_coverage_rate", "0.5", "0.666667", "0.666667"),
    ],
)
def test_stocks_of_three_month_ends_by_hand(
    ask: Ask, indicator: str, january: Figure, february: Figure, march: Figure
) -> None:
    found = [ask(indicator, month_end) for month_end in (JANUARY, FEBRUARY, MARCH)]
    assert found == [number(january), number(february), number(march)]
    assert ask(indicator, MARCH, grain="quarter") == number(march)


@pytest.mark.parametrize(
    ("indicator", "street", "expected"),
    [
        ("equipment_producers_staffing_rate", "330108003", None),
        ("equipment_users_staffing_rate", "330108002", None),
        ("prepaid_coverage_rate", "330108003", None),
    ],
)
def test_a_street_without_an_obliged_one_has_no_rate(
    ask: Ask, indicator: str, street: str, expected: None
) -> None:
    columns = "value, numerator, denominator"
    assert ask(indicator, FEBRUARY, columns, area=street) == (expected, 0, 0)


@pytest.mark.parametrize(
    ("kind", "expected"), [("lift", (1, 2)), ("crane", (0, 1)), ("unknown", (1, 1))]
)
def test_staffing_is_told_by_kind_of_equipment(
    ask: Ask, kind: str, expected: tuple[int, int]
) -> None:
    """An obligation whose kind the source does not say stands under unknown."""
    columns = "numerator, denominator"
    cell = ("equipment_kind", kind)
    assert ask("equipment_users_staffing_rate", FEBRUARY, columns, cell=cell) == expected


def test_a_trade_of_which_none_is_covered_has_a_rate_of_0_and_not_none(ask: Ask) -> None:
    columns = "value, numerator, denominator"
    beauty = ask("prepaid_coverage_rate", JANUARY, columns, cell=("trade", "beauty"))
    assert beauty == (0, 0, 1)


@pytest.mark.parametrize(
    ("indicator", "period_end", "expected"),
    [
        ("reconsiderations_not_yet_due", JANUARY, 1),
        ("litigations_heard_not_judged", DECEMBER, 1),
    ],
)
def test_what_is_still_open_by_hand(
    ask: Ask, indicator: str, period_end: date, expected: int
) -> None:
    assert ask(indicator, period_end) == expected


@pytest.mark.parametrize(
    ("indicator", "period_end", "status"),
    [
        ("reconsiderations_due", JANUARY, "provisional"),  # one is not accepted yet
        ("reconsiderations_concluded_on_time", JANUARY, "provisional"),
        ("reconsideration_on_time_rate", JANUARY, "provisional"),
        ("reconsideration_on_time_rate", FEBRUARY, "final"),
        ("reconsiderations_new", JANUARY, "final"),
        ("litigations_heard_with_head", DECEMBER, "provisional"),  # heard, and not judged
        ("litigations_heard_with_principal", DECEMBER, "provisional"),
        ("head_court_attendance_rate", DECEMBER, "provisional"),
        ("principal_attendance_rate", DECEMBER, "provisional"),
        ("head_court_attendance_rate", FEBRUARY, "final"),
        ("food_disposal_rate", FEBRUARY, "final"),
        ("food_disposal_rate", date(2025, 1, 31), "provisional"),  # its samples fall due until then
    ],
)
def test_a_rate_is_provisional_while_it_can_still_change(
    ask: Ask, indicator: str, period_end: date, status: str
) -> None:
    assert ask(indicator, period_end, "status") == status
