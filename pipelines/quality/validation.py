"""Validation: carry a suite out with Great Expectations, in place, on a read-only DuckDB file.

Belongs here: the one Great Expectations context of the process, and turning its results into ours.
Does not: what follows from a failed rule (`gates`, `quarantine`, `incidents`).

Great Expectations is imported inside functions only: it takes three seconds, and most commands do
not need it. Results never carry the values at fault: they would be personal data in our hands.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import GateError
from pipelines.quality.rule_kinds import UNEXPECTED_ROWS
from pipelines.quality.suites import Rule, Suite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from great_expectations.core import ExpectationSuite
    from great_expectations.data_context.data_context.ephemeral_data_context import (
        EphemeralDataContext,
    )
    from great_expectations.datasource.fluent.sql_datasource import SQLDatasource

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


@lru_cache(maxsize=1)
def _context() -> EphemeralDataContext:
    """The context of this process: nothing on disk, nothing sent, no progress bars."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    from pipelines.quality.buffered_dialect import register_dialect

    # It logs the database's own words, and a conversion error quotes the cell. Some of its modules
    # set a level of their own, so each logger is silenced.
    for name in [*logging.root.manager.loggerDict, "great_expectations"]:
        if name.partition(".")[0] == "great_expectations":
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    register_dialect()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    context.enable_analytics(enable=False)
    return context


def _connection_string(database: Path, threads: int, memory_limit: str) -> str:
    from sqlalchemy.engine import URL

    from pipelines.quality.buffered_dialect import URL_SCHEME

    options = {
        "access_mode": "read_only",
        "threads": str(threads),
        "memory_limit": memory_limit,
    }
    url = URL.create(URL_SCHEME, database=str(database), query=options)
    return url.render_as_string().replace("$", r"\$")  # $NAME would be substituted


@contextmanager
def _open_datasource(database: Path, threads: int, memory_limit: str) -> Iterator[SQLDatasource]:
    context = _context()
    name = f"gate_{time.monotonic_ns()}"
    try:
        datasource = context.data_sources.add_sql(
            name=name,
            connection_string=_connection_string(database, threads, memory_limit),
            create_temp_table=False,
        )
    except Exception as error:
        raise GateError(
            f"{database.name}: expected a database that can be read, got {type(error).__name__}. "
            "See that the file exists and that nothing else has it open for writing."
        ) from None
    try:
        yield datasource
    finally:
        # An open handle would lock out dbt, which writes the same file next.
        datasource.get_execution_engine().close()
        datasource.get_execution_engine().engine.dispose()
        datasource.get_engine().dispose()
        context.data_sources.delete(name)


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
    database: Path,
    schema_tables: Sequence[str],
    rules: Sequence[Rule],
    *,
    threads: int = 2,
    memory_limit: str = "1GB",
    row_key: Sequence[str] | None = None,
) -> dict[str, list[RuleOutcome]]:
    """Carry out rules on tables of one file: one pass per table, outcomes in the rules' order.

    Args:
        database: The DuckDB file, opened read-only and closed again.
        schema_tables: The tables, each `<schema>.<table>`.
        rules: The rules.
        threads: Of the database.
        memory_limit: Of the database.
        row_key: Columns that name a row, for rules that are asked which rows fail.

    Raises:
        GateError: a check could not be carried out; that is never a pass and never a failure.
    """
    if not rules:
        return {schema_table: [] for schema_table in schema_tables}
    wanted = _RESULT_FORMAT | ({"unexpected_index_column_names": list(row_key)} if row_key else {})
    suite = _expectation_suite(rules)
    answers: dict[str, list[RuleOutcome]] = {}
    with _open_datasource(database, threads, memory_limit) as datasource:
        for schema_table in schema_tables:
            schema, table = schema_table.split(".")
            try:
                asset = datasource.add_table_asset(table, table_name=table, schema_name=schema)
                batch = asset.add_batch_definition_whole_table(table).get_batch()
                results = batch.validate(suite, result_format=wanted).results
            except Exception as error:
                raise GateError(
                    f"{schema_table}: expected its suite to be carried out, got "
                    f"{type(error).__name__}. See that the table exists."
                ) from None
            answers[schema_table] = _outcomes(schema_table, rules, results)
    return answers


def _expectation_suite(rules: Sequence[Rule]) -> ExpectationSuite:
    import great_expectations as gx
    from great_expectations.expectations.expectation_configuration import (
        ExpectationConfiguration,
    )
    from great_expectations.expectations.metadata_types import FailureSeverity

    expectations = []
    for position, rule in enumerate(rules):
        configuration = ExpectationConfiguration(
            type=rule.type,
            kwargs=dict(rule.kwargs),
            severity=FailureSeverity(rule.severity),
            meta={"position": position},
        )
        try:
            expectations.append(configuration.to_domain_obj())
        except Exception as error:
            raise GateError(
                f"rule {rule.meta.id}: expected kwargs that {rule.type} takes, got "
                f"{sorted(rule.kwargs)} ({type(error).__name__}). Mend the suite."
            ) from None
    return gx.ExpectationSuite(name="gate", expectations=expectations)


def _outcomes(
    schema_table: str, rules: Sequence[Rule], results: Iterable[Any]
) -> list[RuleOutcome]:
    found: dict[int, RuleOutcome] = {}
    for result in results:
        position = int(result.expectation_config.meta["position"])
        rule = rules[position]
        problem = _error_of(result.exception_info)
        if problem is not None:
            raise GateError(
                f"{schema_table}, rule {rule.meta.id}: expected a check that answers, got an "
                f"error: {problem}. Mend the rule or the table; an error is never a pass."
            )
        row_query = result.result.get("unexpected_index_query")
        if rule.query is not None:
            row_query = rule.query.format(batch=f"(select * from {schema_table})")
        found[position] = RuleOutcome(
            rule, bool(result.success), _rows_affected(result.result, rule), row_query
        )
    if set(found) != set(range(len(rules))):
        raise GateError(
            f"{schema_table}: expected {len(rules)} answers, got {len(found)}. "
            "A rule was left out; report it with the suite."
        )
    return [found[position] for position in range(len(rules))]


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
