"""Encodings: any that Python knows and the contract declares, strictly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.sources import text_encodings
from pipelines.sources.contracts import SourceTable
from pipelines.sources.text_encodings import decode_pieces, is_utf_8
from tests.sources.bureau import Bureau, columns, csv_contract, landed_rows, rejected_rows

FILE = "people/人员_202412.csv"
TEXTS = {
    "latin-1": "Müller à Zürich",
    "cp1252": "5 € „Test“",
    "iso8859-15": "5 €",
    "cp1251": "Иванов",
    "big5": "區域名稱",
    "gbk": "街道镕",
    "shift_jis": "東京ソフト",
    "euc_kr": "서울",
    "iso2022_jp": "東京",
    "utf-16": "𠮷野家",
    "utf-16-le": "𠮷野家",
    "utf-16-be": "下\u0a0d",
    "utf-32": "𠮷",
    "utf-8-sig": "名",
}


def named(encoding: str) -> SourceTable:
    """Number and name, in an encoding."""
    fields = columns(no="text", name="text")
    return csv_contract(fields=fields, key=("no",), dialect={"encoding": encoding})


def many(name: str) -> str:
    """A header and 200 rows."""
    return "no,name\r\n" + "".join(f"{n},{name}\r\n" for n in range(200))


@pytest.mark.parametrize("encoding", TEXTS)
def test_any_text_encoding_of_python_is_read(bureau: Bureau, encoding: str) -> None:
    """A byte of a line end or of a quote within a character ends nothing."""
    bureau.drop(FILE, many(TEXTS[encoding]), encoding)
    (extract,) = bureau.land(named(encoding)).extracts
    rows = landed_rows(extract)
    assert (len(rows), rows[0]) == (200, ("0", TEXTS[encoding], 2))


@pytest.mark.parametrize("encoding", ["base64", "rot13", "punycode", "undefined", "nonsense", ""])
def test_what_is_no_text_encoding_is_refused_with_the_contract(encoding: str) -> None:
    """Not when the first file is read."""
    with pytest.raises(ValidationError, match="expected a text encoding of Python"):
        named(encoding)


def test_two_spellings_of_an_encoding_are_one_contract() -> None:
    """No delivery is read anew for it."""
    assert named("UTF8").reading_fingerprint == named("utf-8").reading_fingerprint


@pytest.mark.parametrize(
    ("declared", "damage"),
    [("cp1252", b"\x81"), ("iso8859-1", b"\x80"), ("big5", b"\xff"), ("utf-16-le", b"\x00\xd8")],
)
def test_a_byte_that_the_declared_encoding_does_not_have_rejects_its_row(
    bureau: Bureau, declared: str, damage: bytes
) -> None:
    """ISO 8859 has control characters there, which stand in no text."""
    raw = many("x").encode(declared) + "x,".encode(declared) + damage + "\r\n".encode(declared)
    bureau.drop(FILE, raw)
    (extract,) = bureau.land(named(declared)).extracts
    assert rejected_rows(extract) == [(202, "encoding.undecodable")]


@pytest.mark.parametrize(
    ("declared", "delivered"),
    [
        ("latin-1", "utf-8"),
        ("big5", "utf-8"),
        ("latin-1", "utf-8-sig"),
        ("utf-8", "utf-16"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-32"),
        ("utf-16-be", "utf-16"),
        ("gb18030", "utf-16"),
    ],
)
def test_another_encoding_than_declared_is_held(
    bureau: Bureau, declared: str, delivered: str
) -> None:
    """UTF-8 decodes as Latin-1, to MÃ¼ller; UTF-16 without its mark as either order."""
    bureau.drop(FILE, many("Müllerüü"), delivered)
    assert [h.reason for h in bureau.land(named(declared)).held] == ["wrong_encoding"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "big5"])
def test_cut_and_empty_files_are_known_in_every_encoding(bureau: Bureau, encoding: str) -> None:
    """A line end has two bytes there, and blanks are no content."""
    mark = b"\xff\xfe" if encoding == "utf-16" else b""
    cut = many("名").encode(encoding)[: -len("\r\n".encode("utf-16-be" if mark else encoding))]
    for content, reason in ((cut, "truncated"), (" \r\n".encode(encoding), "empty")):
        bureau.drop(FILE, content)
        assert [h.reason for h in bureau.land(named(encoding)).held] == [reason]


@settings(max_examples=200)
@given(
    st.lists(st.one_of(st.text(max_size=9).map(str.encode), st.binary(max_size=3)), max_size=9),
    st.integers(4, 9),
)
@example([b"a\xed\xa0\x80\n", "𠮷".encode()[:2]], 4)
@example(["街\n".encode()[:2], "街道\n".encode()[2:], b"\xf0\x9f"], 5)
def test_pieces_of_utf_8_decode_as_the_whole_does(pieces: list[bytes], at_once: int) -> None:
    """Wherever it is cut, what is looked at together, and whether or not it is UTF-8."""
    raw = b"".join(pieces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_encodings, "_AT_ONCE", at_once)
        decoded = b"".join(decode_pieces(pieces, "utf-8"))
        is_known = is_utf_8(raw)
    expected = raw.decode(errors="replace").encode()
    assert is_known == (expected == raw)
    # Lines are decoded one by one or many together: what does not decode never takes in an end.
    assert decoded == expected.removeprefix("\ufeff".encode())


@pytest.mark.parametrize("text", ["a", "名", "\u0301", "𠮷"])
def test_a_text_without_an_end_of_line_is_handed_on_as_it_comes(text: str) -> None:
    """Or a file of one line would be held whole before anybody could say that it is too long."""
    taken = 0

    def pieces() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield text.encode() * 50

    handed = decode_pieces(pieces(), "utf-8")
    first = next(handed)
    assert (taken, len(first) >= 50) == (1, True)
    assert (first + b"".join(handed)).decode() == text * 50 * 100
