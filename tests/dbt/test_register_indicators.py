"""Figures of the registers computed by hand: each metric once, with its nulls and boundaries.

The rows are those of `by_hand.listings` and `by_hand.registers`: as a rule one on the last day of
January 2024, two on the last of February, which is the 29th, and one without a day.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from tests.dbt.indicator_build import Ask

JANUARY = date(2024, 1, 31)
FEBRUARY = date(2024, 2, 29)


@pytest.mark.parametrize(
    ("indicator", "january", "february"),
    [
        ("green_live_bases", 0, 1),  # listed on the last day of February; a room is no base
        ("green_live_rooms", 1, 2),  # a large one that is not green is none
        ("live_rooms_over_10m", 1, 2),  # green or not
        ("live_brands_over_10m", 1, 2),  # of a third one the turnover is not large
        ("platform_enterprises", 1, 2),  # one leaves on the last day, one has no known street
        ("innovative_devices", 0, 1),  # class II is none
        ("demonstration_canteens", 1, 1),
        ("trusted_farm_markets", 1, 1),
        ("common_prosperity_stalls", 1, 1),
        ("trusted_consumption_units", 1, 2),  # one has no known street
        ("trusted_business_areas_new", 0, 1),  # the other one is of 1 March
        ("live_streamers_trained", 1, 1),
        ("internet_marketers_certified", 1, 2),
        ("advertising_experts", 1, 1),
        ("ip_country_handbooks", 1, 2),
        ("case_explanation_issues", 1, 2),
        ("implementation_plans", 1, 2),
        ("individual_business_actions", 1, 2),
        ("laws_studied", 1, 2),  # one studied twice, one without a number
        ("platform_compliance_classes", 1, 2),
        ("newcomer_trainings", 1, 2),
        ("ip_law_trainings", 1, 2),  # a third is of 1 March
        ("group_law_studies", 1, 2),
        ("law_study_hours", 2, "5.5"),  # one without hours; those of another training are none
        ("platform_group_standards", 1, 2),  # four others miss in one point each
        ("enforcement_campaigns", 1, 2),  # those joined are none
        ("firm_service_visits", 3, 6),  # three programmes, and not the fourth
        ("public_opinion_handled", 1, 2),  # one handled has no day
        ("major_contracts", 1, 2),  # one is under review
        ("major_decisions", 1, 2),
        ("patent_gold_awards", 1, 2),
        ("patent_silver_awards", 1, 2),
        ("patent_excellence_awards", 1, 2),
        ("data_ip_typical_cases", 1, 2),  # those of the city are none
        ("contract_trustworthy_firms", 1, 3),  # A twice at one level, and at another; one unknown
        ("trade_secret_provincial_sites_new", 1, 2),
        ("trade_secret_city_bases_new", 1, 2),
        ("quality_service_typical_cases", 1, 2),
        ("typical_cases_selected", 3, 6),  # state, province and city; not the district, not null
        ("law_publicity_cases", 1, 2),
        ("staff_honours", 2, 4),  # province and city; not the state, not the district
    ],
)
def test_two_months_by_hand(ask: Ask, indicator: str, january: int, february: int | str) -> None:
    assert ask(indicator, JANUARY) == Decimal(january)
    assert ask(indicator, FEBRUARY) == Decimal(february)


@pytest.mark.parametrize(
    ("indicator", "last_year", "year", "next_year"),
    [
        ("wipo_award_shortlist_rank", None, 25, None),
        ("data_ip_pledge_city_rank", 2, 1, None),  # the half-year's 3 is not the year's
        ("platform_enterprises_city_rank", None, 1, None),
        ("new_enterprises_city_rank", None, 1, None),  # stated for 2023 without a value
        ("innovative_devices_province_rank", 1, None, None),  # of 2024 the half-year only
        ("law_contest_average_score", None, "99.94", None),  # of a day within the year
    ],
)
def test_a_stated_figure_is_that_of_its_year_and_there_is_none_where_none_is_stated(
    figures: duckdb.DuckDBPyConnection,
    indicator: str,
    last_year: int | None,
    year: int | str | None,
    next_year: None,
) -> None:
    found = figures.execute(
        "select period_grain, period_end, value from indicators.indicator_values"
        " where indicator_id = ? and value is not null order by period_end",
        [indicator],
    ).fetchall()
    stated = zip((2023, 2024, 2025), (last_year, year, next_year), strict=True)
    assert found == [("year", date(y, 12, 31), Decimal(v)) for y, v in stated if v is not None]


def test_firms_at_two_levels_count_at_each_and_once_in_a_longer_period(ask: Ask) -> None:
    """A and B of the city, A of the province; what January and February share counts once."""
    year = date(2024, 12, 31)
    cells = [("level", "municipal"), ("level", "provincial"), ("total", "total")]
    found = [ask("contract_trustworthy_firms", year, grain="year", cell=cell) for cell in cells]
    assert found == [2, 1, 3]


def test_an_enterprise_of_no_known_street_counts_in_the_district_only(ask: Ask) -> None:
    streets = ["330108001", "330108002", "330108003"]
    found = [ask("platform_enterprises", FEBRUARY, area=street) for street in streets]
    assert found == [0, 1, 0]


def test_a_rank_stands_beside_that_of_the_year_before_without_a_rate(ask: Ask) -> None:
    """From second to first is no fall by half."""
    columns = "value, year_before_value, change_on_year, change_on_period"
    year, table = date(2024, 12, 31), "indicator_comparisons"
    found = ask("data_ip_pledge_city_rank", year, columns, grain="year", table=table)
    assert found == (1, 2, None, None)


@pytest.mark.parametrize("indicator", ["contract_trustworthy_firms", "laws_studied"])
def test_a_month_without_anything_to_tell_apart_counts_none(ask: Ask, indicator: str) -> None:
    assert ask(indicator, date(2024, 3, 31)) == 0


def test_a_late_list_leaves_its_own_figures_wanting_and_no_others_of_the_register(ask: Ask) -> None:
    """The filter by source_table says which list a figure rests on."""
    december = date(2024, 12, 31)
    year = ask("live_streamers_trained", december, "status, as_of", grain="year")
    assert year == ("stale", date(2024, 11, 30))
    assert ask("live_streamers_trained", december, "value, status") == (None, "missing")
    assert ask("live_streamers_trained", date(2024, 11, 30), "status") == "final"
    assert ask("green_live_bases", december, "status") == "final"
    assert ask("demonstration_canteens", december, "status") == "final"


def test_each_figure_of_a_register_rests_on_its_list(figures: duckdb.DuckDBPyConnection) -> None:
    found = figures.execute(
        "select source_table from indicators.indicator_sources"
        " where indicator_id = 'live_streamers_trained'"
    ).fetchall()
    assert found == [("listings__talents",)]
