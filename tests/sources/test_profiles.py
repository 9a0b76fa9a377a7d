"""Profiles: columns whose contents were exchanged are held, and a bureau's months are not."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import verify_landing
from pipelines.sources.refusals import HeldDelivery
from tests.sources.bureau import Bureau, columns, csv_contract, csv_text

FIELDS = columns(
    编号={"data_type": "text", "required": True},
    姓名={"data_type": "text", "sensitivity": "personal"},
    电话={"data_type": "text", "sensitivity": "personal"},
    出质人="text",
    质权人="text",
    街道="text",
    来源="text",
    是否听证="boolean",
    是否延期="boolean",
    受理日期="date",
    办结日期="date",
    应缴金额="decimal",
    实缴金额="decimal",
    备注="text",
)
NAMES = [field["name"] for field in FIELDS]
TABLE = csv_contract(fields=FIELDS)
STREETS = ["西兴街道", "长河街道", "浦沿街道"]
SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈", "伟芳娜敏静强磊军洋勇"


def row(month: int, place: int) -> list[str]:
    """A row of a month; months share banks, streets and some borrowers, and nothing else."""
    number = month * 1000 + place
    is_open = (place + month) % 5 == 0
    return [
        f"HT{number:010d}",
        SURNAMES[place % 10] + GIVEN[(number // 7) % 10] + ("" if place % 3 else GIVEN[place % 7]),
        f"138{number:08d}",
        f"杭州第{number if place % 15 else place}科技有限公司",
        f"{'中农工建交浦'[place % 6]}国银行股份有限公司滨江支行",
        STREETS[0 if place % 2 else 1 + place // 2 % 2],
        ["热线", "来访", "网络"][(place * 7 // 5) % 3 if place % 4 else 0],
        "是" if place % 10 == 0 else "否",
        "是" if place % 10 < 6 else "否",
        f"2024-{month:02d}-{1 + place % 20:02d}",
        "" if is_open else f"2024-{month:02d}-{1 + place % 20 + place % 8:02d}",
        str(1000 + number % 500),
        "" if is_open else str(900 + (number * 7) % 100),
        "" if place % 3 else f"见第{number}号材料，请核" + "对" * (place % 9),
    ]


Edit = Callable[[list[list[str]]], None]


def exchange(*names: str) -> Edit:
    """Each column gets the content of the next, the last that of the first."""

    def edit(rows: list[list[str]]) -> None:
        places = [NAMES.index(name) for name in names]
        for cells in rows:
            moved = [cells[place] for place in (*places[1:], places[0])]
            for place, cell in zip(places, moved, strict=True):
                cells[place] = cell

    return edit


def drop_month(
    bureau: Bureau, month: int, *edits: Edit, rows: int = 400, slot: str | None = None
) -> None:
    content = [row(month, place) for place in range(rows)]
    for edit in edits:
        edit(content)
    name = f"people/人员_{slot or f'2024{month:02d}'}.csv"
    bureau.drop(name, csv_text(content, NAMES))


def held(bureau: Bureau, *edits: Edit, table: SourceTable = TABLE) -> list[HeldDelivery]:
    """What is refused of February, after a January as it should be."""
    drop_month(bureau, 1)
    assert bureau.land(TABLE).held == []
    drop_month(bureau, 2, *edits)
    return bureau.land(table).held


@pytest.mark.parametrize(
    "names",
    [
        ("姓名", "电话"),
        ("姓名", "街道"),
        ("出质人", "质权人"),
        ("出质人", "姓名"),
        ("街道", "来源"),
        ("编号", "电话"),
        ("是否听证", "是否延期"),
        ("受理日期", "办结日期"),
        ("应缴金额", "实缴金额"),
        ("出质人", "质权人", "街道"),
        ("编号", "姓名", "电话"),
    ],
)
def test_exchanged_columns_hold_the_delivery_and_are_named(
    bureau: Bureau, names: Sequence[str]
) -> None:
    """Personal columns too; no value is told."""
    (refusal,) = held(bureau, exchange(*names))
    assert refusal.reason == "profile_changed"
    named = [name for name in NAMES if f"“{name}”" in refusal.message]
    assert set(names) <= set(named)
    assert "现为" in refusal.message
    assert "以前为" in refusal.message
    for cell in {cell for place in range(400) for cell in row(2, place)} - {"", "是", "否"}:
        assert cell not in refusal.message


def test_a_column_that_holds_something_else_altogether_holds_the_delivery(bureau: Bureau) -> None:
    """Codes of another system; told with both shapes in plain words."""

    def renumber(rows: list[list[str]]) -> None:
        for place, cells in enumerate(rows):
            cells[0] = str(330108000000000000 + place)

    (refusal,) = held(bureau, renumber)
    assert (
        "“编号”列现为长度 18～18、含汉字 0%、含字母 0%、纯数字 100%、不同值 100%、空值 0%，"
        "以前为长度 12～12、含汉字 0%、含字母 100%、纯数字 0%、不同值 100%、空值 0%"
    ) in refusal.message


def test_a_raised_contract_version_takes_the_changed_delivery(bureau: Bureau) -> None:
    """As the message says, and it alone; the month before is read anew and does not differ."""
    (refusal,) = held(bureau, exchange("姓名", "电话"))
    assert "提高约定的版本号" in refusal.message
    said = TABLE.model_dump(by_alias=True)
    otherwise_changed = SourceTable.model_validate(said | {"key": ["编号", "电话"]})
    assert [held.slot for held in bureau.land(otherwise_changed).held] == ["202402"]
    raised = SourceTable.model_validate(said | {"contract_version": 2})
    report = bureau.land(raised)
    assert ([e.slot for e in report.extracts], report.held) == (["202401", "202402"], [])
    drop_month(bureau, 3, exchange("姓名", "电话"))
    assert bureau.land(raised).held == []
    read_anew = SourceTable.model_validate(said | {"contract_version": 2, "key": ["编号", "电话"]})
    report = bureau.land(read_anew)
    assert (len(report.extracts), report.held) == (3, [])


def test_a_mended_file_lands_and_closes_the_refusal(bureau: Bureau) -> None:
    assert held(bureau, exchange("姓名", "电话"))
    drop_month(bureau, 2)
    report = bureau.land(TABLE)
    assert ([extract.slot for extract in report.extracts], report.held) == (["202402"], [])


def test_months_of_a_bureau_are_no_breaks(bureau: Bureau) -> None:
    """Sizes, open items, kinds and names move from month to month."""
    for month in range(1, 13):
        drop_month(bureau, month, rows=110 + 37 * (month % 5))
    report = bureau.land(TABLE)
    assert (len(report.extracts), report.held) == (12, [])


def _rename_kinds(rows: list[list[str]]) -> None:
    for cells in rows:
        cells[NAMES.index("来源")] = "二月专项"


def _close_all_or_none(rows: list[list[str]]) -> None:
    for cells in rows:
        cells[NAMES.index("办结日期")] = cells[NAMES.index("实缴金额")] = ""


def _empty_remarks(rows: list[list[str]]) -> None:
    for cells in rows:
        cells[NAMES.index("备注")] = ""


@pytest.mark.parametrize("edit", [_rename_kinds, _close_all_or_none, _empty_remarks])
def test_a_change_that_no_other_column_explains_is_none(bureau: Bureau, edit: Edit) -> None:
    """A new word for all, a month without closed items, a column left empty."""
    assert held(bureau, edit) == []


def test_a_column_that_names_the_case_before_has_not_taken_its_place(bureau: Bureau) -> None:
    """What stood under the number a month ago stands under the remark now, and has to."""

    def name_the_case_before(rows: list[list[str]]) -> None:
        for cells in rows:
            cells[NAMES.index("备注")] = f"HT{int(cells[0][2:]) - 1000:010d}"

    drop_month(bureau, 1, name_the_case_before)
    drop_month(bureau, 2, name_the_case_before)
    assert bureau.land(TABLE).held == []


def test_columns_that_share_some_values_are_told_apart_by_the_others(bureau: Bureau) -> None:
    """One name in four stands in both columns; the shapes are the same."""

    def name_from_two_lists(rows: list[list[str]]) -> None:
        for place, cells in enumerate(rows):
            shared = place % 4 == 0
            for name, surname in (("出质人", "甲"), ("备注", "乙")):
                cells[NAMES.index(name)] = f"{'丙' if shared else surname}第{10 + place % 41}号"

    drop_month(bureau, 1, name_from_two_lists)
    drop_month(bureau, 2, name_from_two_lists, exchange("出质人", "备注"))
    drop_month(bureau, 3, name_from_two_lists)
    (refusal,) = bureau.land(TABLE).held
    assert (refusal.slot, "“出质人”与“备注”疑似互换" in refusal.message) == ("202402", True)


def test_labels_that_move_on_have_not_changed_places(bureau: Bureau) -> None:
    """What was the next month is this one."""
    for month in (1, 2, 3):

        def label(rows: list[list[str]], month: int = month) -> None:
            for cells in rows:
                cells[NAMES.index("来源")] = f"2024年{month:02d}月"
                cells[NAMES.index("备注")] = f"2024年{month + 1:02d}月"

        drop_month(bureau, month, label)
    report = bureau.land(TABLE)
    assert (len(report.extracts), report.held) == (3, [])


def test_few_rows_say_nothing(bureau: Bureau) -> None:
    """Below a hundred there is no profile, and nothing to compare with."""
    drop_month(bureau, 1, rows=99)
    (small,) = bureau.land(TABLE).extracts
    assert (small.profile_sha256, small.profile_path.exists()) == ("", False)
    drop_month(bureau, 2, exchange("姓名", "电话"))
    assert bureau.land(TABLE).held == []


def test_a_delivery_is_compared_with_the_newest_of_its_kind_of_period(bureau: Bureau) -> None:
    """A year is no month; and what was held is not what the next is measured by."""
    drop_month(bureau, 1)
    drop_month(bureau, 1, exchange("姓名", "电话"), slot="2023")
    assert bureau.land(TABLE).held == []
    drop_month(bureau, 2, exchange("姓名", "电话"))
    drop_month(bureau, 3)
    report = bureau.land(TABLE)
    assert [extract.slot for extract in report.extracts] == ["202403"]
    assert [refusal.slot for refusal in report.held] == ["202402"]


def test_a_profile_keeps_no_personal_value_and_is_hashed_again(bureau: Bureau) -> None:
    drop_month(bureau, 1)
    (extract,) = bureau.land(TABLE).extracts
    said: dict[str, Any] = json.loads(extract.profile_path.read_text(encoding="utf-8"))
    assert said["columns"]["街道"]["values"].keys() == set(STREETS)
    assert said["columns"]["姓名"]["values"] is None
    text = extract.profile_path.read_text(encoding="utf-8")
    assert not [place for place in range(400) if row(1, place)[2] in text]
    assert not [surname for surname in SURNAMES if surname in text]
    assert verify_landing(bureau.layout) == []
    extract.profile_path.write_text(text.replace("0.", "1.", 1), encoding="utf-8")
    (finding,) = verify_landing(bureau.layout)
    assert "profile.json" in finding


def test_a_personal_column_of_few_values_keeps_none_of_them(bureau: Bureau) -> None:
    """Not even as pseudonyms: their shares would tell the persons apart."""
    fields = [
        {**field, "sensitivity": "personal"} if field["name"] == "来源" else field
        for field in FIELDS
    ]
    drop_month(bureau, 1)
    (extract,) = bureau.land(csv_contract(fields=fields)).extracts
    said: dict[str, Any] = json.loads(extract.profile_path.read_text(encoding="utf-8"))
    assert said["columns"]["来源"]["values"] is None
    assert said["columns"]["街道"]["values"] is not None
    assert "p1_" not in extract.profile_path.read_text(encoding="utf-8")


def test_an_extract_with_a_damaged_profile_is_named_and_taken_again(bureau: Bureau) -> None:
    drop_month(bureau, 1)
    (extract,) = bureau.land(TABLE).extracts
    extract.profile_path.write_text("{", encoding="utf-8")
    drop_month(bureau, 2)
    report = bureau.land(TABLE)
    assert [e.slot for e in report.extracts] == ["202401", "202402"]
    assert report.held == []
    (mended,) = report.mended
    assert "profile.json" in mended.message


def test_a_large_delivery_is_looked_at_over_its_whole_length(bureau: Bureau) -> None:
    """Its first thousand rows are as before; every fifth row is open, and no amount was paid."""

    def after_the_beginning(rows: list[list[str]]) -> None:
        exchange("应缴金额", "实缴金额")(rows[1000:])

    drop_month(bureau, 1)
    assert bureau.land(TABLE).held == []
    drop_month(bureau, 2, after_the_beginning, rows=20_000)
    (refusal,) = bureau.land(TABLE).held
    assert refusal.reason == "profile_changed"
