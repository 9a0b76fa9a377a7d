"""What the annual report says: which figures, in which order, with which words."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.errors import ReleaseError
from pipelines.reports.contents import Figure
from tests.reports.annual.reading import read_contents


def figure(database: Path, indicator_id: str, year: int = 2024) -> Figure:
    sections = read_contents(database, year).sections
    figures = [figure for section in sections for figure in section.figures]
    return next(f for f in figures if f.indicator.indicator_id == indicator_id)


def change(database: Path, sql: str) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute(sql)


def test_every_indicator_with_a_figure_is_there_and_not_the_main_ones_only(
    marked_release: Path,
) -> None:
    with duckdb.connect(str(marked_release), read_only=True) as connection:
        stated = connection.execute(
            "select distinct indicator_id from indicator_values where period_grain = 'year'"
        ).fetchall()
    listed = [
        figure.indicator.indicator_id
        for section in read_contents(marked_release).sections
        for figure in section.figures
    ]
    assert sorted(listed) == sorted(name for (name,) in stated)
    assert len(listed) == 14


def test_an_indicator_without_a_figure_of_the_year_is_left_out(database: Path) -> None:
    change(database, "delete from indicator_values where indicator_id = 'cases_filed'")
    with pytest.raises(StopIteration):
        figure(database, "cases_filed")


def test_sections_keep_the_bureaus_order_and_figures_the_published_one(
    marked_release: Path,
) -> None:
    registration, *others = read_contents(marked_release).sections
    assert [section.name for section in others] == ["消费者权益保护科", "知识产权科", "综合执法队"]
    assert [f.indicator.label_zh for f in registration.figures] == [
        "新设企业", "全市位次", "在册经营主体", "新设经营主体",
    ]  # fmt: skip


def test_totals_come_before_what_is_derived_from_them(database: Path) -> None:
    change(
        database, "update indicators set kind = 'median' where indicator_id like 'complaints_r%'"
    )
    _, consumer, *_ = read_contents(database).sections
    assert [f.indicator.kind for f in consumer.figures] == ["count", "ratio", "median", "median"]


def test_a_figure_stands_beside_last_years_and_its_change(marked_release: Path) -> None:
    pledges = figure(marked_release, "pledge_amount")
    assert (pledges.shown.text, pledges.before.text) == ("15.12", "14.40")
    assert (pledges.change.text, pledges.marks) == ("+5.0%", "")


def test_a_rate_changes_by_points_and_says_what_was_divided(marked_release: Path) -> None:
    rate = figure(marked_release, "due_closure_rate")
    assert rate.change.text == "+1.25 个百分点"
    assert rate.computation == (
        "比率；算式：立案数 ÷ 新设企业；台账：台账；归期：核准日期；分子 71,250，分母 75,000"
    )


def test_a_computed_figure_names_formula_filter_ledger_and_date(marked_release: Path) -> None:
    assert figure(marked_release, "new_enterprises").computation == (
        "计数；算式：记录数；条件：“主体类型”为“企业”；台账：登记台账；归期：核准日期"
    )


def test_a_place_from_a_bulletin_is_external_and_has_no_change(marked_release: Path) -> None:
    place = figure(marked_release, "city_rank")
    assert (place.shown.text, place.marks, place.change.text) == ("1", "外部数据", "—")
    assert place.computation == (
        "外部数据，未经计算（位次）；文件：《市局通报》（市市场监督管理局，2025-01-10）"
    )


def test_an_external_figure_that_is_stale_says_both(database: Path) -> None:
    change(
        database, "update indicator_values set status = 'stale' where indicator_id = 'city_rank'"
    )
    assert figure(database, "city_rank").marks == "陈旧、外部数据"


def test_a_suppressed_figure_shows_neither_value_nor_change_nor_parts(database: Path) -> None:
    change(
        database,
        "update indicator_values set status = 'suppressed' where indicator_id = 'due_closure_rate'",
    )
    rate = figure(database, "due_closure_rate")
    assert (rate.shown.text, rate.marks, rate.change.text) == ("已抑制", "已抑制", "—")
    assert "分子" not in rate.computation


def test_a_figure_that_was_never_delivered_stands_empty_and_is_not_left_out(database: Path) -> None:
    change(
        database,
        "update indicator_values set status = 'missing', value = null"
        " where indicator_id = 'cases_filed'",
    )
    filed = figure(database, "cases_filed")
    assert (filed.shown.text, filed.marks, filed.change.text) == ("缺报", "缺报", "—")


def test_a_figure_without_a_base_has_no_change(marked_release: Path) -> None:
    first = figure(marked_release, "cases_filed", 2023)
    assert (first.before.text, first.change.text) == ("—", "—")


def test_an_unfinished_year_is_not_compared_with_a_whole_one(database: Path) -> None:
    change(database, "update release set as_of = '2024-12-30'")
    contents = read_contents(database)
    assert contents.is_unfinished
    figures = [figure for section in contents.sections for figure in section.figures]
    assert {figure.change.text for figure in figures} == {"—"}
    kinds = {chart.kind.value for section in contents.sections for chart in section.charts}
    assert kinds == {"months", "streets", "rates"}


def test_a_year_that_is_over_is_compared(database: Path) -> None:
    """On its last day it is."""
    change(database, "update release set as_of = '2024-12-31'")
    assert not read_contents(database).is_unfinished


@pytest.mark.parametrize("year", [2022, 2025, 2031])
def test_a_year_without_figures_is_refused_with_the_years_there_are(
    marked_release: Path, year: int
) -> None:
    with pytest.raises(ReleaseError) as refused:
        read_contents(marked_release, year)
    assert str(refused.value) == (
        "annual report: expected a year with figures in release 2025-01-15-0123456789ab "
        f"(2023, 2024), got {year}. Take one of them, or another release with --release."
    )


def test_a_release_older_than_the_columns_of_its_catalogue_is_read(built_release: Path) -> None:
    filed = figure(built_release / "indicators.duckdb", "cases_filed")
    assert (filed.shown.text, filed.computation) == ("226", "计数")
