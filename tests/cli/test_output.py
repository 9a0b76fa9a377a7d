"""Tables for people, CSV and JSON for programs."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cli.output import Format, plain, write_rows, write_sections

AWKWARD = (
    None, True, 1.5, float("nan"), date(2024, 1, 2), time(10), timedelta(days=1), b"\x00\xff",
    [date(2024, 1, 2), None], {"a": Decimal("1.50")},
)  # fmt: skip
SECTIONS = [("full", ("a", "b"), [("x", 1)]), ("empty", ("c",), [])]


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**18)))
def test_a_decimal_loses_nothing_on_its_way_to_a_program(value: Decimal) -> None:
    assert Decimal(plain(value)) == value
    assert "E" not in plain(value)


def test_json_holds_whatever_a_query_gives(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"c{index}" for index in range(len(AWKWARD))]
    write_rows(names, [AWKWARD], Format.JSON)
    row = list(json.loads(capsys.readouterr().out)[0].values())
    assert row[:5] == [None, True, 1.5, "nan", "2024-01-02"]
    assert row[7:] == ["00ff", ["2024-01-02", None], {"a": "1.5"}]


def test_csv_writes_nothing_for_null_and_json_for_what_has_parts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_rows(["a", "b", "c"], [(None, "x,\ny", ["甲", 1])], Format.CSV)
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows == [["a", "b", "c"], ["", "x,\ny", '["甲", 1]']]


def test_a_table_shows_brackets_as_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(["[b]name"], [("[/x] [red]deep[/]",)], Format.TABLE)
    shown = capsys.readouterr().out
    assert "[/x] [red]deep[/]" in shown
    assert "[b]name" in shown


def test_a_table_groups_thousands_and_cuts_idle_zeros(capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(["a", "b"], [(25284, Decimal("1234.500000"))], Format.TABLE)
    shown = capsys.readouterr().out
    assert "25,284" in shown
    assert "1,234.5 " in shown


def _cells(line: str) -> int:
    """How wide a terminal shows a line; another count than the one that the tables are made by."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def test_a_table_in_a_pipe_is_neither_padded_nor_folded_and_its_borders_stand_in_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    long = "“核准日期”不是约定格式的日期，" * 20
    write_rows(["指标", "value"], [("新设企业", 1), (long, 25284)], Format.TABLE, title="标题")
    title, *table = capsys.readouterr().out.splitlines()
    assert title == "标题"
    assert [line for line in table if line != line.rstrip()] == []
    assert len(table) == 6
    assert long in table[4]
    assert len({_cells(line) for line in table}) == 1
    assert _cells(table[0]) < _cells(long) + 20


def test_programs_get_empty_lists_too(capsys: pytest.CaptureFixture[str]) -> None:
    write_sections(SECTIONS, Format.JSON)
    assert json.loads(capsys.readouterr().out) == {"full": [{"a": "x", "b": 1}], "empty": []}
    write_sections(SECTIONS, Format.CSV)
    assert capsys.readouterr().out == "# full\na,b\nx,1\n# empty\nc\n"


def test_people_are_spared_empty_lists(capsys: pytest.CaptureFixture[str]) -> None:
    write_sections(SECTIONS, Format.TABLE)
    shown = capsys.readouterr().out
    assert "full" in shown
    assert "empty" not in shown
