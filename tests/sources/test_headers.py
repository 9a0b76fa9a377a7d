"""Header names: matched as written, white space normalised on both sides."""

from __future__ import annotations

import io

import pytest
import xlsxwriter

from pipelines.sources.connectors.headers import match_names
from tests.sources.bureau import Bureau, columns, contract, csv_contract, landed_rows

NAMES = ["unter 18", "质押金额(万元)", "名称", "Alter über 65"]


@pytest.mark.parametrize(
    ("cells", "name"),
    [
        (["unter 18"], "unter 18"),
        (["  unter\n18\u00a0"], "unter 18"),
        (["unter18"], "unter 18"),
        (["质押金额", "(万元)"], "质押金额(万元)"),
        (["质押 金额\n(万元)"], "质押金额(万元)"),
        (["Alter", "über 65"], "Alter über 65"),
        (["出质人", "名称"], "名称"),
        (["出质人", "名\u3000称"], "名称"),
        (["Wohnort", "unter  18"], "unter 18"),
        (["别的", "列"], "别的 列"),
        ([], ""),
    ],
)
def test_a_column_is_known_by_its_spelling(cells: list[str], name: str) -> None:
    assert match_names(NAMES, [cells]) == [name]


def test_names_that_differ_by_a_blank_alone_are_told_apart_as_written() -> None:
    """And neither is guessed from a third spelling."""
    declared = ["a bc", "ab c"]
    assert match_names(declared, [["ab  c"], ["a bc"], ["abc"]]) == ["ab c", "a bc", "abc"]


AGES = columns(Jahr={"data_type": "text"}, **{"unter 18": "integer", "über  65": "integer"})


def test_headers_with_blanks_are_read_from_excel(bureau: Bureau) -> None:
    """`unter 18` could never match."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("Daten")
    for place, text in enumerate(["Jahr", "unter 18", "über\n65"]):
        sheet.write(0, place, text)
        sheet.write(1, place, 2024)
    sheet.write(2, 0, "Summe: 1 Zeile")
    book.close()
    bureau.drop("ages/ages_2024.xlsx", stream.getvalue())
    table = contract(
        {
            "connector": "excel",
            "location": "ages/ages_{period}.xlsx",
            "sheet": "Daten",
            "footer_marker": "Summe",
        },
        fields=AGES,
        key=("Jahr",),
    )
    (extract,) = bureau.land(table).extracts
    assert landed_rows(extract) == [("2024", "2024", "2024", 2)]


def test_headers_with_blanks_are_read_from_csv(bureau: Bureau) -> None:
    """Written with two blanks, or over two lines."""
    table = csv_contract(fields=AGES, key=("Jahr",), dialect={"encoding": "utf-8"})
    bureau.drop("people/人员_202412.csv", 'Jahr,unter  18,"über\n65"\n2024,1,2\n', "utf-8")
    (extract,) = bureau.land(table).extracts
    assert landed_rows(extract) == [("2024", "1", "2", 2)]


def test_the_message_of_a_missing_header_lists_what_was_read(bureau: Bureau) -> None:
    """Ten names and a count; nothing where not one name is known, for it may be a person's row."""
    other = [f"其他{n}" for n in range(40)]
    bureau.drop("people/人员_202412.csv", ",".join(["编号", *other]) + "\n1\n")
    bureau.drop("people/人员_202411.csv", "5,张三,2024-12-01,7\n6,李四,2024-12-01,8\n")
    first, second = sorted(bureau.land(csv_contract()).held, key=lambda h: h.slot, reverse=True)
    assert (first.reason, second.reason) == ("header_missing", "header_missing")
    assert "读到的其他列名：其他0、其他1、" in first.message
    assert ("其他9" in first.message, "其他10" in first.message) == (True, False)
    assert "等 40 列" in first.message
    assert ("张三" in second.message, "读到" in second.message) == (False, False)
