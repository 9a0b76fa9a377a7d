"""Suite files: `expectations/<table>.yml`, read strictly into suites.

Belongs here: putting together what a file writes out and what is derived for its table, and what
contracts, stewards and file owe one another. Does not: the form of a suite (suites), and deriving
rules (contract_rules, ledger_rules, figure_rules).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from pipelines.declarations import read_declaration
from pipelines.errors import ContractError
from pipelines.metrics.ledger_labels import Labels
from pipelines.quality.contract_rules import contract_rules
from pipelines.quality.figure_rules import FigureRoutine, figure_rules
from pipelines.quality.ledger_rules import LedgerRoutine, ledger_rules
from pipelines.quality.own_rules import OwnRule
from pipelines.quality.rule_functions import read_functions
from pipelines.quality.rule_terms import Declared, merge_rules
from pipelines.quality.stewards import Steward, read_stewards
from pipelines.quality.suites import Suite, SuiteMeta
from pipelines.sources.columns import ROUTINE_ONLY
from pipelines.sources.contracts import SourceTable
from pipelines.strict_model import StrictModel, list_problems


class _SuiteFile(StrictModel):
    """A file of `expectations/` as it is written."""

    name: str
    meta: SuiteMeta
    expectations: tuple[OwnRule, ...] = ()


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
    suites = {}
    for path in sorted(p for p in folder.glob("*.yml") if not p.name.startswith("_")):
        declared = read_declaration(path)
        try:
            suite = _compile(declared, functions, contracts or {}, labels or {})
            _require_name(path, suite)
            _require_owners(suite, stewards)
        except ValidationError as error:
            raise ContractError(
                f"expectations/{path.name}: expected a usable suite, got: "
                f"{list_problems(error, 'suite')}. Mend the file; docs/add-a-source.md describes "
                "it."
            ) from None
        except ValueError as error:
            raise ContractError(f"expectations/{path.name}: {error}.") from None
        suites[path.stem] = suite
    return suites


def _compile(
    declared: object, functions: str, contracts: Mapping[str, SourceTable], labels: Labels
) -> Suite:
    """The suite of a file; what is wrong with it is a ValueError, which pydantic's is as well."""
    file = _SuiteFile.model_validate(declared)
    table = contracts.get(file.meta.table.removeprefix("landing."))
    owner = table.steward if table else file.meta.owner or ""
    own = [rule.complete(file.meta.table, owner) for rule in file.expectations]
    _require_effect(file.meta, own)
    derived = _derive_rules(file.meta, table, labels)
    suite = Suite(
        name=file.name,
        meta=file.meta,
        expectations=merge_rules(derived, own),
        functions=functions if file.meta.table.startswith("landing.") else "",
    )
    _require_words(suite, table)
    return suite


def _derive_rules(meta: SuiteMeta, table: SourceTable | None, labels: Labels) -> list[Declared]:
    match meta.routine:
        case None:
            _require_routine(table)
            return []
        case LedgerRoutine() as routine:
            columns = labels.get(meta.table.removeprefix("ledgers."), {})
            return ledger_rules(meta.label, meta.owner or "", routine, columns)
        case FigureRoutine() as routine:
            return figure_rules(meta.label, meta.owner or "", routine)
    if table is None:
        raise ValueError(
            f"expected a contract of {meta.table} for routine: contract, got none. Declare the "
            "source, or write the rules out"
        )
    return contract_rules(table, meta.severities)


def _require_name(path: Path, suite: Suite) -> None:
    if suite.name != path.stem or suite.table.split(".")[1] != path.stem:
        raise ValueError(
            f"expected name and table {path.stem!r}, got {suite.name!r} and {suite.table!r}. Name "
            "the file after the table that it gates"
        )


def _require_owners(suite: Suite, stewards: Mapping[str, Steward]) -> None:
    if unknown := {rule.meta.owner for rule in suite.expectations} - set(stewards):
        raise ValueError(
            f"expected owners among {', '.join(stewards)}, got {', '.join(sorted(unknown))}. "
            "Declare the steward in expectations/_stewards.yml"
        )


def _require_words(suite: Suite, table: SourceTable | None) -> None:
    """Refuse a rule that quotes a column without words, which may hold anything."""
    telling = {column.name for column in (table.columns if table else ()) if column.words}
    for rule in suite.expectations:
        if rule.meta.found is not None and (
            rule.meta.found not in telling or rule.meta.level != "row"
        ):
            raise ValueError(
                f"{rule.meta.id}: expected `found` on a rule of rows, naming a column with `words` "
                f"in the contract, got {rule.meta.found!r}. Leave it out: only what should be one "
                "of few words may be quoted"
            )


def _require_effect(meta: SuiteMeta, own: Sequence[Declared]) -> None:
    """Refuse severities of rules that are not derived but written out, with one of their own."""
    written = {rule["meta"]["id"] for rule in own}
    idle = [name for name in meta.severities if meta.routine != "contract" or name in written]
    if idle:
        raise ValueError(
            "expected severities of rules that routine: contract derives, got "
            f"{', '.join(idle)}. A rule that is written out says its own"
        )


def _require_routine(table: SourceTable | None) -> None:
    """Refuse a suite without routine where the contract asks for what the routine alone judges."""
    idle = [
        f"{column.name} ({word})"
        for column in (table.columns if table else ())
        for word in ROUTINE_ONLY
        if column.declares(word)
    ]
    if idle:
        raise ValueError(
            "expected routine: contract, which judges what the contract declares of "
            f"{', '.join(idle)}, got none. Add it to the meta, or leave the words out of the "
            "contract"
        )
