"""Flat lines taken apart by their bytes: the same rows, refusals and names as one by one."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.errors import ExtractHeldError
from pipelines.hashing import hash_file
from pipelines.sources.connectors import flat_lines, json_lines
from pipelines.sources.connectors.interface import Candidate, Visit
from pipelines.sources.connectors.json_lines import read_json_lines
from tests.sources.bureau import columns, contract

DAY = date(2025, 1, 15)
TABLE = contract(
    {"connector": "jsonl", "location": "lines.jsonl"},
    fields=columns(a="text", b="decimal", c="boolean", d="text"),
    key=("a",),
    delivery="full",
)
TEXTS = st.one_of(
    st.text('ab,:{}[]" 1-.\\/', max_size=8),
    st.text(max_size=5),
    st.sampled_from(["", "NaN", ",]", "街道，", "1" * 1001, "\x7f"]),
)
NUMBERS = st.sampled_from(
    [
        "0",
        "-0",
        "1.50",
        "12345678901234567890.10",
        "1e5",
        "-",
        "01",
        "5.",
        ".5",
        "+1",
        "1-2",
        "NaN",
        "-Infinity",
        "5}6",
    ]
)
VALUES = st.one_of(
    st.builds(json.dumps, TEXTS, ensure_ascii=st.booleans()),
    NUMBERS,
    st.sampled_from(["NaN", "-Infinity", "5}6", "9" * 400, "5 ", '5"x"', "1 :2", "0 0"]),
    st.sampled_from(["true", "false", "null", "nul", "", "[]", "{}", '{"x": 1}', '["a", 2]', '"']),
)
NAMES = st.sampled_from(['"a"', '"b"', '"c"', '"d"', '"d"', '"e"', '""', '"a" ', '"\\u0061"', "b"])
JOINTS = st.sampled_from([":", ": ", ":", ":  ", " :", "::", ":\t"])
BETWEEN = st.sampled_from([",", ", ", ",", ",,", " ,", " "])


@st.composite
def lines(draw: st.DrawFn) -> str:
    """One line: mostly an object, often one of the plain kind, sometimes with a slip."""
    if draw(st.booleans()):
        text = draw(st.text("ab:,{ 街1", max_size=4))
        number = draw(st.sampled_from(["1", "-2.50", "1e3", "07", "null"]))
        return (
            '{"a":"'
            + text
            + '","b":'
            + number
            + ',"c":'
            + draw(st.sampled_from(["true", "false", "null"]))
            + ',"d":"1"}'
        )
    pairs = draw(st.lists(st.tuples(NAMES, JOINTS, VALUES), max_size=5))
    between = draw(BETWEEN)
    body = between.join(name + joint + value for name, joint, value in pairs)
    begins, ends = draw(
        st.sampled_from([("{", "}"), ("{", "}"), ("[", "]"), ("", ""), (" {", "} "), ("{", "}\r")])
    )
    return begins + body + ends


def read(path: Path, raw: bytes) -> tuple[Any, ...]:
    """Rows, broken rows and the refusal, if any, of a file."""
    path.write_bytes(raw)
    candidate = Candidate("all", path.name, None, DAY, path, 0, len(raw), hash_file(path))
    visit = Visit(path.parent, DAY, DAY)
    rows: list[Any] = []
    broken: list[Any] = []
    records = 0
    try:
        reading = read_json_lines(TABLE, candidate, visit)
        records = reading.records
        for batch in reading.batches:
            rows += batch.rows.to_pylist()
            broken += batch.broken
    except ExtractHeldError as refusal:
        return records, rows, broken, refusal.reason, str(refusal)
    return records, rows, broken, "", ""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the file lies."""
    return tmp_path_factory.mktemp("lines") / "lines.jsonl"


SLIPS = [
    b'{"a":"x","b":5,"c":true,"d":"y"}\n{"a":"x","b":5\n}\n{"a":"z","b":6,"c":true,"d":"y"}\n',
    b'{"a":,"b":5,"c":true,"d":""}\n{"a":5,"b":,"c":true,"d":""}\n',
    b'{"a":"\xff","b":5,"c":true,"d":""}\n{"a":"1","b":5,"c":true,"d":""}\n',
    b'\n \n{"a":"1","b":5,"c":true,"d":""}\n\x0b\n{"a":"2","a":"3","b":5,"c":null,"d":""}\n'
    b'{"a":"1","b":5,"c":true,"c":false,"d":""}\n',
    b'{"a" :  0,"b":1,"c":true,"d":"1"}\n{"a":"x","b":  0,"c":null,"d":0}\n',
    b'{}\n{"a":"1"}\n{"a":"x\\"y","b":1}\n{"a":"\x01"}\n{"d":"n","c":false,"b":-1.0,"a":"m"}\n',
]


@settings(max_examples=40)
@given(st.lists(lines(), min_size=1, max_size=12).map(lambda said: "\n".join([*said, ""]).encode()))
@example(SLIPS[0])
@example(SLIPS[1])
@example(SLIPS[2])
@example(SLIPS[3])
@example(SLIPS[4])
@example(SLIPS[5])
def test_many_at_a_time_are_as_one_by_one(path: Path, raw: bytes) -> None:
    """Whatever the lines are; a frame of a single line is taken, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_lines, "frame_lines", lambda block: None)
        expected = read(path, raw)
        patch.undo()
        patch.setattr(flat_lines, "_FEWEST", 1)
        assert read(path, raw) == expected


def test_a_number_ends_with_its_line() -> None:
    """The line after it keeps its own frame."""
    framed = flat_lines.frame_lines(SLIPS[0])
    assert framed is not None
    whole = '{"a":"","b":0,"c":true,"d":""}'
    assert framed.frames.dictionary_decode().to_pylist() == [whole, '{"a":"","b":0', "}", whole]


def test_plain_lines_are_taken_by_their_frames() -> None:
    """Two frames for texts, numbers and literals in two orders; a line that is none is left."""
    plain = [
        b'{"a":"x","b":1.50,"c":true,"d":null}',
        b'{"d":"","c":false,"b":-2,"a":"}"}',
        b'{"a":"y\\n","b":1,"c":true,"d":null}',
    ]
    framed = flat_lines.frame_lines(b"\n".join([*plain * 40, b""]))
    assert framed is not None
    frames = flat_lines.common_frames(framed)
    assert set(frames.values()) == {
        '{"a":"","b":0,"c":true,"d":null}',
        '{"d":"","c":false,"b":0,"a":""}',
    }
    taken = flat_lines.take_columns(framed, {"a", "b", "c", "d", "e"}, list(frames.values()))
    assert taken.lines.tolist() == [n for n in range(120) if n % 3 < 2]
    found = {name: column.to_pylist()[:2] for name, column in taken.columns.items()}
    assert found == {
        "a": ["x", "}"],
        "b": ["1.50", "-2"],
        "c": ["true", "false"],
        "d": [None, ""],
        "e": [None, None],
    }
