"""What a release is called."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from pipelines.layout import Layout
from pipelines.releases import identity
from pipelines.releases.identity import definitions_hash, release_id_for

DAY = date(2025, 1, 15)
STATES = [{"source_table": "complaints__items", "data_through": DAY, "stale_from": None}]
ACCEPTED = {"complaints__items": ["a", "b"], "penalty_cases__cases": ["c"]}


@pytest.fixture
def project(tmp_path: Path) -> Layout:
    root = tmp_path / "project"
    for name, text in {
        "dbt_project/models/ledgers/complaints.sql": "select 1",
        "expectations/complaints.yml": "suite: complaints",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return Layout(warehouse=tmp_path / "warehouse", project=root, sources=tmp_path)


def test_equal_inputs_in_another_order_have_the_same_id() -> None:
    shuffled = {"penalty_cases__cases": ["c"], "complaints__items": ["b", "a"]}

    assert release_id_for(DAY, ACCEPTED, STATES, "d") == release_id_for(DAY, shuffled, STATES, "d")
    assert re.fullmatch(r"2025-01-15-[0-9a-f]{12}", release_id_for(DAY, ACCEPTED, STATES, "d"))


@pytest.mark.parametrize(
    "other",
    [
        release_id_for(date(2025, 1, 16), ACCEPTED, STATES, "d"),
        release_id_for(DAY, {**ACCEPTED, "complaints__items": ["a"]}, STATES, "d"),
        release_id_for(DAY, {"complaints__items": ["a", "b", "c"]}, STATES, "d"),
        release_id_for(DAY, ACCEPTED, STATES, "e"),
        release_id_for(DAY, ACCEPTED, [{**STATES[0], "stale_from": DAY}], "d"),
    ],
    ids=["date", "extract", "table of the extract", "definitions", "freshness"],
)
def test_any_other_input_gives_another_id(other: str) -> None:
    assert other[11:] != release_id_for(DAY, ACCEPTED, STATES, "d")[11:]


@pytest.mark.parametrize("name", ["dbt_project/models/new.sql", "expectations/complaints.yml"])
def test_a_changed_or_added_definition_changes_the_hash(project: Layout, name: str) -> None:
    before = definitions_hash(project)
    (project.project / name).write_text("another")

    assert definitions_hash(project) != before


def test_two_files_do_not_pass_for_one_whose_content_runs_on(project: Layout) -> None:
    (project.expectations / "a").write_text("one")
    (project.expectations / "b").write_text("two")
    two_files = definitions_hash(project)
    (project.expectations / "a").write_text("oneexpectations/b two")
    (project.expectations / "b").unlink()

    assert definitions_hash(project) != two_files


@pytest.mark.parametrize(
    "name",
    ["dbt_project/target/manifest.json", "dbt_project/logs/dbt.log", "dbt_project/.user.yml"],
)
def test_what_dbt_generates_does_not_change_the_hash(project: Layout, name: str) -> None:
    before = definitions_hash(project)
    path = project.project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("generated")

    assert definitions_hash(project) == before


def test_the_code_and_the_lock_file_count_and_the_demo_bureau_does_not(
    project: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "pipelines"
    for folder in (package, tmp_path / "demo"):
        folder.mkdir()
    (package / "night.py").write_text("pass")
    monkeypatch.setattr(identity, "_PACKAGE", package)
    hashes = [definitions_hash(project)]
    for path in (
        tmp_path / "demo" / "dice.py",
        package / "night.py",
        tmp_path / "requirements.lock",
    ):
        path.write_text("changed")
        hashes.append(definitions_hash(project))

    assert hashes[0] == hashes[1]
    assert len(set(hashes[1:])) == 3
