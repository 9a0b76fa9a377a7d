"""Figures come out of the release and nowhere else."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from pipelines.reports.contents import Figure, read_contents
from pipelines.reports.figures import read_areas, report_year

THIS_YEAR = (
    "update {table} set {column} = {value} where indicator_id = '{indicator}'"
    " and period_grain = 'year' and period_start = '2024-01-01' and area_code = '330108'"
)


@pytest.mark.parametrize(
    ("as_of", "year"),
    [
        (date(2025, 1, 1), 2024),
        (date(2025, 1, 15), 2024),
        (date(2024, 12, 31), 2024),
        (date(2024, 12, 30), 2023),
    ],
)
def test_the_report_is_about_the_last_year_that_is_over(as_of: date, year: int) -> None:
    assert report_year(as_of) == year


def main_figures(connection: duckdb.DuckDBPyConnection, year: int) -> dict[str, Figure]:
    return {f.indicator.indicator_id: f for f in read_contents(connection, year).main}


def test_a_main_figure_says_value_unit_change_and_owner(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    figures = main_figures(connection, 2024)

    pledges = figures["pledge_amount"]
    said = (pledges.indicator.label_zh, pledges.indicator.owner_name)
    assert said == ("知识产权质押金额", "知识产权科")
    shown = (pledges.shown.text, pledges.indicator.scale.unit, pledges.change.text)
    assert shown == ("15.12", "亿元", "+5.0%")
    rate = figures["due_closure_rate"]
    assert (rate.shown.text, rate.indicator.scale.unit) == ("100.00", "%")
    assert rate.change.text == "+1.25 个百分点"


def test_only_main_indicators_are_main_figures_in_the_order_of_the_sections(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    sections = read_contents(connection, 2024).sections

    assert [(s.name, [f.indicator.indicator_id for f in s.main]) for s in sections] == [
        ("登记注册科", ["active_entities", "new_enterprises", "new_market_entities"]),
        ("消费者权益保护科", ["complaints_and_reports_received", "due_closure_rate"]),
        ("知识产权科", ["data_ip_pledge_amount", "pledge_amount"]),
        ("综合执法队", ["cases_filed", "penalty_amount"]),
    ]


def test_main_figures_follow_the_release(connection: duckdb.DuckDBPyConnection) -> None:
    change = {"table": "indicator_values", "column": "value", "indicator": "cases_filed"}
    connection.execute(THIS_YEAR.format(**change, value="4321"))
    change |= {"table": "indicator_comparisons", "column": "change_on_year"}
    connection.execute(THIS_YEAR.format(**change, value="-0.5"))
    figure = main_figures(connection, 2024)["cases_filed"]

    assert (figure.shown.text, figure.change.text) == ("4,321", "-50.0%")


def test_a_suppressed_main_figure_shows_neither_value_nor_change(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute(
        THIS_YEAR.format(
            table="indicator_values", column="status", value="'suppressed'", indicator="cases_filed"
        )
    )
    figure = main_figures(connection, 2024)["cases_filed"]

    assert (figure.shown.number, figure.change.number) == (None, None)
    assert (figure.shown.text, figure.change.text) == ("已抑制", "—")


def test_a_year_without_figures_still_lists_every_main_indicator(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    figures = main_figures(connection, 2031)

    assert figures.keys() == main_figures(connection, 2024).keys()
    assert {figure.shown.text for figure in figures.values()} == {"—"}


def test_months_stand_in_one_table_a_section_with_the_year_at_the_end(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    registration = read_contents(connection, 2024).sections[0].months

    assert registration.title == "登记注册科"
    assert registration.columns == (*(f"{month}月" for month in range(1, 13)), "全年")
    entities = next(r for r in registration.rows if r.indicator.label_zh == "新设经营主体")
    assert [cell.text for cell in entities.cells] == ["2,100"] * 12 + ["25,200"]


def test_a_stale_month_is_marked_where_it_stands(connection: duckdb.DuckDBPyConnection) -> None:
    sections = read_contents(connection, 2024).sections

    complaints = next(s.months for s in sections if s.name == "消费者权益保护科")
    assert [cell.mark for cell in complaints.rows[0].cells] == [""] * 11 + ["陈旧", ""]


def test_streets_stand_beside_the_district(connection: duckdb.DuckDBPyConnection) -> None:
    table = read_contents(connection, 2024).areas

    assert table.columns == ("滨江区", "西兴街道", "长河街道", "浦沿街道")
    filed = next(row for row in table.rows if row.indicator.label_zh == "立案数")
    assert [cell.text for cell in filed.cells] == ["226", "113", "75", "37"]


def test_an_indicator_without_streets_is_left_out_of_the_street_table(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute(
        "delete from indicator_values where indicator_id = 'cases_filed' and area_code <> '330108'"
    )
    table = read_contents(connection, 2024).areas

    assert "立案数" not in {row.indicator.label_zh for row in table.rows}


def test_an_area_without_a_name_is_shown_by_its_code(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("drop table areas")

    assert [area.name for area in read_areas(connection)][:2] == ["330108", "330108001"]
