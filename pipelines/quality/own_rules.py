"""The rules that a suite's file writes out: what only its table knows.

Belongs here: the form in which they are written, and what is understood where they do not say it.
Does not: what is derived (contract_rules, ledger_rules, figure_rules), or the suite (suites).
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from pipelines.quality.rule_kinds import UNEXPECTED_ROWS
from pipelines.quality.rule_terms import (
    Asked,
    Declared,
    Level,
    Severity,
    ask_rows,
    ask_where,
    declare,
)
from pipelines.strict_model import StrictModel


class OwnRule(StrictModel):
    """One rule of a suite's `expectations`; it says in one of three ways what it asks."""

    id: str
    meaning: str
    where: str | None = None
    """A condition in SQL that holds of the rows at fault."""
    query: str | None = None
    """A query over `{batch}` for the rows at fault, where a condition cannot say it."""
    type: str | None = None
    """Another kind of expectation, as Great Expectations calls it; with its `kwargs`."""
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Severity = "critical"
    level: Level | None = None
    """Else `row`, and `figure` of the figures."""
    owner: str | None = None
    """Else whoever answers for the table."""
    column: str | None = None
    found: str | None = None

    @model_validator(mode="after")
    def _asks_in_one_way(self) -> OwnRule:
        said = [way for way in ("where", "query", "type") if getattr(self, way) is not None]
        if len(said) != 1 or (self.kwargs and self.type is None) or self.type == UNEXPECTED_ROWS:
            raise ValueError(
                f"{self.id}: expected where (a condition), query (for the rows at fault) or type "
                "and kwargs (another kind of expectation), got "
                f"{' and '.join(said) or 'none'}. Say one of them"
            )
        return self

    def complete(self, table: str, owner: str) -> Declared:
        """The rule with all that is understood of `table`, for which `owner` answers."""
        return declare(
            self.id,
            self.owner or owner,
            self.meaning,
            self._asked(table),
            severity=self.severity,
            level=self.level or ("figure" if table.startswith("indicators.") else "row"),
            column=self.column,
            found=self.found,
        )

    def _asked(self, table: str) -> Asked:
        if self.type is not None:
            return self.type, self.kwargs
        if self.where is not None:
            return ask_where(table.partition(".")[0], self.where)
        return ask_rows(self.query or "")
