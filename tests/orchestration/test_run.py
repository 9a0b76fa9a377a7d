"""A run that Dagster calls a success is one for us only when it made a release."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import GateError
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.orchestration.run import _refuse_without_release
from pipelines.settings import Settings


@pytest.mark.parametrize(("outcome", "is_refused"), [("released", False), ("failed", True)])
def test_a_run_without_a_release_is_refused(tmp_path: Path, outcome: str, is_refused: bool) -> None:
    settings = Settings(warehouse=tmp_path / "warehouse", sources=tmp_path / "sources")
    with open_operations(Layout.of(settings).operations) as operations:
        operations.execute(
            "insert into nights (night_id, business_date, started_at, outcome)"
            " values ('n', '2025-01-15', '2025-01-16', ?)",
            [outcome],
        )
    refused = False
    try:
        _refuse_without_release(settings, "n")
    except GateError as error:
        refused = "expected a release" in str(error)
    assert refused is is_refused
