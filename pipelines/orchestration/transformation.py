"""Compute: the compiled tables as Dagster assets, in two steps with a gate between them.

Ledgers first, then — only when the ledgers have passed their suites — the indicators. Belongs here:
which tables make which step, and their outcomes as Dagster's. Does not: making them (compute).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from pipelines.compute.build import NodeResult
from pipelines.compute.compiled import LANDING, PARTS, CompiledProject, CompiledTable, DataTest
from pipelines.durable import refusing_full_disk
from pipelines.errors import GateError
from pipelines.orchestration.failed_nodes import describe_failures, describe_test
from pipelines.orchestration.night import Night
from pipelines.quality.alerts import subject_labels

INDICATORS = frozenset({"indicators", PARTS})
"""The schemas of the second step."""
DbtStep = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]


def compute_assets(project: CompiledProject) -> tuple[dg.AssetsDefinition, dg.AssetsDefinition]:
    """The two steps: everything up to the ledgers, and the indicators."""
    second = [table for table in project.tables if table.schema_name in INDICATORS]
    first = [table for table in project.tables if table not in second]
    return (
        _step("ledgers", first, project, "Admit the extracts in use, and build up to the ledgers."),
        _step("indicators", second, project, "Compute every figure from the ledgers."),
    )


def asset_key(name: str) -> dg.AssetKey:
    """Source tables as [source, table]; all else as [schema, table]."""
    if name.startswith(LANDING):
        return dg.AssetKey(name.removeprefix(LANDING).split("__", 1))
    return dg.AssetKey(name.split(".", 1))


def _step(
    name: str, tables: Sequence[CompiledTable], project: CompiledProject, description: str
) -> dg.AssetsDefinition:
    made = {table.name for table in tables}
    checks = [
        dg.AssetCheckSpec(name=test.name, asset=asset_key(test.subject), description=test.meaning)
        for test in project.tests
        if test.subject in made
    ]

    @dg.multi_asset(
        name=name,
        specs=[_spec(table) for table in tables],
        check_specs=checks,
        description=description,
        # Whatever is asked of a step, all of it is looked at: what stands is taken from the store.
        can_subset=True,
    )
    def step(context: dg.AssetExecutionContext, night: dg.ResourceParam[Night]) -> Iterator[Any]:
        with refusing_full_disk(name, night.layout.store):
            outcomes = night.build.carry_out(tables)
            night.store.write()
        yield from _report(context, night, outcomes)

    return step


def _spec(table: CompiledTable) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=asset_key(table.name),
        deps=[asset_key(read) for read in table.reads],
        group_name=table.schema_name,
        description=f"{table.description}\n\n```sql\n{table.sql}\n```",
        skippable=True,
        kinds={"dbt", "duckdb", "seed" if table.seed else table.kind},
    )


def _report(
    context: dg.AssetExecutionContext, night: Night, outcomes: Sequence[NodeResult]
) -> DbtStep:
    """Outcomes as Dagster's, then a refusal when any has failed.

    Raises:
        GateError: naming the tables and tests that failed, with their rows.
    """
    labels = subject_labels(night.contracts, night.suites)
    wanted = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
    for outcome in outcomes:
        subject = outcome.subject
        if isinstance(subject, DataTest):
            key = asset_key(subject.subject)
            if outcome.state != "skipped" and (key, subject.name) in wanted:
                yield _checked(outcome, subject, labels)
        elif outcome.is_good and asset_key(subject.name) in context.selected_asset_keys:
            yield _materialized(outcome, subject)
    if failed := [outcome for outcome in outcomes if outcome.state in {"failed", "error"}]:
        raise GateError(describe_failures(failed, labels))


def _checked(outcome: NodeResult, test: DataTest, labels: Mapping[str, str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=asset_key(test.subject),
        check_name=test.name,
        passed=outcome.is_good,
        severity=dg.AssetCheckSeverity.ERROR,
        description=describe_test(outcome, test, labels),
        metadata={"rows that fail": outcome.rows},
    )


def _materialized(outcome: NodeResult, table: CompiledTable) -> dg.MaterializeResult[None]:
    metadata: dict[str, Any] = {"seconds": round(outcome.seconds, 2)}
    if table.kind == "table":
        metadata |= {"dagster/row_count": outcome.rows, "taken from the store": outcome.was_kept}
    return dg.MaterializeResult(asset_key=asset_key(table.name), metadata=metadata)
