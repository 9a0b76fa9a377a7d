"""Names that a sender chose are data: masked, cut and cleaned before they become text of ours."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter

from pipelines.sources.contracts import SourceTable
from pipelines.sources.sender_names import SHOWN, list_names, show_name
from tests.sources.bureau import PEOPLE, Bureau, contract, csv_contract, csv_text
from tests.sources.workbooks import edit_sheet, pledge_contract, pledge_list

PHONE, IDENTITY, CODE = "13912345678", "330108199003071234", "92330108MA2CBR8W9X"
CANARY = f"姓名\n电话{PHONE}\u202e[点我](http://evil.test)证{IDENTITY}"
DECLARED = [column["name"] for column in PEOPLE]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("备注", "备注"),
        ("notified_at", "notified_at"),
        ("金额(万元)", "金额(万元)"),
        ("2024-2025年度", "2024-2025年度"),
        ("20241231金额", "20241231金额"),
        (f"电话{PHONE}证{IDENTITY}", "电话（号码已隐去）证（号码已隐去）"),
        (PHONE + IDENTITY, "（号码已隐去）"),
        ("139 1234-5678", "（号码已隐去）"),
        ("１３９１２３４５６７８", "（号码已隐去）"),
        ("1\u200b39\u206012345678", "（号码已隐去）"),
        ("0571-87654321", "（号码已隐去）"),
        ("座机8765432", "座机（号码已隐去）"),
        ("编码123456", "编码123456"),
        ("6222 0200 1234 5678 901", "（号码已隐去）"),
        (f"户{CODE}", "户（号码已隐去）"),
        (f"户{CODE.lower()}", "户（号码已隐去）"),
        ("li.si@example.cn", "（号码已隐去）"),
        ("一\r\n二\u2028三\x85四\t五", "一 二 三 四 五"),
        ("反\u202e向\ufeff", "反向"),
        ("\x1b[31m红", "［31m红"),
        ("[点](http://a.test)", "［点］(http：//a.test)"),
        ("www.a.test", "www．a.test"),
        ('<at user_id="all">', '＜at user_id="all"＞'),
        ("__强__ *调* `码` # 题", "＿＿强＿＿ ＊调＊ ｀码｀ ＃ 题"),
        ("长" * 50, "长" * SHOWN + "…"),
        ("\u200b", "（空白）"),
        ("", "（空白）"),
    ],
)
def test_a_name_is_told_without_what_could_harm(name: str, shown: str) -> None:
    assert show_name(name) == shown


def test_a_number_that_the_cut_would_split_is_masked_whole() -> None:
    said = show_name("长" * (SHOWN - 5) + PHONE)
    assert "139" not in said


def test_a_name_as_long_as_a_file_is_not_read_to_its_end() -> None:
    assert show_name("长" * 50_000_000) == "长" * SHOWN + "…"


class Unread(list[str]):
    """Names that must not be looked at one by one."""

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("every name was looked at")


def test_a_million_names_are_ten_and_a_count_and_only_ten_are_looked_at() -> None:
    said = list_names(Unread([f"列{n}" for n in range(1_000_000)]))
    assert said == "、".join(f"列{n}" for n in range(10)) + " 等 1000000 列"


def csv_with_canary(bureau: Bureau) -> SourceTable:
    header = [*DECLARED, CANARY, CANARY.replace("电话", "手机")]
    bureau.drop("people/人员_202412.csv", csv_text([["1"] * 6], header))
    return csv_contract()


def csv_with_canary_twice(bureau: Bureau) -> SourceTable:
    header = [*DECLARED, CANARY, CANARY]
    bureau.drop("people/人员_202412.csv", csv_text([["1"] * 6], header))
    return csv_contract()


def csv_with_other_header(bureau: Bureau) -> SourceTable:
    bureau.drop("people/人员_202412.csv", csv_text([["1"] * 3], [DECLARED[0], CANARY, PHONE]))
    return csv_contract()


def json_with_canaries(bureau: Bureau) -> SourceTable:
    row = {"编号": "1", "姓名": "张", "日期": "2024-12-01", "金额": 1}
    row |= {CANARY: {IDENTITY: 1}, PHONE: [{IDENTITY: 1}]}
    bureau.drop("p/p_202412.jsonl", json.dumps(row, ensure_ascii=False) + "\n", "utf-8")
    return contract({"connector": "jsonl", "location": "p/p_{period}.jsonl"})


def workbook_with_canary(bureau: Bureau) -> SourceTable:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        sheet = book.add_worksheet("表")
        book.add_worksheet(PHONE)
        for place, name in enumerate([*DECLARED, CANARY]):
            sheet.write(0, place, name)
            sheet.write(1, place, "1")
    bureau.drop("p/p_202412.xlsx", stream.getvalue())
    return contract({"connector": "excel", "location": "p/p_{period}.xlsx", "sheet": "表"})


def workbook_with_another_sheet(bureau: Bureau) -> SourceTable:
    table = workbook_with_canary(bureau)
    dialect = table.dialect.model_copy(update={"sheet": "别的"})
    return table.model_copy(update={"dialect": dialect})


def workbook_with_a_named_cell(bureau: Bureau) -> SourceTable:
    """Where a cell stands is an attribute that anybody can write; it counts as a row number."""
    content = edit_sheet(
        pledge_list([("甲-1", "2024年3月3日", 1200, ["商标1"])]),
        lambda xml: xml.replace("<v>1200</v>", "<f>1</f>").replace('r="C4"', f'r="C{IDENTITY}"'),
    )
    bureau.drop("ip/台账_20250110.xlsx", content)
    return pledge_contract()


def database_with_canary(bureau: Bureau) -> SourceTable:
    path = bureau.layout.sources / "p.sqlite"
    path.parent.mkdir(parents=True, exist_ok=True)
    names = ", ".join(f'"{name}" text' for name in [*DECLARED, CANARY])
    with sqlite3.connect(path) as database:
        database.execute(f"create table people ({names})")
    database.close()
    dialect = {"connector": "sql", "location": "p.sqlite", "relation": "people"}
    return contract(dialect, delivery="full")


def everything_written(folder: Path) -> str:
    return "".join(
        f"{path.relative_to(folder)}\n{path.read_bytes().decode('utf-8', 'replace')}"
        for path in folder.rglob("*")
        if path.is_file()
    )


@pytest.mark.parametrize(
    ("deliver", "reason"),
    [
        (csv_with_canary, "columns_changed"),
        (csv_with_canary_twice, "duplicate_columns"),
        (csv_with_other_header, "header_missing"),
        (json_with_canaries, "columns_changed"),
        (workbook_with_canary, "columns_changed"),
        (workbook_with_another_sheet, "sheet_missing"),
        (workbook_with_a_named_cell, "too_large"),
        (database_with_canary, "columns_changed"),
    ],
)
def test_no_personal_value_in_a_name_is_told_or_kept(
    bureau: Bureau, deliver: object, reason: str
) -> None:
    table = deliver(bureau)  # type: ignore[operator]
    (held,) = bureau.land(table).held
    assert held.reason == reason
    said = str(held) + everything_written(bureau.layout.warehouse)
    told_of = [part for part in (PHONE, IDENTITY, "http://", "\u202e", "[点我]") if part in said]
    assert told_of == []
    assert "\n" not in held.message


def test_only_ascii_digits_make_a_period(bureau: Bureau) -> None:
    """Others read as numbers too, and gave a second slot for the same month."""
    bureau.drop("people/人员_２０２４１２.csv", csv_text([["1", "张", "", "1"]]))
    assert bureau.land(csv_contract()).extracts == []


def test_what_lies_below_an_unknown_key_is_not_read(bureau: Bureau) -> None:
    """A path through a thousand long keys, spelled at every step, would be gigabytes."""
    deep: dict[str, object] = {}
    for level in range(400):
        deep = {f"{level}" + "长" * 5_000: deep, "x": 1}
    row = {"编号": "1", "姓名": "张", "日期": "2024-12-01", "金额": 1, "档案": deep}
    bureau.drop("p/p_202412.jsonl", json.dumps(row, ensure_ascii=False) + "\n", "utf-8")
    table = contract({"connector": "jsonl", "location": "p/p_{period}.jsonl"})
    (held,) = bureau.land(table).held
    assert "多出列：档案。" in held.message
