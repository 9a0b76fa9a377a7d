"""Rules in Great Expectations' terms, as all that is derived or written out becomes them.

What belongs here: their form, and how a suite's own take their place. What does not: deriving them
(contract_rules, ledger_rules, figure_rules), or the form in which a suite's file writes out its own
(own_rules).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pipelines.quality.rule_kinds import UNEXPECTED_ROWS

Severity = Literal["critical", "warning"]
Level = Literal["row", "table", "figure"]
Declared = dict[str, Any]
"""A rule in Great Expectations' terms, with our `meta`."""
Asked = tuple[str, dict[str, Any]]
"""A kind of expectation and its arguments."""

NOT_EMPTY: Asked = ("expect_table_row_count_to_be_between", {"min_value": 1})


def ask_rows(query: str) -> Asked:
    """That the query over `{batch}` finds no row; braces that stand for themselves are doubled."""
    return UNEXPECTED_ROWS, {"unexpected_rows_query": query}


def ask_where(schema: str, condition: str, clause: Literal["where", "qualify"] = "where") -> Asked:
    """That the condition holds of no row of a table of that schema.

    Landed rows go by their number. A brace is a brace: of a name, a word or a pattern.
    """
    columns = "_extract_id, _row_number" if schema == "landing" else "*"
    escaped = condition.replace("{", "{{").replace("}", "}}")
    return ask_rows(f"select {columns} from {{batch}} {clause} {escaped}")


def declare(
    name: str,
    owner: str,
    meaning: str,
    asked: Asked,
    *,
    severity: Severity = "critical",
    level: Level = "row",
    column: str | None = None,
    found: str | None = None,
) -> Declared:
    """A rule; `found` names a column whose cell may be told."""
    kind, kwargs = asked
    said = {"id": name, "level": level, "owner": owner, "meaning": meaning}
    return {
        "type": kind,
        "kwargs": kwargs,
        "severity": severity,
        "meta": {**said, "column": column, "found": found},
    }


def one_of(words: Sequence[str]) -> str:
    """甲、乙或丙."""
    return "或".join(part for part in ("、".join(words[:-1]), words[-1]) if part)


def merge_rules(routine: Sequence[Declared], own: Sequence[Declared]) -> list[Declared]:
    """Routine rules first; one of the suite's own with the same id takes its place."""
    named = {rule["meta"]["id"] for rule in own}
    return [rule for rule in routine if rule["meta"]["id"] not in named] + list(own)
