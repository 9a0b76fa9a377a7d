"""Reading CSV: every trap that was met with real files."""

from __future__ import annotations

import csv
import io

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources.bureau import (
    Bureau,
    columns,
    contract,
    csv_contract,
    csv_text,
    landed_rows,
    lines_of,
    rejected_rows,
)

MANY = [[str(n), "某人", "2024-12-01", "1"] for n in range(100)]


def held_reason(bureau: Bureau, content: str | bytes) -> str:
    """Land one file that must be held; returns the reason."""
    bureau.drop("people/人员_202412.csv", content)
    report = bureau.land(csv_contract())
    assert report.extracts == []
    return report.held[0].reason


def test_text_dates_and_codes_keep_every_character(bureau: Bureau) -> None:
    """What sniffing would turn into 123, 2 and a date without its time."""
    fields = columns(编号="text", 系数="text", 时刻="text")
    table = csv_contract(fields=fields)
    rows = [["00123", "1.75", "2024-12-01 08:00:01"]]
    bureau.drop("people/人员_202412.csv", csv_text(rows, ["编号", "系数", "时刻"]))
    assert landed_rows(bureau.land(table).extracts[0]) == [("00123", "1.75", rows[0][2], 2)]


def test_another_delimiter_than_declared_is_held(bureau: Bureau) -> None:
    """A sniffer reads `c0\\nv0\\na;b` as nothing, in silence."""
    text = csv_text(MANY).replace(",", ";")
    assert held_reason(bureau, text) == "header_missing"


def test_a_file_that_grows_a_column_half_way_loses_no_row_in_silence(bureau: Bureau) -> None:
    """29,000 of 30,000 rows were loaded by a sniffer."""
    wide = [[*row, "新"] for row in MANY]
    assert held_reason(bureau, csv_text([*MANY, *wide])) == "malformed"


def test_a_few_rows_with_another_number_of_fields_are_rejected_with_their_place(
    bureau: Bureau,
) -> None:
    """Short, long and good rows side by side; a line break in a cell moves no number."""
    rows = [*MANY, ["x"], ["甲", "第一行\n第二行", "2024-12-01", "1"], ["y", "", "", "", "太多"]]
    bureau.drop("people/人员_202412.csv", csv_text(rows))
    (extract,) = bureau.land(csv_contract()).extracts
    assert rejected_rows(extract) == [
        (102, "structure.field_count"),
        (104, "structure.field_count"),
    ]
    assert (extract.rows_delivered, extract.rows_landed) == (103, 101)


def test_a_file_cut_in_mid_value_is_held(bureau: Bureau) -> None:
    """`3,99` of `3,9999` loads without a word."""
    assert held_reason(bureau, csv_text([["1", "张", "", "3.9999"]])[:-3]) == "truncated"


@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n "])
def test_an_empty_file_is_held(bureau: Bureau, content: bytes) -> None:
    """Nothing at all is not zero rows."""
    assert held_reason(bureau, content) == "empty"


def test_a_header_without_rows_lands_as_zero_rows(bureau: Bureau) -> None:
    """A month without events is a delivery."""
    bureau.drop("people/人员_202412.csv", csv_text([]))
    (extract,) = bureau.land(csv_contract()).extracts
    assert (extract.rows_delivered, landed_rows(extract)) == (0, [])


def test_a_file_without_header_is_held_and_none_of_its_cells_is_quoted(bureau: Bureau) -> None:
    """The first row may be a person's."""
    bureau.drop("people/人员_202412.csv", csv_text(MANY).split("\n", 1)[1])
    (held,) = bureau.land(csv_contract()).held
    assert held.reason == "header_missing"
    assert "某人" not in held.message


def test_rare_characters_outside_gbk_are_read(bureau: Bureau) -> None:
    """`gbk` and `gb2312` fail on 𠮷."""
    fields = columns(编号="text", 名="text")
    bureau.drop("people/人员_202412.csv", csv_text([["1", "𠮷野家€㐂"]], ["编号", "名"]))
    (extract,) = bureau.land(csv_contract(fields=fields)).extracts
    assert landed_rows(extract) == [("1", "𠮷野家€㐂", 2)]


def test_one_undecodable_row_is_rejected_and_the_others_land(bureau: Bureau) -> None:
    """A damaged byte costs its row, not the file; nothing of the row is kept."""
    raw = csv_text([*MANY, ["x", "坏", "2024-12-01", "1"]]).encode("gb18030")
    bureau.drop("people/人员_202412.csv", raw.replace("坏".encode("gb18030"), b"\xff\xff"))
    (extract,) = bureau.land(csv_contract()).extracts
    assert rejected_rows(extract) == [(102, "encoding.undecodable")]
    assert extract.rows_landed == 100


def test_an_undecodable_byte_that_swallows_a_delimiter_is_an_encoding_error(
    bureau: Bureau,
) -> None:
    """The reason named is the damage, not the number of fields that it leaves."""
    raw = csv_text(MANY).encode("gb18030") + b"x,\x81,1\n"
    bureau.drop("people/人员_202412.csv", raw)
    (extract,) = bureau.land(csv_contract()).extracts
    assert rejected_rows(extract) == [(102, "encoding.undecodable")]


def test_a_replacement_character_that_the_sender_delivers_is_rejected(bureau: Bureau) -> None:
    """U+FFFD is well encoded, and says that the sender's system lost a character."""
    bureau.drop("people/人员_202412.csv", csv_text([*MANY, ["x", "\ufffd", "", "1"]]))
    (extract,) = bureau.land(csv_contract()).extracts
    assert rejected_rows(extract) == [(102, "encoding.undecodable")]


def test_another_encoding_than_declared_is_held(bureau: Bureau) -> None:
    """UTF-8 in place of GB18030: the header does not decode to the declared names."""
    assert held_reason(bureau, csv_text(MANY).encode("utf-8")) == "wrong_encoding"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_the_mark_of_another_encoding_is_held(bureau: Bureau, encoding: str) -> None:
    """A byte order mark says what the file is."""
    assert held_reason(bureau, csv_text(MANY).encode(encoding)) == "wrong_encoding"


def test_many_undecodable_rows_are_a_wrong_encoding(bureau: Bureau) -> None:
    """More than one in a hundred: not a few damaged bytes."""
    raw = csv_text(MANY).encode("gb18030").replace("某人".encode("gb18030"), b"\xff\xff", 5)
    assert held_reason(bureau, raw) == "wrong_encoding"


def test_a_mark_at_the_start_of_utf_8_is_not_part_of_the_first_name(bureau: Bureau) -> None:
    """Excel writes one."""
    table = csv_contract(dialect={"encoding": "utf-8"})
    bureau.drop("people/人员_202412.csv", csv_text(MANY), "utf-8-sig")
    assert bureau.land(table).extracts[0].rows_landed == 100


def test_a_quote_left_open_is_held(bureau: Bureau) -> None:
    """It would swallow the rest of the file as one cell."""
    text = csv_text(MANY) + 'x,"张,2024-12-01,1\ny,李,2024-12-01,2\n'
    assert held_reason(bureau, text) == "unclosed_quote"


def test_a_misquoted_row_is_rejected_with_its_place(bureau: Bureau) -> None:
    """A tolerant reader would land `张` without the quotes that stood there."""
    bureau.drop("people/人员_202412.csv", csv_text(MANY) + 'x,"张"三,2024-12-01,1\n')
    (extract,) = bureau.land(csv_contract()).extracts
    assert rejected_rows(extract) == [(102, "structure.quotes")]


def test_a_nul_is_rejected_with_its_place(bureau: Bureau) -> None:
    """A file that was not written out has runs of them."""
    bureau.drop("people/人员_202412.csv", csv_text([*MANY, ["x", "\0", "", "1"]]))
    (extract,) = bureau.land(csv_contract()).extracts
    assert rejected_rows(extract) == [(102, "encoding.nul")]


def test_blank_lines_are_no_records_and_keep_the_numbers_of_those_below(bureau: Bureau) -> None:
    """A spreadsheet shows them as empty rows."""
    table = csv_contract(fields=columns(编号="text", 名="text"))
    bureau.drop("people/人员_202412.csv", "编号,名\n1,甲\n\n2,乙\n\n")
    (extract,) = bureau.land(table).extracts
    assert landed_rows(extract) == [("1", "甲", 2), ("2", "乙", 4)]


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_ends_of_other_systems_are_read(bureau: Bureau, ending: str) -> None:
    """CR LF and CR alone end a line; inside quotes they stay."""
    table = csv_contract(fields=columns(编号="text", 名="text"))
    bureau.drop("people/人员_202412.csv", f'编号,名{ending}1,"甲{ending}乙"{ending}')
    (extract,) = bureau.land(table).extracts
    assert landed_rows(extract) == [("1", f"甲{ending}乙", 2)]


def test_a_row_longer_than_a_reading_block_is_read(bureau: Bureau) -> None:
    """One cell of 5 MB."""
    table = csv_contract(fields=columns(编号="text", 名="text"))
    bureau.drop("people/人员_202412.csv", csv_text([["1", "长" * 2_500_000]], ["编号", "名"]))
    (extract,) = bureau.land(table).extracts
    assert len(landed_rows(extract)[0][1]) == 2_500_000


def test_a_file_named_like_a_pattern_matches_itself_only(bureau: Bureau) -> None:
    """A bound path is still a glob for DuckDB."""
    table = contract(
        {"connector": "csv", "location": "people/[人]*_{period}.csv", "encoding": "gb18030"}
    )
    bureau.drop("people/[人]*_202412.csv", csv_text([["1", "甲", "", "1"]]))
    bureau.drop("people/人员_202412.csv", csv_text([["2", "乙", "", "1"]]))
    (extract,) = bureau.land(table).extracts
    assert [row[0] for row in landed_rows(extract)] == ["1"]
    assert "*" not in extract.folder.name


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cn", "Co"), exclude_characters="\0\ufffd"))
CELLS = st.one_of(TEXTS, st.text(alphabet="\",\r\n𠮷张 a;\t|'", max_size=6))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_any_text_survives_the_way_through_gb18030_csv(
    bureau: Bureau, rows: list[tuple[str, str]]
) -> None:
    """Whatever csv.writer writes lands as it was, but for trimmed ends and what means nothing."""
    table = csv_contract(fields=columns(编号="text", 名="text"), key=("编号",))
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerows([("编号", "名"), *rows])
    bureau.drop("people/人员_202412.csv", stream.getvalue())
    report = bureau.land(table)
    (extract,) = report.extracts or bureau.extracts(table)[-1:]
    expected = dict.fromkeys(tuple(map(as_landed, row)) for row in rows)
    assert [row[:2] for row in landed_rows(extract)] == list(expected)
    assert extract.rows_delivered == len(rows) == extract.rows_landed + extract.rows_duplicate


def as_landed(cell: str) -> str | None:
    """A cell as the dialect of these tests lands it."""
    trimmed = cell.strip(" \t\r\n\u3000\u00a0")
    return None if trimmed in ("", "N/A", "-") else trimmed


@pytest.mark.parametrize("number", ["1e999", "inf", "NaN", "sNaN", "1E+300000000", "9" * 400])
def test_a_text_that_is_no_plain_number_rejects_its_row(bureau: Bureau, number: str) -> None:
    """Whatever other programs take it for."""
    bureau.drop("people/人员_202412.csv", csv_text([*MANY, ["x", "张", "", number]]))
    (extract,) = bureau.land(csv_contract()).extracts
    assert rejected_rows(extract) == [(102, "type.金额")]


BROKEN_CELLS = (
    '编号,"姓\n名",日期,金额\n1,"甲\n乙\r\n丙",,1\n\n2,丁,,坏\n3,"戊\n己",,2\nx\n4,庚,,3\n'
)


def test_a_record_longer_than_a_line_says_both_its_number_and_its_line(bureau: Bureau) -> None:
    """Also after a header of two lines, a blank line, rejected and unsplittable records."""
    bureau.drop("people/人员_202412.csv", BROKEN_CELLS)
    (extract,) = bureau.land(csv_contract()).extracts
    assert extract.has_line_numbers
    assert lines_of(extract.data_path) == [(2, 3), (5, 8), (7, 11)]
    assert lines_of(extract.rejected_path) == [(4, 7), (6, 10)]
    lines = BROKEN_CELLS.splitlines()
    assert [lines[line - 1][0] for _, line in lines_of(extract.data_path)] == ["1", "3", "4"]


def test_a_file_of_one_line_a_record_carries_no_lines(bureau: Bureau) -> None:
    """The number is the line; the landed bytes are as they were."""
    bureau.drop("people/人员_202412.csv", csv_text(MANY))
    (extract,) = bureau.land(csv_contract()).extracts
    assert not extract.has_line_numbers
    assert landed_rows(extract)[0][-1] == 2
    with pytest.raises(duckdb.BinderException):
        lines_of(extract.data_path)


def test_a_misquoted_file_gives_the_record_and_the_line(bureau: Bureau) -> None:
    """The line is what an editor shows."""
    text = csv_text([["1", "甲\n乙\n丙", "", "1"]]) + 'x,"张,2024-12-01,1\ny,李,2024-12-01,2\n'
    bureau.drop("people/人员_202412.csv", text)
    (held,) = bureau.land(csv_contract()).held
    assert "第 3 条记录（文件第 5 行）的引号没有配对" in held.message


def test_lines_of_rows_around_a_misquoted_one_are_right(bureau: Bureau) -> None:
    """Counted by the tolerant reader as well."""
    text = csv_text([["1", "甲\n乙", "", "1"], *MANY]) + 'x,"张"三,,1\n5,辛,,9\n'
    bureau.drop("people/人员_202412.csv", text)
    (extract,) = bureau.land(csv_contract()).extracts
    assert lines_of(extract.rejected_path) == [(103, 104)]
    assert lines_of(extract.data_path)[-1] == (104, 105)
