"""Names that a sender chose, fit to be told: the one way in which they become text of ours.

Names of added columns, JSON keys and the like are data: a person's number may stand in one, a line
break, a link, or all of a row. What belongs here: making them harmless and short. What does not:
comparing them with the contract (drift), which is done with the names as they were delivered.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from pipelines.personal_numbers import mask_long_numbers

LISTED, SHOWN = 10, 40
"""So many names, of so many characters each, stand in a message; the rest is a count."""

LOOKED_AT = 400
"""Characters of a name that are looked at: a cell may be as long as a file."""

_FULL_WIDTH = str.maketrans({sign: chr(ord(sign) + 0xFEE0) for sign in "\\`*[]<>#|~!&@$"})
"""Signs by which Markdown, HTML and messengers know links, images, mentions and emphasis, as the
full-width signs that they pass over; a steward still reads which column is meant."""
_AT_AN_END = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
"""An underscore within a word marks nothing, and is what most column names are spelled with."""
_LINKS = {"://": "：//", "www.": "www．"}
_NAMELESS = "（空白）"
_VALUE = re.compile(r"[\d\s.,:/年月日¥￥%+-]*\d[\d\s.,:/年月日¥￥%+-]*")
"""A number or a day, which no column is called by."""


def show_name(name: str) -> str:
    """One name: without personal numbers, on one line, without markup, at most SHOWN characters."""
    looked_at = unicodedata.normalize("NFC", name[:LOOKED_AT])
    visible = " ".join("".join(map(_visible, looked_at)).split())
    shown = mask_long_numbers(visible).translate(_FULL_WIDTH)
    shown = _AT_AN_END.sub("＿", shown)
    for sign, harmless in _LINKS.items():
        shown = shown.replace(sign, harmless)
    is_cut = len(shown) > SHOWN or len(name) > LOOKED_AT
    return f"{shown[:SHOWN]}…" if is_cut else shown or _NAMELESS


def _visible(character: str) -> str:
    """A character, a blank for white space, nothing for what is not seen or moves its neighbours.

    Of the others (category C) some end a line, some turn the direction of writing, and some lie
    between two digits unseen.
    """
    category = unicodedata.category(character)
    if category[0] == "Z" or character in "\t\n\v\f\r\x85":
        return " "
    return "" if category[0] == "C" or category == "Me" else character


def list_names(names: Sequence[str]) -> str:
    """Names for a message that stays short whatever was delivered: ten of them and a count."""
    return list_shown([show_name(name) for name in names[:LISTED]], len(names))


def list_added(added: Sequence[str], missing: int) -> str:
    """Added columns for a message; only counted where they may be a row that ran into the header.

    Its cells hold a person's name, which nothing tells from a column's. But among them are numbers
    or days, or more of them than there are columns missing.
    """
    if 0 < missing < len(added) or any(_VALUE.fullmatch(name[:LOOKED_AT]) for name in added):
        return f"{len(added)} 列（可能是并入表头的数据，名称不列出）"
    return list_names(added)


def list_shown(shown: Sequence[str], count: int) -> str:
    """The first ten of so many columns, each as it is to be told."""
    rest = f" 等 {count} 列" if count > LISTED else ""
    return "、".join(shown[:LISTED]) + rest
