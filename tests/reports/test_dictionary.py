"""The dictionary as people read it: pages of a release, parsed by BeautifulSoup."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from bs4 import BeautifulSoup, Tag

from pipelines.reports.dictionary.pages import write_dictionary

# What the catalogue says since the release of the other tests was made.
_FULLER = """
alter table indicators alter breakdowns type varchar using '';
alter table indicators add column definition_en varchar default '';
alter table indicators add column ambiguity varchar default '';
alter table indicators add column ambiguity_en varchar default '';
alter table indicators add column reported_as varchar default '';
alter table indicators add column ledger_label varchar default '投诉台账';
alter table indicators add column formula varchar default 'count(*)';
alter table indicators add column filter varchar default '';
alter table indicators add column time_column varchar default 'received_on';
alter table indicators add column sort_order integer default 999;
update indicators set label_en = 'Closure rate', definition_en = 'Closed of those due.',
    formula = 'complaints_received / complaints_and_reports_received', breakdowns = 'item_kind',
    ambiguity = '分母未写明。', ambiguity_en = 'Names no denominator.', sort_order = 48,
    reported_as = 'median_handling_days', filter = 'x < 1 and y = ''a'''
    where indicator_id = 'due_closure_rate';
update indicators set formula = 'sum(pledge_amount)' where indicator_id = 'pledge_amount';
insert into labels values
    ('complaints', 'received_on', null, '登记日期'), ('complaints', 'item_kind', null, '事项类型'),
    ('complaints', 'x', null, '办理天数'), ('complaints', 'y', null, '来源渠道'),
    ('complaints', 'y', 'a', '电话'), ('ip_pledges', 'pledge_amount', null, '质押金额');
create table indicator_versions as select * from (values
    ('due_closure_rate', 1, null::date, '首版', 'First version'),
    ('due_closure_rate', 2, date '2024-07-01', '改按到期件数计算', 'Divided by what is due'))
    as v(indicator_id, version, valid_from, change_zh, change_en);
create table indicator_sources as select * from (values
    ('due_closure_rate', 'complaints__items'), ('cases_filed', 'registrations__events'))
    as v(indicator_id, source_table);
"""


@pytest.fixture
def fuller(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    connection.execute(_FULLER)
    return connection


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the pages are written."""
    return tmp_path / "dictionary"


def write(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, bytes]:
    write_dictionary(connection, folder)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def read(connection: duckdb.DuckDBPyConnection, folder: Path, page: str) -> BeautifulSoup:
    return BeautifulSoup(write(connection, folder)[page], "html.parser")


def text_of(page: BeautifulSoup | Tag) -> str:
    return re.sub(r"\s+", " ", page.get_text(" ", strip=True))


def values(page: BeautifulSoup) -> list[list[list[str]]]:
    """The tables of years and months."""
    return [
        [[text_of(cell) for cell in row.find_all(["th", "td"])] for row in table.select("tbody tr")]
        for table in page.select(".pair table")
    ]


def test_each_indicator_has_a_page_in_each_language(
    fuller: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    names = {row[0] for row in fuller.execute("select indicator_id from indicators").fetchall()}
    pages = {f"{code}/{name}.html" for code in ("zh", "en") for name in names | {"index"}}
    assert set(write(fuller, folder)) == pages | {"style.css"}


def test_the_same_release_gives_the_same_bytes(
    fuller: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    assert write(fuller, folder / "one") == write(fuller, folder / "two")


def test_every_link_leads_to_a_page_or_place_of_the_dictionary(
    fuller: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    """So nothing is fetched from elsewhere either."""
    files = write(fuller, folder)
    for name, content in files.items():
        if name == "style.css":
            assert b"url(" not in content
            assert b"@import" not in content
            continue
        page = BeautifulSoup(content, "html.parser")
        assert page.find_all(["script", "img", "iframe", "form", "object", "style"]) == []
        for link in page.select("[href]"):
            path, _, place = str(link["href"]).partition("#")
            target = (folder / name).parent / path if path else folder / name
            assert target.resolve().is_relative_to(folder.resolve())
            assert target.is_file(), link
            assert not place or page.find(id=place), link


def test_a_page_says_what_the_catalogue_says(
    fuller: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    text = text_of(read(fuller, folder, "zh/due_closure_rate.html"))
    for said in (
        "应办结率",
        "应办结率，按登记机关的管辖列统计。",
        "口径说明 分母未写明。",
        "类型 比率",
        "责任科室 消费者权益保护科",
        "依据 出处 有效自 至 原文与说明 《市场主体登记管理条例》（国务院令第746号）第二条"
        " 2022-03-01 — “以营利为目的从事经营活动”",
        "台账 投诉台账 归期日期 登记日期 公式 投诉接收量 ÷ 投诉举报接收量",
        "分组 事项类型",
        "列示单位 % 存储为 小数",
        "2 2024-07-01 改按到期件数计算 1 自始 首版",
        "投诉举报咨询 2024-12-14 陈旧，起始日期 2024-12-15",
    ):
        assert said in text


def test_an_english_page_is_english_but_for_what_is_marked_as_chinese(
    fuller: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    page = read(fuller, folder, "en/due_closure_rate.html")
    assert page.html is not None
    assert page.html["lang"] == "en"
    for said in ("Closure rate", "Closed of those due.", "Names no denominator."):
        assert said in text_of(page)
    assert "Owner Consumer protection" in text_of(page)
    for marked in page.select("[lang^=zh]"):
        marked.decompose()
    assert re.findall(r"[\u3000-\u9fff]", page.get_text()) == []


def test_a_definition_without_english_is_given_in_chinese_and_marked(
    fuller: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    page = read(fuller, folder, "en/cases_filed.html")
    assert [text_of(p) for p in page.select("section p [lang=zh]")] == [
        "立案数，按登记机关的管辖列统计。"
    ]


def test_a_ratio_is_linked_with_its_parts_both_ways(
    fuller: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    page = read(fuller, folder, "en/due_closure_rate.html")
    assert [a["href"] for a in page.select("code a")] == [
        "complaints_received.html",
        "complaints_and_reports_received.html",
    ]
    part = read(fuller, folder, "zh/complaints_received.html")
    assert "用于 应办结率" in text_of(part)


def test_a_column_that_is_called_like_an_indicator_is_no_link(
    fuller: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    page = read(fuller, folder, "en/pledge_amount.html")
    assert "sum(pledge_amount)" in text_of(page)
    assert page.select("code a") == []
    assert "公式 “质押金额”合计" in text_of(read(fuller, folder, "zh/pledge_amount.html"))


def test_the_definition_that_reports_use_is_linked_both_ways(
    fuller: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    page = read(fuller, folder, "zh/due_closure_rate.html")
    assert "报告采用的口径：办理天数中位数" in text_of(page).replace("： ", "：")
    other = read(fuller, folder, "en/median_handling_days.html")
    assert "States in reports Closure rate" in text_of(other)


def test_the_last_years_and_months_stand_with_their_marks(
    fuller: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    years, months = values(read(fuller, folder, "zh/complaints_received.html"))
    assert years == [["2023年", "72,000"], ["2024年", "75,600"]]
    assert len(months) == 12
    assert months[0][0] == "2024年2月"
    assert months[-2:] == [["2024年12月", "陈旧 6,300"], ["2025年1月", "暂定 6,600"]]


def test_values_are_shown_in_the_unit_that_the_page_names(
    fuller: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    page = read(fuller, folder, "en/pledge_amount.html")
    assert "Shown in yuan × 100 million stored as yuan" in text_of(page)
    assert "Ledger IP pledges ip_pledges" in text_of(page)
    assert values(page)[0][-1] == ["2024", "15.12"]


def test_a_suppressed_value_is_not_shown(fuller: duckdb.DuckDBPyConnection, folder: Path) -> None:
    fuller.execute("update indicator_values set value = 2 where status = 'suppressed'")
    years, _ = values(read(fuller, folder, "en/suppressed_cases.html"))
    assert years == [["2023", "suppressed"], ["2024", "suppressed"]]


def test_the_values_follow_the_release(fuller: duckdb.DuckDBPyConnection, folder: Path) -> None:
    fuller.execute("update indicator_values set value = 4321 where indicator_id = 'cases_filed'")
    years, months = values(read(fuller, folder, "en/cases_filed.html"))
    assert {row[1].removeprefix("provisional ") for row in years + months} == {"4,321"}


@pytest.mark.parametrize("is_synthetic", [True, False])
def test_synthetic_data_is_labelled_on_every_page(
    fuller: duckdb.DuckDBPyConnection, folder: Path, is_synthetic: bool
) -> None:
    fuller.execute("update release set is_synthetic = ?", [is_synthetic])
    pages = [text for name, text in write(fuller, folder).items() if name.endswith(".html")]
    assert {b'class="synthetic"' in page for page in pages} == {is_synthetic}


def test_the_index_lists_the_sections_with_what_the_report_states_first(
    fuller: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    page = read(fuller, folder, "zh/index.html")
    assert [text_of(h2) for h2 in page.select("h2")] == [
        "登记注册科", "消费者权益保护科", "知识产权科", "综合执法队",
    ]  # fmt: skip
    first = page.select_one("#consumer_protection tbody th a")
    assert first is not None
    assert first["href"] == "due_closure_rate.html"


def test_text_of_the_release_cannot_become_markup(
    fuller: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    fuller.execute("update indicators set definition = '<script>alert(1)</script>'")
    page = read(fuller, folder, "zh/cases_filed.html")
    assert page.find_all("script") == []
    assert "<script>alert(1)</script>" in page.get_text()


def test_what_a_lawyer_still_has_to_confirm_is_said_beside_the_citation(
    fuller: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    fuller.execute("update legal_bases set mark = 'check', words = null, question = '条号待核对'")
    for code in ("zh", "en"):
        text = text_of(read(fuller, folder, f"{code}/due_closure_rate.html"))
        assert "《市场主体登记管理条例》（国务院令第746号）第二条（待核对）" in text
        assert "待确认：条号待核对" in text


def test_a_release_of_before_the_fuller_catalogue_has_pages_too(
    connection: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    """A legal basis was one text without days then, and is shown as it stands."""
    connection.execute("alter table indicators alter breakdowns type varchar using ''")
    connection.execute("drop table indicator_legal_bases; drop table legal_bases")
    page = read(connection, folder, "zh/cases_filed.html")
    assert "立案数" in text_of(page)
    assert [text_of(h2) for h2 in page.select("h2")] == ["定义", "计算", "最近数值（全区） 件"]
    connection.execute("alter table indicators add column legal_basis varchar default '办案规定'")
    page = read(connection, folder, "zh/cases_filed.html")
    assert [text_of(cell) for cell in page.select("section:nth-of-type(2) tbody tr > *")] == [
        "办案规定", "—", "—", "",
    ]  # fmt: skip


def test_a_figure_of_a_document_is_never_passed_off_as_computed(
    fuller: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    fuller.execute(
        "update indicators set ledger = 'external_figures', kind = 'rank'"
        " where indicator_id = 'cases_filed'"
    )
    page = read(fuller, folder, "zh/cases_filed.html")
    assert [text_of(note) for note in page.select(".note")] == ["数值取自外部文件，不由台账计算。"]
    assert "类型 位次" in text_of(page)
    assert read(fuller, folder, "zh/penalty_amount.html").select(".note") == []


def test_a_figure_of_a_document_names_it(fuller: duckdb.DuckDBPyConnection, folder: Path) -> None:
    fuller.execute(
        "update indicators set ledger = 'external_figures', kind = 'rank'"
        " where indicator_id = 'cases_filed'"
    )
    fuller.execute(
        "create table external_figures as select 'cases_filed' as figure_name,"
        " date '2024-12-31' as period_end_on, '通报' as document_title, '市局' as issued_by,"
        " date '2025-01-10' as published_on, true as is_last_of_year"
        " union all select 'cases_filed', date '2024-06-30', '半年通报', '市局',"
        " date '2024-07-10', false"
    )
    (note,) = read(fuller, folder, "en/cases_filed.html").select(".note")
    assert text_of(note).endswith("2024: 《通报》（市局，2025-01-10）")


def test_an_indicator_without_months_says_so(
    fuller: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    fuller.execute(
        "delete from indicator_values where indicator_id = 'cases_filed' and period_grain = 'month'"
    )
    page = read(fuller, folder, "en/cases_filed.html")
    assert len(values(page)) == 1
    assert "No values are published by month." in text_of(page)
