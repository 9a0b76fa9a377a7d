"""A column that not every system has: null where it is absent, read where it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pipelines.sources.columns import HAN
from pipelines.sources.contracts import SourceTable
from tests.sources.bureau import PEOPLE, Bureau, columns, csv_contract, csv_text, landed_rows
from tests.sources.databases import change, items_contract
from tests.sources.test_excel import PLEDGES
from tests.sources.test_json_lines import MANY, case_contract, drop
from tests.sources.workbooks import pledge_contract, pledge_list

HEADER = [column["name"] for column in PEOPLE]


def with_absent(table: SourceTable, name: str = "告知日期") -> SourceTable:
    """The contract with one more column, in the middle, that may be absent."""
    said = table.model_dump(by_alias=True)
    label = "" if HAN.search(name) else "另一日期"
    extra = columns(**{name: {"data_type": "date", "label": label, "may_be_absent": True}})
    said["columns"] = [*said["columns"][:2], *extra, *said["columns"][2:]]
    return SourceTable.model_validate(said)


def third(bureau: Bureau, table: SourceTable) -> list[Any]:
    """What landed in the column that may be absent."""
    (extract,) = bureau.land(table).extracts
    return [row[2] for row in landed_rows(extract)]


def test_a_file_without_the_column_lands_with_nulls_and_one_with_it_as_delivered(
    bureau: Bureau,
) -> None:
    table = with_absent(csv_contract())
    bureau.drop("people/人员_202411.csv", csv_text([["1", "张三", "2024-11-02", "1"]]))
    rows = [["1", "张三", "2024-12-02", "1", "2024-12-09"]]
    bureau.drop("people/人员_202412.csv", csv_text(rows, [*HEADER, "告知日期"]))
    november, december = bureau.land(table).extracts
    assert [row[:4] for row in landed_rows(november)] == [
        ("1", landed_rows(november)[0][1], None, "2024-11-02")
    ]
    assert [row[2:4] for row in landed_rows(december)] == [("2024-12-09", "2024-12-02")]


def test_a_workbook_json_lines_and_a_database_land_without_it(
    bureau: Bureau, complaints: Bureau
) -> None:
    bureau.drop("ip/台账_20250110.xlsx", pledge_list(PLEDGES))
    drop(bureau, MANY)
    assert set(third(bureau, with_absent(pledge_contract()))) == {None}
    assert third(bureau, with_absent(case_contract())) == [None] * len(MANY)
    table = with_absent(items_contract(), "notified_on")
    assert set(third(complaints, table)) == {None}
    change(complaints, "alter table items add column notified_on text")
    change(complaints, "update items set notified_on = '2025-01-02'")
    assert "2025-01-02" in third(complaints, table)


def test_another_column_that_is_missing_still_holds_the_file(bureau: Bureau) -> None:
    bureau.drop("people/人员_202412.csv", csv_text([["1", "张三", "2024-12-02"]], HEADER[:3]))
    (held,) = bureau.land(with_absent(csv_contract())).held
    assert held.reason == "columns_changed"
    assert "缺少列：金额。" in held.message
    assert "告知日期" not in held.message


def test_a_header_is_known_by_the_columns_that_must_be_there(bureau: Bureau) -> None:
    """Five columns that may be absent do not make a file without a header look like one."""
    table = csv_contract()
    for number in range(5):
        table = with_absent(table, f"列{number}")
    bureau.drop(
        "people/人员_202412.csv", csv_text([["2", "李四", "2024-12-03", "2"]], list("甲乙丙丁"))
    )
    (held,) = bureau.land(table).held
    assert held.reason == "header_missing"
    bureau.drop("people/人员_202412.csv", csv_text([["2", "李四", "2024-12-03", "2"]]))
    assert len(bureau.land(table).extracts) == 1


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"footer_sums": ["数"], "footer_marker": "合计"}, "footer_sums: expected a column that"),
        ({"fill_down": ["数"]}, "fill_down: expected a column that is always delivered"),
    ],
)
def test_a_delivery_is_not_read_by_a_column_that_may_be_absent(
    said: dict[str, Any], problem: str
) -> None:
    table = pledge_contract().model_dump(by_alias=True)
    table["columns"] = [
        *table["columns"],
        *columns(数={"data_type": "decimal", "may_be_absent": True}),
    ]
    table["dialect"] |= said
    with pytest.raises(ValidationError, match=problem):
        SourceTable.model_validate(table)


def test_a_cursor_is_always_delivered_and_so_is_one_column_at_least() -> None:
    table = items_contract().model_dump(by_alias=True)
    (cursor,) = [c for c in table["columns"] if c["name"] == "updated_at"]
    cursor |= {"may_be_absent": True}
    with pytest.raises(ValidationError, match="expected `required` or `may_be_absent`, got both"):
        SourceTable.model_validate(table)
    cursor |= {"required": False}
    with pytest.raises(ValidationError, match="cursor: expected a column that is always delivered"):
        SourceTable.model_validate(table)
    everything = csv_contract().model_dump(by_alias=True)
    for column in everything["columns"]:
        column |= {"may_be_absent": True, "required": False}
    with pytest.raises(ValidationError, match="columns: expected one that is always delivered"):
        SourceTable.model_validate(everything)


def test_a_column_that_vanishes_reads_the_file_anew_when_the_contract_allows_it(
    bureau: Bureau, tmp_path: Path
) -> None:
    """What was held is taken once the contract says that the column may be absent."""
    said = csv_contract().model_dump(by_alias=True)
    bureau.drop("people/人员_202412.csv", csv_text([["1", "张三", "2024-12-02"]], HEADER[:3]))
    assert bureau.land(csv_contract()).held[0].reason == "columns_changed"
    (amount,) = [c for c in said["columns"] if c["name"] == "金额"]
    amount |= {"may_be_absent": True}
    (extract,) = bureau.land(SourceTable.model_validate(said)).extracts
    assert landed_rows(extract)[0][3] is None
