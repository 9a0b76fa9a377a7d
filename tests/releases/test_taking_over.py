"""A release whose database begins with the current one's says the same as one made anew."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.compute.store import KeptTable, ResultStore
from pipelines.layout import Layout
from pipelines.releases import build as builder
from pipelines.releases.folders import DATABASE
from pipelines.releases.manifest import Draft, read_manifest, seal_release
from pipelines.releases.published import PublishedTable
from pipelines.releases.switch import publish
from pipelines.releases.taking_over import identify_tables, remember, take_over
from tests.releases.bureau import (
    AS_OF,
    DEFINITIONS,
    PUBLISHED,
    build,
    make_layout,
    write_dbt_manifest,
)

MANY = {**PUBLISHED, "ledgers.many": ["item_no", "kind"]}
CHANGES = {
    "a row of a small ledger": "update ledgers.complaints set item_no = item_no || 'x'",
    "a row more": "insert into ledgers.many (item_no, kind) values ('N0', 'new')",
    "all rows of the large ledger": "update ledgers.many set kind = kind || 'x'",
    "another column": "alter table ledgers.many add column if not exists note varchar default 'n'",
    "nothing": "select 1",
}


@pytest.fixture
def many(layout: Layout) -> Layout:
    """The bureau with a ledger that outweighs all others."""
    write_dbt_manifest(layout, MANY)
    change(
        layout,
        "create table ledgers.many as"
        " select 'N' || i as item_no, 'kind-' || i % 7 as kind from range(20_000) as r(i)",
    )
    return layout


def change(layout: Layout, statement: str) -> None:
    with duckdb.connect(str(layout.build_database)) as connection:
        connection.execute(statement)


def contents(folder: Path) -> dict[str, object]:
    """Every row in its order, every comment, and the bytes of every Parquet file."""
    said: dict[str, object] = {p.name: p.read_bytes() for p in folder.glob("parquet/*")}
    with duckdb.connect(str(folder / DATABASE), read_only=True) as connection:
        said["tables"] = connection.execute(
            "select table_name, comment from duckdb_tables() order by all"
        ).fetchall()
        said["columns"] = connection.execute(
            "select table_name, column_name, data_type, comment from duckdb_columns()"
            " where not internal order by table_name, column_index"
        ).fetchall()
        for name, *_ in said["tables"]:  # type: ignore[attr-defined]
            said[name] = connection.execute(f"from {name} order by rowid").fetchall()
    return said


def publish_next(layout: Layout, number: int, store: ResultStore, definitions: str) -> Path:
    """Build, seal and make current; returns the folder."""
    day = AS_OF + timedelta(days=number)
    building = build(
        layout,
        release_id=f"{day}-0123456789ab",
        business_date=day,
        store=store,
        definitions=definitions,
    )
    seal_release(layout, building)
    return publish(layout, building).folder


@pytest.mark.parametrize("seed", range(2))
def test_any_sequence_of_releases_says_what_each_made_anew_would_say(
    many: Layout, tmp_path: Path, seed: int
) -> None:
    drawn = random.Random(seed)  # noqa: S311 for draws that a seed repeats
    store = ResultStore(many, AS_OF)
    columns = MANY
    for number in range(5):
        statement = drawn.choice(list(CHANGES))
        change(many, CHANGES[statement])
        if statement == "another column":
            columns = {**MANY, "ledgers.many": ["item_no", "kind", "note"]}
        write_dbt_manifest(many, columns)
        definitions = DEFINITIONS if drawn.random() < 0.8 else "e" * 64
        folder = publish_next(many, number, store, definitions)

        day = AS_OF + timedelta(days=number)
        anew = build(
            many,
            release_id=f"{day}-0123456789ab",
            business_date=day,
            store=ResultStore(many, day),
            definitions=definitions,
        )
        assert contents(folder) == contents(anew), (number, statement)
        shutil.rmtree(anew)


@pytest.fixture
def current(tmp_path: Path) -> tuple[Layout, ResultStore]:
    """A current release whose database holds what the store says of it."""
    layout = make_layout(tmp_path / "w")
    folder = layout.releases / "r"
    folder.mkdir(parents=True)
    layout.current.symlink_to("releases/r")
    with duckdb.connect(str(folder / DATABASE)) as connection:
        connection.execute("create table large as select 1 as x; create table small as select 2")
    store = ResultStore(layout, AS_OF)
    remember(folder, {"large": "1", "small": "1"}, store)
    return layout, store


LARGE_AND_SMALL = {"large": KeptTable("", Path(), 10), "small": KeptTable("", Path(), 9)}


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ({"large": "1", "small": "1"}, {"large", "small"}),
        ({"large": "1", "small": "2"}, {"large"}),
        ({"large": "1"}, {"large"}),
        ({"large": "2", "small": "1"}, set()),
        ({"large": "2", "small": "2"}, set()),
    ],
)
def test_a_database_is_taken_over_where_more_rows_stay_than_go(
    current: tuple[Layout, ResultStore], tmp_path: Path, wanted: dict[str, str], taken: set[str]
) -> None:
    layout, store = current
    assert take_over(layout, tmp_path, wanted, LARGE_AND_SMALL, store) == taken
    assert (tmp_path / DATABASE).exists() is bool(taken)


def test_a_database_that_is_not_the_one_that_was_written_is_not_taken_over(
    current: tuple[Layout, ResultStore], tmp_path: Path
) -> None:
    layout, store = current
    path = layout.current / DATABASE
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert not take_over(layout, tmp_path, {"large": "1"}, LARGE_AND_SMALL, store)
    assert not (tmp_path / DATABASE).exists()


@pytest.mark.parametrize("missing", ["the file", "the link"])
def test_without_a_current_release_a_database_begins_empty(
    current: tuple[Layout, ResultStore], tmp_path: Path, missing: str
) -> None:
    layout, store = current
    (layout.current / DATABASE if missing == "the file" else layout.current).unlink()
    assert not take_over(layout, tmp_path, {"large": "1"}, LARGE_AND_SMALL, store)


@pytest.mark.parametrize(
    "other", [{"description": "x"}, {"column_descriptions": {"a": "x"}}, {"columns": ("a", "b")}]
)
def test_a_table_that_is_declared_otherwise_is_another_table(
    many: Layout, other: dict[str, Any]
) -> None:
    table = PublishedTable("ledgers", "large", "", ("a",), frozenset(), {})
    manifest = read_manifest(publish_next(many, 1, ResultStore(many, AS_OF), DEFINITIONS))
    draft = Draft.model_validate(manifest.model_dump(include=set(Draft.model_fields)))
    said = [
        identify_tables([declared], LARGE_AND_SMALL, draft)
        for declared in (table, replace(table, **other))
    ]
    assert said[0] != said[1]


@pytest.mark.parametrize(
    ("definitions", "expected"),
    [
        (DEFINITIONS, {"complaints", "indicator_values"}),
        ("e" * 64, {name.split(".")[1] for name in MANY}),
    ],
)
def test_what_has_not_changed_is_not_written_again(
    many: Layout, monkeypatch: pytest.MonkeyPatch, definitions: str, expected: set[str]
) -> None:
    """What other definitions published would linger in the pages that it left."""
    store = ResultStore(many, AS_OF)
    publish_next(many, 1, store, DEFINITIONS)
    change(many, CHANGES["a row of a small ledger"])
    written = []
    copy_table = builder._copy_table

    def watch(
        connection: duckdb.DuckDBPyConnection, table: PublishedTable, path: Path, release: str
    ) -> None:
        written.append(table.name)
        copy_table(connection, table, path, release)

    monkeypatch.setattr(builder, "_copy_table", watch)
    publish_next(many, 2, store, definitions)
    assert set(written) == expected
