"""The functions of the rules take from the dbt project what it says, and nothing is said twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import ContractError
from pipelines.quality.rule_functions import FUNCTIONS_FILE, read_functions
from pipelines.settings import PROJECT_ROOT

AREAS = """area_code,area_name,level,parent_code,valid_from,valid_to
330106,西湖区,district,330100,,
330106001,北山街道,street,330106,,
330106002,西溪街道,street,330106,,
330108001,西兴街道,street,330108,,
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The rules of another district of which the project's own is a neighbour."""
    (tmp_path / "expectations").mkdir()
    shutil.copy(PROJECT_ROOT / "expectations" / FUNCTIONS_FILE, tmp_path / "expectations")
    dbt_project = tmp_path / "dbt_project"
    shutil.copytree(PROJECT_ROOT / "dbt_project" / "macros", dbt_project / "macros")
    (dbt_project / "seeds").mkdir()
    (dbt_project / "seeds" / "areas.csv").write_text(AREAS, encoding="utf-8")
    (dbt_project / "dbt_project.yml").write_text('vars: {district_code: "330106"}')
    return tmp_path


def ask(folder: Path, expression: str) -> object:
    with duckdb.connect() as connection:
        connection.execute(read_functions(folder))
        found = connection.execute(f"select {expression}").fetchone()
    return found[0] if found else None


def test_the_streets_are_those_of_the_seed_below_the_district_of_the_project(project: Path) -> None:
    written = "('北山街道'), ('330106002'), ('西兴街道'), ('330106'), (null)"
    found = ask(
        project / "expectations", f"list(is_street(street)) from (values {written}) as t (street)"
    )
    assert found == [True, True, False, False, None]


def test_a_code_has_its_checks_also_in_small_letters_and_none_when_it_is_empty() -> None:
    """The category after authority 9 is the ledger's question (4 is none), and told there."""
    written = ["91330108ma27xf6q92", "91330108MA27XF6Q93", "94330108MA27XF6Q9Q", "", None]
    listed = ", ".join(f"'{code}'" if code is not None else "null" for code in written)
    found = ask(PROJECT_ROOT / "expectations", f"[has_uscc_checks(code) for code in [{listed}]]")
    assert found == [True, False, True, False, False]


def test_decisions_are_read_by_the_fields_that_the_ledger_unnests() -> None:
    written = '[{"decision_no": "D1", "penalty_types": ["警告"], "collected_yuan": 5}]'
    found = ask(PROJECT_ROOT / "expectations", f"penalty_decisions('{written}')")
    assert isinstance(found, list)
    given = {name: value for name, value in found[0].items() if value is not None}
    assert given == {"decision_no": "D1", "penalty_types": ["警告"], "collected_yuan": "5"}
    assert len(found[0]) == 10


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("{{ no_such_name }}", "no_such_name"),
        ("{% from 'no_such_file.sql' import x %}", "no_such_file.sql"),
        ("{% if %}", "TemplateSyntaxError"),
    ],
)
def test_a_template_that_cannot_be_rendered_is_refused(
    project: Path, change: str, said: str
) -> None:
    (project / "expectations" / FUNCTIONS_FILE).write_text(change)
    with pytest.raises(ContractError, match=rf"_functions\.sql.*{said}"):
        read_functions(project / "expectations")


def test_a_project_without_its_seed_of_areas_is_refused(project: Path) -> None:
    (project / "dbt_project" / "seeds" / "areas.csv").unlink()
    with pytest.raises(ContractError, match="FileNotFoundError"):
        read_functions(project / "expectations")


def test_suites_without_functions_need_none(tmp_path: Path) -> None:
    assert read_functions(tmp_path) == ""
