"""Every metric has a case computed by hand: a value, a null where there can be one, a boundary.

MetricFlow and the compiler read the same declaration, so only a case by hand tells a wrong one. A
case is an indicator with its expected values among the parameters of a test; a name that is
mentioned elsewhere is none. What does not belong here: the cases.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from types import ModuleType
from typing import NamedTuple

import duckdb
import pytest

from tests.dbt import test_indicators, test_register_indicators, test_system_indicators

CASES: tuple[ModuleType, ...] = (test_indicators, test_register_indicators, test_system_indicators)
PERIODS = {
    "january", "february", "march", "december", "quarter", "last_year", "year", "next_year",
    "expected",
}  # fmt: skip
"""The parameters that hold an expected value of one period."""


class Case(NamedTuple):
    """The values that one test expects of an indicator, period by period; None is null."""

    indicator: str
    values: list[Decimal | None]


def cases_of(module: ModuleType) -> Iterator[Case]:
    """The cases among the parameters of a module's tests."""
    for test in vars(module).values():
        for mark in getattr(test, "pytestmark", []):
            names, rows = mark.args[:2] if mark.name == "parametrize" else ((), [])
            periods = [place for place, name in enumerate(names) if name in PERIODS]
            if names[:1] == ("indicator",) and periods:
                for row in rows:
                    values = [row[place] for place in periods]
                    yield Case(row[0], [None if v is None else Decimal(v) for v in values])


@cache
def cases_by_indicator() -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = {}
    for module in CASES:
        for case in cases_of(module):
            found.setdefault(case.indicator, []).append(case)
    return found


def read_kinds(figures: duckdb.DuckDBPyConnection, *kinds: str) -> list[str]:
    """The indicators of some kinds, as the catalogue has them."""
    query = "select indicator_id from indicators.indicators where kind in (select unnest(?))"
    return sorted(name for (name,) in figures.execute(query, [list(kinds)]).fetchall())


def test_every_metric_has_a_value_computed_by_hand(figures: duckdb.DuckDBPyConnection) -> None:
    """Other than 0 and null, which a metric that finds nothing has as well."""
    published = figures.execute("select indicator_id from indicators.indicators").fetchall()
    with_value = {
        name
        for name, cases in cases_by_indicator().items()
        if any(value for case in cases for value in case.values)
    }
    assert {name for (name,) in published} - with_value == set()


@pytest.mark.parametrize("kind", ["ratio", "median", "percentile", "rank", "upper_bound"])
def test_every_metric_that_can_be_null_is_null_in_a_case(
    figures: duckdb.DuckDBPyConnection, kind: str
) -> None:
    nulls = {
        name
        for name, cases in cases_by_indicator().items()
        if any(None in case.values for case in cases)
    }
    assert [name for name in read_kinds(figures, kind) if name not in nulls] == []


def test_every_stock_changes_between_the_month_ends_of_a_case(
    figures: duckdb.DuckDBPyConnection,
) -> None:
    """What joins or leaves on the last day of a month tells it from the month beside it."""
    changing = {
        name
        for name, cases in cases_by_indicator().items()
        if any(len(set(case.values)) > 1 for case in cases)
    }
    assert [name for name in read_kinds(figures, "stock") if name not in changing] == []


@pytest.mark.parametrize("kind", ["count", "sum", "distinct"])
def test_every_metric_that_counts_or_adds_up_has_a_row_on_the_last_day_of_its_month(
    figures: duckdb.DuckDBPyConnection, kind: str
) -> None:
    """Of a month that holds written rows only, and for which the cases expect a value."""
    last_days = [date(2024, 1, 31), date(2024, 2, 29), date(2024, 12, 31)]
    without = []
    for name in read_kinds(figures, kind):
        ((ledger, condition, day),) = figures.execute(
            "select ledger, filter, time_column from indicators.indicators where indicator_id = ?",
            [name],
        ).fetchall()
        rows = figures.execute(
            f"select count(*) from ledgers.{ledger}"
            f" where ({condition or 'true'}) and {day} in (select unnest(?))",
            [last_days],
        ).fetchall()
        if rows == [(0,)]:
            without.append(name)
    assert without == []
