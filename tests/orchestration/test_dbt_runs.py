"""dbt in this process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipelines.layout import Layout
from pipelines.orchestration.dbt_runs import DbtRuns
from pipelines.settings import Settings
from tests.parsed_project import begin_parsed


@pytest.mark.usefixtures("shared_folder")
def test_the_database_is_free_for_others_after_a_build(settings: Settings, layout: Layout) -> None:
    begin_parsed(layout.dbt_target, layout.build_database)
    results = DbtRuns(layout, settings).build("--select", "areas")
    assert {str(result.status) for result in results} <= {"success", "pass"}
    assert results
    program = (
        "import sys, duckdb; database = duckdb.connect(sys.argv[1]); "
        "print(database.sql('select count(*) > 3 from reference.areas').fetchone())"
    )
    other = subprocess.run(
        [sys.executable, "-c", program, str(layout.build_database)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert other.stdout == "(True,)\n", other.stderr
