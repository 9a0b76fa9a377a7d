"""What is a slip and what is a changed delivery, at the limits; and no row that two counts lose."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.errors import ExtractHeldError
from pipelines.sources.connectors import CONNECTORS
from pipelines.sources.connectors.interface import Candidate, Reading, Visit
from pipelines.sources.contracts import SourceTable
from pipelines.sources.drift import is_beyond, require_columns, require_count
from tests.sources.bureau import Bureau, csv_contract, csv_text


@pytest.mark.parametrize(
    ("failed", "of", "beyond"),
    [
        (0, 0, False),
        (1, 1, False),  # one row may be one slip
        (2, 2, True),  # but not when there is nothing else
        (2, 3, False),
        (3, 3, True),
        (3, 60, False),  # at the share, not over it
        (3, 59, True),
    ],
)
def test_a_few_failures_are_slips_unless_they_are_all_there_is(
    failed: int, of: int, beyond: bool
) -> None:
    assert is_beyond(failed, of, 0.05) is beyond


@pytest.mark.parametrize("counts", [(9, 10), (10, 9)])
def test_two_readers_that_differ_hold_the_delivery_whichever_saw_more(
    counts: tuple[int, int],
) -> None:
    require_count(csv_contract(), 10, 10)
    with pytest.raises(ExtractHeldError, match="行数不同") as held:
        require_count(csv_contract(), *counts)
    assert held.value.reason == "count_mismatch"


@pytest.mark.parametrize("more", [1, -1])
def test_a_row_that_nobody_accounts_for_holds_the_delivery(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    """Whichever way the account does not add up."""
    csv = CONNECTORS["csv"]

    def miscount(table: SourceTable, candidate: Candidate, visit: Visit) -> Reading:
        reading = csv.read(table, candidate, visit)
        return replace(reading, records=reading.records + more)

    monkeypatch.setitem(CONNECTORS, "csv", csv._replace(read=miscount))
    rows = [[str(n), "张三", "2024-12-01", "1"] for n in range(5)]
    bureau.drop("people/人员_202412.csv", csv_text(rows))
    (held,) = bureau.land(csv_contract()).held
    assert held.reason == "rows_unaccounted"
    assert f"交付 {5 + more} 行" in held.message


@pytest.mark.parametrize(
    ("header", "is_told"),
    [
        (["编号", "姓名", "日期", "金额", "联系人"], True),
        (["编号", "姓名", "日期", "联系人"], True),
        # Rows that ran into the header: its line end was damaged.
        (["编号", "姓名", "日期", "金额1", "张某某", "2024-12-01"], False),
        (["编号", "姓名", "日期", "金额", "张某某", "0.5"], False),
        (["编号", "姓名", "日期", "金额x", "张某某"], False),
        (["编号", "姓名", "日期", "张某某", "张某某", "2024/12/1", "2024/12/1"], False),
    ],
)
def test_cells_that_ran_into_the_header_are_counted_and_not_named(
    header: list[str], is_told: bool
) -> None:
    with pytest.raises(ExtractHeldError) as held:
        require_columns(csv_contract(), header)
    said = str(held.value)
    assert ("联系人" in said) is is_told
    assert ("名称不列出" in said) is not is_told
    assert "张某某" not in said
