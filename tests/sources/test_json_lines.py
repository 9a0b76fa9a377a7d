"""Reading JSON lines: exact numbers, declared paths, drift."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.sources.connectors import json_lines
from pipelines.sources.connectors.interface import ROW_NUMBER
from pipelines.sources.connectors.json_lines import LONGEST_LINE
from pipelines.sources.contracts import SourceTable
from pipelines.sources.sessions import open_session
from tests.sources.bureau import Bureau, columns, contract, landed_rows, rejected_rows


def case_contract() -> SourceTable:
    """One case a line, nested parties and decisions."""
    fields = columns(
        case_no={"data_type": "text", "required": True},
        fine={"data_type": "decimal", "path": "$.decision.fine"},
        kind={"data_type": "text", "path": "$.parties[0].kind"},
        party_name={"data_type": "text", "path": "$.parties[0].name", "sensitivity": "personal"},
        decisions="json",
        是否公示="boolean",
    )
    dialect = {
        "connector": "jsonl",
        "location": "cases/cases_{period}.jsonl",
        "ignored": ["$.parties[*].phone"],
    }
    return contract(dialect, delivery="full", fields=fields, key=("case_no",))


def case(number: str, **changes: Any) -> str:
    """One line."""
    said = {
        "case_no": number,
        "decision": {"fine": 5},
        "parties": [{"kind": "企业", "name": "张三", "phone": "138"}],
        "decisions": [],
        "是否公示": True,
    }
    return json.dumps(said | changes, ensure_ascii=False)


MANY = [case(str(n)) for n in range(100)]


def drop(bureau: Bureau, lines: list[str]) -> None:
    """Write the lines as a delivery."""
    bureau.drop("cases/cases_20250110.jsonl", "".join(line + "\n" for line in lines), "utf-8")


def test_numbers_stay_the_text_that_was_delivered(bureau: Bureau) -> None:
    """Also inside a json column, also beside text that looks like one."""
    exact = "1234567890123456.780"
    line = case("甲 7", decision={"fine": 0}, decisions=[{"fine": 0, "no": '第 3 号 "5"'}])
    drop(bureau, [line.replace('"fine": 0', f'"fine": {exact}')])
    ((number, fine, _, _, decisions, flag, row),) = landed_rows(
        bureau.land(case_contract()).extracts[0]
    )
    assert (number, fine, flag, row) == ("甲 7", exact, "true", 1)
    assert json.loads(decisions) == [{"fine": exact, "no": '第 3 号 "5"'}]


def test_lines_that_are_no_json_object_are_rejected_with_their_number(bureau: Bureau) -> None:
    """Cut, an array, a trailing comma, NaN, a lone surrogate; blank lines are no records."""
    bad = [MANY[0][:-5], "[1]", '{"case_no":"x",}', case("y", decision={"fine": float("nan")})]
    drop(bureau, [*MANY, "", *bad, case("z").replace('"z"', '"\\ud800"')])
    (extract,) = bureau.land(case_contract()).extracts
    assert rejected_rows(extract) == [(n, "structure.json") for n in range(102, 107)]
    assert (extract.rows_delivered, extract.rows_landed) == (105, 100)


def test_a_line_that_does_not_decode_is_rejected_with_its_number(bureau: Bureau) -> None:
    """Nothing of it is kept."""
    raw = "".join(line + "\n" for line in MANY).encode() + b'{"case_no": "\xff"}\n'
    bureau.drop("cases/cases_20250110.jsonl", raw)
    (extract,) = bureau.land(case_contract()).extracts
    assert rejected_rows(extract) == [(101, "encoding.undecodable")]


def test_a_file_cut_in_mid_line_is_held(bureau: Bureau) -> None:
    """The last line has no end."""
    bureau.drop("cases/cases_20250110.jsonl", "\n".join(MANY), "utf-8")
    assert bureau.land(case_contract()).held[0].reason == "truncated"


def test_keys_in_another_order_are_accepted(bureau: Bureau) -> None:
    """JSON objects have none."""
    said = json.loads(MANY[0])
    drop(bureau, [json.dumps(dict(reversed(said.items())), ensure_ascii=False)])
    assert bureau.land(case_contract()).extracts[0].rows_landed == 1


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"note": "x"}, "多出列：note"),
        ({"parties": [{"kind": "企业", "name": "张", "age": 3}]}, "多出列：parties［＊］.age"),
        ({"decision": {"amount": 5}}, "缺少列：第2列（fine）"),
    ],
)
def test_added_and_removed_leaves_hold_the_file_and_are_named(
    bureau: Bureau, changes: dict[str, Any], difference: str
) -> None:
    """Also deep inside, also when one line in a hundred has them."""
    lines = [*MANY, case("x", **changes)] if "多出" in difference else [case("x", **changes)]
    drop(bureau, lines)
    (held,) = bureau.land(case_contract()).held
    assert held.reason == "columns_changed"
    assert difference in held.message


def test_an_empty_list_of_parties_is_no_removed_column(bureau: Bureau) -> None:
    """Its leaves are absent because there is nobody."""
    drop(bureau, [case("1", parties=[]), case("2", parties=None)])
    assert bureau.land(case_contract()).extracts[0].rows_landed == 2


def test_a_retyped_leaf_holds_the_file(bureau: Bureau) -> None:
    """Amounts that became words."""
    drop(bureau, [case(str(n), decision={"fine": "五元"}) for n in range(10)])
    assert bureau.land(case_contract()).held[0].reason == "columns_retyped"


def test_a_line_beyond_bounds_is_rejected_and_the_others_land(bureau: Bureau) -> None:
    """A string of 100 MB was taken apart until the memory was gone."""
    longest = case("x", decisions=["长" * (LONGEST_LINE // 3 - 60)])
    drop(bureau, [*MANY, longest + " " * 200, longest])
    (extract,) = bureau.land(case_contract()).extracts
    assert rejected_rows(extract) == [(101, "structure.too_long")]
    assert (extract.rows_delivered, extract.rows_landed) == (102, 101)


@pytest.mark.parametrize("number", ["1e999", "-1E+300000000", "1" * 5000])
def test_a_number_that_no_column_can_hold_rejects_its_row(bureau: Bureau, number: str) -> None:
    """It is JSON all the same."""
    odd = case("x", decision={"fine": 0}).replace('"fine": 0', f'"fine": {number}')
    drop(bureau, [*MANY, odd])
    (extract,) = bureau.land(case_contract()).extracts
    assert [row for row, _ in rejected_rows(extract)] == [101]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ['{"a": 1}', "{", "}", "[", "]", '"a"', ":", ",", " ", "1", "-0", "1e5", "NaN", "inf"]
        )
        | st.sampled_from(
            ["-Infinity", '"\\ud800"', '"\\u0000"', "\t", "\r", "\0", '"信息,]"', "01"]
        ),
        max_size=8,
    ).map("".join)
)
@example('{"a": 1,}  ')
@example('{"a": [1, ]}')
@example('{"a": NaN}')
@example('{"a": [-inf]}')
@example('{"a": ' + "1" * 5000 + "}")
@example('{"a":' * 2000 + "{}" + "}" * 2000)
def test_a_line_is_json_where_python_and_duckdb_say_so(text: str) -> None:
    """Python is not asked about most lines; the answer is as if it were."""
    line = f'{{"n": {text}}}' if len(text) % 2 else text
    with open_session("1GB") as session:
        is_valid = session.execute("select json_valid($1)", [line]).fetchone() == (True,)
        lines = pa.table({"line": [line], ROW_NUMBER: pa.array([7], pa.int64())})
        kept, broken = json_lines._set_apart_invalid(session, lines)
    try:
        value = json.loads(line, parse_constant=json_lines._refuse_constant)
    except (ValueError, RecursionError):
        expected = "不是完整的 JSON"
    else:
        expected = "" if is_valid else "不是完整的 JSON"
        expected = expected if isinstance(value, dict) else "不是 JSON 对象"
    assert [row.meaning for row in broken] == ([expected] if expected else [])
    assert kept.num_rows + len(broken) == 1
