"""Where things lie in the warehouse: its folders and files are named here and nowhere else.

`warehouse/README.md` is the same map for people. What lies within a folder is named by the one
module that writes it. Functions here compute paths and create nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.settings import Settings


OWNER_ONLY = 0o077
"""The umask of every command: what it writes is its owner's, until it is opened to the group."""


@dataclass(frozen=True)
class Layout:
    """The paths of one installation."""

    warehouse: Path
    project: Path
    sources: Path

    @classmethod
    def of(cls, settings: Settings) -> Layout:
        """The layout that the settings describe."""
        return cls(settings.warehouse, settings.project, settings.sources)

    # What the project declares
    @property
    def dbt_project(self) -> Path:
        """The dbt project: source contracts, models, metrics."""
        return self.project / "dbt_project"

    @property
    def expectations(self) -> Path:
        """The suites, one YAML a gated table."""
        return self.project / "expectations"

    # What the warehouse keeps
    @property
    def landing(self) -> Path:
        """Immutable extracts: `<source>/<table>/<extract_id>/`."""
        return self.warehouse / "landing"

    @property
    def quarantine(self) -> Path:
        """Rows delivered and not loaded: `<source>/<table>/<extract_id>.parquet`."""
        return self.warehouse / "quarantine"

    @property
    def operations(self) -> Path:
        """SQLite: nights, stages, verdicts, incidents, outbox."""
        return self.warehouse / "operations.sqlite"

    @property
    def build(self) -> Path:
        """This night's working folder; emptied when a night starts."""
        return self.warehouse / "build"

    @property
    def build_database(self) -> Path:
        """The tables of a night, as views; nobody reads it but the night itself."""
        return self.build / "build.duckdb"

    @property
    def dbt_target(self) -> Path:
        """Compiled models and the manifest, as dbt writes them."""
        return self.warehouse / "dbt_target"

    @property
    def dbt_manifest(self) -> Path:
        """What dbt says of its models, sources and metrics."""
        return self.dbt_target / "manifest.json"

    @property
    def compiled_project(self) -> Path:
        """What a night carries out of it: SQL in order, what each reads, the tests of data."""
        return self.dbt_target / "compiled.json"

    @property
    def store(self) -> Path:
        """Results of earlier nights by what they were made from; can be deleted at any time."""
        return self.warehouse / "store"

    @property
    def releases(self) -> Path:
        """One folder a release."""
        return self.warehouse / "releases"

    @property
    def current(self) -> Path:
        """Symbolic link to the newest release; replaced by one rename."""
        return self.warehouse / "current"

    @property
    def reports(self) -> Path:
        """Annual reports that were asked for: `<release_id>/<year>/`."""
        return self.warehouse / "reports"

    @property
    def dictionary(self) -> Path:
        """The pages that explain the indicators, one folder a release; made on request."""
        return self.warehouse / "dictionary"

    @property
    def digests(self) -> Path:
        """Digests written to files when no alert target is configured."""
        return self.warehouse / "digests"

    @property
    def lease(self) -> Path:
        """The file whose lock means that a night is running."""
        return self.warehouse / "night.lock"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance: run history, event log."""
        return self.warehouse / "dagster"
