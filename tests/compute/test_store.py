"""The store of earlier results: never needed, and never trusted unread."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines.compute.store import ResultStore
from pipelines.layout import Layout
from pipelines.settings import Settings

DAY = date(2025, 1, 15)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout.of(Settings(warehouse=tmp_path, sources=tmp_path / "sources"))


def keep(layout: Layout, key: str, content: bytes, day: date = DAY) -> Path:
    store = ResultStore(layout, day)
    aside = store.make_room("ledgers.sales")
    aside.write_bytes(content)
    path = store.keep_table(key, aside, 1).path
    store.write()
    return path


def test_a_table_is_found_by_its_key_in_a_later_night(layout: Layout) -> None:
    path = keep(layout, "k", b"rows")
    found = ResultStore(layout, DAY + timedelta(days=1)).find_table("k")
    assert found is not None
    assert (found.path, found.rows, path.read_bytes()) == (path, 1, b"rows")
    assert ResultStore(layout, DAY).find_table("other") is None


def test_one_bit_that_is_lost_makes_the_table_unknown(layout: Layout) -> None:
    path = keep(layout, "k", b"rows")
    path.write_bytes(b"rowt")
    assert ResultStore(layout, DAY).find_table("k") is None
    assert not path.exists()


def test_a_table_of_the_same_content_is_kept_once(layout: Layout) -> None:
    assert keep(layout, "k", b"rows") == keep(layout, "l", b"rows")
    assert len(list(layout.store.glob("objects/*"))) == 1


def test_what_no_night_uses_goes_after_two_weeks(layout: Layout) -> None:
    used, left = keep(layout, "used", b"used"), keep(layout, "left", b"left")
    later = ResultStore(layout, DAY + timedelta(days=10))
    assert later.find_table("used")
    later.write()
    ResultStore(layout, DAY + timedelta(days=15)).write()
    assert (used.exists(), left.exists()) == (True, False)


def test_what_a_killed_night_left_aside_goes(layout: Layout) -> None:
    ResultStore(layout, DAY).make_room("ledgers.sales").write_bytes(b"half")
    ResultStore(layout, DAY).write()
    assert list(layout.store.glob("objects/*")) == []


@pytest.mark.parametrize("damage", ["[]", "{", '{"entries": {}}'])
def test_an_index_that_is_no_index_is_an_empty_one(layout: Layout, damage: str) -> None:
    keep(layout, "k", b"rows")
    (layout.store / "index.json").write_text(damage)
    assert ResultStore(layout, DAY).find_table("k") is None


def test_an_answer_that_somebody_has_changed_is_not_taken(layout: Layout) -> None:
    """A gate that was closed must not open for a byte."""
    store = ResultStore(layout, DAY)
    store.keep_answer("gate", [[False, 3]])
    store.write()
    assert ResultStore(layout, DAY).find_answer("gate") == [[False, 3]]
    index = layout.store / "index.json"
    said = json.loads(index.read_text())
    said["entries"]["gate"]["answer"] = [[True, 0]]
    index.write_text(json.dumps(said))
    assert ResultStore(layout, DAY).find_answer("gate") is None
