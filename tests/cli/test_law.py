"""Citations and the document for lawyers, as a release gives them."""

from __future__ import annotations

import json

import duckdb
import pytest

from pipelines.reports.legal_bases import cite, read_legal_bases
from pipelines.reports.periods import parse_period
from tests.cli.conftest import Command
from tests.dbt.build_database import PROJECT_ROOT
from tests.night.bureau import Bureau


@pytest.mark.parametrize(
    ("indicator", "period", "expected"),
    [
        (
            "mediation_on_time_rate", "2023",
            "《市场监督管理投诉举报处理暂行办法》（总局令第20号）第二十一条、第二十条；"
            "《民法典》第二百零三条",
        ),
        (
            "mediation_on_time_rate", "2024",
            "《消费者权益保护法实施条例》（国务院令第778号）第四十六条第三款（2024年7月1日起）；"
            "《市场监督管理投诉举报处理暂行办法》（总局令第20号）第二十一条、第二十条；"
            "《民法典》第二百零三条",
        ),
        (
            "complaints_received", "2026",
            "《市场监督管理投诉举报处理暂行办法》（总局令第20号）第三条、第七条、第十四条（至2026年4月14日）；"
            "《市场监督管理投诉举报处理办法》（总局令第121号）第三条、第九条、第十五条（2026年4月15日起）",
        ),
        (
            "complaints_received", "2026-05",
            "《市场监督管理投诉举报处理办法》（总局令第121号）第三条、第九条、第十五条",
        ),
        (
            "data_ip_pledge_amount", "2024",
            "《民法典》第四百四十条第七项、第四百四十四条（待核对）；"
            "《民法典》第四百三十九条、第四百二十条",
        ),
        ("food_disposal_rate", "2024", "本局不合格食品核查处置期限（无法定口径）"),
        ("food_publication_rate", "2024", "本局核查处置结果公示服务标准（无法定口径）"),
        (
            "penalty_publication_on_time_rate", "2024",
            "《市场监督管理行政处罚信息公示规定》（总局令第45号）第二条、第九条、第十条；"
            "《市场监督管理行政处罚程序规定》（2021年总局令第42号，2022年修正）第六十三条",
        ),
    ],
)  # fmt: skip
def test_a_figure_cites_what_held_in_its_period(
    small_bureau: Bureau, indicator: str, period: str, expected: str
) -> None:
    with duckdb.connect(
        str(small_bureau.current / "indicators.duckdb"), read_only=True
    ) as connection:
        bases = read_legal_bases(connection)[indicator]
    assert cite(bases, parse_period(period)) == expected


def test_show_cites_beside_each_figure_for_programs_and_below_the_table_for_people(
    zhibiao: Command, small_bureau: Bureau
) -> None:
    asked = ("show", "mediations_not_yet_due", "--period", "2024", "--by", "quarter")
    rows = json.loads(zhibiao(*asked, "--format", "json", on=small_bureau).out)
    assert ["条例" in row["legal_basis"] for row in rows] == [False, False, True, True]
    table = zhibiao(*asked, on=small_bureau).out
    assert "legal_basis" not in table
    last = table.splitlines()[-1]
    assert last.startswith("依据：《消费者权益保护法实施条例》")
    assert "第四十六条第三款（2024年7月1日起）" in last


def test_the_document_for_lawyers_is_that_of_these_definitions(
    zhibiao: Command, small_bureau: Bureau
) -> None:
    """`zhibiao law > docs/law.md` after a night writes it anew."""
    answer = zhibiao("law", on=small_bureau)
    assert answer.code == 0, answer.err
    assert (PROJECT_ROOT / "docs" / "law.md").read_text(encoding="utf-8") == answer.out
