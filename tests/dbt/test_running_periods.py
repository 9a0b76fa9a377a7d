"""A period that is not over stands beside the same days of the year before, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from tests.dbt.test_indicators_start import build, declare

AS_OF = date(2024, 3, 10)
CALLS = [
    *("2023-02-20", "2023-03-09", "2023-03-10", "2023-03-11", "2023-04-02", "2023-12-31"),
    # A ledger may hold what has not happened by then; it is not counted.
    *("2024-01-05", "2024-03-10", "2024-03-11"),
]

Row = tuple[Decimal | int | None, ...]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    rows = ", ".join(f"('c{number}', date '{day}')" for number, day in enumerate(CALLS))
    declared = declare(calls_from="2023-01-01", visits_from="2023-01-01")
    with build(
        tmp_path_factory.mktemp("running"),
        declared,
        calls=f"select * from (values {rows}) as t (call_no, made_on)",
        as_of=AS_OF,
    ) as connection:
        yield connection


def ask(connection: duckdb.DuckDBPyConnection, indicator: str, grain: str, end: date) -> Row:
    rows = connection.execute(
        "select value, year_before_value, change_on_year, period_before_value, change_on_period"
        " from indicators.indicator_comparisons"
        " where indicator_id = ? and period_grain = ? and period_end = ? and breakdown = 'total'",
        [indicator, grain, end],
    ).fetchall()
    assert len(rows) == 1
    return tuple(rows[0])


@pytest.mark.parametrize(
    ("grain", "end", "value", "base", "change"),
    [
        ("month", date(2024, 3, 31), 1, 2, "-0.5"),  # 1 to 10 March
        ("quarter", date(2024, 3, 31), 2, 3, "-0.333333"),
        ("ytd", date(2024, 3, 31), 2, 3, "-0.333333"),
        ("year", date(2024, 12, 31), 2, 3, "-0.333333"),
    ],
)
def test_what_happened_is_compared_up_to_the_same_day(
    running: duckdb.DuckDBPyConnection, grain: str, end: date, value: int, base: int, change: str
) -> None:
    assert ask(running, "calls", grain, end) == (value, base, Decimal(change), None, None)


def test_a_period_that_is_over_is_compared_whole(running: duckdb.DuckDBPyConnection) -> None:
    february = date(2024, 2, 29)
    assert ask(running, "calls", "month", february) == (0, 1, Decimal(-1), 1, Decimal(-1))


def test_both_parts_of_a_rate_end_on_the_same_day(running: duckdb.DuckDBPyConnection) -> None:
    """Visits per call: 4 visits in 2024, one of them on 1 March; none in 2023."""
    found = ask(running, "visits_per_call", "ytd", date(2024, 3, 31))
    assert found == (Decimal(2), 0, Decimal(2), None, None)


def test_a_year_has_no_period_before_that_the_year_before_is_not(
    running: duckdb.DuckDBPyConnection,
) -> None:
    assert ask(running, "calls", "year", date(2023, 12, 31))[3:] == (None, None)
    changes = running.execute(
        "select count(period_before_value), count(change_on_period)"
        " from indicators.indicator_comparisons where period_grain in ('year', 'ytd')"
    ).fetchall()
    assert changes == [(0, 0)]


def test_distinct_counts_have_no_base_for_a_part_of_a_year(
    running: duckdb.DuckDBPyConnection,
) -> None:
    assert ask(running, "firms_visited", "year", date(2024, 12, 31))[1:3] == (None, None)
