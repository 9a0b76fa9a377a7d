"""What a figure may state, given what its sources have said: as of which day, and its status.

The indicators of the ledgers by hand are stated again for other nights: those that a night changes
are made again on a copy of their build, whose night is changed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.compute.compiled import PARTS
from tests.built_tables import make_layout, make_tables, require_good
from tests.compiled_project import compiled_project
from tests.dbt.indicator_build import IndicatorBuild

MODELS = (
    "indicator_periods",
    "monthly_measures",
    "period_statistics",
    "indicator_coverage",
    "indicator_figures",
    "year_before_to_the_day",
)
DECEMBER = date(2024, 12, 31)


@contextmanager
def stated_anew(
    build: IndicatorBuild, folder: Path, *changes: str
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The figures of another night: the build's own with these changes of the night's tables."""
    layout = make_layout(folder)
    shutil.copy(build.database, layout.build_database)
    with duckdb.connect(str(layout.build_database)) as connection:
        for change in changes:
            connection.execute(change)
        connection.execute("drop schema cells cascade")
        for model in MODELS:
            connection.execute(f"drop view indicators.{model}")
    wanted = {f"indicators.{model}" for model in MODELS}
    require_good(
        make_tables(
            layout,
            compiled_project(),
            lambda table: table.schema_name == PARTS or table.name in wanted,
        )
    )
    with duckdb.connect(str(layout.build_database)) as connection:
        yield connection


def ask(connection: duckdb.DuckDBPyConnection, indicator: str, grain: str, end: date) -> Any:
    rows = connection.execute(
        "select value, status, as_of from indicators.indicator_figures"
        " where indicator_id = ? and period_grain = ? and period_end = ? and breakdown = 'total'"
        " and area_code = '330108'",
        [indicator, grain, end],
    ).fetchall()
    assert len(rows) == 1, rows
    return rows[0]


def status(connection: duckdb.DuckDBPyConnection, indicator: str, grain: str, end: date) -> str:
    return str(ask(connection, indicator, grain, end)[1])


def night_of(day: str) -> str:
    """All sources have spoken to the night's own day."""
    return (
        f"update night.business_day set as_of = '{day}';"
        f"update night.extract_states set data_through = '{day}', stale_from = null;"
        f"update night.covered_spans set covers_through = '{day}'"
    )


def reaches(table: str, through: str, stale_from: str | None = None) -> str:
    late = f"date '{stale_from}'" if stale_from else "null"
    return (
        f"update night.extract_states set data_through = date '{through}', stale_from = {late}"
        f" where source_table = '{table}';"
        f"update night.covered_spans set covers_through = '{through}'"
        f" where source_table = '{table}'"
    )


def test_on_the_last_day_of_a_period_it_is_over(
    indicator_build: IndicatorBuild, tmp_path: Path
) -> None:
    with stated_anew(indicator_build, tmp_path, night_of("2024-12-31")) as figures:
        for grain in ("month", "quarter", "year", "ytd"):
            found = ask(figures, "items_received", grain, DECEMBER)
            assert found[1:] == ("final", DECEMBER)
        assert status(figures, "due_closure_rate", "year", DECEMBER) == "provisional"
        latest = figures.execute("select max(period_end) from indicators.indicator_figures")
        assert latest.fetchall() == [(DECEMBER,)]


def test_on_the_day_before_the_last_it_is_not(
    indicator_build: IndicatorBuild, tmp_path: Path
) -> None:
    """Nor is what happened on the last day counted."""
    with stated_anew(indicator_build, tmp_path, night_of("2024-12-30")) as figures:
        value, found, as_of = ask(figures, "items_received", "year", DECEMBER)
        later = figures.execute(
            "select count(*) filter (received_on = '2024-12-31'),"
            " count(*) filter (received_on between '2024-01-01' and '2024-12-30')"
            " from ledgers.complaints"
        ).fetchone()
        assert later is not None
        assert (found, as_of, value, later[0] > 0) == (
            "provisional", date(2024, 12, 30), later[1], True
        )  # fmt: skip


def test_on_the_first_of_a_month_the_month_has_begun_and_the_one_before_is_over(
    indicator_build: IndicatorBuild, tmp_path: Path
) -> None:
    first = date(2024, 12, 1)
    with stated_anew(indicator_build, tmp_path, night_of("2024-12-01")) as figures:
        assert status(figures, "items_received", "month", date(2024, 11, 30)) == "final"
        assert ask(figures, "items_received", "month", DECEMBER)[1:] == ("provisional", first)
        assert ask(figures, "active_entities", "month", DECEMBER)[1:] == ("provisional", first)
        assert status(figures, "items_received", "ytd", DECEMBER) == "provisional"


def test_a_month_that_no_source_has_reached_is_missing_and_not_0(
    indicator_build: IndicatorBuild, tmp_path: Path
) -> None:
    """On the first of January the data ends with December; a year to date needs its last month."""
    with stated_anew(
        indicator_build,
        tmp_path,
        night_of("2025-01-01"),
        reaches("complaints__items", "2024-12-31"),
    ) as figures:
        january, year = date(2025, 1, 31), date(2025, 12, 31)
        for grain, end in (("month", january), ("ytd", january), ("year", year)):
            found = ask(figures, "items_received", grain, end)
            assert found == (None, "missing", DECEMBER)
        assert ask(figures, "items_received", "year", DECEMBER)[1:] == ("final", DECEMBER)
        assert status(figures, "due_closure_rate", "year", DECEMBER) == "provisional"
        assert ask(figures, "cases_filed", "month", january)[1] == "provisional"


@pytest.mark.parametrize(
    ("through", "stale_from", "received", "rate"),
    [
        ("2024-12-30", "2024-12-31", "stale", "stale"),  # December ends on the day itself
        ("2024-12-31", "2025-01-01", "final", "stale"),  # what is open may have ended since
        ("2024-12-31", None, "final", "provisional"),
    ],
)
def test_a_figure_is_stale_from_the_day_on_that_its_source_is_late(
    indicator_build: IndicatorBuild,
    tmp_path: Path,
    through: str,
    stale_from: str | None,
    received: str,
    rate: str,
) -> None:
    late = reaches("complaints__items", through, stale_from)
    with stated_anew(indicator_build, tmp_path, night_of("2025-01-10"), late) as figures:
        assert status(figures, "items_received", "month", DECEMBER) == received
        assert status(figures, "due_closure_rate", "month", DECEMBER) == rate
        assert status(figures, "items_received", "month", date(2024, 11, 30)) == "final"
        assert ask(figures, "due_closure_rate", "month", DECEMBER)[2] == date.fromisoformat(through)


def test_a_gap_is_missing_and_so_is_every_stock_after_it(
    indicator_build: IndicatorBuild, tmp_path: Path
) -> None:
    gap = """
        delete from night.covered_spans where source_table = 'registrations__events';
        insert into night.covered_spans values
            ('registrations__events', '2022-12-01', '2024-01-31', false),
            ('registrations__events', '2024-03-01', '2025-01-15', false)
    """
    with stated_anew(indicator_build, tmp_path, gap) as figures:
        february, march = date(2024, 2, 29), date(2024, 3, 31)
        for grain, end in (
            ("month", february), ("quarter", march), ("ytd", march), ("year", DECEMBER)
        ):  # fmt: skip
            assert ask(figures, "new_market_entities", grain, end)[:2] == (None, "missing")
        assert status(figures, "new_market_entities", "month", march) == "final"
        assert status(figures, "active_entities", "month", date(2024, 1, 31)) == "final"
        assert ask(figures, "active_entities", "month", march)[:2] == (None, "missing")
        parts = figures.execute(
            "select distinct area_code, breakdown, value from indicators.indicator_figures"
            " where indicator_id = 'new_market_entities' and period_end = ? order by all",
            [february],
        ).fetchall()
        assert [row[2] for row in parts] == [None] * len(parts)
        assert {row[1] for row in parts} == {"total"}


@pytest.mark.parametrize(
    ("until", "again", "based"),
    [
        ("2023-12-31", "2024-02-01", []),
        ("2024-11-30", "2025-01-01", ["month", "quarter", "ytd"]),  # and not the year
    ],
)
def test_a_running_period_has_no_base_in_one_that_is_missing(
    indicator_build: IndicatorBuild, tmp_path: Path, until: str, again: str, based: list[str]
) -> None:
    """As of 15 January 2025."""
    gap = f"""
        delete from night.covered_spans where source_table = 'registrations__events';
        insert into night.covered_spans values
            ('registrations__events', '2022-12-01', '{until}', false),
            ('registrations__events', '{again}', '2025-01-15', false)
    """
    with stated_anew(indicator_build, tmp_path, gap) as figures:
        found = figures.execute(
            "select distinct period_grain from indicators.year_before_to_the_day"
            " where indicator_id = 'new_market_entities' and period_start = date '2025-01-01'"
            " order by all"
        ).fetchall()
        assert [grain for (grain,) in found] == based


def test_a_held_delivery_makes_its_own_period_stale_and_what_holds_it(
    indicator_build: IndicatorBuild, tmp_path: Path
) -> None:
    held = """
        delete from night.covered_spans where source_table = 'registrations__events';
        insert into night.covered_spans values
            ('registrations__events', '2022-12-01', '2024-02-29', false),
            ('registrations__events', '2024-03-01', '2024-03-31', true),
            ('registrations__events', '2024-04-01', '2025-01-15', false)
    """
    with stated_anew(indicator_build, tmp_path, held) as figures:
        asked = {"month": date(2024, 3, 31), "quarter": date(2024, 3, 31), "year": DECEMBER}
        for grain, end in asked.items():
            assert status(figures, "new_market_entities", grain, end) == "stale"
        assert status(figures, "new_market_entities", "month", date(2024, 2, 29)) == "final"
        assert status(figures, "new_market_entities", "month", date(2024, 4, 30)) == "final"
        assert status(figures, "new_market_entities", "year", date(2023, 12, 31)) == "final"


def test_a_source_without_any_data_leaves_its_own_figures_missing(
    indicator_build: IndicatorBuild, tmp_path: Path
) -> None:
    """Counts, rates, medians and stocks alike; figures of other sources stay."""
    nothing = """
        update night.extract_states set data_through = null
        where source_table in ('complaints__items', 'registrations__events');
        delete from night.covered_spans
        where source_table in ('complaints__items', 'registrations__events');
        delete from ledgers.complaints; delete from ledgers.registrations;
        delete from ledgers.entity_stocks
    """
    with stated_anew(indicator_build, tmp_path, nothing) as figures:
        for indicator in (
            "items_received", "due_closure_rate", "median_handling_days", "active_entities"
        ):  # fmt: skip
            assert ask(figures, indicator, "year", DECEMBER)[:2] == (None, "missing")
        assert ask(figures, "penalty_amount", "year", DECEMBER)[1] == "final"
        whole = figures.execute(
            "select distinct status, value from indicators.indicator_figures"
            " where indicator_id = 'items_received'"
        ).fetchall()
        assert whole == [("missing", None)]


def test_a_year_to_date_names_no_month_that_its_source_has_not_reached(
    indicator_build: IndicatorBuild, tmp_path: Path
) -> None:
    """Else the same number would stand under November and under December."""
    reached = date(2024, 11, 20)
    with stated_anew(
        indicator_build, tmp_path, reaches("complaints__items", str(reached))
    ) as figures:
        assert ask(figures, "items_received", "ytd", DECEMBER) == (None, "missing", reached)
        november = ask(figures, "items_received", "ytd", date(2024, 11, 30))
        assert november[1:] == ("provisional", reached)
        assert ask(figures, "items_received", "year", DECEMBER)[1:] == ("provisional", reached)


def test_a_stock_of_a_running_year_is_that_of_the_month_its_source_has_reached(
    indicator_build: IndicatorBuild, tmp_path: Path
) -> None:
    """The ledger has no stock of a later month: the night's own month would give 0."""
    late = reaches("registrations__events", "2024-11-20")
    no_later = "delete from ledgers.entity_stocks where month_end_on > '2024-11-30'"
    with stated_anew(indicator_build, tmp_path, late, no_later) as figures:
        (november, *_) = ask(figures, "active_entities", "month", date(2024, 11, 30))
        assert november > 0
        found = ask(figures, "active_entities", "year", DECEMBER)
        assert found == (november, "provisional", date(2024, 11, 20))


def test_a_rate_of_two_sources_takes_the_earlier_day(
    indicator_build: IndicatorBuild, tmp_path: Path
) -> None:
    """Units and who holds a role in them are two tables: both are judged on one day."""
    late = reaches("special_equipment__role_holders", "2024-11-20")
    with stated_anew(indicator_build, tmp_path, late) as figures:
        days = figures.execute(
            "select distinct as_of from staging.stg_night__source_days"
            " where source_table like 'special_equipment__%'"
        ).fetchall()
        assert days == [(date(2024, 11, 20),)]
        found = ask(figures, "equipment_users_obliged", "year", DECEMBER)
        assert (type(found[0]), found[1:]) == (Decimal, ("provisional", date(2024, 11, 20)))
