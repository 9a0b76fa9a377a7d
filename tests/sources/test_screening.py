"""Screening: types, nulls, required values, duplicates; one spelling for one value."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from pipelines.errors import ExtractHeldError
from pipelines.sources.column_types import normalised
from pipelines.sources.columns import Column
from pipelines.sources.connectors.interface import ROW_NUMBER, Batch, Reading
from pipelines.sources.contracts import SourceTable
from pipelines.sources.screening import screen
from pipelines.sources.sessions import open_session, within_memory
from tests.sources.bureau import columns, csv_contract


def spelled(data_type: str, text: str, *formats: str, epoch: date = date(1899, 12, 30)) -> object:
    """The one spelling of a text, or None when it is not of the type."""
    column = Column.model_validate({"name": "值", "data_type": data_type, "formats": formats})
    with duckdb.connect() as session:
        row = session.execute(f"select {normalised(column, '$1', epoch)}", [text]).fetchone()
    return row and row[0]


@pytest.mark.parametrize(
    ("data_type", "text", "formats", "expected"),
    [
        ("date", "2024-02-29", (), "2024-02-29"),
        ("date", "2023-02-29", (), None),
        ("date", "20161026", ("%Y%m%d",), "2016-10-26"),
        ("date", "2024年3月5日", ("%Y年%m月%d日",), "2024-03-05"),
        ("date", "2024-03-05 00:00:00", (), None),
        ("date", "0000-00-00", (), None),
        ("date", "infinity", (), None),
        ("date", "-infinity", (), None),
        ("date", "epoch", (), None),
        ("date", "1949-09-30", (), None),
        ("date", "1949-10-01", (), "1949-10-01"),
        ("date", "2100-12-31", (), "2100-12-31"),
        ("date", "2101-01-01", (), None),
        ("date", "45352", ("serial",), "2024-03-01"),
        ("date", "60", ("serial",), None),
        ("date", "45352", (), None),
        ("timestamp", "2024-03-01 08:05:09", (), "2024-03-01 08:05:09"),
        ("timestamp", "2024-03-01 08:05:09.5", (), "2024-03-01 08:05:09"),
        ("timestamp", "2024-03-01 24:00:00", (), None),
        ("timestamp", "45352.25", ("serial",), "2024-03-01 06:00:00"),
        ("integer", "1,234", (), "1234"),
        ("integer", "1,23", (), None),
        ("integer", "1.0", (), None),
        ("integer", "007", (), "007"),
        ("decimal", "1,234,567.80", (), "1234567.80"),
        ("decimal", "１，２３４．５", (), "1234.5"),
        ("decimal", "-0.5", (), "-0.5"),
        ("decimal", "+5", (), "5"),
        ("decimal", "1e5", (), None),
        ("decimal", "nan", (), None),
        ("decimal", "9" * 38, (), "9" * 38),
        ("decimal", "9" * 39, (), None),
        ("boolean", "1", (), "true"),
        ("boolean", "FALSE", (), "false"),
        ("boolean", "否", (), "false"),
        ("boolean", "2", (), None),
        ("json", '{"a": 1.10}', (), '{"a": 1.10}'),
        ("json", "{", (), None),
    ],
)
def test_a_value_has_one_spelling_or_fails(
    data_type: str, text: str, formats: tuple[str, ...], expected: str | None
) -> None:
    """Nothing is wrapped, rounded or guessed."""
    assert spelled(data_type, text, *formats) == expected


@pytest.mark.parametrize("data_type", ["date", "timestamp"])
def test_the_first_and_the_last_day_that_are_no_slips_are_the_contracts(data_type: str) -> None:
    """A register of old buildings knows earlier days than a bureau's records."""
    field = {"data_type": data_type, "earliest": "1850-03-01", "latest": "2024-12-31"}
    clock = "" if data_type == "date" else " 23:59:59"
    days = [f"{day}{clock}" for day in ("1850-02-28", "1850-03-01", "2024-12-31", "2025-01-01")]
    table = csv_contract(fields=columns(编号="text", 日期=field))
    good = [(f"好{n}", f"2024-01-01{clock}") for n in range(40)]
    landed, rejected = screened(table, [(str(n), day) for n, day in enumerate(days)] + good)
    assert [row[1] for row in landed if row[0].isdigit()] == days[1:3]
    assert rejected == [(2, "type.日期"), (5, "type.日期")]


def test_serials_count_from_the_epoch_of_their_workbook() -> None:
    """1904 for workbooks of old Macs."""
    assert spelled("date", "45352", "serial", epoch=date(1904, 1, 1)) == "2028-03-02"


def screened(
    table: SourceTable, rows: Sequence[tuple[str, ...]]
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Landed rows, and rejected (row number, rule id)."""
    names = [column.name for column in table.columns]
    texts = {n: pa.array([row[i] for row in rows], pa.string()) for i, n in enumerate(names)}
    numbered = pa.table(texts).append_column(ROW_NUMBER, pa.array(range(2, len(rows) + 2)))
    with duckdb.connect() as session:
        screen(session, table, Reading(len(rows), iter([Batch(numbered)])))
        landed = session.execute(
            "select * exclude (_violations, _fingerprint) from screened order by all"
        )
        kept = landed.fetchall()
        rejected = session.execute("select _row_number, rule_id from rejected order by all")
        return kept, rejected.fetchall()


TYPED = csv_contract(fields=columns(编号={"data_type": "text", "required": True}, 日期="date"))


def test_nulls_of_the_dialect_and_blanks_are_nothing() -> None:
    """Trimmed first, also of full-width spaces; an inner blank stays."""
    rows = [(" 1　", "N/A"), ("a　b", " - "), ("3", "")]
    landed, rejected = screened(TYPED, rows)
    assert landed == [("1", None, 2), ("3", None, 4), ("a　b", None, 3)]
    assert rejected == []


def test_a_row_that_breaks_two_rules_has_two_lines() -> None:
    """And is one rejected row."""
    assert screened(TYPED, [("1", ""), ("-", "x")]) == (
        [("1", None, 2)],
        [(3, "required.编号"), (3, "type.日期")],
    )


def test_exact_duplicates_land_once_and_near_ones_both() -> None:
    """Compared after trimming; null equals null."""
    rows = [("1", ""), (" 1", "-"), ("1", "2024-01-01"), ("1", "")]
    assert screened(TYPED, rows) == ([("1", "2024-01-01", 4), ("1", None, 2)], [])


def test_few_wrong_values_are_rejected_and_many_hold_the_delivery() -> None:
    """Five in a hundred are slips; six mean that the column was retyped, wherever they stand."""
    good = [(str(n), "2024-01-01") for n in range(94)]
    _, rejected = screened(TYPED, [*good, *[("x", "昨天")] * 4])
    assert len(rejected) == 4
    scattered = [
        row for n, row in enumerate(good) for row in ([("x", "昨天")] * (n % 16 == 0) + [row])
    ]
    with pytest.raises(ExtractHeldError, match="“日期”（应为日期，100 个值中有 6 个不是）"):
        screened(TYPED, scattered)


def test_a_session_without_a_folder_spills_nowhere(tmp_path: Path) -> None:
    """A row as it was delivered would lie on the disk with its names in clear."""
    rows = "select repeat('张三' || i, 1000) as name from range(100000) as numbers(i)"
    with contextlib.chdir(tmp_path), open_session("100MB") as session:
        with (
            pytest.raises(ExtractHeldError, match="ZHIBIAO_MEMORY_LIMIT"),
            within_memory(csv_contract()),
        ):
            session.execute(f"create temp table large as {rows} order by hash(name)")
        assert session.execute("select current_setting('temp_directory')").fetchone() == ("",)
        assert list(tmp_path.iterdir()) == []
