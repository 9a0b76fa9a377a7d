"""Dbt in this process: parse once, build in steps, and let go of the database after each.

A dbt subprocess imports and parses everything again: 7 s a step where this takes 1.5 s. What
belongs here: invoking dbt. What does not: which models make which step (transformation).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipelines.errors import ContractError
from pipelines.layout import Layout
from pipelines.settings import Settings

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunResult
    from dbt.contracts.graph.manifest import Manifest


class DbtRuns:
    """The runs of one night over one parsed project."""

    def __init__(self, layout: Layout, settings: Settings) -> None:
        self._layout, self._settings = layout, settings
        self._manifest: Manifest | None = None

    def parse(self) -> Manifest:
        """Parse the project (again only where it has changed) and write manifest.json.

        Raises:
            ContractError: dbt cannot parse the project; its own words say where.
        """
        if self._manifest is None:
            done = self._invoke(["parse"])
            if not done.success:
                raise ContractError(
                    f"dbt_project: expected a project that dbt can parse, got: {done.exception}. "
                    "Mend the file that dbt names."
                )
            self._manifest = done.result
        return self._manifest

    def build(self, *selection: str) -> Sequence[RunResult]:
        """Build what is selected, with its data tests; one result per node, failed ones included.

        Raises:
            ContractError: dbt could not begin.
        """
        # Unit tests prove formulas on made-up rows; they belong to `make test`.
        done = self._invoke(
            ["build", "--exclude-resource-type", "unit_test", *selection], self.parse()
        )
        if done.result is None:
            raise ContractError(
                f"dbt build: expected results, got: {done.exception}. "
                f"Read {self._layout.build / 'dbt.log'}."
            )
        results: Sequence[RunResult] = done.result.results
        return results

    def _invoke(self, arguments: Sequence[str], manifest: Manifest | None = None) -> Any:  # noqa: ANN401 dbt's own
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        layout = self._layout
        os.environ.update(self._environment())
        layout.dbt_target.mkdir(parents=True, exist_ok=True)
        layout.build.mkdir(parents=True, exist_ok=True)
        try:
            return dbtRunner(manifest=manifest).invoke(
                [
                    "--quiet",
                    "--log-level-file", "info",
                    "--log-path", str(layout.build),
                    *arguments,
                    "--project-dir", str(layout.dbt_project),
                    "--profiles-dir", str(layout.dbt_project),
                    "--target-path", str(layout.dbt_target),
                ]
            )  # fmt: skip
        finally:
            # Dbt keeps its handle for a next invocation; the gates must be able to open the file.
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]

    def _environment(self) -> dict[str, str]:
        """What dbt's profile reads; a value that changed nightly would make it parse all anew."""
        return {
            "ZHIBIAO_BUILD_DATABASE": str(self._layout.build_database),
            "ZHIBIAO_THREADS": str(self._settings.threads),
            "ZHIBIAO_MEMORY_LIMIT": self._settings.memory_limit,
            "DO_NOT_TRACK": "1",
        }
