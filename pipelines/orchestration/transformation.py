"""Compute: the dbt models as Dagster assets, in two steps with a gate between them.

Ledgers first, then — only when the ledgers have passed their suites — the indicators. The graph is
read from dbt's manifest, which is made anew whenever anything under dbt_project/ has changed.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets

from pipelines.errors import ContractError
from pipelines.layout import Layout
from pipelines.orchestration.night import Night
from pipelines.settings import Settings
from pipelines.sources.admission import admit

INDICATORS = "path:models/indicators"
# Unit tests prove formulas on made-up rows; they belong to `make test`, not to every night.
NIGHTLY_ONLY = ["--exclude-resource-type", "unit_test"]


def dbt_environment(layout: Layout, settings: Settings) -> dict[str, str]:
    """What dbt's profile needs. Nothing here changes from night to night: that would re-parse."""
    return {
        "ZHIBIAO_BUILD_DATABASE": str(layout.build_database),
        "ZHIBIAO_THREADS": str(settings.threads),
        "ZHIBIAO_MEMORY_LIMIT": settings.memory_limit,
        # Dbt's own log would grow by megabytes a night; what it prints is kept in build/dbt.log.
        "DBT_LOG_LEVEL_FILE": "none",
        "DBT_LOG_PATH": str(layout.dbt_target),
        "DO_NOT_TRACK": "1",
    }


def _project_hash(dbt_project: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(p for p in dbt_project.rglob("*") if p.suffix in {".yml", ".sql", ".csv"}):
        digest.update(path.relative_to(dbt_project).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def ensure_manifest(layout: Layout, settings: Settings) -> Path:
    """The path of dbt's manifest, parsed anew when the project has changed since.

    Raises:
        ContractError: dbt cannot parse the project; its own words say where.
    """
    manifest = layout.dbt_target / "manifest.json"
    stamp = layout.dbt_target / "project.sha256"
    current = _project_hash(layout.dbt_project)
    if manifest.exists() and stamp.exists() and stamp.read_text() == current:
        return manifest
    layout.dbt_target.mkdir(parents=True, exist_ok=True)
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", "parse"]
    command += ["--project-dir", str(layout.dbt_project), "--profiles-dir", str(layout.dbt_project)]
    command += ["--target-path", str(layout.dbt_target)]
    done = subprocess.run(
        command,
        env=os.environ | dbt_environment(layout, settings),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ContractError(
            f"dbt_project: expected a project that dbt can parse, got:\n{done.stdout.strip()}\n"
            "Mend the file that dbt names."
        )
    stamp.write_text(current)
    return manifest


class Translator(DagsterDbtTranslator):
    """Names assets as the tables are named, and draws the edges that dbt cannot know.

    The indicator compiler finds the ledgers through the semantic models and not through `ref`, so
    the edges from ledgers to indicators are added from the manifest's semantic models.
    """

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Sources as [source, table]; seeds and models as [schema, name]."""
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer."""
        return str(dbt_resource_props["schema"])

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """The spec, with the ledgers behind `monthly_measures`."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        if unique_id.endswith(".monthly_measures"):
            ledgers = {
                self.get_asset_key(manifest["nodes"][node])
                for semantic_model in manifest["semantic_models"].values()
                for node in semantic_model["depends_on"]["nodes"]
            }
            spec = spec.replace_attributes(deps=[*spec.deps, *sorted(ledgers)])
        return spec


def transformation_assets(
    layout: Layout, settings: Settings
) -> tuple[dg.AssetsDefinition, dg.AssetsDefinition, DbtCliResource]:
    """The two dbt steps and the resource that runs them."""
    manifest_path = ensure_manifest(layout, settings)
    manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    project = DbtProject(
        layout.dbt_project, target_path=layout.dbt_target, profiles_dir=layout.dbt_project
    )
    translator = Translator()

    def run_dbt(
        context: dg.AssetExecutionContext, night: Night, dbt: DbtCliResource
    ) -> Iterator[Any]:
        os.environ.update(dbt_environment(night.layout, night.settings))
        log = night.layout.build / "dbt.log"
        with log.open("a", encoding="utf-8") as file, redirect_stdout(file):
            invocation = dbt.cli(
                ["build", *NIGHTLY_ONLY], context=context, target_path=night.layout.dbt_target
            )
            yield from invocation.stream()

    @dbt_assets(
        manifest=manifest,
        exclude=INDICATORS,
        name="ledgers",
        dagster_dbt_translator=translator,
        project=project,
    )
    def ledgers(
        context: dg.AssetExecutionContext, night: dg.ResourceParam[Night], dbt: DbtCliResource
    ) -> Iterator[Any]:
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
        yield from run_dbt(context, night, dbt)

    @dbt_assets(
        manifest=manifest,
        select=INDICATORS,
        name="indicators",
        dagster_dbt_translator=translator,
        project=project,
    )
    def indicators(
        context: dg.AssetExecutionContext, night: dg.ResourceParam[Night], dbt: DbtCliResource
    ) -> Iterator[Any]:
        """Compute every figure from the ledgers."""
        yield from run_dbt(context, night, dbt)

    return ledgers, indicators, DbtCliResource(project_dir=project)
