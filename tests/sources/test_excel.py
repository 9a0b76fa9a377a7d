"""Reading Excel: every trap that was met with real workbooks."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import datetime

import pytest
import xlsxwriter

from tests.sources.bureau import Bureau, landed_rows, rejected_rows
from tests.sources.workbooks import (
    SHEET,
    Pledge,
    edit_sheet,
    pledge_contract,
    pledge_list,
    with_false_dimension,
)

# A child reads each in the other modules; here it would take half a second of each test.
pytestmark = pytest.mark.usefixtures("in_this_process")

PLEDGES: list[Pledge] = [
    ("甲-1", datetime(2024, 3, 1), 100.5, ["专利1", "专利2", "专利3"]),
    ("甲-2", 45352, 1_200, ["商标1"]),
    ("甲-3", "2024年3月3日", 0.1, ["商标2", "商标3"]),
]
LANDED = [
    ("甲-1", "2024-03-01", "100.5", "专利1", 4),
    ("甲-1", "2024-03-01", "100.5", "专利2", 5),
    ("甲-1", "2024-03-01", "100.5", "专利3", 6),
    ("甲-2", "2024-03-01", "1200", "商标1", 7),
    ("甲-3", "2024-03-03", "0.1", "商标2", 8),
    ("甲-3", "2024-03-03", "0.1", "商标3", 9),
]


def land(bureau: Bureau, content: bytes) -> list[tuple[object, ...]]:
    """The landed rows of one workbook, without the pseudonym."""
    bureau.drop("ip/台账_20250110.xlsx", content)
    (extract,) = bureau.land(pledge_contract()).extracts
    return [(*row[:4], row[5]) for row in landed_rows(extract)]


def held_reason(bureau: Bureau, content: bytes) -> str:
    """Land one workbook that must be held; returns the reason."""
    bureau.drop("ip/台账_20250110.xlsx", content)
    report = bureau.land(pledge_contract())
    assert report.extracts == []
    return report.held[0].reason


def test_title_merged_headers_merged_cells_and_dates_of_three_kinds_are_read(
    bureau: Bureau,
) -> None:
    """The list as a section keeps it; the row numbers are those that Excel shows."""
    assert land(bureau, pledge_list(PLEDGES)) == LANDED


def test_reordered_columns_are_accepted(bureau: Bureau) -> None:
    """Names decide, not places; but the total's name stays in the first column."""
    fields = pledge_list(PLEDGES, shuffle=True)
    assert land(bureau, fields) == LANDED


def test_dates_count_from_1904_where_the_workbook_says_so(bureau: Bureau) -> None:
    """Day 45352 is 2028-03-02 there; real date cells are the same day."""
    rows = land(bureau, pledge_list(PLEDGES, is_1904=True))
    assert [row[1] for row in rows[2:5]] == ["2024-03-01", "2028-03-02", "2024-03-03"]


def test_a_false_dimension_hides_no_row(bureau: Bureau) -> None:
    """It cut 3 rows to 1."""
    assert land(bureau, edit_sheet(pledge_list(PLEDGES), with_false_dimension)) == LANDED


def test_formulas_that_were_never_computed_hold_the_workbook(bureau: Bureau) -> None:
    """They read as nothing."""
    content = edit_sheet(
        pledge_list(PLEDGES), lambda xml: xml.replace("<v>1200</v>", "<f>600*2</f>")
    )
    assert held_reason(bureau, content) == "uncomputed_formulas"


def test_a_computed_formula_is_a_value(bureau: Bureau) -> None:
    """Its stored result counts."""
    content = edit_sheet(
        pledge_list(PLEDGES), lambda xml: xml.replace("<v>1200</v>", "<f>600*2</f><v>1200</v>")
    )
    assert land(bureau, content) == LANDED


def test_a_formula_in_error_rejects_its_row(bureau: Bureau) -> None:
    """#REF! is no text."""
    content = edit_sheet(
        pledge_list(PLEDGES),
        lambda xml: re.sub(r'<c r="D7" t="s">.*?</c>', '<c r="D7" t="e"><v>#REF!</v></c>', xml),
    )
    bureau.drop("ip/台账_20250110.xlsx", content)
    (extract,) = bureau.land(pledge_contract()).extracts
    assert rejected_rows(extract) == [(7, "structure.formula_error")]
    assert (extract.rows_delivered, extract.rows_landed) == (6, 5)


def test_rows_that_do_not_add_up_to_the_total_hold_the_workbook(bureau: Bureau) -> None:
    """1300.6 delivered, 1300.7 stated."""
    assert held_reason(bureau, pledge_list(PLEDGES, total=1300.7)) == "footer_mismatch"


def test_a_total_that_differs_by_binary_noise_is_right(bureau: Bureau) -> None:
    """0.1 + 0.2 is stored as 0.30000000000000004."""
    pledges: list[Pledge] = [("1", "2024年3月1日", 0.1, ["a"]), ("2", "2024年3月1日", 0.2, ["b"])]
    assert len(land(bureau, pledge_list(pledges, total=0.1 + 0.2))) == 2


def test_a_workbook_without_its_total_row_is_held(bureau: Bureau) -> None:
    """It may have been cut."""
    assert held_reason(bureau, pledge_list(PLEDGES, marker="小计")) == "footer_missing"


def test_a_cell_left_empty_by_hand_is_not_filled_from_above(bureau: Bureau) -> None:
    """Only merged cells are: otherwise a forgotten number would become its neighbour's."""
    pledges = [*PLEDGES, ("", "2024年3月4日", 5, ["商标9"])]
    bureau.drop("ip/台账_20250110.xlsx", pledge_list(pledges))
    (extract,) = bureau.land(pledge_contract()).extracts
    assert rejected_rows(extract) == [(10, "required.合同编号")]


def test_an_added_column_holds_the_workbook_and_is_named(bureau: Bureau) -> None:
    """多出列."""
    bureau.drop("ip/台账_20250110.xlsx", pledge_list(PLEDGES, extra="备注"))
    (held,) = bureau.land(pledge_contract()).held
    assert held.reason == "columns_changed"
    assert "多出列：备注" in held.message


def test_a_zip_that_expands_beyond_bounds_is_not_opened(bureau: Bureau) -> None:
    """412 KB expanded to 831 MB."""
    stream = io.BytesIO(pledge_list(PLEDGES))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/padding.bin", bytes(210 * 2**20))
    assert len(stream.getvalue()) < 2**20
    assert held_reason(bureau, stream.getvalue()) == "too_large"


def test_a_cell_in_the_last_corner_does_not_end_the_process(bureau: Bureau) -> None:
    """A reader that allocates the used rectangle asks for 512 GB."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet(SHEET)
    sheet.write(0, 0, "质押登记台账")
    sheet.write(1_048_575, 16_383, "x")
    book.close()
    assert held_reason(bureau, stream.getvalue()) == "too_large"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: b"", "empty"),
        (lambda content: content[: len(content) // 2], "unreadable"),
        (lambda content: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + content, "encrypted"),
        (lambda content: b"<html>login</html>", "unreadable"),
        (lambda content: edit_sheet(content, lambda xml: xml[:700]), "unreadable"),
    ],
)
def test_what_is_no_whole_workbook_is_held(
    bureau: Bureau, damage: Callable[[bytes], bytes], reason: str
) -> None:
    """Empty, cut, encrypted, a page instead of a file, damaged inside."""
    assert held_reason(bureau, damage(pledge_list(PLEDGES))) == reason


def test_a_workbook_without_the_sheet_is_held(bureau: Bureau) -> None:
    """Another sheet is not taken in its place."""
    bureau.drop("ip/台账_20250110.xlsx", pledge_list(PLEDGES))
    assert bureau.land(pledge_contract(sheet="别的表")).held[0].reason == "sheet_missing"


def with_members(content: bytes, compression: int, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook packed anew, then its bytes changed."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", compression) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return change(stream.getvalue())


def damage_the_sheet(content: bytes) -> bytes:
    """The compressed sheet with its first bytes flipped."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        member = archive.getinfo("xl/worksheets/sheet1.xml")
    start = member.header_offset + 30 + len(member.filename)
    changed = bytearray(content)
    for place in range(start + 9, start + 40):
        changed[place] ^= 0xFF
    return bytes(changed)


@pytest.mark.parametrize("kind", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_member_holds_the_workbook(bureau: Bureau, kind: int) -> None:
    """Each kind of compression fails with an error of its own."""
    assert held_reason(bureau, with_members(pledge_list(PLEDGES), kind, damage_the_sheet)) == (
        "unreadable"
    )


def test_a_member_marked_as_encrypted_holds_the_workbook(bureau: Bureau) -> None:
    """The steward is told to take the password off."""

    def mark(content: bytes) -> bytes:
        changed = bytearray(content)
        for found in re.finditer(rb"PK\x01\x02", content):
            changed[found.start() + 8] |= 1
        return bytes(changed)

    content = with_members(pledge_list(PLEDGES), zipfile.ZIP_STORED, mark)
    assert held_reason(bureau, content) == "encrypted"


def test_a_sheet_that_names_no_part_holds_the_workbook(bureau: Bureau) -> None:
    """Without r:id there is no saying where it lies."""

    def forget(content: bytes) -> bytes:
        return content.replace(b'r:id="rId1"', b'r:no="rId1"')

    content = with_members(pledge_list(PLEDGES), zipfile.ZIP_STORED, lambda raw: raw)
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as new:
            for name in old.namelist():
                new.writestr(name, forget(old.read(name)))
    assert held_reason(bureau, stream.getvalue()) == "unreadable"


@pytest.mark.parametrize("wide", ["A1:XFD1", "E2:XFD3", "XFC1:XFD3", "B1048575:B1048576"])
def test_a_merge_beyond_the_cells_is_read_as_far_as_they_reach(bureau: Bureau, wide: str) -> None:
    """A title or header merged over empty columns is no fault of the list."""
    content = edit_sheet(
        pledge_list(PLEDGES),
        lambda xml: xml.replace("</mergeCells>", f'<mergeCell ref="{wide}"/></mergeCells>'),
    )
    assert land(bureau, content) == LANDED


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "inf", "sNaN"])
def test_a_number_that_no_number_can_hold_rejects_its_row(bureau: Bureau, number: str) -> None:
    """The other rows land; the total is not asked, for it cannot agree."""
    content = edit_sheet(
        pledge_list(PLEDGES), lambda xml: xml.replace("<v>1200</v>", f"<v>{number}</v>")
    )
    bureau.drop("ip/台账_20250110.xlsx", content)
    (extract,) = bureau.land(pledge_contract(footer_sums=[])).extracts
    assert rejected_rows(extract) == [(7, "structure.number")]
    assert held_reason(Bureau(bureau.root / "other"), content) == "footer_mismatch"


@pytest.mark.parametrize("amount", ["1E+300000000", "sNaN", "NaN", "-Infinity", "9" * 400])
def test_a_text_that_only_decimal_takes_for_a_number_is_none_in_a_total(
    bureau: Bureau, amount: str
) -> None:
    """Written out, 1E+300000000 has 300 MB; the message states sums in plain digits."""
    pledges = [*PLEDGES, ("甲-4", "2024年3月4日", amount, ["商标9"])]
    bureau.drop("ip/台账_20250110.xlsx", pledge_list(pledges))
    (extract,) = bureau.land(pledge_contract()).extracts
    assert rejected_rows(extract) == [(10, "type.金额(万元)")]
    bureau.drop("ip/台账_20250110.xlsx", pledge_list(PLEDGES, total=amount))
    (held,) = bureau.land(pledge_contract()).held
    assert (held.reason, len(held.message) < 300) == ("footer_mismatch", True)


@pytest.mark.parametrize("serial", ["1e15", "-7", "0.5", "2958466", "1e300"])
def test_a_date_cell_out_of_the_calendar_rejects_its_row(bureau: Bureau, serial: str) -> None:
    """Whatever a spreadsheet shows for it."""
    content = edit_sheet(
        pledge_list(PLEDGES),
        lambda xml: re.sub(r'(<c r="B4" s="\d+">)<v>\d+</v>', rf"\g<1><v>{serial}</v>", xml),
    )
    bureau.drop("ip/台账_20250110.xlsx", content)
    report = bureau.land(pledge_contract())
    assert {row for e in report.extracts for row in rejected_rows(e)} or report.held


@pytest.mark.parametrize(
    "marker", ["合计：12 项", "合　计:", "合计(万元)", "合计12项", " 合计 人民币", "合计"]
)
def test_the_total_row_is_known_by_how_it_begins(bureau: Bureau, marker: str) -> None:
    """People write the count behind it."""
    assert land(bureau, pledge_list(PLEDGES, marker=marker)) == LANDED


def test_a_row_whose_name_begins_like_the_total_is_a_row(bureau: Bureau) -> None:
    """It would end the list in silence."""
    odd = [("合计通科技", "2024年3月4日", 5, ["商标9"]), ("合计-2", "2024年3月4日", 5, ["商标8"])]
    assert len(land(bureau, pledge_list([*odd, *PLEDGES]))) == 8


def repacked(content: bytes, part: str, before: bytes, more: bytes) -> bytes:
    """The workbook with more XML before the last place of a tag in one of its parts."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            data = old.read(name)
            if name == part:
                head, tag, rest = data.rpartition(before)
                assert tag, part
                data = head + more + tag + rest
            new.writestr(name, data)
    return stream.getvalue()


STRINGS, WORKBOOK = "xl/sharedStrings.xml", "xl/workbook.xml"
LONGEST = b"<si><t>" + b"x" * 32_767 + b"</t></si>"
Part = tuple[str, bytes, bytes]


def rows(xml: bytes) -> Part:
    """More rows below the others."""
    return "xl/worksheets/sheet1.xml", b"</sheetData>", xml


def repeated(cells: int) -> bytes:
    """Rows whose cells all show the last shared string."""
    with zipfile.ZipFile(io.BytesIO(pledge_list(PLEDGES))) as archive:
        last = archive.read(STRINGS).count(b"<si>")
    return b"<row>" + b'<c t="s"><v>%d</v></c>' % last * cells + b"</row>"


@pytest.mark.parametrize(
    ("parts", "finding"),
    [
        ([rows(b"<row>" + b"<c/>" * 16_385 + b"</row>")], "超过 16,384 列"),
        ([rows(b'<row r="1048577"/>')], "超过 1,048,576 行"),
        ([rows(b'<row r="20"><c r="A1048577"><v>1</v></c></row>')], "超过 1,048,576 行"),
        ([rows(b'<row r="20"><c r="XFD1048576"><v>1</v></c></row>')], "超过 20,000,000 个单元格"),
        ([(STRINGS, b"</sst>", LONGEST), rows(repeated(14_000))], "读取需要的内存超出上限"),
        ([(STRINGS, b"</sst>", b"<si/>" * 250_000)], "读取需要的内存超出上限"),
        ([(STRINGS, b"</sst>", LONGEST)], ""),
        ([(STRINGS, b"</sst>", b"<si><t>x</t>" + LONGEST[4:])], "超过 32,767 个字符"),
        ([rows(b'<row><c t="str"><v>' + b"x" * 32_768 + b"</v></c></row>")], "超过 32,767 个字符"),
        ([rows(b"<a>" * 300 + b"</a>" * 300)], "元素嵌套超过 256 层"),
        ([rows(b"".join(b"<a%x/>" % n for n in range(30_000)))], "名称超过 10,000 种"),
        ([rows(b"<!--" + b"x" * 2**21 + b"-->")], "一个标记超过 1 MB"),
        ([(WORKBOOK, b"</sheets>", b"<a/>" * 1_000_001)], "超过 1,000,000 项"),
        ([rows(b"<a/>" * 1_000_001)], "超过 1,000,000 项"),
        (
            [
                (
                    "xl/worksheets/sheet1.xml",
                    b"</mergeCells>",
                    b'<mergeCell ref="A4:A1000000"/>' * 30_000,
                )
            ],
            "互相重叠",
        ),
    ],
)
def test_a_small_workbook_that_unfolds_is_refused_while_it_is_looked_at(
    bureau: Bureau,
    monkeypatch: pytest.MonkeyPatch,
    parts: list[Part],
    finding: str,
) -> None:
    """40 kB took 51 s and 1.5 GB; the limits are Excel's own, and the memory that is set."""
    monkeypatch.setattr(Bureau, "memory_limit", "10MB" if b"<si/>" in parts[0][2] else "1GB")
    content = pledge_list(PLEDGES)
    for part in parts:
        content = repacked(content, *part)
    bureau.drop("ip/台账_20250110.xlsx", content)
    report = bureau.land(pledge_contract())
    if not finding:
        assert report.rows == 6
        return
    (held,) = report.held
    assert (held.reason, finding in held.message) == ("too_large", True), held.message
