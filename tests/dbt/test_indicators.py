"""Figures computed by hand: each metric once, with its nulls and boundaries; status.

The rows are those of `by_hand.first_ledgers`. February 2024 ends on the 29th, the days before and
after it are the 31st of January and an empty March.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from tests.dbt.indicator_build import Ask

FEBRUARY = date(2024, 2, 29)
MARCH = date(2024, 3, 31)


@pytest.mark.parametrize(
    ("indicator", "february", "march"),
    [
        ("new_market_entities", 4, 0),  # a change, a move in and a restoration are none
        ("new_enterprises", 2, 0),
        ("new_enterprises_without_branches", 1, 0),
        ("new_individual_households", 1, 0),
        ("new_cooperatives", 1, 0),  # its street is not known: it counts in the district
        ("deregistered_entities", 1, 0),  # a cancelled establishment is none
        ("active_entities", 36, 37),  # 11 + 13 months, 5 and 7
        ("registered_entities", 38, 37),  # two revoked on the last day of February stay till March
        ("ip_pledge_contracts", 3, 0),
        ("pledge_amount", "300.75", 0),  # the credit line of 999 is another kind of amount
        ("data_ip_pledge_amount", "100.50", 0),  # the mixed pledge cannot be divided
        ("complaints_received", 1, 0),
        ("reports_received", 1, 0),
        ("consultations_received", 1, 0),
        ("complaints_and_reports_received", 2, 0),
        ("items_received", 3, 0),
        ("items_closed", 3, 0),
        ("items_due", 3, 0),
        ("items_closed_when_due", 3, 0),
        ("items_closed_on_time", 2, 0),  # one on its due date, one five days after
        ("items_not_yet_due", 0, 0),
        ("closure_rate", 1, None),  # a month without items has no rate
        ("due_closure_rate", 1, None),
        ("on_time_closure_rate", "0.666667", None),  # two of three, rounded half up once
        ("acceptances_not_yet_due", 0, 0),
        ("acceptance_on_time_rate", 1, None),  # accepted on the last of its sixteen days
        ("acceptance_notices_not_yet_due", 0, 0),
        ("acceptance_notice_on_time_rate", 0, None),  # decided on the last day, told a day later
        ("mediations_not_yet_due", 0, 0),
        ("mediation_on_time_rate", 0, None),  # five days late
        ("verifications_not_yet_due", 0, 0),
        ("verification_on_time_rate", 1, None),
        ("cases_not_yet_due", 0, 0),
        ("case_decision_on_time_rate", 0, None),  # never decided
        ("penalty_decisions_made", 5, 0),  # one on the spot; two transfers decide on no penalty
        ("decisions_not_yet_due_for_publication", 0, 0),
        ("penalty_publication_on_time_rate", "0.5", None),  # one of two; no penalty is not public
        ("cases_filed", 1, 0),  # what was decided on the spot is not filed
        ("major_cases", 1, 0),
        ("panel_reviewed_cases", 1, 0),  # the other one is not decided yet
        ("penalty_amount", "10650.55", 0),  # 150 of it on the spot
        ("lenient_cases", 2, 0),  # that there was no violation is no leniency
        ("lenient_amount_waived", "4499.45", 0),
        ("cases_without_violation", 1, 0),
    ],
)
def test_a_leap_month_and_an_empty_month_by_hand(
    ask: Ask, indicator: str, february: int | str, march: int | str | None
) -> None:
    assert ask(indicator, FEBRUARY) == Decimal(february)
    assert ask(indicator, MARCH) == (None if march is None else Decimal(march))


@pytest.mark.parametrize(
    ("indicator", "quarter"),
    [
        ("median_handling_days", "7.5"),  # of 0, 5, 10 and 20; the open report has none
        ("p90_handling_days", "20"),
        ("closure_rate", "0.8"),
        ("due_closure_rate", "0.8"),  # the open report was due on the last day of February
        ("on_time_closure_rate", "0.6"),
        ("case_decision_on_time_rate", "0.5"),  # one of two; a third is not yet due
        ("active_entities", "37"),  # a stock is that of the quarter's last month, not a sum
        ("items_received", "5"),
    ],
)
def test_a_quarter_by_hand(ask: Ask, indicator: str, quarter: str) -> None:
    assert ask(indicator, MARCH, grain="quarter") == Decimal(quarter)
    assert ask(indicator, MARCH, grain="ytd") == Decimal(quarter)


@pytest.mark.parametrize(
    ("indicator", "expected"),
    [
        ("median_handling_days", "25.5"),  # of 21 to 29 and 50
        ("p90_handling_days", 29),  # the ninth of ten: up to it there are nine tenths
        ("due_closure_rate", 1),
        ("on_time_closure_rate", "0.8"),  # one is closed on its due date, two later
        ("acceptance_on_time_rate", "0.571429"),  # three of seven a day late
        ("acceptance_notice_on_time_rate", "0.142857"),  # one of seven was told
        ("mediation_on_time_rate", "0.857143"),
        ("verification_on_time_rate", "0.666667"),
    ],
)
def test_ten_items_of_one_day_by_hand(ask: Ask, indicator: str, expected: int | str) -> None:
    assert ask(indicator, date(2023, 3, 31)) == Decimal(expected)


@pytest.mark.parametrize(
    ("indicator", "december", "status"),
    [
        ("items_due", 1, "provisional"),  # one is due on 10 January, the others on 16 and 20
        ("items_not_yet_due", 2, "final"),
        ("items_closed_when_due", 1, "provisional"),
        ("items_closed_on_time", 1, "provisional"),
        ("closure_rate", "0.333333", "provisional"),
        ("due_closure_rate", 1, "provisional"),
        ("on_time_closure_rate", 1, "provisional"),
        ("median_handling_days", 2, "provisional"),
        ("p90_handling_days", 2, "provisional"),
        ("acceptances_not_yet_due", 2, "final"),  # due on 16 January, the day after
        ("acceptance_on_time_rate", None, "provisional"),
        ("acceptance_notices_not_yet_due", 2, "final"),
        ("acceptance_notice_on_time_rate", None, "provisional"),
        ("mediations_not_yet_due", 1, "final"),  # due on 20 January
        ("mediation_on_time_rate", None, "provisional"),
        ("verifications_not_yet_due", 1, "final"),
        ("verification_on_time_rate", None, "provisional"),
        ("cases_not_yet_due", 1, "final"),
        ("case_decision_on_time_rate", None, "provisional"),
        ("decisions_not_yet_due_for_publication", 1, "final"),
        ("penalty_publication_on_time_rate", None, "provisional"),
    ],
)
def test_a_term_that_is_not_over_is_in_no_rate_and_makes_it_provisional(
    ask: Ask, indicator: str, december: int | str | None, status: str
) -> None:
    value = None if december is None else Decimal(december)
    assert ask(indicator, date(2024, 12, 31), "value, status") == (value, status)


@pytest.mark.parametrize(
    ("indicator", "february", "march"),
    [("median_handling_days", 10, None), ("p90_handling_days", 20, None)],
)
def test_days_of_a_month_by_hand(
    ask: Ask, figures: duckdb.DuckDBPyConnection, indicator: str, february: int, march: None
) -> None:
    assert ask(indicator, FEBRUARY) == february
    in_march = "select max(value) from indicators.indicator_values where period_grain = 'month'"
    in_march += f" and indicator_id = '{indicator}' and period_end = '{MARCH}'"
    assert figures.execute(in_march).fetchall() == [(march,)], "no closed item, no median"


def test_a_rate_states_its_numerator_and_denominator_also_when_it_is_null(ask: Ask) -> None:
    columns = "value, numerator, denominator"
    assert ask("on_time_closure_rate", FEBRUARY, columns) == (Decimal("0.666667"), 2, 3)
    assert ask("on_time_closure_rate", MARCH, columns) == (None, 0, 0)
    assert ask("items_received", FEBRUARY, columns) == (3, None, None)


def test_a_rate_with_nothing_in_its_numerator_is_0_and_not_null(ask: Ask) -> None:
    """The one food case of February was never decided, and no row of its kind was on time."""
    columns = "value, numerator, denominator"
    food = ask("case_decision_on_time_rate", FEBRUARY, columns, cell=("case_field", "food"))
    assert food == (0, 0, 1)


def test_a_row_without_a_street_or_a_kind_is_counted_in_the_district_and_as_unknown(
    ask: Ask, figures: duckdb.DuckDBPyConnection
) -> None:
    january = date(2024, 1, 31)
    assert ask("items_received", january) == 2
    assert ask("items_received", january, area="330108001") == 1
    assert ask("items_received", january, area="330108002") == 0
    assert ask("items_received", january, cell=("channel", "unknown")) == 1
    areas = "select distinct area_code from indicators.indicator_values order by all"
    expected = [("330108",), ("330108001",), ("330108002",), ("330108003",)]
    assert figures.execute(areas).fetchall() == expected


def test_a_street_whose_stock_is_gone_has_none_and_not_its_last_one(ask: Ask) -> None:
    year = date(2024, 12, 31)
    assert ask("active_entities", year, grain="year", area="330108003") == 0
    assert ask("active_entities", year, grain="year") == 11 + 23 + 5


def test_every_undivided_count_is_stated_for_every_period_and_area(
    figures: duckdb.DuckDBPyConnection,
) -> None:
    """From January 2023 to the period of 2025-01-15: 25 months, 9 quarters, 3 years, 25 to date."""
    query = """
        select period_grain, count(*) as figures, min(period_start), max(period_end)
        from indicators.indicator_values
        where indicator_id = 'pledge_amount' and breakdown = 'total'
        group by all order by all
    """
    assert figures.execute(query).fetchall() == [
        ("month", 25 * 4, date(2023, 1, 1), date(2025, 1, 31)),
        ("quarter", 9 * 4, date(2023, 1, 1), date(2025, 3, 31)),
        ("year", 3 * 4, date(2023, 1, 1), date(2025, 12, 31)),
        ("ytd", 25 * 4, date(2023, 1, 1), date(2025, 1, 31)),
    ]


@pytest.mark.parametrize(
    ("indicator", "period_end", "grain", "status"),
    [
        ("items_received", date(2024, 12, 31), "year", "final"),
        ("items_received", date(2025, 1, 31), "month", "provisional"),  # not over
        ("due_closure_rate", date(2024, 11, 30), "month", "final"),
        ("due_closure_rate", date(2024, 12, 31), "month", "provisional"),  # one item not yet due
        ("due_closure_rate", date(2024, 12, 31), "year", "provisional"),
        ("pledge_amount", date(2024, 11, 30), "month", "final"),
        ("pledge_amount", date(2024, 11, 30), "ytd", "final"),
        ("pledge_amount", date(2024, 12, 31), "month", "missing"),  # delivered up to 30 November
        ("pledge_amount", date(2024, 12, 31), "year", "stale"),
        ("pledge_amount", date(2024, 12, 31), "ytd", "missing"),
        ("pledge_amount", date(2024, 12, 31), "quarter", "stale"),
        ("cases_filed", date(2024, 12, 31), "month", "final"),  # another source is stale
    ],
)
def test_status(ask: Ask, indicator: str, period_end: date, grain: str, status: str) -> None:
    assert ask(indicator, period_end, "status", grain=grain) == status


def test_nothing_published_is_floating_point(figures: duckdb.DuckDBPyConnection) -> None:
    query = "select distinct data_type from information_schema.columns"
    query += " where table_schema = 'indicators' order by all"
    types = [name for (name,) in figures.execute(query).fetchall()]
    assert types == ["BOOLEAN", "DATE", "DECIMAL(24,6)", "DECIMAL(38,6)", "INTEGER", "VARCHAR"]


def test_the_catalogue_says_what_is_declared(figures: duckdb.DuckDBPyConnection) -> None:
    query = """
        select label_zh, label_en, unit, unit_label, kind, owner, version, ledger, breakdowns,
            is_main, display_scale
        from indicators.indicators where indicator_id = 'due_closure_rate'
    """
    assert figures.execute(query).fetchall() == [
        (
            "投诉举报咨询应办结率",
            "Due closure rate",
            "ratio",
            "%",
            "ratio",
            "consumer_protection",
            3,
            "complaints",
            "item_kind",
            True,
            "%",
        )
    ]
