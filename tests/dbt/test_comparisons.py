"""Comparisons computed by hand: changes on earlier periods, shares, and what is left out of both.

The rows are those of `by_hand.first_ledgers`, as of 15 January 2025.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from tests.dbt.indicator_build import DISTRICT, Ask

FEBRUARY = date(2024, 2, 29)
MARCH = date(2024, 3, 31)

Change = int | str | None


@pytest.mark.parametrize(
    ("indicator", "period_end", "grain", "changes"),
    [
        ("items_received", FEBRUARY, "month", (2, "0.5")),  # 3 after 1 on 2023-02-28, after 2
        ("items_received", date(2024, 1, 31), "month", (None, "-0.944444")),  # base 0: no rate
        ("closure_rate", FEBRUARY, "month", (0, "0.5")),  # rates: 1 - 1 and 1 - 0.5
        ("closure_rate", MARCH, "month", (None, None)),  # no rate, no change
        ("items_received", MARCH, "quarter", ("-0.545455", "-0.953704")),  # 5 after 11, after 108
        ("items_received", MARCH, "ytd", ("-0.545455", None)),  # to date has no period before
        ("active_entities", FEBRUARY, "month", ("0.5", "0.028571")),  # 36 after 24, after 35
        (
            "active_entities",
            date(2024, 12, 31),
            "year",
            ("0.147059", None),
        ),  # 39 after 34
    ],
)
def test_changes_by_hand(
    ask: Ask, indicator: str, period_end: date, grain: str, changes: tuple[Change, Change]
) -> None:
    found = ask(
        indicator,
        period_end,
        "change_on_year, change_on_period",
        grain=grain,
        table="indicator_comparisons",
    )
    assert found == tuple(None if change is None else Decimal(change) for change in changes)


@pytest.mark.parametrize(
    ("period_end", "grain"),
    [
        (date(2025, 1, 31), "month"),
        (date(2025, 3, 31), "quarter"),
        (date(2025, 12, 31), "year"),
        (date(2025, 1, 31), "ytd"),
    ],
)
@pytest.mark.parametrize("indicator", ["closure_rate", "active_entities", "median_handling_days"])
def test_how_things_stood_a_year_ago_is_not_told_from_the_rows_of_today(
    ask: Ask, indicator: str, period_end: date, grain: str
) -> None:
    """As of 15 January 2025: closed, in stock and the median of what is closed have no base."""
    columns = "year_before_value, change_on_year, period_before_value, change_on_period"
    found = ask(indicator, period_end, columns, grain=grain, table="indicator_comparisons")
    assert found == (None, None, None, None)


@pytest.mark.parametrize(
    ("indicator", "area", "cell", "share"),
    [
        ("items_received", DISTRICT, ("total", "total"), None),  # it is the whole
        ("items_received", "330108001", ("total", "total"), "0.666667"),  # 2 of 3
        ("items_received", "330108003", ("total", "total"), "0"),
        ("items_received", DISTRICT, ("item_kind", "complaint"), "0.333333"),
        ("active_entities", "330108001", ("total", "total"), "0.666667"),  # 24 of 36
        ("active_entities", "330108001", ("entity_kind", "enterprise"), "1"),  # of its street
        ("penalty_amount", DISTRICT, ("case_field", "food"), "1"),
        ("closure_rate", "330108001", ("total", "total"), None),
    ],
)
def test_shares_by_hand(
    ask: Ask, indicator: str, area: str, cell: tuple[str, str], share: str | None
) -> None:
    found = ask(indicator, FEBRUARY, "share", area=area, cell=cell, table="indicator_comparisons")
    assert found == (None if share is None else Decimal(share))


def test_a_part_of_nothing_has_no_share(ask: Ask) -> None:
    table = "indicator_comparisons"
    assert ask("items_received", MARCH, "value, share", area="330108001", table=table) == (0, None)


def test_a_small_cell_has_no_value_no_change_and_no_share(
    figures: duckdb.DuckDBPyConnection,
) -> None:
    found = figures.execute(
        """
        select count(*) > 0, count(c.value), count(c.change_on_year), count(c.change_on_period),
            count(c.share)
        from indicators.indicator_values as v
        inner join indicators.indicator_comparisons as c using (
            indicator_id, period_grain, period_start, period_end, area_code, breakdown,
            breakdown_value
        )
        where v.status = 'suppressed'
        """
    ).fetchall()
    assert found == [(True, 0, 0, 0, 0)]


def test_a_small_cell_is_no_base_a_year_later(figures: duckdb.DuckDBPyConnection) -> None:
    """Its successor must not give it away."""
    bases = figures.execute(
        """
        select count(*) > 0, count(later.year_before_value), count(later.change_on_year)
        from indicators.indicator_values as hidden
        inner join indicators.indicator_comparisons as later using (
            indicator_id, period_grain, area_code, breakdown, breakdown_value
        )
        where hidden.status = 'suppressed' and hidden.period_grain = 'month'
            and later.period_start = hidden.period_start + interval 1 year
        """
    ).fetchall()
    assert bases == [(True, 0, 0)]


def test_no_month_loses_its_last_days_in_a_comparison(figures: duckdb.DuckDBPyConnection) -> None:
    """Each month from 2024 finds the month a year before, also 29 February and each 31st."""
    query = """
        select count(*), count(year_before_value), count(period_before_value)
        from indicators.indicator_comparisons
        where indicator_id = 'items_received' and breakdown = 'total' and area_code = '330108'
            and period_grain = 'month' and period_end between '2024-01-01' and '2024-12-31'
    """
    assert figures.execute(query).fetchall() == [(12, 12, 12)]
