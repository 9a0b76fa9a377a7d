"""What goes into a release, and what is kept out."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.compute.store import ResultStore
from pipelines.errors import ContractError, ReleaseError
from pipelines.layout import Layout
from pipelines.releases.folders import pointing_link
from pipelines.releases.manifest import seal_release
from pipelines.releases.published import PublishedTable, refuse_unfit_columns
from tests.releases.bureau import (
    AS_OF,
    DEFINITIONS,
    EXTRACTS,
    PSEUDONYM,
    PUBLISHED,
    RELEASE_ID,
    build,
    write_dbt_manifest,
)


def tables_of(database: Path) -> dict[str, list[str]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select table_name, list(column_name order by column_index) from duckdb_columns()"
            " where not internal group by all order by all"
        ).fetchall()
    return dict(rows)


def publish_columns(layout: Layout, name: str, columns: object) -> None:
    write_dbt_manifest(layout, {**PUBLISHED, name: columns})


def query(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path)) as connection:
        return connection.execute(sql).fetchall()


def test_only_declared_tables_and_columns_are_released(layout: Layout) -> None:
    tables = tables_of(build(layout) / "indicators.duckdb")

    declared = {name.split(".")[1]: columns for name, columns in PUBLISHED.items()}
    described = {"release", "extracts", "extract_states", "stewards", "labels"}
    assert {name: tables[name] for name in declared} == declared
    assert tables.keys() == declared.keys() | described


def test_nothing_of_an_unpublished_column_is_left_in_any_file(layout: Layout) -> None:
    building = build(layout)

    files = [path for path in building.rglob("*") if path.is_file()]
    assert not [p.name for p in files if PSEUDONYM.encode() in p.read_bytes()]
    assert not [p.name for p in files if b"never published" in p.read_bytes()]


def test_the_database_says_which_release_it_is(layout: Layout) -> None:
    database = build(layout) / "indicators.duckdb"

    assert query(database, "from release") == [
        (RELEASE_ID, AS_OF, True, "合成演示数据 · 截至 2025-01-15")
    ]


def test_a_release_of_real_data_is_not_labelled_synthetic(layout: Layout) -> None:
    database = build(layout, is_synthetic=False) / "indicators.duckdb"

    assert query(database, "select is_synthetic, label from release") == [
        (False, "截至 2025-01-15")
    ]


def test_the_database_tells_how_far_each_source_reaches(layout: Layout) -> None:
    database = build(layout) / "indicators.duckdb"

    states = query(database, "select source_label, stale_from is null, reason from extract_states")
    assert states == [
        ("投诉举报咨询", False, "2025-01-15 的数据缺少“状态”列，已暂缓使用。"),
        ("市场主体登记事项", True, None),
    ]


def test_descriptions_of_the_models_become_comments(layout: Layout) -> None:
    database = build(layout) / "indicators.duckdb"

    assert query(
        database,
        "select t.comment, c.comment from duckdb_tables() as t"
        " join duckdb_columns() as c using (table_name)"
        " where table_name = 'areas' and column_name = 'area_code'",
    ) == [("One row per areas; it's declared.", "GB/T 2260 code")]


def test_the_database_is_checkpointed_and_stands_alone(layout: Layout) -> None:
    building = build(layout)

    assert {path.name for path in building.iterdir()} == {
        "draft.json",
        "indicators.duckdb",
        "parquet",
    }


def test_each_table_has_its_parquet_twin(layout: Layout) -> None:
    building = build(layout)

    for table in tables_of(building / "indicators.duckdb"):
        with duckdb.connect(str(building / "indicators.duckdb"), read_only=True) as connection:
            twin = str(building / "parquet" / f"{table}.parquet")
            different = connection.execute(
                f"(from {table} except all from read_parquet($twin)) union all"
                f" (from read_parquet($twin) except all from {table})",
                {"twin": twin},
            ).fetchall()
            assert different == [], table


def test_a_large_table_stands_in_its_order_in_both(layout: Layout) -> None:
    """With more row groups than threads, which would otherwise be written as they come."""
    with duckdb.connect(str(layout.build_database)) as connection:
        connection.execute(
            "create table ledgers.many as select hash(i)::varchar as item_no"
            " from range(1_000_000) as r(i)"
        )
    publish_columns(layout, "ledgers.many", ["item_no"])

    building = build(layout)

    parquet = str(building / "parquet" / "many.parquet")
    for source, place in ((f"read_parquet('{parquet}')", "file_row_number"), ("many", "rowid")):
        fell = query(
            building / "indicators.duckdb",
            f"select count(*) from (select item_no < lag(item_no) over (order by {place}) as fell"
            f" from {source}) where fell",
        )
        assert fell == [(0,)]


def test_what_is_being_built_is_for_its_owner_alone(layout: Layout) -> None:
    """Whatever the process lets others see."""
    before = os.umask(0)
    try:
        building = build(layout)
    finally:
        os.umask(before)

    assert building.stat().st_mode & 0o777 == 0o700
    assert (building / "parquet").stat().st_mode & 0o777 == 0o700


def test_a_published_column_that_is_missing_is_refused_with_what_there_is(layout: Layout) -> None:
    publish_columns(layout, "ledgers.complaints", ["item_no", "closed_on"])

    with pytest.raises(
        ReleaseError, match=r"ledgers\.complaints: expected .* closed_on, got .*kind"
    ):
        build(layout)


def test_a_published_model_that_was_not_built_is_refused(layout: Layout) -> None:
    publish_columns(layout, "ledgers.recognitions", ["award_no"])

    with pytest.raises(ReleaseError, match=r"ledgers\.recognitions: expected the published table"):
        build(layout)


def test_a_published_pseudonym_is_refused_and_not_quoted(layout: Layout) -> None:
    publish_columns(layout, "ledgers.complaints", ["item_no", "contact_pseudonym"])

    with pytest.raises(ReleaseError, match="pseudonyms in contact_pseudonym") as refusal:
        build(layout)
    assert PSEUDONYM not in str(refusal.value)


@pytest.mark.parametrize(
    "hiding_place",
    ["['x', '{0}']", "{{'name': '{0}'}}", "'see {0}, twice'", "case when i = 8 then '{0}' end"],
    ids=["list", "struct", "longer text", "one row of many"],
)
def test_a_pseudonym_is_found_wherever_it_hides(layout: Layout, hiding_place: str) -> None:
    with duckdb.connect(str(layout.build_database)) as connection:
        connection.execute(
            f"create table ledgers.hidden as select {hiding_place.format(PSEUDONYM)} as note"
            " from range(9) as r(i)"
        )
    publish_columns(layout, "ledgers.hidden", ["note"])

    with pytest.raises(ReleaseError, match="pseudonyms in note"):
        build(layout)


def test_a_table_that_has_passed_is_searched_again_when_it_holds_something_else(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same file is searched once, of the columns that leave."""
    searched: list[str] = []

    def search(engine: duckdb.DuckDBPyConnection, relation: str, table: PublishedTable) -> None:
        searched.append(table.name)
        refuse_unfit_columns(engine, relation, table)

    monkeypatch.setattr("pipelines.releases.build.refuse_unfit_columns", search)
    store = ResultStore(layout, AS_OF)
    publish_columns(layout, "ledgers.complaints", ["item_no"])
    shutil.rmtree(build(layout, store=store))
    assert "complaints" in searched
    searched.clear()
    shutil.rmtree(build(layout, store=store))
    assert searched == []

    publish_columns(layout, "ledgers.complaints", ["item_no", "contact_pseudonym"])
    with pytest.raises(ReleaseError, match="pseudonyms in contact_pseudonym"):
        build(layout, store=store)
    publish_columns(layout, "ledgers.complaints", ["item_no"])
    with duckdb.connect(str(layout.build_database)) as connection:
        connection.execute("update ledgers.complaints set item_no = ?", [PSEUDONYM])
    with pytest.raises(ReleaseError, match="pseudonyms in item_no"):
        build(layout, store=store)


def test_a_floating_point_column_is_refused(layout: Layout) -> None:
    publish_columns(layout, "ledgers.complaints", ["item_no", "weight"])

    with pytest.raises(ReleaseError, match="floating point in weight"):
        build(layout)


def test_a_published_table_that_documents_no_column_is_refused(layout: Layout) -> None:
    publish_columns(layout, "ledgers.complaints", [])

    with pytest.raises(ContractError, match=r"ledgers\.complaints: expected a published table to"):
        build(layout)


def test_a_release_of_nothing_is_refused(layout: Layout) -> None:
    write_dbt_manifest(layout, {})

    with pytest.raises(ReleaseError, match="expected models with config"):
        build(layout)


def test_a_model_may_not_take_the_name_of_a_table_about_the_release(layout: Layout) -> None:
    publish_columns(layout, "ledgers.release", ["x"])

    with pytest.raises(ContractError, match=r"ledgers\.release: expected a name of its own"):
        build(layout)


def test_an_extract_that_loses_a_row_on_the_way_is_refused(layout: Layout) -> None:
    extracts = [{**EXTRACTS[0], "rows_loaded": 8}]

    with pytest.raises(ReleaseError, match="12 rows delivered, 11 accounted"):
        build(layout, extracts=extracts)


def test_a_refused_build_leaves_nothing_behind(layout: Layout) -> None:
    publish_columns(layout, "ledgers.complaints", ["closed_on"])

    with pytest.raises(ReleaseError):
        build(layout)
    assert list(layout.releases.iterdir()) == []


def test_leftovers_of_a_killed_night_are_cleaned_away(layout: Layout) -> None:
    for name in (".2025-01-14-0123456789ab.building", ".2024-01-14-0123456789ab.removing"):
        (layout.releases / name / "parquet").mkdir(parents=True)
    pointing_link(layout).symlink_to("a release that was to become current")
    building = build(layout)

    assert list(layout.releases.iterdir()) == [building]
    assert not pointing_link(layout).is_symlink()


def test_a_project_that_dbt_has_not_described_is_named(layout: Layout) -> None:
    layout.dbt_manifest.unlink()

    with pytest.raises(ReleaseError, match=r"dbt manifest: expected .*manifest\.json, got no such"):
        build(layout)


def test_a_missing_build_database_is_named(layout: Layout) -> None:
    layout.build_database.unlink()

    with pytest.raises(ReleaseError, match="expected the build database"):
        build(layout)


def test_the_same_landing_gives_the_same_parquet_bytes(layout: Layout) -> None:
    """Two builds with two threads and one with one, over rows in another order each time."""
    publish_columns(layout, "ledgers.many", ["item_no", "fine_yuan", "received_on", "note"])
    hashes = []
    for threads, order in ((2, "i"), (2, "hash(i)"), (1, "i desc")):
        with duckdb.connect(str(layout.build_database)) as connection:
            connection.execute(
                "create or replace table ledgers.many as select hash(i) % 9000 as item_no,"
                " (i % 977 / 7)::decimal(20, 2) as fine_yuan,"
                " date '2024-01-01' + (i % 366)::int as received_on,"
                f" nullif('n' || i % 31, 'n7') as note from range(300_000) as r(i) order by {order}"
            )
        building = build(layout, threads=threads)
        hashes.append(
            {
                path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                for path in (building / "parquet").iterdir()
            }
        )

    assert hashes[0] == hashes[1] == hashes[2]


def test_the_manifest_lists_what_the_release_was_made_from(layout: Layout) -> None:
    building = build(layout)
    manifest = seal_release(layout, building)

    written = json.loads((building / "manifest.json").read_text())
    assert written["extracts"] == EXTRACTS
    assert written["definitions"] == DEFINITIONS
    assert written["gates"] == [{"suite": "indicator_values", "passed": 12, "failed": 0}]
    assert written["previous"] is None
    rows = {a.path: a.rows for a in manifest.artefacts}
    assert rows["parquet/complaints.parquet"] == 9
    assert rows["indicators.duckdb"] is None


def test_a_folder_that_was_not_built_cannot_be_sealed(layout: Layout) -> None:
    with pytest.raises(ReleaseError, match="expected the draft"):
        seal_release(layout, layout.build)


def limit_file_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))


def test_a_full_disk_is_refused_with_what_to_do(layout: Layout) -> None:
    """A limit on the size of files stands for the disk: the same calls fail, in the same places."""
    script = (
        "import sys; from pathlib import Path; from pipelines.errors import StorageError\n"
        "from tests.releases.bureau import build, make_layout\n"
        "try: build(make_layout(Path(sys.argv[1])))\n"
        "except StorageError as error: print(error)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, str(layout.warehouse)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit_file_size,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )

    assert "expected room to write" in result.stdout, result.stderr
    assert "Free some space" in result.stdout
    assert list(layout.releases.iterdir()) == []
