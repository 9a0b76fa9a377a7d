"""Suites: what a gated table must satisfy, read from `expectations/<table>.yml`.

A suite is a Great Expectations suite in that library's own terms (name, meta, expectations of type,
kwargs, severity, meta). Belongs here: the typed form and its checks, without importing Great
Expectations, which takes three seconds. Does not: the short form in which a file writes a rule out
(own_rules), or carrying a suite out (`validation`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, ValidationError, model_validator

from pipelines.declarations import read_declaration
from pipelines.errors import ContractError
from pipelines.hashing import hash_json
from pipelines.metrics.ledger_labels import Labels
from pipelines.quality.contract_rules import contract_rules
from pipelines.quality.figure_rules import FigureRoutine, figure_rules
from pipelines.quality.ledger_rules import LedgerRoutine, ledger_rules
from pipelines.quality.own_rules import OwnRule
from pipelines.quality.routine_rules import Declared, Level, Severity, merge_rules
from pipelines.quality.rule_functions import read_functions
from pipelines.quality.rule_kinds import ROW_KINDS, TABLE_KINDS, UNEXPECTED_ROWS
from pipelines.quality.stewards import Steward, read_stewards
from pipelines.sources.columns import ROUTINE_ONLY
from pipelines.sources.contracts import SourceTable
from pipelines.strict_model import StrictModel, list_problems


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


class _SuiteFile(StrictModel):
    """A file of `expectations/` as it is written."""

    name: str
    meta: SuiteMeta
    expectations: tuple[OwnRule, ...] = ()


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


def _read_suite(
    path: Path,
    functions: str,
    stewards: dict[str, Steward],
    contracts: Mapping[str, SourceTable],
    labels: Labels,
) -> Suite:
    try:
        file = _SuiteFile.model_validate(read_declaration(path))
        own = _own_rules(file, contracts)
        _require_effect(path, file.meta, own)
        rules = merge_rules(_derive_rules(path, file.meta, contracts, labels), own)
        suite = Suite.model_validate(
            {
                "name": file.name,
                "meta": file.meta,
                "expectations": rules,
                "functions": functions if file.meta.table.startswith("landing.") else "",
            }
        )
    except ValidationError as error:
        raise ContractError(
            f"expectations/{path.name}: expected a usable suite, got: "
            f"{list_problems(error, 'suite')}. Mend the file; docs/add-a-source.md describes it."
        ) from None
    if suite.name != path.stem or suite.table.split(".")[1] != path.stem:
        raise ContractError(
            f"expectations/{path.name}: expected name and table {path.stem!r}, got "
            f"{suite.name!r} and {suite.table!r}. Name the file after the table that it gates."
        )
    _require_words(path, suite, contracts)
    unknown = {rule.meta.owner for rule in suite.expectations} - set(stewards)
    if unknown:
        raise ContractError(
            f"expectations/{path.name}: expected owners among {', '.join(stewards)}, got "
            f"{', '.join(sorted(unknown))}. Declare the steward in expectations/_stewards.yml."
        )
    return suite


def _own_rules(file: _SuiteFile, contracts: Mapping[str, SourceTable]) -> list[Declared]:
    table = contracts.get(file.meta.table.removeprefix("landing."))
    owner = table.steward if table else file.meta.owner or ""
    return [rule.complete(file.meta.table, owner) for rule in file.expectations]


def _require_words(path: Path, suite: Suite, contracts: Mapping[str, SourceTable]) -> None:
    """Refuse a rule that quotes a column without words, which may hold anything."""
    table = contracts.get(suite.table.removeprefix("landing."))
    telling = {column.name for column in (table.columns if table else ()) if column.words}
    for rule in suite.expectations:
        if rule.meta.found is not None and (
            rule.meta.found not in telling or rule.meta.level != "row"
        ):
            raise ContractError(
                f"expectations/{path.name}, {rule.meta.id}: expected `found` on a rule of rows, "
                f"naming a column with `words` in the contract, got {rule.meta.found!r}. Leave it "
                "out: only what should be one of few words may be quoted."
            )


def _derive_rules(
    path: Path, meta: SuiteMeta, contracts: Mapping[str, SourceTable], labels: Labels
) -> list[Declared]:
    table = meta.table.removeprefix("landing.")
    routine = meta.routine
    if routine is None:
        _require_routine(path, contracts.get(table))
        return []
    if routine == "contract" and table not in contracts:
        raise ContractError(
            f"expectations/{path.name}: expected a contract of {meta.table} for routine: "
            "contract, got none. Declare the source, or write the rules out."
        )
    owner = meta.owner or ""
    try:
        if isinstance(routine, LedgerRoutine):
            columns = labels.get(meta.table.removeprefix("ledgers."), {})
            return ledger_rules(meta.label, owner, routine, contracts, columns)
        if isinstance(routine, FigureRoutine):
            return figure_rules(meta.label, owner, routine)
        return contract_rules(contracts[table], meta.severities)
    except ValueError as error:
        raise ContractError(f"expectations/{path.name}: {error}.") from None


def _require_effect(path: Path, meta: SuiteMeta, own: Sequence[Declared]) -> None:
    """Refuse severities of rules that are not derived but written out, with one of their own."""
    written = {rule["meta"]["id"] for rule in own}
    idle = [name for name in meta.severities if meta.routine != "contract" or name in written]
    if idle:
        raise ContractError(
            f"expectations/{path.name}: expected severities of rules that routine: contract "
            f"derives, got {', '.join(idle)}. A rule that is written out says its own."
        )


def _require_routine(path: Path, table: SourceTable | None) -> None:
    """Refuse a suite without routine where the contract asks for what the routine alone judges."""
    idle = [
        f"{column.name} ({word})"
        for column in (table.columns if table else ())
        for word in ROUTINE_ONLY
        if column.declares(word)
    ]
    if idle:
        raise ContractError(
            f"expectations/{path.name}: expected routine: contract, which judges what the contract "
            f"declares of {', '.join(idle)}, got none. Add it to the meta, or leave the words out "
            "of the contract."
        )


def read_suites(
    folder: Path, contracts: Mapping[str, SourceTable] | None = None, labels: Labels | None = None
) -> dict[str, Suite]:
    """Read every suite of a project, by gated table (`registrations__events`, `complaints`).

    `contracts` are the source contracts, from which routine rules of landed tables are derived, and
    `labels` what the columns of the ledgers are called in theirs.

    Raises:
        ContractError: naming the file, the rule and what is wrong.
    """
    stewards = read_stewards(folder)
    functions = read_functions(folder)
    paths = sorted(p for p in folder.glob("*.yml") if not p.name.startswith("_"))
    return {
        path.stem: _read_suite(path, functions, stewards, contracts or {}, labels or {})
        for path in paths
    }
