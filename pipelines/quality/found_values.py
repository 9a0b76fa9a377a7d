"""Found values: what stood in cells that should have held one of few words, as far as it is told.

Belongs here: which of them a message may quote. Does not: finding the rows (failures). A clerk may
have typed a person's name in the wrong column, so a value is quoted only when it resembles an
expected word or has no letter at all; the row's number says where the others stand.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.quality.suites import Rule
from pipelines.sources.sender_names import LOOKED_AT, show_name
from pipelines.sql_text import identifier

QUOTED = 3
"""So many different values stand in a message."""


def found_in(schema_table: str, rule: Rule) -> str:
    """SQL beside a row of `failing`: the cell that a message may quote, or null."""
    if rule.meta.found is None:
        return "null"
    # Nothing longer than a name is told, and a cell may be as long as a file.
    return (
        f"(select any_value(left(trim({identifier(rule.meta.found)}), {LOOKED_AT}))"
        f" from {schema_table} as batch where batch._extract_id = failing._extract_id"
        " and batch._row_number = failing._row_number)"
    )


def say_found(values: Sequence[str], words: Sequence[str]) -> str:
    """What was found instead of the words: ，实为“四类”、“其他类”等; nothing without values.

    Args:
        values: Different values, none of a personal column.
        words: What was expected.
    """
    expected = set("".join(words))
    told = [value for value in values if _may_be_told(value, expected)][:QUOTED]
    if not told:
        return "，实为其他内容" if values else ""
    quoted = "、".join(f"“{show_name(value)}”" for value in told)
    return f"，实为{quoted}{'等' * (len(values) > len(told))}"


def _may_be_told(value: str, expected: set[str]) -> bool:
    return bool(expected & set(value)) or not any(map(str.isalpha, value))
