"""Numbers as other countries write them: declared, and one spelling after the border."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import xlsxwriter
from pydantic import ValidationError

from tests.sources.bureau import (
    Bureau,
    columns,
    contract,
    csv_contract,
    csv_text,
    landed_rows,
    rejected_rows,
)

FIELDS = columns(no="text", amount="decimal", count="integer")
GERMAN = {"decimal": ",", "thousands": "."}


def landed_amounts(bureau: Bureau, signs: dict[str, str], texts: list[str]) -> list[Any]:
    """What CSV amounts become; None for a rejected one."""
    table = csv_contract(fields=FIELDS, key=("no",), dialect={"delimiter": ";", **signs})
    good = f"1{signs.get('decimal', '.')}5"
    cells = [*texts, *[good] * 200]
    lines = "".join(f"{n};{text};1\n" for n, text in enumerate(cells))
    bureau.drop("people/人员_202412.csv", "no;amount;count\n" + lines)
    (extract,) = bureau.land(table).extracts
    by_number = {row[0]: row[1] for row in landed_rows(extract)}
    return [by_number.get(str(n)) for n in range(len(texts))]


@pytest.mark.parametrize(
    ("signs", "texts", "amounts"),
    [
        ({}, ["1,234.5", "1234.5", "1.234,5", "12,34"], ["1234.5", "1234.5", None, None]),
        (GERMAN, ["1.234,5", "+1234,5", "1.234", "1,234.5"], ["1234.5", "1234.5", "1234", None]),
        ({"decimal": ","}, ["1234,5", "1.234,5", "1 234"], ["1234.5", None, None]),
        ({"thousands": ""}, ["1234.5", "1,234.5"], ["1234.5", None]),
        (
            {"decimal": ",", "thousands": " "},
            ["1 234,5", "1\u00a0234,5", "1\u202f234", "１ 234，５"],
            ["1234.5", "1234.5", "1234", "1234.5"],
        ),
        ({"thousands": "'"}, ["1'234.5", "-1’234", "1,234"], ["1234.5", "-1234", None]),
    ],
)
def test_numbers_of_csv_land_in_one_spelling(
    bureau: Bureau, signs: dict[str, str], texts: list[str], amounts: list[Any]
) -> None:
    """What the declared signs do not make is rejected, and not guessed."""
    assert landed_amounts(bureau, signs, texts) == amounts


@pytest.mark.parametrize("signs", [{"thousands": "."}, {"decimal": ",", "thousands": ","}])
def test_one_sign_for_both_is_refused(signs: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="expected two signs"):
        csv_contract(dialect=signs)


def test_a_number_of_json_has_a_point_and_a_text_what_is_declared(bureau: Bureau) -> None:
    """1.234 without quotes is no 1234; codes and nested values stay as delivered."""
    fields = [*FIELDS, *columns(code="text", parts="json")]
    dialect = {"connector": "jsonl", "location": "x/x_{period}.jsonl", **GERMAN}
    table = contract(dialect, delivery="full", fields=fields, key=("no",))
    lines = [
        {"no": "1", "amount": 1.234, "count": 1234, "code": 1.5, "parts": {"a": 1.5}},
        {"no": "2", "amount": "1.234", "count": "1.234", "code": "1.5", "parts": {"a": "1.5"}},
        {"no": "3", "amount": "-1.234,50", "count": 7, "code": None, "parts": None},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    bureau.drop("x/x_20250110.jsonl", text, "utf-8")
    (extract,) = bureau.land(table).extracts
    nested = '{"a":"1.5"}'
    assert [(*row[:4], row[4] and row[4].replace(" ", "")) for row in landed_rows(extract)] == [
        ("1", "1.234", "1234", "1.5", nested),
        ("2", "1234", "1234", "1.5", nested),
        ("3", "-1234.50", "7", None, None),
    ]


def test_a_number_cell_of_excel_has_a_point_and_a_text_cell_what_is_declared(
    bureau: Bureau,
) -> None:
    """Side by side in one column, also in the total."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("Daten")
    rows = [("no", "amount", "count"), ("1", 1.234, 1), ("2", "1.234,5", "1.000"), (3.5, "2", 3)]
    for place, row in enumerate([*rows, ("Summe", 1237.734)]):
        for across, cell in enumerate(row):
            sheet.write(place, across, cell)
    book.close()
    bureau.drop("x/x_20250110.xlsx", stream.getvalue())
    dialect = {
        "connector": "excel",
        "location": "x/x_{period}.xlsx",
        "sheet": "Daten",
        "footer_marker": "Summe",
        "footer_sums": ["amount"],
        **GERMAN,
    }
    table = contract(dialect, delivery="full", fields=FIELDS, key=("no",))
    (extract,) = bureau.land(table).extracts
    assert landed_rows(extract) == [
        ("1", "1.234", "1", 2),
        ("2", "1234.5", "1000", 3),
        ("3.5", "2", "3", 4),
    ]
    assert rejected_rows(extract) == []


def test_a_fraction_is_no_whole_number_of_thousands(bureau: Bureau) -> None:
    """1.234 in a number cell or a JSON number, where a text 1.234 is 1234."""
    fields = columns(no="text", count="integer")
    dialect = {"connector": "jsonl", "location": "x/x_{period}.jsonl", **GERMAN}
    table = contract(dialect, delivery="full", fields=fields, key=("no",))
    lines = [{"no": str(n), "count": n} for n in range(99)] + [{"no": "x", "count": 1.234}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    bureau.drop("x/x_20250110.jsonl", text, "utf-8")
    (extract,) = bureau.land(table).extracts
    assert rejected_rows(extract) == [(100, "type.count")]

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("Daten")
    for place, row in enumerate([("no", "count"), *((n, n) for n in range(99)), ("x", 1.234)]):
        sheet.write_row(place, 0, row)
    book.close()
    bureau.drop("y/y_20250110.xlsx", stream.getvalue())
    dialect |= {"connector": "excel", "location": "y/y_{period}.xlsx", "sheet": "Daten"}
    other = contract(dialect, delivery="full", fields=fields, key=("no",), source="others")
    (extract,) = bureau.land(other).extracts
    assert rejected_rows(extract) == [(101, "type.count")]


def test_a_contract_that_declares_no_signs_reads_as_before(bureau: Bureau) -> None:
    """The words at their defaults change no fingerprint."""
    bureau.drop("people/人员_202412.csv", csv_text([["1", "张", "", "1,234.5"]]))
    said = csv_contract(dialect={"decimal": "."})
    assert said.reading_fingerprint == csv_contract().reading_fingerprint
    assert landed_rows(bureau.land(said).extracts[0])[0][3] == "1234.5"
