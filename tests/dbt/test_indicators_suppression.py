"""Small cells: what is hidden, what is hidden with it, and that nothing else changes."""

from __future__ import annotations

import duckdb
import pytest

SUPPRESSED_TABLES = """
from indicators.indicator_figures as figures
inner join indicators.indicator_values as published
    using (indicator_id, period_grain, period_end, area_code, breakdown, breakdown_value)
inner join indicators.indicators as declared using (indicator_id)
where declared.owner = 'consumer_protection' and declared.kind = 'count'
    and figures.breakdown <> 'total' and figures.area_code <> '330108' and figures.value > 0
"""


def test_no_street_count_of_one_or_two_complaints_is_published(
    figures: duckdb.DuckDBPyConnection,
) -> None:
    query = "select count(*) filter (where figures.value < 3), min(published.value)"
    small, least_published = figures.execute(query + SUPPRESSED_TABLES).fetchall()[0]
    assert small > 100, "the ledgers hold small cells"
    assert least_published == 3


@pytest.mark.parametrize("line", ["area_code", "breakdown_value"])
def test_no_hidden_count_can_be_worked_out_from_the_total_of_its_street_or_value(
    figures: duckdb.DuckDBPyConnection, line: str
) -> None:
    """A line hides no cell, several that are not all 1, or everything there is in it."""
    query = f"""
        select count(*) filter (where hidden > 0), count(*) filter (
            where (hidden = 1 or hidden_sum = hidden) and hidden < cells
        )
        from (
            select count(*) as cells,
                count(*) filter (where published.status = 'suppressed') as hidden,
                sum(figures.value) filter (where published.status = 'suppressed') as hidden_sum
            {SUPPRESSED_TABLES}
            group by indicator_id, period_grain, period_end, breakdown, {line}
        ) as lines
    """
    lines_with_hidden_cells, told = figures.execute(query).fetchall()[0]
    assert lines_with_hidden_cells > 100
    assert told == 0


def test_a_rate_over_a_hidden_count_is_hidden_with_its_parts(
    figures: duckdb.DuckDBPyConnection,
) -> None:
    query = """
        select count(*), count(rates.value), count(rates.numerator), count(rates.denominator)
        from indicators.indicator_values as rates
        inner join indicators.indicator_values as counts
            using (period_grain, period_end, area_code, breakdown, breakdown_value)
        where rates.indicator_id = 'on_time_closure_rate'
            and counts.indicator_id in ('items_closed_on_time', 'items_due')
            and counts.status = 'suppressed'
    """
    hidden, *stated = figures.execute(query).fetchall()[0]
    assert hidden > 10
    assert stated == [0, 0, 0]


def test_totals_and_the_figures_of_the_district_are_never_hidden(
    figures: duckdb.DuckDBPyConnection,
) -> None:
    query = """
        select count(*) from indicators.indicator_values
        where status = 'suppressed' and (breakdown = 'total' or area_code = '330108')
    """
    assert figures.execute(query).fetchall() == [(0,)]


def test_what_is_not_hidden_is_published_as_it_was_computed(
    figures: duckdb.DuckDBPyConnection,
) -> None:
    query = """
        select * exclude (status) from indicators.indicator_{} where {} order by all
    """
    shown = "(indicator_id, period_grain, period_end, area_code, breakdown, breakdown_value) in ("
    shown += (
        "select (indicator_id, period_grain, period_end, area_code, breakdown, breakdown_value)"
    )
    shown += " from indicators.indicator_values where status <> 'suppressed')"
    published = figures.execute(query.format("values", shown)).fetchall()
    assert published == figures.execute(query.format("figures", shown)).fetchall()
    assert len(published) > 10000


def test_the_next_smallest_cells_are_hidden_and_no_more(
    figures: duckdb.DuckDBPyConnection,
) -> None:
    """From one 2 (street 2, B): D of street 2; then B of 1 and D of 3; then their least cells.

    Street 1 holds A 17, B 11, unknown 5; street 2 B 2, C 13, D 3, unknown 3; street 3 D 8, E 16,
    unknown 4.
    """
    query = """
        select area_code, breakdown_value from indicators.indicator_values
        where indicator_id = 'items_received' and breakdown = 'industry_section_code'
            and period_grain = 'quarter' and period_end = '2024-06-30' and status = 'suppressed'
        order by all
    """
    assert figures.execute(query).fetchall() == [
        ("330108001", "B"),
        ("330108001", "unknown"),
        ("330108002", "B"),
        ("330108002", "D"),
        ("330108003", "D"),
        ("330108003", "unknown"),
    ]
