"""The project's own declarations, read once a process."""

from __future__ import annotations

from functools import lru_cache

from pipelines.metrics.ledger_labels import Labels, read_ledger_labels
from pipelines.quality.suite_files import read_suites
from pipelines.quality.suites import Suite
from pipelines.settings import PROJECT_ROOT
from pipelines.sources.contracts import SourceTable, read_contracts

DBT_PROJECT = PROJECT_ROOT / "dbt_project"


@lru_cache(maxsize=1)
def our_contracts() -> dict[str, SourceTable]:
    return read_contracts(DBT_PROJECT)


@lru_cache(maxsize=1)
def our_labels() -> Labels:
    return read_ledger_labels(DBT_PROJECT, our_contracts())


@lru_cache(maxsize=1)
def our_suites() -> dict[str, Suite]:
    return read_suites(PROJECT_ROOT / "expectations", our_contracts(), our_labels())
