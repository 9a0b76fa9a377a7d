"""Routine rules in the terms in which a suite's file would declare them.

What belongs here: their form, and how a suite's own take their place. What does not: deriving them
from a contract (contract_rules) or for a ledger (ledger_rules).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pipelines.quality.rule_kinds import UNEXPECTED_ROWS

Severity = Literal["critical", "warning"]
Declared = dict[str, Any]
"""A rule as a suite's file would declare it."""


def declare_rows(
    name: str,
    owner: str,
    meaning: str,
    *,
    query: str,
    severity: Severity = "critical",
    level: str = "row",
    column: str | None = None,
    found: str | None = None,
) -> Declared:
    """A rule that no row of the query may break; `found` names a column whose cell may be told."""
    said = {"id": name, "level": level, "owner": owner, "meaning": meaning}
    return {
        "type": UNEXPECTED_ROWS,
        "kwargs": {"unexpected_rows_query": query},
        "severity": severity,
        "meta": {**said, "column": column, "found": found},
    }


def declare_not_empty(
    name: str, owner: str, meaning: str, *, severity: Severity = "critical"
) -> Declared:
    """A rule that the table has a row."""
    return {
        "type": "expect_table_row_count_to_be_between",
        "kwargs": {"min_value": 1},
        "severity": severity,
        "meta": {"id": name, "level": "table", "owner": owner, "meaning": meaning},
    }


def merge_rules(routine: Sequence[Declared], own: Sequence[Declared]) -> list[Declared]:
    """Routine rules first; one of the suite's own with the same id takes its place."""
    named = {rule["meta"]["id"] for rule in own}
    return [rule for rule in routine if rule["meta"]["id"] not in named] + list(own)
