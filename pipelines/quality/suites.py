"""Suites: what a gated table must satisfy.

A suite is a Great Expectations suite in that library's own terms (name, meta, expectations of type,
kwargs, severity, meta). Belongs here: the typed form and its checks, without importing Great
Expectations, which takes three seconds. Does not: the short form in which a file writes a rule out
(own_rules), or carrying a suite out (`validation`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from pipelines.hashing import hash_json
from pipelines.quality.figure_rules import FigureRoutine
from pipelines.quality.ledger_rules import LedgerRoutine
from pipelines.quality.rule_kinds import ROW_KINDS, TABLE_KINDS, UNEXPECTED_ROWS
from pipelines.quality.rule_terms import Level, Severity
from pipelines.strict_model import StrictModel


class RuleMeta(StrictModel):
    """Our part of an expectation: who is told what when it fails."""

    id: str = Field(pattern=r"^\w+$")
    """Letters of any script: a derived rule is named after its column."""
    level: Level
    owner: str
    meaning: str = Field(pattern=r"[\u4e00-\u9fff]")
    """A Chinese sentence for the steward: what is wrong and what to do."""
    column: str | None = None
    """The column at fault, where a query cannot say it."""
    found: str | None = None
    """The delivered column whose words were expected: the sentence ends with what stood there."""


class Rule(StrictModel):
    """One expectation. A critical rule quarantines, holds or stops; a warning only tells."""

    type: str
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Severity
    meta: RuleMeta

    @property
    def query(self) -> str | None:
        """The SQL of an unexpected-rows rule; its batch is written `{batch}`."""
        query = self.kwargs.get("unexpected_rows_query")
        return str(query).strip() if query is not None else None

    @property
    def column_name(self) -> str | None:
        """The column at fault, where the rule is about one."""
        column = self.kwargs.get("column") or self.kwargs.get("column_A")
        return str(column) if column is not None else self.meta.column

    @model_validator(mode="after")
    def _kind_bears_the_level(self) -> Rule:
        if self.type not in ROW_KINDS | TABLE_KINDS:
            known = ", ".join(sorted(ROW_KINDS | TABLE_KINDS))
            raise ValueError(
                f"expected a known expectation, got {self.type!r}. Use one of {known}; "
                "a new kind is added to quality/rule_kinds.py with a case in quality/self_test.py"
            )
        if self.meta.level == "row" and self.type not in ROW_KINDS:
            raise ValueError(f"expected level table for {self.type}, which names no rows, got row")
        if self.type == UNEXPECTED_ROWS and "{batch}" not in (self.query or ""):
            raise ValueError("expected an unexpected_rows_query that reads {batch}")
        return self


class MaxQuarantineShare(StrictModel):
    """Above this share of quarantined rows an extract is held as a whole."""

    value: float = Field(gt=0, le=1)
    at_least_rows: int = Field(default=10, ge=1)
    """Below this many bad rows a share says little: one of eight is not a broken export."""
    reason: str = Field(min_length=1)


def _routine_kind(said: object) -> str:
    match said:
        case str():
            return "contract"
        case FigureRoutine() | {"cell": _}:
            return "figures"
        case _:
            return "ledger"


_Routine = Annotated[
    Annotated[Literal["contract"], Tag("contract")]
    | Annotated[LedgerRoutine, Tag("ledger")]
    | Annotated[FigureRoutine, Tag("figures")],
    Discriminator(_routine_kind),
]
"""Told apart by their words, so that a refusal speaks of the one that was meant."""


class SuiteMeta(StrictModel):
    """Our part of a suite."""

    table: str = Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")
    label: str = ""
    """Chinese name of a ledger or of the figures; a landed table's stands in its contract."""
    owner: str | None = None
    """Who answers for a ledger or the figures, where a rule names nobody else; for a landed table
    it is the contract's steward."""
    routine: _Routine | None = None
    """The rules that are derived and not written out: from a landed table's contract, or for a
    ledger or the figures from their key and columns. One of the suite's own with the same id takes
    its place."""
    severities: dict[str, Severity] = Field(default_factory=dict)
    """Of rules derived from a contract, by id: how bad it is, where that is not the usual."""
    max_quarantine_share: MaxQuarantineShare = MaxQuarantineShare(
        value=0.05,
        reason="More than one bad row in twenty points to a broken export, not to broken rows.",
    )


class Suite(StrictModel):
    """The rules of one gated table."""

    name: str
    meta: SuiteMeta
    expectations: tuple[Rule, ...] = Field(min_length=1)
    functions: str = ""
    """SQL macros that the rules of landed tables may call (`_functions.sql`)."""

    @property
    def table(self) -> str:
        """`<schema>.<table>`."""
        return self.meta.table

    @property
    def hash(self) -> str:
        """SHA-256 over all that decides a verdict; a changed suite judges anew."""
        return hash_json(self.model_dump(mode="json"))

    def rules(self, *levels: Level) -> tuple[Rule, ...]:
        """The rules of these levels, in the order declared."""
        return tuple(rule for rule in self.expectations if rule.meta.level in levels)

    @model_validator(mode="after")
    def _rules_fit_the_table(self) -> Suite:
        seen: set[str] = set()
        is_landed = self.table.startswith("landing.")
        if is_landed == bool(self.meta.label) or is_landed == bool(self.meta.owner):
            raise ValueError(
                "meta.label and meta.owner: expected a Chinese name and a steward for a ledger or "
                "the figures, and neither for a landed table, whose contract has both"
            )
        for rule in self.expectations:
            if rule.meta.id in seen:
                raise ValueError(f"{rule.meta.id}: expected distinct rule ids, got it twice")
            seen.add(rule.meta.id)
            if is_landed and rule.meta.level == "figure":
                raise ValueError(f"{rule.meta.id}: a landed table has no figures to judge")
        return self
