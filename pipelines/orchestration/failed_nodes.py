"""Tables and tests of data that failed, in plain words: an engine's own are no help to an operator.

Belongs here: naming the table, the test and the rows. Does not: carrying them out (compute).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.compute.build import NodeResult
from pipelines.compute.compiled import DataTest
from pipelines.personal_numbers import mask_personal_numbers

_LISTED = 5


def describe_failures(failed: Sequence[NodeResult], labels: Mapping[str, str]) -> str:
    """Why a step of computing ends the night, and what to do.

    Args:
        failed: The outcomes that are no success; not empty.
        labels: Chinese names of the gated tables.
    """
    said = "；".join(_describe(outcome, labels) for outcome in failed[:_LISTED])
    more = f"；… {len(failed)} in all" if len(failed) > _LISTED else ""
    return (
        f"dbt: expected every model and test to pass, got {said}{more}. The rows lie in "
        "build/build.duckdb, the SQL in dbt_target/compiled; mend the source or the model, and "
        "run the night again."
    )


def describe_test(outcome: NodeResult, test: DataTest, labels: Mapping[str, str]) -> str:
    """What a data test expected and how many rows it found, for its check on Dagster's page."""
    if outcome.state == "error":
        return _describe(outcome, labels)
    found = f"{outcome.rows} rows" if outcome.rows else "none"
    return f"{_named(test.subject, labels)}: expected no row of: {test.meaning}, got {found}."


def _describe(outcome: NodeResult, labels: Mapping[str, str]) -> str:
    subject = outcome.subject
    words = mask_personal_numbers(outcome.message.strip())
    if not isinstance(subject, DataTest):
        kind = "seed" if subject.seed else "model"
        return f"{_named(subject.name, labels)}: {kind} ended with an error: {words}"
    table = _named(subject.subject, labels)
    if outcome.state == "failed":
        return f"{table}: {subject.meaning}，{outcome.rows}行（{subject.name}）"
    return f"{table}: test {subject.name} ended with an error: {words}"


def _named(name: str, labels: Mapping[str, str]) -> str:
    table = name.rpartition(".")[2]
    return f"{labels[table]}（{table}）" if table in labels else table
