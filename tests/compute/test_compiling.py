"""What a night takes of dbt's manifest, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.compute import compiling
from pipelines.compute.compiled import CompiledTable, in_order
from pipelines.compute.relations import relations_in
from pipelines.dbt_manifest import read_dbt_manifest
from pipelines.errors import ContractError
from pipelines.layout import Layout
from pipelines.settings import Settings
from tests.compiled_project import begin_compiled, compiled_project
from tests.compute.projects import table

NIGHT = ("night.business_day", "night.covered_spans", "night.extract_states")


@pytest.fixture
def layout(tmp_path: Path, shared_folder: Path) -> Layout:
    found = Layout.of(Settings(warehouse=tmp_path, sources=tmp_path / "sources"))
    assert shared_folder
    begin_compiled(found.dbt_target)
    return found


def test_relations_are_those_that_the_engine_reads() -> None:
    sql = """
    -- from "build"."ledgers"."commented"
    with days as (select * from "build"."night"."days"), b as (select 1 as n)
    select 'from ledgers.quoted' as text, (select max(n) from reference.areas) as most
    from days inner join b on true
    where exists (select 1 from (select 2) as x left join ledgers.sales on true)
    """
    with duckdb.connect() as engine:
        assert relations_in(engine, sql, "x") == ("ledgers.sales", "night.days", "reference.areas")
        with pytest.raises(ContractError, match="x: expected one select that DuckDB parses"):
            relations_in(engine, "select from from", "x")
        with pytest.raises(ContractError, match="x: expected one select"):
            relations_in(engine, "drop table a.b", "x")


def test_each_table_stands_behind_what_it_reads(shared_folder: Path) -> None:
    assert shared_folder
    project = compiled_project()
    seen: set[str] = set()
    for found in project.tables:
        own = {read for read in found.reads if read in project.by_name}
        assert own <= seen, found.name
        seen.add(found.name)
    assert project.sources_of("ledgers.complaints") == {"complaints__items"}
    assert len(project.sources_of("indicators.monthly_measures")) > 10


def test_a_test_waits_for_the_last_of_its_tables(shared_folder: Path) -> None:
    assert shared_folder
    project = compiled_project()
    order = [found.name for found in project.tables]
    due = project.tests_after(order)
    assert sum(map(len, due.values())) == len(project.tests)
    for after, tests in due.items():
        there = order[: order.index(after) + 1]
        assert all(set(test.reads) <= {*there, *NIGHT} for test in tests), after
    only_first = project.tests_after(["reference.areas"])
    assert {test.subject for test in only_first["reference.areas"]} == {"reference.areas"}


def test_the_order_does_not_depend_on_that_of_the_manifest() -> None:
    a, b = table("ledgers.a", "select 1"), table("ledgers.b", "from ledgers.a", "ledgers.a")
    c = table("ledgers.c", "select 1")
    assert in_order([b, c, a]) == in_order([c, a, b])


def test_dbt_is_not_asked_twice(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither the project nor this code has changed; a file that was cut is made again."""
    asked: list[Path] = []
    ask = compiling._invoke_dbt

    def note(asked_of: Layout) -> None:
        asked.append(asked_of.warehouse)
        ask(asked_of)

    monkeypatch.setattr(compiling, "_invoke_dbt", note)
    first = compiling.compile_project(layout)
    assert asked == []
    layout.compiled_project.write_text("{")
    assert compiling.compile_project(layout) == first
    assert len(asked) == 1


def _misspell(manifest: dict[str, Any]) -> None:
    node = _node(manifest, "complaints")
    days = "build.staging.stg_night__source_days"
    node["compiled_code"] = (
        f"select * from ({node['compiled_code']}) cross join {days.replace(chr(34), '')}"
    )


REFUSED: list[tuple[str, Callable[[dict[str, Any]], object], str]] = [
    ("ephemeral", lambda m: _node(m, "complaints")["config"].update(materialized="ephemeral"),
     "model complaints: expected a table or a view, got 'ephemeral'"),
    ("untyped seed", lambda m: _node(m, "areas")["config"]["column_types"].pop("level"),
     "seed areas: expected a type for each column, got none for level"),
    ("warning", lambda m: _node(m, "is_key_areas_area_code")["config"].update(severity="warn"),
     "data test is_key_areas_area_code: expected one that fails when it returns a row, got others"
     " of severity"),
    ("limit", lambda m: _node(m, "is_key_areas_area_code")["config"].update(limit=5),
     "others of limit"),
    ("another spelling", _misspell,
     "ledgers.complaints: expected staging.stg_night__source_days as ref() writes it"),
]  # fmt: skip


def _node(manifest: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(n for n in manifest["nodes"].values() if n["name"] == name)
    return found


@pytest.mark.parametrize(("change", "said"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_what_a_night_does_not_carry_out_is_refused(
    layout: Layout, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    manifest = read_dbt_manifest(layout)
    assert compiling._read_project(manifest, layout.dbt_project) == compiled_project()
    change(manifest)
    with pytest.raises(ContractError) as refusal:
        compiling._read_project(manifest, layout.dbt_project)
    assert said in str(refusal.value)


def test_a_seed_is_read_as_it_stands(layout: Layout) -> None:
    """What is empty is null, and each cell has the type that is declared."""
    (areas,) = (found for found in compiled_project().tables if found.name == "reference.areas")
    assert isinstance(areas, CompiledTable)
    path = layout.dbt_project / areas.seed
    with duckdb.connect() as connection:
        rows = connection.sql(areas.sql.replace(":seed_file", f"'{path}'"))
        assert str(rows.types[rows.columns.index("valid_from")]) == "DATE"
        assert rows.filter("area_code = '330108'").fetchone() == (
            "330108", "滨江区", "district", "330100", None, None,
        )  # fmt: skip


def test_parts_of_a_model_are_tables_that_read_one_ledger_each(shared_folder: Path) -> None:
    assert shared_folder
    project = compiled_project()
    parts = [found for found in project.tables if found.schema_name == "cells"]
    assert len(parts) > 15
    for part in parts:
        assert len([read for read in part.reads if read.startswith("ledgers.")]) == 1, part.name
    measures = project.by_name["indicators.monthly_measures"]
    assert not [read for read in measures.reads if read.startswith("ledgers.")]
    assert "cells.complaints_cells" in measures.reads
