"""The graph of a night, put together from what is declared: assembles, decides nothing.

The graph runs from each source table through dbt models and their gates to the release. What
belongs in a step is in the modules beside this one.
"""

from __future__ import annotations

import dagster as dg

from pipelines.clock import read_zone
from pipelines.compute.compiling import compile_project
from pipelines.dbt_manifest import read_dbt_manifest
from pipelines.layout import Layout
from pipelines.metrics.ledger_labels import read_ledger_labels
from pipelines.metrics.semantic_layer import check_metrics
from pipelines.orchestration.declaration_checks import check_declarations
from pipelines.orchestration.gate_checks import extract_gate, table_gate
from pipelines.orchestration.ingestion import landing_asset
from pipelines.orchestration.publication import (
    current_release,
    release_report,
    release_tables,
)
from pipelines.orchestration.schedule import night_resource, nightly_job, nightly_schedule
from pipelines.orchestration.transformation import compute_assets
from pipelines.quality.stewards import read_stewards
from pipelines.quality.suite_files import read_suites
from pipelines.settings import current_settings
from pipelines.sources.contracts import read_contracts


def build_definitions() -> dg.Definitions:
    """Read the contracts, suites and models, and put the night together."""
    settings = current_settings()
    layout = Layout.of(settings)
    read_zone(layout.dbt_project)  # refused here; whoever asks the clock is not stopped
    contracts = read_contracts(layout.dbt_project)
    labels = read_ledger_labels(layout.dbt_project, contracts)
    suites = read_suites(layout.expectations, contracts, labels)
    project = compile_project(layout)
    manifest = read_dbt_manifest(layout)
    check_metrics(manifest, layout.dbt_project)
    check_declarations(contracts, suites, read_stewards(layout.expectations), manifest)
    return dg.Definitions(
        assets=[
            *map(landing_asset, contracts.values()),
            *compute_assets(project),
            release_tables,
            release_report,
            current_release,
        ],
        asset_checks=[
            *map(extract_gate, contracts.values()),
            *(table_gate(suite) for table, suite in suites.items() if table not in contracts),
        ],
        resources={"night": night_resource},
        jobs=[nightly_job(settings)],
        schedules=[nightly_schedule()],
    )
