"""What the commands that people wait for import: each name here takes longer than the command."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipelines.releases.folders import DATABASE
from tests.night.bureau import ZHIBIAO, Bureau

HEAVY = {
    "altair", "apprise", "dagster", "dbt", "docx", "docxtpl", "great_expectations", "jinja2",
    "numpy", "openpyxl", "pandas", "psutil", "pyarrow", "python_calamine", "requests",
    "sqlalchemy", "stamina", "starlette", "uvicorn", "vl_convert", "xlsxwriter",
}  # fmt: skip
"""Most take a tenth of a second and more, Great Expectations three."""
OF_ANSWERS = {"duckdb", "sqlite3", "yaml"}
"""What an answer needs, and no help."""


def _imported(bureau: Bureau, *command: str) -> set[str]:
    """The first names of all modules that a process imports, as Python itself reports them."""
    done = subprocess.run(
        command,
        env=bureau.environment | {"PYTHONPROFILEIMPORTTIME": "1"},
        cwd=bureau.root,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    assert len(lines) > 100
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize(
    "arguments",
    [
        ("sql", "from indicator_values limit 3"),
        ("show", "new_market_entities"),
        ("show", "new_market_entities", "--period", "2024", "--by", "entity_kind"),
        ("show", "new_market_entities", "--by", "street", "--format", "json"),
        ("status",),
        ("status", "--all"),
        ("release", "list"),
    ],
    ids=" ".join,
)
def test_a_reader_does_not_wait_for_what_a_night_needs(
    small_bureau: Bureau, arguments: tuple[str, ...]
) -> None:
    imported = _imported(small_bureau, str(ZHIBIAO), *arguments)
    assert "typer" in imported
    assert imported & HEAVY == set()


@pytest.mark.parametrize("arguments", [("--help",), ("show", "--help"), ("nightly", "--help")])
def test_help_does_not_even_wait_for_a_database(
    small_bureau: Bureau, arguments: tuple[str, ...]
) -> None:
    imported = _imported(small_bureau, str(ZHIBIAO), *arguments)
    assert imported & (HEAVY | OF_ANSWERS) == set()


def test_of_two_processes_that_answer_a_query_one_has_the_database(small_bureau: Bureau) -> None:
    """The parent of `zhibiao sql` reads the command, its child asks DuckDB."""
    parent = _imported(small_bureau, str(ZHIBIAO), "sql", "select 1")
    assert "duckdb" not in parent
    asks = (
        "import sys; from pathlib import Path; from pipelines.releases import queries;"
        " queries.answer(Path(sys.argv[1]), 'select 1', '1GB', 1, queries.LIMITS)"
    )
    child = _imported(
        small_bureau, sys.executable, "-c", asks, str(small_bureau.current / DATABASE)
    )
    assert "duckdb" in child
    assert child & (HEAVY | {"typer", "rich", "pydantic"}) == set()


def test_installed_packages_are_not_looked_through_for_plugins() -> None:
    """A tenth of what a reader takes; where pydantic has looked, it keeps what it found."""
    looked = (
        "import pipelines.settings; from pydantic.plugin import _loader;"
        " assert _loader._plugins is None"
    )
    subprocess.run([sys.executable, "-c", looked], check=True)
