"""Rows of a sheet and shared strings as programs write them, known by one look at many of them.

What belongs here: the forms that Excel, WPS, LibreOffice, POI, openpyxl and XlsxWriter give to
rows, cells and plain strings; whatever matches is well-formed XML. What does not: anything else,
which is doubtful and left to the parser (bounded_xml), and what is made of either (worksheet_xml).
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape
from typing import NamedTuple

_VALUE = "[ !#-%'-;=?-~]{0,1000}"
# No carriage return: the parser makes another character of it. No `>`: it may end `]]>`, which is
# an error. The last two characters are none in XML.
_PLAIN = r"[^<>&\x00-\x08\x0b-\x1f\ufffe\uffff]*"
_TEXT = rf"{_PLAIN}(?:&(?:amp|lt|gt|quot|apos|#9|#10|#x9|#xa|#xA);{_PLAIN})*"
# A double has room for any number of so many digits.
_NUMBER = r"-?[0-9]{1,40}(?:\.[0-9]{1,40}|)(?:[eE](?:[+-]|)[0-9]{1,2}|)"
_STYLE = r'(?: s="[0-9]{1,6}"|)'
_FORMULA = rf'(?:<f(?: (?:t|ref|si|aca|ca)="{_VALUE}")*(?:/>|>{_TEXT}</f>)|)'
_SHOWN = rf'<t(?: xml:space="preserve"|)>{_TEXT}</t>'

# `(?:x|)` for `(?:x)?` and the frequent forms first: it takes three quarters of the time.
_CELL = (
    # A style stands before the kind or behind it, and not twice.
    rf'<c r="[A-Z]{{1,2}}\1"(?: s="[0-9]{{1,6}}"(?! t="[a-zA-Z]+" s)|)'
    rf'(?: t="s"{_STYLE}><v>[0-9]{{1,7}}</v></c>'
    rf'|(?: t="n"{_STYLE}|)>{_FORMULA}<v>{_NUMBER}</v></c>'
    r"|/>| />|></c>"
    rf'| t="inlineStr"{_STYLE}><is>{_SHOWN}</is></c>'
    rf'| t="str"{_STYLE}>{_FORMULA}<v>{_TEXT}</v></c>'
    rf'| t="b"{_STYLE}>{_FORMULA}<v>[01]</v></c>'
    rf'| t="e"{_STYLE}>{_FORMULA}<v>[#A-Z0-9/!?]{{1,20}}</v></c>)'
)
_ROW_NAMES = (
    "spans|s|customFormat|ht|hidden|customHeight|outlineLevel|collapsed|thickTop|thickBot|ph"
    "|x14ac:dyDescent"
)
_ROW = re.compile(
    rf'\n?<row r="([1-9][0-9]{{0,6}})"((?: (?:{_ROW_NAMES})="{_VALUE}")*)'
    rf"(?: ?/>|>\n?((?:{_CELL})*)</row>)"
)
# Of a row that matched, so with less to look at.
_STORED = re.compile(
    r'<c r="([A-Z]+)[0-9 s="]+(?:t="([a-zA-Z]+)[0-9 s="]+|)>'
    r"(?:<v>|<is><t[^>]*>|<f[^>]*(?:/>|>[^<]*</f>)<v>)([^<]+)"
)
_FORMULA_SAYS = re.compile(r"<f( [^>]*)>")

_PHONETIC = r'<phoneticPr fontId="[0-9]{1,6}"(?: type="[a-zA-Z]+"|)(?: alignment="[a-zA-Z]+"|)/>'
_STRINGS = re.compile(rf"(?:<si>(?:{_SHOWN}|<t ?/>)(?:{_PHONETIC}|)</si>)*")
_STRING = re.compile(r"<si><t[^>/]*(?:/>|>([^<]*)<)")

_CODE = re.compile("&#(?:([0-9]{3,7})|x([0-9a-fA-F]{2,6}));")

_BEYOND_ASCII = range(0xA0, 0xD800), range(0xE000, 0xFFFE), range(0x10000, 0x110000)

Stored = tuple[str, str, str]
"""What a cell holds: its column in letters, its kind (`""` is a number, as `n` is), its text. The
text is never empty; of the kind `s` it is the place of a shared string."""


class RegularRow(NamedTuple):
    """One row; each of its cells stands in it."""

    number: int
    stored: list[Stored]
    """Of the cells that hold anything."""


def regular_rows(run: str) -> list[RegularRow] | None:
    """The rows of a run of XML; None when it holds anything else, or any of them is doubtful."""
    run = _decoded(run)
    rows, place, is_escaped = [], 0, "&" in run
    while place < len(run):
        found = _ROW.match(run, place)
        if found is None or not _is_said_once(found[2]):
            return None
        start, end = max(found.span(3), (0, 0))
        stored: list[Stored] = _STORED.findall(run, start, end)
        if is_escaped:
            stored = [(column, kind, unescape(text)) for column, kind, text in stored]
        rows.append(RegularRow(int(found[1]), stored))
        place = found.end()
    formulas = _FORMULA_SAYS.findall(run) if "<f " in run else ()
    return rows if all(map(_is_said_once, formulas)) else None


def regular_strings(run: str) -> list[str] | None:
    """The texts of a run of shared strings; None when any of it is doubtful."""
    run = _decoded(run)
    if _STRINGS.fullmatch(run) is None:
        return None
    texts: list[str] = _STRING.findall(run)
    return [unescape(text) for text in texts] if "&" in run else texts


def _decoded(run: str) -> str:
    """With the characters that openpyxl writes by their codes: none of them is part of a tag."""
    return (
        _CODE.sub(lambda code: _character(code[0], code[1], code[2]), run) if "&#" in run else run
    )


@lru_cache(4096)
def _character(as_written: str, decimal: str | None, hexadecimal: str | None) -> str:
    code = int(decimal) if decimal else int(hexadecimal or "", 16)
    return chr(code) if any(code in codes for codes in _BEYOND_ASCII) else as_written


@lru_cache
def _is_said_once(attributes: str) -> bool:
    """An attribute that is given twice is an error."""
    names = attributes.split('"')[:-1:2]
    return len(set(names)) == len(names)
