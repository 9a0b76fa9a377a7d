"""`zhibiao show`: one indicator of a release."""

from __future__ import annotations

import json
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb
import pytest

from pipelines.cli.shown_figures import _for_people
from pipelines.reports.words import Words
from tests.cli.conftest import Command
from tests.night.bureau import Bureau

SHOWN = "new_market_entities"
DAY = date(2025, 1, 15)
UNLABELLED = Words(duckdb.connect())


def _figures(zhibiao: Command, bureau: Bureau, *arguments: str) -> list[dict[str, Any]]:
    answer = zhibiao("show", *arguments, "--format", "json", on=bureau)
    assert answer.code == 0, answer.err
    rows: list[dict[str, Any]] = json.loads(answer.out)
    return rows


def test_without_a_period_every_year_of_the_district_is_shown(
    zhibiao: Command, small_bureau: Bureau
) -> None:
    rows = _figures(zhibiao, small_bureau, SHOWN)
    assert [row["period"] for row in rows] == ["2023", "2024", "2025"]
    assert Decimal(rows[1]["value"]) == small_bureau.figure(SHOWN, 2024)
    assert {(row["area"], row["breakdown"]) for row in rows} == {("滨江区", "total")}


@pytest.mark.parametrize(
    ("by", "periods"),
    [
        ("month", [f"2024-{month:02d}" for month in range(1, 13)]),
        ("quarter", [f"2024-Q{quarter}" for quarter in range(1, 5)]),
        ("year", ["2024"]),
        ("ytd", [f"2024-{month:02d}-ytd" for month in range(1, 13)]),
    ],
)
def test_a_year_is_divided_into_its_parts(
    zhibiao: Command, small_bureau: Bureau, by: str, periods: list[str]
) -> None:
    rows = _figures(zhibiao, small_bureau, SHOWN, "--period", "2024", "--by", by)
    assert [row["period"] for row in rows] == periods
    if by != "ytd":
        total = sum(Decimal(row["value"]) for row in rows)
        assert total == small_bureau.figure(SHOWN, 2024)


@pytest.mark.parametrize("by", ["street", "entity_kind", "industry_section_code"])
def test_parts_by_street_or_breakdown_sum_to_the_whole(
    zhibiao: Command, small_bureau: Bureau, by: str
) -> None:
    rows = _figures(zhibiao, small_bureau, SHOWN, "--period", "2024", "--by", by)
    parts = [row for row in rows if by != "street" or row["area"] != "滨江区"]
    assert len(parts) > 1
    assert sum(Decimal(row["value"]) for row in parts) == small_bureau.figure(SHOWN, 2024)


@pytest.mark.parametrize("by", ["street", "entity_kind"])
def test_each_part_is_shown_with_its_share_of_the_whole(
    zhibiao: Command, small_bureau: Bureau, by: str
) -> None:
    rows = _figures(zhibiao, small_bureau, SHOWN, "--period", "2024", "--by", by)
    whole = small_bureau.figure(SHOWN, 2024)
    assert isinstance(whole, Decimal)
    parts = [row for row in rows if by != "street" or row["area"] != "滨江区"]
    assert [Decimal(row["share"]) for row in parts] == [
        (Decimal(row["value"]) / whole).quantize(Decimal("0.000001"), ROUND_HALF_UP)
        for row in parts
    ]
    assert [row["share"] for row in rows if row not in parts] == [None] * (by == "street")
    said = zhibiao("show", SHOWN, "--period", "2024", "--by", by, on=small_bureau).out
    assert "share" in said
    # People read the label, programs the code.
    if by == "entity_kind":
        assert "主体类型" in said
        assert "个体工商户" in said
        assert {row["breakdown_value"] for row in parts} >= {"enterprise", "individual_household"}
    assert f"{Decimal(parts[0]['share']) * 100:.2f}%" in said


def test_the_district_alone_is_shown_without_a_share(
    zhibiao: Command, small_bureau: Bureau
) -> None:
    assert "share" not in zhibiao("show", SHOWN, on=small_bureau).out


@pytest.mark.parametrize("period", ["2024-Q3", "2024-11", "2024-11-ytd"])
def test_one_period_is_one_line(zhibiao: Command, small_bureau: Bureau, period: str) -> None:
    rows = _figures(zhibiao, small_bureau, SHOWN, "--period", period)
    assert [row["period"] for row in rows] == [period]


def test_a_rate_is_shown_in_per_cent_and_its_change_in_points(
    zhibiao: Command, small_bureau: Bureau
) -> None:
    exact = _figures(zhibiao, small_bureau, "on_time_closure_rate", "--period", "2024")[0]
    assert 0 < Decimal(exact["value"]) < 1
    shown = zhibiao("show", "on_time_closure_rate", "--period", "2024", on=small_bureau).out
    assert f"{Decimal(exact['value']) * 100:.2f} " in shown
    assert "个百分点" in shown


def test_a_suppressed_figure_says_so_and_shows_no_number() -> None:
    row = (
        "2024",
        "西兴街道",
        "channel",
        "letter",
        None,
        "件",
        *[None] * 5,
        "suppressed",
        DAY,
        "依据",
    )
    columns, shown = _for_people([row], "count", "complaints", UNLABELLED)
    said = dict(zip(columns, shown[0], strict=True))
    assert said["value"] == "已抑制"
    assert said["change_on_year"] == "—"


def test_a_stale_figure_is_marked_beside_its_value() -> None:
    row = ("2024", "滨江区", "total", "total", Decimal(5), "家", *[None] * 5, "stale", DAY, "依据")
    columns, shown = _for_people([row], "count", "complaints", UNLABELLED)
    assert dict(zip(columns, shown[0], strict=True)) == {
        "period": "2024",
        "area": "滨江区",
        "value": Decimal(5),
        "unit": "家",
        "change_on_year": "—",
        "change_on_period": "—",
        "status": "stale",
        "as_of": DAY,
    }


def test_a_figure_that_was_never_delivered_says_so_in_the_place_of_its_value() -> None:
    row = ("2024", "滨江区", "total", "total", None, "家", *[None] * 5, "missing", DAY, "依据")
    columns, shown = _for_people([row], "count", "complaints", UNLABELLED)
    assert dict(zip(columns, shown[0], strict=True))["value"] == "缺报"


def test_an_older_release_is_shown_by_its_id(zhibiao: Command, bureau: Bureau) -> None:
    current = bureau.current.resolve()
    older = current.with_name("2025-01-14-aaaaaaaaaaaa")
    current.rename(older)
    bureau.current.unlink()
    assert zhibiao("show", SHOWN, on=bureau).code == 66
    answer = zhibiao("show", SHOWN, "--release", older.name, on=bureau)
    assert answer.code == 0
    assert "2024" in answer.out


@pytest.mark.parametrize("release", ["nope", "../releases", ".hidden", "/etc"])
def test_a_release_is_only_looked_for_among_releases(
    zhibiao: Command, small_bureau: Bureau, release: str
) -> None:
    answer = zhibiao("show", SHOWN, "--release", release, on=small_bureau)
    assert answer.code == 66
    assert "release: expected one below" in answer.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["new_market_entitys"], "Near it:\n  new_market_entities  新设市场经营主体\n"),
        ([SHOWN, "--by", "colour"], "expected one of street, month, quarter, year, ytd"),
        ([SHOWN, "--by", "breakdown' or 1=1 --"], "--by: expected one of"),
        ([SHOWN, "--period", "2024-13"], "period: expected"),
    ],
)
def test_a_slip_is_refused_with_what_there_is(
    zhibiao: Command, small_bureau: Bureau, arguments: list[str], said: str
) -> None:
    answer = zhibiao("show", *arguments, on=small_bureau)
    assert answer.code == 64
    assert said in answer.err


def test_a_period_without_figures_is_no_empty_table(zhibiao: Command, small_bureau: Bureau) -> None:
    answer = zhibiao("show", SHOWN, "--period", "1999", on=small_bureau)
    assert answer.code == 66
    assert "expected figures for 1999, got none" in answer.err


def test_looking_leaves_no_lock_behind(zhibiao: Command, small_bureau: Bureau) -> None:
    zhibiao("show", SHOWN, on=small_bureau)
    path = small_bureau.current.resolve() / "indicators.duckdb"
    with duckdb.connect(str(path), read_only=True, config={"threads": 1}) as connection:
        assert connection.execute("select count(*) > 0 from indicators").fetchone() == (True,)


def test_a_rank_of_a_document_says_that_it_is_not_computed(
    zhibiao: Command, small_bureau: Bureau
) -> None:
    said = zhibiao("show", "new_enterprises_city_rank", "--period", "2024", on=small_bureau).out
    assert "新设企业全市位次（外部数据）" in said
    assert "（外部数据）" not in zhibiao("show", SHOWN, on=small_bureau).out


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        ("新设企业", "new_enterprises"),
        ("新设企业(不含 分支机构)", "new_enterprises_without_branches"),
        ("新设企业全市位次（外部数据）", "new_enterprises_city_rank"),
        ("设个体", "new_individual_households"),
    ],
)
def test_an_indicator_is_found_by_its_chinese_name_or_a_part_that_it_has_alone(
    zhibiao: Command, small_bureau: Bureau, named: str, meant: str
) -> None:
    answer = zhibiao("show", named, "--period", "2024", on=small_bureau)
    assert answer.code == 0, answer.err
    assert answer.out.split()[0] == meant


def test_a_part_of_several_names_lists_them_with_their_ids(
    zhibiao: Command, small_bureau: Bureau
) -> None:
    answer = zhibiao("show", "按期办结", on=small_bureau)
    assert answer.code == 64
    assert answer.out == ""
    assert "which 3 hold" in answer.err
    assert "  case_decision_on_time_rate  案件按期办结率\n" in answer.err
    assert "  on_time_closure_rate  投诉举报咨询按期办结率\n" in answer.err


def test_a_name_that_nothing_bears_is_refused_with_those_near_it(
    zhibiao: Command, small_bureau: Bureau
) -> None:
    answer = zhibiao("show", "新立企业", on=small_bureau)
    assert answer.code == 64
    assert "Near it:\n  new_enterprises  新设企业\n" in answer.err
    assert "zhibiao sql 'select indicator_id, label_zh from indicators'" in answer.err
