"""Landing is hashed again before it is used: what is damaged is told, set aside and taken again."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines import checked_files
from pipelines.checked_files import ROUND, find_differing
from pipelines.hashing import hash_file
from pipelines.operations import open_operations
from pipelines.sources.admission import choose_extracts
from pipelines.sources.contracts import SourceTable
from pipelines.sources.damages import DAMAGED, read_damages
from pipelines.sources.extracts import Extract, list_extracts, verify_landing
from pipelines.sources.refusals import Refusals
from tests.sources.bureau import (
    NIGHT,
    Bureau,
    columns,
    contract,
    csv_contract,
    csv_text,
    landed_rows,
)

ROWS = [[str(n), "张三", "2024-12-01", "1"] for n in range(120)]
DECEMBER, NOVEMBER = "people/人员_202412.csv", "people/人员_202411.csv"
TABLE = csv_contract()
Spoil = Callable[[Extract], object]


def flip(path: Path, place: int = -20) -> None:
    """Another byte at a place, under the same size and modification time, as a disk does it."""
    state = path.stat()
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def claim_other_rows(extract: Extract) -> None:
    """A manifest that can be read and says another thing."""
    text = (extract.folder / "manifest.json").read_text()
    changed = text.replace('"rows_landed": 120', '"rows_landed": 121')
    assert changed != text
    (extract.folder / "manifest.json").write_text(changed)


def put_a_folder_instead(extract: Extract) -> None:
    extract.data_path.unlink()
    extract.data_path.mkdir()


DAMAGES: dict[str, Spoil] = {
    "a flipped byte": lambda e: flip(e.data_path),
    "cut off": lambda e: os.truncate(e.data_path, 100),
    "emptied": lambda e: os.truncate(e.data_path, 0),
    "missing": lambda e: e.data_path.unlink(),
    "a folder instead": put_a_folder_instead,
    "the rejected rows": lambda e: flip(e.rejected_path),
    "the profile": lambda e: flip(e.profile_path),
    "no manifest": lambda e: (e.folder / "manifest.json").unlink(),
    "an empty manifest": lambda e: (e.folder / "manifest.json").write_text(""),
    "a manifest of zeros": lambda e: (e.folder / "manifest.json").write_bytes(b"\0" * 900),
    "a manifest that says other things": claim_other_rows,
}


@pytest.fixture
def landed(bureau: Bureau) -> tuple[Extract, Extract]:
    """November and December, landed."""
    bureau.drop(NOVEMBER, csv_text(ROWS))
    bureau.drop(DECEMBER, csv_text([*ROWS[:-1], ["999", "李四", "2024-12-02", "2"]]))
    november, december = bureau.land(TABLE).extracts
    return november, december


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_set_aside_told_and_taken_again_in_the_same_night(
    bureau: Bureau, landed: tuple[Extract, Extract], damage: str
) -> None:
    november, december = landed
    rows = landed_rows(december)
    DAMAGES[damage](december)
    assert [e.extract_id for e in bureau.extracts(TABLE)] == [november.extract_id]

    report = bureau.land(TABLE)
    (again,) = report.extracts
    assert (again.slot, again.version, landed_rows(again)) == ("202412", 2, rows)
    assert (report.held, report.unchanged) == ([], 1)
    (told,) = report.mended
    kept = f"landing/people/events/_damaged/{december.extract_id}"
    assert told.reason == DAMAGED
    for part in ("人员（people__events）", december.extract_id, kept, f"现用 {again.extract_id}"):
        assert part in told.message
    assert (bureau.layout.warehouse / kept).is_dir()
    assert verify_landing(bureau.layout) == []
    assert bureau.extracts(TABLE) == [november, again]
    assert (bureau.land(TABLE).extracts, bureau.land(TABLE).mended) == ([], report.mended)


def test_what_is_taken_again_keeps_its_place_among_the_deliveries(
    bureau: Bureau, landed: tuple[Extract, Extract]
) -> None:
    """Of a key that two periods brought, the same one counts as before."""
    november, december = landed
    flip(november.data_path)
    (again,) = bureau.land(TABLE).extracts
    assert (again.sequence, again.sha256) == (november.sequence, november.sha256)
    assert bureau.extracts(TABLE) == [again, december]
    bureau.drop("people/人员_202501.csv", csv_text(ROWS))
    (january,) = bureau.land(TABLE).extracts
    assert january.sequence == 3


def test_what_its_source_no_longer_has_is_missing_until_it_is_restored(
    bureau: Bureau, landed: tuple[Extract, Extract]
) -> None:
    """Told every night meanwhile; a folder put back whole ends it."""
    november, december = landed
    flip(december.data_path)
    (bureau.layout.sources / DECEMBER).unlink()
    for _ in range(2):
        report = bureau.land(TABLE)
        (held,) = report.held
        assert (held.slot, held.origin, held.reason) == ("202412", DECEMBER, DAMAGED)
        assert "请数据管理员按原文件名重新报送" in held.message
        assert (report.extracts, report.mended) == ([], [])
    accepted = {TABLE.id: [november.extract_id, december.extract_id]}
    admission = choose_extracts(bureau.layout, {TABLE.id: TABLE}, accepted, report.held, NIGHT)
    (state,) = admission.states
    assert admission.in_use[TABLE.id] == [november]
    assert [span.covers_through for span in state.covered] == [date(2024, 11, 30)]
    assert "202412 的最新交付无法使用" in (state.reason or "")

    aside = bureau.layout.landing / "people/events/_damaged" / december.extract_id
    flip(aside / "data.parquet")
    aside.rename(december.folder)
    report = bureau.land(TABLE)
    assert (report.held, report.extracts) == ([], [])
    assert "已恢复完整" in report.mended[0].message
    assert bureau.extracts(TABLE) == [november, december]


def test_a_version_that_another_has_replaced_is_told_and_missed_by_nobody(
    bureau: Bureau, landed: tuple[Extract, Extract]
) -> None:
    _, december = landed
    bureau.drop(DECEMBER, csv_text(ROWS))
    (newer,) = bureau.land(TABLE).extracts
    flip(december.data_path)
    report = bureau.land(TABLE)
    assert (report.held, report.extracts) == ([], [])
    assert f"现用 {newer.extract_id} 代替" in report.mended[0].message


def test_a_copy_of_an_extract_beside_it_does_not_count_twice(
    bureau: Bureau, landed: tuple[Extract, Extract]
) -> None:
    _, december = landed
    copy = december.folder.with_name("202412 (copy)")
    copy.mkdir()
    for path in december.folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    report = bureau.land(TABLE)
    assert (bureau.extracts(TABLE), report.held) == (list(landed), [])
    assert "它不是入库的数据" in report.mended[0].message


def cases(delivery: str) -> SourceTable:
    dialect = {"connector": "sql", "location": "people/p.sqlite", "relation": "cases"}
    if delivery == "increment":
        dialect |= {"cursor": "updated_at"}
    personal = {"data_type": "text", "sensitivity": "personal"}
    fields = columns(no="text", name=personal, updated_at="timestamp")
    return contract(dialect, delivery=delivery, key=["no"], fields=fields)


def fill(bureau: Bureau, *rows: tuple[str, str]) -> None:
    path = bureau.layout.sources / "people" / "p.sqlite"
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as database:
        database.execute("create table if not exists cases (no text, name text, updated_at text)")
        database.executemany("insert into cases values (?, '张三', ?)", rows)
    database.close()


def test_a_lost_increment_is_asked_for_again_with_all_that_came_since(bureau: Bureau) -> None:
    """Its rows lie before the newest mark, where no night would look again."""
    table = cases("increment")
    # Further apart than the overlap, which would bring the lost rows by itself.
    days = [NIGHT + timedelta(days=10 * n) for n in range(5)]
    landed = []
    for number, day in enumerate(days[:3]):
        fill(bureau, (str(number), f"{day} 09:00:00"))
        landed += bureau.land(table, day).extracts
    flip(landed[1].data_path)
    report = bureau.land(table, days[3])
    (again,) = report.extracts
    assert [row[0] for row in landed_rows(again)] == ["1"]
    assert (report.held, len(report.mended)) == ([], 1)
    assert bureau.extracts(table) == [landed[0], landed[2], again]

    fill(bureau, ("9", f"{days[4]} 09:00:00"))
    (next_one,) = bureau.land(table, days[4]).extracts
    assert [row[0] for row in landed_rows(next_one)] == ["9"]


def test_while_an_increment_is_missing_no_day_of_its_table_is_sure(bureau: Bureau) -> None:
    table = cases("increment")
    fill(bureau, ("1", f"{NIGHT} 09:00:00"))
    landed = bureau.land(table, NIGHT).extracts
    fill(bureau, ("2", f"{NIGHT + timedelta(days=1)} 09:00:00"))
    landed += bureau.land(table, NIGHT + timedelta(days=1)).extracts
    flip(landed[0].data_path)
    (bureau.layout.sources / "people" / "p.sqlite").write_bytes(b"no database")
    report = bureau.land(table, NIGHT + timedelta(days=2))
    assert {held.reason for held in report.held} == {"unreadable", DAMAGED}
    accepted = {table.id: [extract.extract_id for extract in landed]}
    admission = choose_extracts(bureau.layout, {table.id: table}, accepted, report.held, NIGHT)
    assert [span.is_stale for span in admission.states[0].covered] == [True]


def test_a_database_delivered_whole_is_taken_again(bureau: Bureau) -> None:
    table = cases("full")
    fill(bureau, ("1", f"{NIGHT} 09:00:00"))
    (first,) = bureau.land(table).extracts
    flip(first.data_path)
    report = bureau.land(table)
    (again,) = report.extracts
    assert (again.sha256, again.version, len(report.mended)) == (first.sha256, 2, 1)


def test_another_key_or_contract_is_no_damage(
    bureau: Bureau, landed: tuple[Extract, Extract]
) -> None:
    """A key that was rotated, elsewhere, and columns that are read in another way."""
    bureau.settings.pseudonym_key_path.write_text("ab" * 32 + "\n")
    assert bureau.extracts(TABLE) == list(landed)
    changed = csv_contract(dialect={"nulls": ["", "N/A", "-", "无"]})
    assert changed.reading_fingerprint != TABLE.reading_fingerprint
    assert list_extracts(bureau.layout, changed.id) == list(landed)
    assert read_damages(bureau.layout, TABLE.id) == []


def test_a_manifest_of_before_the_seal_is_taken_as_it_is(
    bureau: Bureau, landed: tuple[Extract, Extract]
) -> None:
    path = landed[0].folder / "manifest.json"
    said = json.loads(path.read_text())
    del said["seal"]
    path.write_text(json.dumps(said))
    assert bureau.extracts(TABLE) == list(landed)


def test_a_file_is_read_once_per_change_of_its_stamp(
    bureau: Bureau, landed: tuple[Extract, Extract], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost store only means reading anew."""
    read: list[str] = []

    def count(path: Path) -> str:
        read.append(path.name)
        return hash_file(path)

    bureau.extracts(TABLE)
    monkeypatch.setattr(checked_files, "hash_file", count)
    assert bureau.extracts(TABLE) == list(landed)
    assert read == []
    os.utime(landed[0].data_path)
    assert bureau.extracts(TABLE) == list(landed)
    assert read == ["data.parquet"]
    for path in bureau.layout.warehouse.glob("operations.sqlite*"):
        path.unlink()
    assert bureau.extracts(TABLE) == list(landed)
    assert len(read) == 1 + 6


def test_within_a_month_every_file_is_read_again_a_share_each_night(
    bureau: Bureau, landed: tuple[Extract, Extract], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bit that rots changes no stamp; nights that did not run are made good."""
    files = {path: sha for extract in landed for path, sha in extract.hashes.items()}
    monkeypatch.setattr(checked_files, "_stamp", lambda _: "as it was")
    assert find_differing(bureau.layout, files, NIGHT) == []
    flip(landed[1].data_path)
    found = {}
    for number in range(1, ROUND + 1):
        day = NIGHT + timedelta(days=number)
        if find_differing(bureau.layout, files, day) == [landed[1].data_path]:
            found[number] = day
    assert len(found) == 1, "on its own night, and on no other"
    assert find_differing(bureau.layout, files) == []
    late = NIGHT + timedelta(days=ROUND + 1)
    assert find_differing(bureau.layout, files, late + timedelta(days=3 * ROUND)) == [
        landed[1].data_path
    ]


def test_a_share_is_about_as_large_as_another() -> None:
    def share(day: date) -> int:
        before = (day - timedelta(days=1)).isoformat()
        names = (f"landing/s/t/{n}/data.parquet" for n in range(3000))
        return sum(checked_files._is_due(name, before, day) for name in names)

    shares = [share(NIGHT + timedelta(days=d)) for d in range(ROUND)]
    assert sum(shares) == 3000
    assert max(shares) < 2 * 3000 / ROUND


def test_a_file_that_the_disk_does_not_give_is_damaged(
    bureau: Bureau, landed: tuple[Extract, Extract], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path) -> str:
        raise OSError(5, "Input/output error")

    os.utime(landed[1].data_path)
    monkeypatch.setattr(checked_files, "hash_file", fail)
    assert bureau.extracts(TABLE) == []  # nothing was remembered yet: all are read


@pytest.mark.parametrize("content", [b"", b"{", b"\0" * 80, b"[]", None])
def test_a_held_delivery_whose_record_is_damaged_is_read_again(
    bureau: Bureau, content: bytes | None
) -> None:
    """None flips one letter of what it says."""
    bureau.drop(DECEMBER, csv_text(ROWS)[:-1])
    (held,) = bureau.land(TABLE).held
    home = bureau.layout.landing / "people" / "events"
    (path,) = (home / "_held").glob("*.json")
    text = path.read_bytes()
    path.write_bytes(text.replace(b'"202412"', b'"202411"') if content is None else content)
    assert Refusals(home).all() == []
    report = bureau.land(TABLE)
    assert (report.held, report.is_complete) == ([replace(held)], True)
    assert [p.name for p in (home / "_held").iterdir()].count(f"{path.stem}.damaged") == 1


def test_what_cannot_be_remembered_is_looked_at_all_the_same(
    bureau: Bureau, landed: tuple[Extract, Extract]
) -> None:
    """Inside a transaction of the night itself, which nobody could wait for."""
    with open_operations(bureau.layout.operations) as operations:
        operations.execute("delete from checked_files")
        assert bureau.extracts(TABLE) == list(landed)
        flip(landed[1].data_path)
        assert bureau.extracts(TABLE) == [landed[0]]
