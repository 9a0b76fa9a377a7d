"""The report as people open it: the workbook read back by openpyxl, the page by BeautifulSoup."""

from __future__ import annotations

import errno
import re
from datetime import datetime
from pathlib import Path

import duckdb
import openpyxl
import pytest
from bs4 import BeautifulSoup

from pipelines.errors import StorageError
from pipelines.reports.render import render_report
from pipelines.reports.sheets import choose_sheet_name


def change(release: Path, sql: str) -> None:
    with duckdb.connect(str(release / "indicators.duckdb")) as connection:
        connection.execute(sql)


def read_workbook(release: Path) -> openpyxl.Workbook:
    workbook, _ = render_report(release)
    return openpyxl.load_workbook(workbook)


def read_page(release: Path) -> BeautifulSoup:
    _, page = render_report(release)
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def table_rows(page: BeautifulSoup, section: str) -> list[list[str]]:
    return [
        [cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])]
        for row in page.select(f"#{section} tr")
    ]


def test_the_report_lies_in_its_folder_under_names_that_tell_the_date(release: Path) -> None:
    assert render_report(release) == [
        release / "report" / "指标报表_2025-01-15.xlsx",
        release / "report" / "index.html",
    ]


def test_the_same_release_gives_the_same_bytes(release: Path) -> None:
    first = [path.read_bytes() for path in render_report(release)]

    assert [path.read_bytes() for path in render_report(release)] == first


def test_the_workbook_is_dated_by_its_release_and_not_by_the_clock(release: Path) -> None:
    assert read_workbook(release).properties.created == datetime(2025, 1, 15)


def test_the_workbook_has_a_sheet_for_each_section(release: Path) -> None:
    assert read_workbook(release).sheetnames == [
        "主要指标", "登记注册科", "消费者权益保护科", "知识产权科", "综合执法队", "街道", "说明",
    ]  # fmt: skip


def test_the_main_sheet_holds_numbers_in_display_units(release: Path) -> None:
    sheet = read_workbook(release)["主要指标"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5)]

    assert rows[0] == ["责任科室", "指标", "数值", "单位", "同比", "状态"]
    assert ["知识产权科", "知识产权质押金额", 15.12, "亿元", 5, None] in rows
    assert ["消费者权益保护科", "应办结率", 100, "%", 1.25, None] in rows


def test_a_marked_cell_of_the_workbook_stays_a_number(release: Path) -> None:
    sheet = read_workbook(release)["消费者权益保护科"]
    row = next(row for row in sheet.iter_rows(min_row=6) if row[0].value == "投诉接收量")

    assert (row[13].value, row[13].number_format) == (6300, '#,##0" 陈旧"')
    assert (row[12].value, row[12].number_format) == (6300, "#,##0")


def test_headings_stay_in_view(release: Path) -> None:
    assert read_workbook(release)["登记注册科"].freeze_panes == "C6"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_text_that_looks_like_a_formula_is_inert(release: Path, start: str) -> None:
    text = f"{start}HYPERLINK(1)"
    with duckdb.connect(str(release / "indicators.duckdb")) as connection:
        connection.execute("update indicators set definition = ?", [text])
    sheet = read_workbook(release)["说明"]
    cells = [cell for row in sheet.iter_rows() for cell in row if "HYPERLINK" in str(cell.value)]

    assert len(cells) == 13
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells)


@pytest.mark.parametrize("is_synthetic", [True, False])
def test_synthetic_data_is_labelled_on_every_sheet_and_on_the_page(
    release: Path, is_synthetic: bool
) -> None:
    change(release, f"update release set is_synthetic = {is_synthetic}")
    workbook, page = read_workbook(release), read_page(release)

    labels = ["合成演示数据" in str(sheet["A3"].value) for sheet in workbook.worksheets]
    assert set(labels) == {is_synthetic}
    assert bool(page.select(".synthetic")) is is_synthetic
    assert ("合成演示数据" in page.get_text()) is is_synthetic


def test_the_report_follows_the_values_of_the_release(release: Path) -> None:
    """Every number shown is doubled when the release's values are."""
    before = table_rows(read_page(release), "areas")
    change(release, "update indicator_values set value = value * 2 where value is not null")
    after = table_rows(read_page(release), "areas")
    sheet = read_workbook(release)["主要指标"]

    def numbers(rows: list[list[str]]) -> list[float]:
        texts = [text.replace(",", "") for row in rows for text in row]
        return [float(text) for text in texts if re.fullmatch(r"[\d.]+", text)]

    assert len(numbers(before)) == 48
    assert numbers(after) == pytest.approx([2 * n for n in numbers(before)], rel=0.01, abs=1)
    assert [row[2].value for row in sheet.iter_rows(min_row=6) if row[1].value == "立案数"] == [452]


def test_the_page_shows_each_main_figure_with_its_unit_and_change(release: Path) -> None:
    rows = table_rows(read_page(release), "main")

    assert rows[:2] == [["指标", "数值", "单位", "同比"], ["登记注册科"]]
    assert ["知识产权质押金额", "15.12", "亿元", "+5.0%"] in rows


def test_the_page_says_what_is_stale_and_why(release: Path) -> None:
    page = read_page(release)

    assert table_rows(page, "data")[1:] == [
        ["市场主体登记事项", "2024-12-31", "9", "0", "正常"],
        [
            "投诉举报咨询",
            "2024-12-14",
            "9",
            "2",
            "陈旧 自 2024-12-15 起。2025-01-15 的数据缺少“状态”列，已暂缓使用。",
        ],
    ]
    december = next(row for row in table_rows(page, "months") if row[0] == "投诉接收量")
    assert december[-2:] == ["6,300 陈旧", "75,600"]


def test_the_page_gives_definition_and_legal_basis(release: Path) -> None:
    text = read_page(release).select_one("#notes").get_text(" ", strip=True)  # type: ignore[union-attr]

    assert "立案数，按登记机关的管辖列统计。" in text
    assert "依据：《市场主体登记管理条例》（国务院令第746号）第二条" in text


def test_the_page_is_self_contained_and_runs_nothing(release: Path) -> None:
    page = read_page(release)

    assert page.find_all(["script", "link", "img", "iframe", "form", "object"]) == []
    assert {a["href"] for a in page.find_all("a") if not str(a["href"]).startswith("#")} == {
        "指标报表_2025-01-15.xlsx"
    }
    assert "url(" not in str(page)
    assert "http" not in str(page)


def test_the_page_is_readable_without_seeing_it(release: Path) -> None:
    page = read_page(release)

    assert page.html is not None
    assert page.html["lang"] == "zh-CN"
    for table in page.find_all("table"):
        assert table.caption is not None
        assert {th.get("scope") for th in table.find_all("th")} <= {"col", "row", "rowgroup"}
        assert all(th.get("scope") for th in table.find_all("th"))
    targets = [str(a["href"])[1:] for a in page.find_all("a") if str(a["href"]).startswith("#")]
    assert all(page.find(id=target) for target in targets)


def test_text_of_the_release_cannot_become_markup(release: Path) -> None:
    change(release, "update indicators set label_zh = '<script>alert(1)</script>'")
    page = read_page(release)

    assert page.find_all("script") == []
    assert "<script>alert(1)</script>" in page.get_text()


def test_no_room_for_the_report_is_refused_with_what_to_do(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_disk(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill_disk)
    with pytest.raises(StorageError, match="Free some space"):
        render_report(release)


def test_sheet_names_are_what_excel_accepts() -> None:
    taken: set[str] = set()

    assert choose_sheet_name("a/b:c", taken) == "a·b·c"
    assert choose_sheet_name("A/B:C", taken) == "A·B·C 2"
    assert choose_sheet_name("长" * 40, taken) == "长" * 31
    assert choose_sheet_name("长" * 40, taken) == "长" * 29 + " 2"
    assert choose_sheet_name("", taken) == "表"
