"""Compute: the dbt models as Dagster assets, in two steps with a gate between them.

Ledgers first, then — only when the ledgers have passed their suites — the indicators. The graph is
read from dbt's manifest, which is made anew whenever anything under dbt_project/ has changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets
from dbt.artifacts.schemas.run import RunResult

from pipelines.dbt_manifest import read_dbt_manifest
from pipelines.errors import GateError
from pipelines.hashing import hash_bytes
from pipelines.layout import Layout
from pipelines.orchestration.dbt_runs import DbtRuns
from pipelines.orchestration.failed_nodes import describe_failures, describe_test
from pipelines.orchestration.night import Night
from pipelines.quality.alerts import subject_labels
from pipelines.settings import Settings
from pipelines.sources.admission import admit

# Not by path: dbt takes one as relative to the folder that a process happens to run in.
INDICATORS = "config.schema:indicators"
DbtStep = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]


def parse_project(layout: Layout, settings: Settings) -> dict[str, Any]:
    """Dbt's manifest, written anew when the project has changed since.

    Raises:
        ContractError: dbt cannot parse the project.
    """
    stamp = layout.dbt_target / "project.sha256"
    current = _project_hash(layout.dbt_project)
    if not (layout.dbt_manifest.exists() and stamp.exists() and stamp.read_text() == current):
        DbtRuns(layout, settings).parse()
        stamp.write_text(current)
    return read_dbt_manifest(layout)


def _project_hash(dbt_project: Path) -> str:
    paths = sorted(p for p in dbt_project.rglob("*") if p.suffix in {".yml", ".sql", ".csv"})
    return hash_bytes(
        piece
        for path in paths
        for piece in (path.relative_to(dbt_project).as_posix().encode(), path.read_bytes())
    )


class Translator(DagsterDbtTranslator):
    """Names assets as the tables are named, and draws the edges that dbt cannot know.

    The indicator compiler finds the ledgers through the semantic models and not through `ref`, so
    the edges from ledgers to indicators are added from the manifest's semantic models.
    """

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Sources as [source, table]; seeds and models as [schema, name]."""
        owner = "source_name" if dbt_resource_props["resource_type"] == "source" else "schema"
        return dg.AssetKey([dbt_resource_props[owner], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer."""
        return str(dbt_resource_props["schema"])

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """The spec, with the ledgers behind what is compiled from the semantic models."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        if unique_id.endswith((".monthly_measures", ".period_statistics")):
            ledgers = {
                self.get_asset_key(manifest["nodes"][node])
                for semantic_model in manifest["semantic_models"].values()
                for node in semantic_model["depends_on"]["nodes"]
            }
            spec = spec.replace_attributes(deps=[*spec.deps, *sorted(ledgers)])
        return spec


def transformation_assets(
    manifest: Mapping[str, Any],
) -> tuple[dg.AssetsDefinition, dg.AssetsDefinition]:
    """The two dbt steps: everything up to the ledgers, and the indicators."""
    translator = Translator()

    @dbt_assets(
        manifest=manifest, exclude=INDICATORS, name="ledgers", dagster_dbt_translator=translator
    )
    def ledgers(context: dg.AssetExecutionContext, night: dg.ResourceParam[Night]) -> Iterator[Any]:
        """Admit the extracts in use into a new build database, then build up to the ledgers."""
        admit(
            night.layout,
            night.contracts,
            night.admission,
            business_date=night.business_date,
            release_id=night.release_id,
            is_synthetic=night.is_synthetic,
            settings=night.settings,
        )
        yield from _report(context, night, night.dbt.build("--exclude", INDICATORS), translator)

    @dbt_assets(
        manifest=manifest, select=INDICATORS, name="indicators", dagster_dbt_translator=translator
    )
    def indicators(
        context: dg.AssetExecutionContext, night: dg.ResourceParam[Night]
    ) -> Iterator[Any]:
        """Compute every figure from the ledgers."""
        yield from _report(context, night, night.dbt.build("--select", INDICATORS), translator)

    return ledgers, indicators


def _report(
    context: dg.AssetExecutionContext,
    night: Night,
    results: Sequence[RunResult],
    translator: Translator,
) -> DbtStep:
    """Dbt's results as Dagster's, then a refusal when any node has failed.

    Raises:
        GateError: naming the tables, models and tests that failed, with their rows.
    """
    checks = {key.name: key for key in context.selected_asset_check_keys}
    selected = context.selected_asset_keys
    labels = subject_labels(night.contracts, night.suites)
    failed = []
    with duckdb.connect(str(night.layout.build_database), read_only=True) as database:
        for result in results:
            node = result.node.to_dict()
            is_good = result.status in {"success", "pass", "warn"}
            if not is_good and result.status != "skipped":
                failed.append(result)
            if node["resource_type"] == "test":
                if key := checks.get(node["name"]):
                    yield dg.AssetCheckResult(
                        asset_key=key.asset_key,
                        check_name=key.name,
                        passed=result.status == "pass",
                        severity=dg.AssetCheckSeverity.WARN
                        if result.status == "warn"
                        else dg.AssetCheckSeverity.ERROR,
                        description=describe_test(result, labels),
                        metadata={"rows that fail": result.failures or 0},
                    )
                continue
            key_of_asset = translator.get_asset_key(node)
            if is_good and key_of_asset in selected:
                yield dg.MaterializeResult(
                    asset_key=key_of_asset,
                    metadata=_describe(database, node, result.execution_time),
                )
    if failed:
        raise GateError(describe_failures(failed, labels))


def _describe(
    database: duckdb.DuckDBPyConnection, node: Mapping[str, Any], seconds: float
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"seconds": round(seconds, 2)}
    if node["config"]["materialized"] != "view":
        counted = database.table(f'"{node["schema"]}"."{node["alias"]}"').count("*").fetchone()
        metadata["dagster/row_count"] = counted[0] if counted else 0
    return metadata
