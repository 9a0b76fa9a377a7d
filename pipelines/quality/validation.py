"""Validation: carry a suite out with Great Expectations, in place, on a read-only DuckDB file.

Belongs here: handing it rules, and turning its results into ours. Does not: importing and opening
it (`engine`), what follows from a failed rule (`gates`, `quarantine`, `incidents`).

Great Expectations is imported inside functions only: it takes two seconds, and most commands do not
need it. Results never carry the values at fault: they would be personal data in our hands.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.errors import GateError
from pipelines.quality.engine import (
    import_great_expectations,
    open_engine,
    validate,
    verdict_on,
)
from pipelines.quality.rule_kinds import UNEXPECTED_ROWS
from pipelines.quality.suites import Rule, Suite

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.execution_engine.sqlalchemy_execution_engine import (
        SqlAlchemyExecutionEngine,
    )
    from great_expectations.expectations.expectation_configuration import (
        ExpectationConfiguration,
    )

ROW_KEY = ("_extract_id", "_row_number")
# BASIC counts the rows at fault; no list of values, and the query that finds the rows instead.
_RESULT_FORMAT: dict[str, Any] = {
    "result_format": "BASIC",
    "partial_unexpected_count": 0,
    "return_unexpected_index_query": True,
}
# These quote the query, never a cell; a conversion error quotes the cell.
_QUOTABLE = ("Binder Error", "Catalog Error", "Parser Error", "Error: The column")


@dataclass(frozen=True)
class CheckResult:
    """What one rule found in one table."""

    rule_id: str
    level: str
    severity: str
    success: bool
    meaning: str
    owner: str
    rows_affected: int | None
    seconds: float
    """Of the whole suite: its rules are measured together, in one pass."""

    @classmethod
    def of(
        cls, rule: Rule, success: bool, rows_affected: int | None, seconds: float
    ) -> CheckResult:
        """What a rule found, with what the rule says of itself."""
        return cls(
            rule_id=rule.meta.id,
            level=rule.meta.level,
            severity=rule.severity,
            success=success,
            meaning=rule.meta.meaning,
            owner=rule.meta.owner,
            rows_affected=rows_affected,
            seconds=seconds,
        )

    @property
    def blocks(self) -> bool:
        """True when what is gated must not go on."""
        return not self.success and self.severity == "critical"


@dataclass(frozen=True)
class RuleOutcome:
    """A rule's result with the query that finds its rows (None when the rule names none)."""

    rule: Rule
    success: bool
    rows_affected: int | None
    row_query: str | None


def _error_of(exception_info: Mapping[str, Any]) -> str | None:
    """The error inside a check, None when there was none; never with a value of the data."""
    entries: Iterable[Any] = (
        [exception_info] if "raised_exception" in exception_info else exception_info.values()
    )
    for entry in entries:
        if isinstance(entry, Mapping):
            raised, message = entry.get("raised_exception"), entry.get("exception_message")
        else:
            raised = getattr(entry, "raised_exception", True)
            message = getattr(entry, "exception_message", "")
        if raised:
            first = str(message).strip().splitlines()[0] if str(message).strip() else ""
            is_quotable = any(words in first for words in _QUOTABLE)
            return first if is_quotable else first.split(":")[0][:80] or "an unknown error"
    return None


def _rows_affected(result: Mapping[str, Any], rule: Rule) -> int | None:
    if rule.type == UNEXPECTED_ROWS:
        return int(result["observed_value"])
    # Without element_count the number is one of distinct values; of no rows it is null.
    return int(result["unexpected_count"] or 0) if "element_count" in result else None


def carry_out(
    database: Path | duckdb.DuckDBPyConnection,
    schema_tables: Sequence[str],
    rules: Sequence[Rule],
    *,
    threads: int = 2,
    memory_limit: str = "1GB",
    row_key: Sequence[str] | None = None,
) -> dict[str, list[RuleOutcome]]:
    """Carry out rules on tables of one database: one pass per table, outcomes in the rules' order.

    Args:
        database: The DuckDB file, opened read-only and closed again, or a connection.
        schema_tables: The tables, each `<schema>.<table>`.
        rules: The rules.
        threads: Of the file's database.
        memory_limit: Of the file's database.
        row_key: Columns that name a row, for rules that are asked which rows fail.

    Raises:
        GateError: a check could not be carried out; that is never a pass and never a failure.
    """
    if not rules:
        return {schema_table: [] for schema_table in schema_tables}
    with open_engine(database, threads, memory_limit) as engine:
        return {
            schema_table: _judge(engine, schema_table, rules, row_key)
            for schema_table in schema_tables
        }


def _judge(
    engine: SqlAlchemyExecutionEngine,
    schema_table: str,
    rules: Sequence[Rule],
    row_key: Sequence[str] | None,
) -> list[RuleOutcome]:
    wanted = _RESULT_FORMAT | ({"unexpected_index_column_names": list(row_key)} if row_key else {})
    try:
        results = validate(engine, schema_table, _configurations(rules), wanted)
    except GateError:
        raise
    except Exception as error:
        raise GateError(
            f"{schema_table}: expected its suite to be carried out, got "
            f"{type(error).__name__}. See that the table exists."
        ) from None
    answers = {int(r.expectation_config.meta["position"]): r for r in results}  # type: ignore[union-attr]
    if set(answers) != set(range(len(rules))):
        raise GateError(
            f"{schema_table}: expected {len(rules)} answers, got {len(answers)}. "
            "A rule was left out; report it with the suite."
        )
    broken = [position for position in answers if _error_of(answers[position].exception_info)]
    if broken and len(rules) > 1:
        # Of rules that were asked together the error may be that of another: asked alone, its own.
        _judge(engine, schema_table, [rules[min(broken)]], row_key)
    return [_outcome(schema_table, rule, answers[position]) for position, rule in enumerate(rules)]


def _configurations(rules: Sequence[Rule]) -> list[ExpectationConfiguration]:
    """The rules as Great Expectations takes them.

    Raises:
        GateError: it does not take the arguments of a rule.
    """
    from great_expectations.expectations.expectation_configuration import (
        ExpectationConfiguration,
    )

    from pipelines.quality.counted_rows import COUNTED_ROWS

    configurations = []
    for position, rule in enumerate(rules):
        configuration = ExpectationConfiguration(
            type=COUNTED_ROWS if rule.type == UNEXPECTED_ROWS else rule.type,
            kwargs=dict(rule.kwargs),
            meta={"position": position},
        )
        try:
            configuration.to_domain_obj()
        except Exception as error:
            raise GateError(
                f"rule {rule.meta.id}: expected kwargs that {rule.type} takes, got "
                f"{sorted(rule.kwargs)} ({type(error).__name__}). Mend the suite."
            ) from None
        configurations.append(configuration)
    return configurations


def _outcome(schema_table: str, rule: Rule, answer: ExpectationValidationResult) -> RuleOutcome:
    problem = _error_of(answer.exception_info)
    if problem is not None:
        raise GateError(
            f"{schema_table}, rule {rule.meta.id}: expected a check that answers, got an "
            f"error: {problem}. Mend the rule or the table; an error is never a pass."
        )
    row_query = answer.result.get("unexpected_index_query")
    if rule.query is not None:
        row_query = rule.query.format(batch=f"(select * from {schema_table})")
    return RuleOutcome(rule, bool(answer.success), _rows_affected(answer.result, rule), row_query)


def judge_row_count(rule: Rule, rows: int) -> bool:
    """Great Expectations' verdict on a number of rows that was counted already.

    Raises:
        GateError: it does not take the arguments of the rule.
    """
    import_great_expectations()
    (configuration,) = _configurations([rule])
    return verdict_on(configuration, {"table.row_count": rows})


def check_table(
    database: Path,
    schema_table: str,
    suite: Suite,
    *,
    threads: int = 2,
    memory_limit: str = "1GB",
) -> list[CheckResult]:
    """Judge a ledger or the figures; one result per rule, in the order declared.

    Raises:
        GateError: a check could not be carried out.
    """
    started = time.perf_counter()
    outcomes = carry_out(
        database, [schema_table], suite.expectations, threads=threads, memory_limit=memory_limit
    )[schema_table]
    seconds = time.perf_counter() - started
    return [
        CheckResult.of(outcome.rule, outcome.success, outcome.rows_affected, seconds)
        for outcome in outcomes
    ]
