"""The broken rows of the registry's files: each kind of flaw, made from a good row.

A broken row is extra: it stands for no event, and a correct pipeline quarantines it.
"""

from __future__ import annotations

from demo.identities import break_check_character, break_organisation_check
from demo.vocabulary import UNKNOWN_STREETS

FLAWS = (
    "wrong field count",
    "bad date",
    "bad code",
    "undecodable bytes",
    "unknown street",
)
_DATE, _CODE, _SCOPE, _STREET = 2, 3, 9, 13
_HALF_CHARACTER = "\udcb9"  # the first byte of a two-byte character whose second was cut off
_STRAY_BYTE = "\udcff"  # in no GB18030 sequence

Row = tuple[str, ...]


def break_row(row: Row, flaw: str, *, is_second: bool) -> Row:
    """The row with one flaw; each kind comes in two variants."""
    if flaw == "wrong field count":
        return _with_stray_comma(row) if is_second else row[:-1]
    place, value = {
        "bad date": (_DATE, "0000-00-00" if is_second else f"{row[_DATE][:4]}-02-30"),
        "bad code": (
            _CODE,
            break_organisation_check(row[_CODE])
            if is_second
            else break_check_character(row[_CODE]),
        ),
        "undecodable bytes": (
            _SCOPE,
            f"软件{_STRAY_BYTE}开发" if is_second else f"软件开发{_HALF_CHARACTER}",
        ),
        "unknown street": (_STREET, UNKNOWN_STREETS[is_second]),
    }[flaw]
    return (*row[:place], value, *row[place + 1 :])


def _with_stray_comma(row: Row) -> Row:
    """The row as it looks when a comma in the scope was not quoted."""
    return (*row[:_SCOPE], "软件开发", "技术服务", *row[_SCOPE + 1 :])
