"""What the declarations owe one another, checked before a night begins.

Contracts, suites and metrics stand in different files; here they meet: every source table has a
suite, and everybody who is named as steward or owner is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.errors import ContractError
from pipelines.quality.stewards import Steward
from pipelines.quality.suites import Suite
from pipelines.sources.contracts import SourceTable


def check_declarations(
    contracts: Mapping[str, SourceTable],
    suites: Mapping[str, Suite],
    stewards: Mapping[str, Steward],
    manifest: Mapping[str, Any],
) -> None:
    """Refuse a source table without a suite, and a steward or owner whom nobody declared.

    Args:
        contracts: The source tables, by id.
        suites: The suites, by gated table.
        stewards: Who is who, by key.
        manifest: Dbt's manifest, for the owners of the metrics.

    Raises:
        ContractError: naming everything that is wrong at once.
    """
    problems = [
        f"{table_id} has no suite expectations/{table_id}.yml"
        for table_id in contracts
        if table_id not in suites
    ]
    named = {f"source table {table_id}": table.steward for table_id, table in contracts.items()}
    named |= {
        f"metric {metric['name']}": str(metric["config"].get("meta", {}).get("owner"))
        for metric in manifest["metrics"].values()
    }
    problems += [
        f"{subject} names {steward!r}, who is no steward"
        for subject, steward in named.items()
        if steward not in stewards
    ]
    if problems:
        raise ContractError(
            f"declarations: expected suites for all source tables and stewards among "
            f"{', '.join(stewards)}, got: {'; '.join(problems)}. "
            "docs/add-a-source.md says what belongs where."
        )
