"""The annual report as people open it: workbook, Word document and page, of one release."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from docx.oxml.ns import qn

from tests.reports.annual.reading import (
    Files,
    document_rows,
    drawn_texts,
    open_document,
    open_page,
    open_workbook,
    page_rows,
    read_part,
    read_pictures,
    render,
    render_without_charts,
    workbook_rows,
)

APPENDICES = ["附录一　阅读说明", "附录二　指标口径与依据", "附录三　数据来源状况"]
SECTIONS = ["登记注册科", "消费者权益保护科", "知识产权科", "综合执法队"]


def change(database: Path, sql: str) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute(sql)


def test_the_three_files_bear_one_name(report: Files) -> None:
    assert list(report) == [
        "年度指标报告_2024.xlsx", "年度指标报告_2024.docx", "年度指标报告_2024.html",
    ]  # fmt: skip


def test_the_same_release_gives_the_same_bytes(marked_release: Path, report: Files) -> None:
    assert render(marked_release) == report


def test_the_main_figures_stand_first_and_definitions_last(report: Files) -> None:
    assert open_workbook(report).sheetnames == ["摘要", *SECTIONS, "口径", "说明"]
    document = open_document(report)
    headings = [p.text for p in document.paragraphs if p.style and p.style.name == "Heading 1"]
    assert headings == ["摘要", *SECTIONS, *APPENDICES]
    assert [h.get_text() for h in open_page(report).find_all("h2")] == headings


def test_the_summary_has_the_main_figures_alone_and_says_what_is_to_know(report: Files) -> None:
    sheet = open_workbook(report)["摘要"]
    main = {row[1].value for row in sheet.iter_rows(min_row=6)}
    tables = [t for t in open_document(report).tables if t.rows[0].cells[0].text == "指标"]
    assert {row.cells[0].text for row in tables[0].rows[1:]} == main
    assert (
        {"新设企业", "全市位次"}
        <= main
        < {r[0] for rs in workbook_rows(report).values() for r in rs}
    )
    said = [paragraph.text for paragraph in open_document(report).paragraphs]
    assert "未按时报送或不完整的数据来源：投诉举报咨询（见附录三）。" in said
    assert any(line.startswith("陈旧：所依据的数据没有按时更新") for line in said)


def test_a_figure_stands_in_one_row_and_its_definition_in_another(report: Files) -> None:
    sheet = open_workbook(report)["登记注册科"]
    heading, first = ([cell.value for cell in row] for row in sheet.iter_rows(min_row=5, max_row=6))
    assert heading == ["序号", "指标", "数值", "单位", "上年", "同比变化", "状态"]
    assert first == [1, "新设企业", 21420, "家", 20400, 5, None]
    defined = [[cell.value for cell in row] for row in open_workbook(report)["口径"].iter_rows()]
    assert defined[4:6] == [
        ["责任科室", "指标", "口径", "计算方法", "依据"],
        [
            "登记注册科", "新设企业",
            "新设企业，按登记机关的管辖列统计。\n注意：年报未写明是否含分支机构。",
            "计数；算式：记录数；条件：“主体类型”为“企业”；台账：登记台账；归期：核准日期",
            "《市场主体登记管理条例》（国务院令第746号）第二条",
        ],
    ]  # fmt: skip


def test_sheets_print_on_a4_and_no_row_is_clipped(database: Path) -> None:
    change(database, f"update indicators set definition = '{'口径' * 150}'")
    workbook = open_workbook(render_without_charts(database))
    for sheet in workbook.worksheets:
        setup = sheet.sheet_properties.pageSetUpPr
        assert setup is not None
        assert setup.fitToPage
        assert (sheet.page_setup.paperSize, sheet.page_setup.fitToHeight) == (9, 0)
    definitions = workbook["口径"]
    lines = 300 * 2 / definitions.column_dimensions["C"].width
    heights = {definitions.row_dimensions[row].height for row in range(6, definitions.max_row + 1)}
    assert all(lines * 14 <= height < 409 for height in heights)


def test_the_three_files_state_the_same_figures(report: Files) -> None:
    rows = workbook_rows(report)
    assert list(rows) == SECTIONS
    assert sum(map(len, rows.values())) == 14
    assert document_rows(report) == rows
    assert page_rows(report) == rows


def test_marks_stand_where_the_figures_stand(report: Files) -> None:
    status = {row[0]: row[-1] for rows in workbook_rows(report).values() for row in rows}
    assert {label: mark for label, mark in status.items() if mark} == {
        "全市位次": "外部数据",
        "投诉举报接收量": "陈旧",
        "已抑制示例": "已抑制",
    }


def test_last_years_figure_bears_its_mark_too(database: Path) -> None:
    change(
        database,
        "update indicator_values set status = 'stale' where indicator_id = 'penalty_amount'"
        " and period_grain = 'year' and period_start = '2023-01-01'",
    )
    files = render_without_charts(database)
    for rows in (workbook_rows(files), document_rows(files), page_rows(files)):
        assert ["罚没金额", "264.60", "万元", "252.00 陈旧", "+5.0%", ""] in rows["综合执法队"]


def test_charts_mark_what_is_not_final(report: Files) -> None:
    texts = drawn_texts(report)
    assert "11.09 陈旧" in texts
    assert "2024年3月已抑制" in texts
    assert not any("2024年 3月 已抑制" in text for text in texts)


def test_a_bar_that_is_not_final_is_hollow(report: Files) -> None:
    bars = open_page(report).select("[aria-roledescription=bar]")
    fills = {str(bar["aria-label"]): bar["fill"] for bar in bars}
    assert fills["2024年 2024年 11.09 陈旧"] == "white"
    assert fills["2023年 2023年 10.56"] != "white"


def test_the_cover_says_which_release_what_marks_mean_and_what_is_stale(report: Files) -> None:
    sheet = open_workbook(report)["说明"]
    rows = [[cell.value for cell in row if cell.value is not None] for row in sheet.iter_rows()]
    assert ["发布编号", "2025-01-15-0123456789ab"] in rows
    assert ["数据截至", "2025-01-15"] in rows
    marks = {row[0] for row in rows if len(row) == 2}
    assert {"暂定", "陈旧", "缺报", "已抑制", "外部数据", "—", "空心"} <= marks
    stale = next(row for row in rows if row[:1] == ["投诉举报咨询"])
    assert stale[:3] == ["投诉举报咨询", "2024-12-14", "2024-12-15"]


def test_document_and_page_name_the_stale_source_and_its_reason(report: Files) -> None:
    cells = [c.text for t in open_document(report).tables for row in t.rows for c in row.cells]
    text = open_page(report).get_text(" ", strip=True)
    assert "2025-01-15 的数据缺少“状态”列，已暂缓使用。" in cells
    assert "2025-01-15 的数据缺少“状态”列，已暂缓使用。" in text


def test_an_unfinished_year_says_so_in_all_three(database: Path) -> None:
    change(
        database,
        "update release set as_of = '2024-12-30';"
        "update indicator_values set status = 'provisional' where period_start >= '2024-01-01'",
    )
    files = render_without_charts(database)
    note = "本年尚未结束"
    assert any(note in str(cell.value) for row in open_workbook(files)["说明"] for cell in row)
    assert any(note in paragraph.text for paragraph in open_document(files).paragraphs)
    assert note in open_page(files).get_text()
    for rows in (workbook_rows(files), document_rows(files), page_rows(files)):
        figures = [row for section in rows.values() for row in section]
        assert {row[4] for row in figures} == {"—"}
        assert all(row[5].startswith("暂定") for row in figures)


def test_a_year_is_finished_on_its_last_day(database: Path) -> None:
    change(database, "update release set as_of = '2024-12-31'")
    files = render_without_charts(database)
    assert "本年尚未结束" not in open_page(files).get_text()
    assert any(row[4] != "—" for section in workbook_rows(files).values() for row in section)


def test_synthetic_data_is_labelled_in_all_three(report: Files) -> None:
    assert all("合成演示数据" in str(s["A3"].value) for s in open_workbook(report).worksheets)
    document = open_document(report)
    assert "合成演示数据" in document.paragraphs[2].text
    assert "合成演示数据" in document.sections[0].footer.paragraphs[0].text
    assert open_page(report).select(".synthetic")


def test_every_style_of_the_document_names_a_chinese_face(report: Files) -> None:
    document = open_document(report)
    used = {paragraph.style.name for paragraph in document.paragraphs if paragraph.style}
    assert {"Title", "Normal", "Heading 1", "Heading 2", "Caption", "口径", "醒目提示"} <= used
    for name in used:
        faces = document.styles[name].element.rPr.rFonts.attrib
        assert faces[qn("w:eastAsia")] in {"宋体", "黑体"}
        assert not any("Theme" in face for face in faces)
    assert 'w:eastAsia="zh-CN"' in read_part(report, "word/styles.xml")


def test_the_document_has_every_chart_of_the_page(report: Files) -> None:
    document = open_document(report)
    captions = [c.get_text() for c in open_page(report).find_all("figcaption")]
    written = [p.text for p in document.paragraphs if p.style and p.style.name == "Caption"]
    assert [text for text in written if "　" in text] == captions
    assert len(read_pictures(report)) == len(document.inline_shapes) == len(captions) == 13


def test_pictures_fit_the_page_and_are_described(report: Files) -> None:
    document = open_document(report)
    for picture in document.inline_shapes:
        assert picture.width.cm <= 17.01
        assert picture.height.cm <= 12.01
        assert picture._inline.docPr.get("descr").endswith("数值见表。")


def test_headings_of_a_long_table_repeat(report: Files) -> None:
    tables = open_document(report).tables
    assert all("w:tblHeader" in table.rows[0]._tr.xml for table in tables)


def test_definitions_and_ambiguities_are_noted(report: Files) -> None:
    paragraphs = [paragraph.text for paragraph in open_document(report).paragraphs]
    place = paragraphs.index("新设企业，按登记机关的管辖列统计。")
    assert paragraphs[place - 1] == "新设企业"
    assert "注意：年报未写明是否含分支机构。" in paragraphs
    text = open_page(report).get_text("\n", strip=True)
    assert "注意：年报未写明是否含分支机构。" in text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_a_text_that_looks_like_a_formula_is_inert(database: Path, start: str) -> None:
    with duckdb.connect(str(database)) as connection:
        for column in ("label_zh", "definition", "formula", "unit_label"):
            connection.execute(f"update indicators set {column} = ?", [f"{start}HYPERLINK(1)"])
        connection.execute(
            "update legal_bases set mark = 'own', title = ?", [f"{start}HYPERLINK(1)"]
        )
    cells = [
        c
        for s in open_workbook(render_without_charts(database))
        for row in s.iter_rows()
        for c in row
    ]
    assert not [cell for cell in cells if cell.data_type == "f"]
    active = [cell for cell in cells if str(cell.value).startswith(start + "HYPERLINK")]
    assert len(active) >= 14 * 3
    assert all(cell.quotePrefix for cell in active)


def test_text_of_the_release_can_become_neither_markup_nor_a_broken_file(database: Path) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "update indicators set label_zh = '<script>a</script>&' || chr(7) || label_zh"
        )
    files = render(database)
    assert open_page(files).find_all("script") == []
    assert "<script>a</script>&新设企业（家）" in "".join(drawn_texts(files))
    assert document_rows(files)["登记注册科"][0][0] == "<script>a</script>&新设企业"
    assert len(read_pictures(files)) == 13


def test_the_page_is_self_contained_and_runs_nothing(report: Files) -> None:
    page = open_page(report)
    assert page.find_all(["script", "link", "img", "iframe", "form", "object", "image"]) == []
    assert "http" not in str(page)
    assert "url(" not in str(page)
    targets = [str(a["href"]) for a in page.find_all("a")]
    assert all(page.find(id=target.removeprefix("#")) for target in targets)
