"""Landing: versions, refusals, files in the making, crashes, and nothing personal on the disk."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipelines.errors import SettingsError, StorageError
from pipelines.operations import open_operations
from pipelines.sources.admission import extracts_in_use
from pipelines.sources.connectors import CONNECTORS, file_drops
from pipelines.sources.connectors.file_drops import look_at_drops
from pipelines.sources.connectors.interface import Candidate, Discovery, Visit
from pipelines.sources.extracts import verify_landing
from pipelines.sources.sealed import seal, unseal
from tests.interrupted_query import TimeIsOver, run_interrupted
from tests.sources.bureau import (
    NIGHT,
    Bureau,
    columns,
    csv_contract,
    csv_text,
    landed_rows,
    rejected_rows,
)

ROOT = Path(__file__).resolve().parents[2]
GOOD = csv_text([["1", "张三", "2024-12-01", "1"]])
OTHER = csv_text([["1", "张三", "2024-12-01", "2"]])
BAD = GOOD[:-1]
DECEMBER = "people/人员_202412.csv"


def test_the_same_bytes_again_are_no_news(bureau: Bureau) -> None:
    """Also under a newer modification time."""
    path = bureau.drop(DECEMBER, GOOD)
    bureau.land(csv_contract())
    os.utime(path)
    report = bureau.land(csv_contract())
    assert (report.extracts, report.unchanged, len(bureau.extracts(csv_contract()))) == ([], 1, 1)


def test_a_changed_file_is_a_new_version_and_the_old_one_stays(bureau: Bureau) -> None:
    """Also when it changes back."""
    for content in (GOOD, OTHER, GOOD):
        bureau.drop(DECEMBER, content)
        bureau.land(csv_contract())
    extracts = bureau.extracts(csv_contract())
    assert [(e.version, e.sequence) for e in extracts] == [(1, 1), (2, 2), (3, 3)]
    assert extracts[0].sha256 == extracts[2].sha256
    assert [landed_rows(e)[0][3] for e in extracts] == ["1", "2", "1"]


def test_an_extract_says_where_it_came_from_and_what_it_covers(bureau: Bureau) -> None:
    """Slot, days, counts."""
    bureau.drop(DECEMBER, GOOD)
    bureau.drop("people/人员_202501.csv", GOOD)
    first, second = bureau.land(csv_contract()).extracts
    assert first.extract_id == f"202412.v001.{first.sha256[:8]}"
    assert (first.origin, first.covers_from, first.data_through) == (
        DECEMBER,
        date(2024, 12, 1),
        date(2024, 12, 31),
    )
    assert (second.covers_from, second.data_through) == (date(2025, 1, 1), NIGHT)
    assert bureau.extracts(csv_contract()) == [first, second]


def test_a_period_that_has_not_begun_is_left_alone(bureau: Bureau) -> None:
    """Taken when its time comes."""
    bureau.drop("people/人员_202502.csv", GOOD)
    assert bureau.land(csv_contract()).extracts == []
    assert len(bureau.land(csv_contract(), date(2025, 2, 1)).extracts) == 1


def test_only_the_newest_full_delivery_is_taken(bureau: Bureau) -> None:
    """And none of a later date; the same content under a later date reaches further."""
    table = csv_contract(delivery="full")
    for day in ("20250110", "20250114", "20250116"):
        bureau.drop(f"people/人员_{day}.csv", GOOD)
    (first,) = bureau.land(table).extracts
    assert (first.slot, first.data_through) == ("all", date(2025, 1, 14))
    (second,) = bureau.land(table, date(2025, 1, 16)).extracts
    assert (second.version, second.data_through) == (2, date(2025, 1, 16))


def test_a_held_delivery_keeps_no_other_from_landing(bureau: Bureau) -> None:
    """November is broken, December lands."""
    bureau.drop("people/人员_202411.csv", BAD)
    bureau.drop(DECEMBER, GOOD)
    report = bureau.land(csv_contract())
    assert [e.slot for e in report.extracts] == ["202412"]
    assert [(h.slot, h.reason, h.origin) for h in report.held] == [
        ("202411", "truncated", "people/人员_202411.csv")
    ]


def test_a_refused_file_stays_reported_without_being_read_again(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until other bytes arrive."""
    path = bureau.drop(DECEMBER, BAD)
    first = bureau.land(csv_contract()).held

    def fail(*_: object) -> bytes:
        raise AssertionError("the file was read again")

    with monkeypatch.context() as patched:
        patched.setattr("pipelines.sources.connectors.delimited.settled_pieces", fail)
        assert bureau.land(csv_contract()).held == first
        path.unlink()
        assert bureau.land(csv_contract()).held == first
    bureau.drop(DECEMBER, GOOD)
    report = bureau.land(csv_contract())
    assert (len(report.extracts), report.held) == (1, [])
    assert bureau.land(csv_contract()).held == []


def test_a_refusal_of_before_stays_open_although_its_file_is_gone(bureau: Bureau) -> None:
    """Its sentence had another name then."""
    path = bureau.drop(DECEMBER, BAD)
    first = bureau.land(csv_contract()).held
    path.unlink()
    (stored,) = bureau.layout.landing.rglob("_held/*.json")
    said = unseal(stored.read_bytes())
    said["delivery"]["message_zh"] = said["delivery"].pop("message")
    stored.write_text(seal(said))
    assert bureau.land(csv_contract()).held == first


def test_a_refusal_ends_when_the_last_good_bytes_come_back(bureau: Bureau) -> None:
    """The sender restored the file."""
    for content in (GOOD, BAD, GOOD):
        bureau.drop(DECEMBER, content)
        report = bureau.land(csv_contract())
    assert (report.unchanged, report.held) == (1, [])


def test_a_changed_contract_reads_refused_and_landed_files_anew(bureau: Bureau) -> None:
    """An agreed column is no longer drift; a column that became personal lands again."""
    header = ["编号", "姓名", "日期", "金额", "备注"]
    bureau.drop(DECEMBER, csv_text([["1", "张三", "", "1", "见李四"]], header))
    assert bureau.land(csv_contract()).held[0].reason == "columns_changed"
    fields = [*csv_contract().model_dump()["columns"], *columns(备注="text")]
    (first,) = bureau.land(csv_contract(fields=fields)).extracts
    assert landed_rows(first)[0][4] == "见李四"
    fields[-1] |= {"sensitivity": "personal"}
    (second,) = bureau.land(csv_contract(fields=fields)).extracts
    assert (second.version, landed_rows(second)[0][4][:3]) == (2, "p1_")


@pytest.mark.parametrize(
    ("header", "difference"),
    [
        (["编号", "姓名", "日期", "金额", "备注"], "多出列：备注"),
        (["编号", "姓名", "日期"], "缺少列：金额"),
        (["编号", "姓名", "日期", "总额"], "多出列：总额；缺少列：金额"),
    ],
)
def test_added_and_removed_columns_hold_the_file(
    bureau: Bureau, header: list[str], difference: str
) -> None:
    """The difference is shown to the steward."""
    bureau.drop(DECEMBER, csv_text([["1"] * len(header)], header))
    (held,) = bureau.land(csv_contract()).held
    assert (held.reason, difference in held.message) == ("columns_changed", True)


def test_thousands_of_unknown_columns_are_named_by_ten_and_a_count(bureau: Bureau) -> None:
    """A message that fills a page says nothing; a name that fills one is cut."""
    header = ["编号", "姓名", "日期", "金额", *[f"列{n:05d}" for n in range(4999)], "长" * 100_000]
    bureau.drop(DECEMBER, csv_text([["1"] * len(header)], header))
    (held,) = bureau.land(csv_contract()).held
    assert held.reason == "columns_changed"
    listed = "、".join(f"列{n:05d}" for n in range(10))
    assert f"多出列：{listed} 等 5000 列。" in held.message
    long = [*header[:4], "长" * 100_000]
    bureau.drop(DECEMBER, csv_text([["1"] * 5], long))
    (held,) = bureau.land(csv_contract()).held
    assert f"多出列：{'长' * 40}…。" in held.message


def test_a_column_named_twice_holds_the_file(bureau: Bureau) -> None:
    """Nobody knows which of the two is meant."""
    header = ["编号", "姓名", "日期", "金额", "金额"]
    bureau.drop(DECEMBER, csv_text([["1", "张", "", "1", "2"]], header))
    assert bureau.land(csv_contract()).held[0].reason == "duplicate_columns"


def test_reordered_columns_are_accepted(bureau: Bureau) -> None:
    """Names decide, not places."""
    bureau.drop(DECEMBER, csv_text([["5", "张三", "1", ""]], ["金额", "姓名", "编号", "日期"]))
    (extract,) = bureau.land(csv_contract()).extracts
    row = landed_rows(extract)[0]
    assert (row[0], row[2], row[3]) == ("1", None, "5")


def test_a_retyped_column_holds_the_file(bureau: Bureau) -> None:
    """Dates that turned round."""
    rows = [[str(n), "张三", "01/12/2024", "1"] for n in range(20)]
    bureau.drop(DECEMBER, csv_text(rows))
    (held,) = bureau.land(csv_contract()).held
    assert (held.reason, "日期" in held.message) == ("columns_retyped", True)
    assert "01/12/2024" not in held.message


def test_a_file_that_grows_is_taken_when_it_is_complete(bureau: Bureau) -> None:
    """Two looks disagree tonight; the next night's agree."""
    path = bureau.drop(DECEMBER, GOOD)
    stop = threading.Event()

    def keep_writing() -> None:
        with path.open("ab") as stream:
            while not stop.wait(0.02):
                stream.write(b"x")
                stream.flush()

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        report = bureau.land(csv_contract(), look_interval=0.3)
    finally:
        stop.set()
        writer.join()
    assert (report.waiting, report.extracts, report.held) == ([DECEMBER], [], [])
    bureau.drop(DECEMBER, GOOD)
    assert len(bureau.land(csv_contract()).extracts) == 1


def test_a_marker_or_an_earlier_look_spares_the_wait(bureau: Bureau) -> None:
    """`<name>.done` says that the sender has finished; a landed file needs no second look."""
    bureau.drop(DECEMBER, GOOD)
    bureau.drop(DECEMBER + ".done", b"")
    started = time.monotonic()
    assert len(bureau.land(csv_contract(), look_interval=30).extracts) == 1
    (bureau.layout.sources / (DECEMBER + ".done")).unlink()
    assert bureau.land(csv_contract(), look_interval=30).unchanged == 1
    assert time.monotonic() - started < 15


def test_a_first_look_when_the_night_began_spares_the_wait(bureau: Bureau) -> None:
    bureau.drop(DECEMBER, GOOD)
    began = look_at_drops([csv_contract()], bureau.layout.sources)
    long_ago = began._replace(taken_at=began.taken_at - 30)
    started = time.monotonic()
    landed = bureau.land(csv_contract(), look_interval=30, first_looks=long_ago)
    assert len(landed.extracts) == 1
    assert time.monotonic() - started < 15


def test_a_file_that_changed_since_the_night_began_is_looked_at_twice_more(bureau: Bureau) -> None:
    path = bureau.drop(DECEMBER, GOOD)
    began = look_at_drops([csv_contract()], bureau.layout.sources)
    long_ago = began._replace(taken_at=began.taken_at - 30)
    path.write_bytes(path.read_bytes() + b"x")
    started = time.monotonic()
    bureau.land(csv_contract(), look_interval=0.4, first_looks=long_ago)
    assert time.monotonic() - started >= 0.4


@pytest.mark.parametrize(
    "name",
    [
        ".人员_202412.csv",
        "~$人员_202412.csv",
        "人员_202412.csv.part",
        "人员_202412.csv.tmp",
        "人员_202412.csv.bak",
    ],
)
def test_temporary_names_are_no_deliveries(bureau: Bureau, name: str) -> None:
    """They are what other programs write before they rename."""
    bureau.drop(f"people/{name}", GOOD)
    report = bureau.land(csv_contract())
    assert (report.extracts, report.held, report.waiting) == ([], [], [])


def test_a_file_name_with_an_impossible_month_is_reported(bureau: Bureau) -> None:
    """Not taken, not forgotten."""
    bureau.drop("people/人员_202413.csv", GOOD)
    (held,) = bureau.land(csv_contract()).held
    assert (held.reason, held.slot) == ("misnamed", "202413")


def test_the_same_delivery_gives_the_same_bytes(bureau: Bureau, tmp_path: Path) -> None:
    """Enough rows for several row groups and both threads."""
    rows = [[str(n), f"人{n % 97}", "2024-12-01", str(n)] for n in range(130_000)]
    rows[7][3] = "坏"
    key = None
    hashes = set()
    for number in range(2):
        other = Bureau(tmp_path / str(number))
        if key:
            other.settings.pseudonym_key_path.parent.mkdir(parents=True)
            other.settings.pseudonym_key_path.write_bytes(key)
            other.settings.pseudonym_key_path.chmod(0o600)
        other.drop(DECEMBER, csv_text(rows))
        (extract,) = other.land(csv_contract()).extracts
        key = other.settings.pseudonym_key_path.read_bytes()
        hashes.add((extract.data_sha256, extract.rejected_sha256))
    assert len(hashes) == 1
    assert rejected_rows(extract) == [(9, "type.金额")]


def test_landing_is_rehashed(bureau: Bureau) -> None:
    """Nothing to report, then one flipped bit, then a lost file."""
    bureau.drop(DECEMBER, GOOD)
    (extract,) = bureau.land(csv_contract()).extracts
    assert verify_landing(bureau.layout) == []
    content = bytearray(extract.data_path.read_bytes())
    content[50] ^= 1
    extract.data_path.write_bytes(content)
    extract.rejected_path.unlink()
    findings = verify_landing(bureau.layout)
    assert ["data.parquet" in findings[0], "rejected.parquet" in findings[1]] == [True, True]


def test_a_landing_killed_before_its_rename_leaves_nothing_half(bureau: Bureau) -> None:
    """What lies aside is no extract, and is gone after the next start."""
    bureau.drop(DECEMBER, GOOD)
    command = [sys.executable, "-m", "tests.sources.killed_landing", str(bureau.root), "wait"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    process.kill()
    process.wait()
    process.stdout.close()
    assert list(bureau.layout.landing.rglob("data.parquet"))
    assert bureau.extracts(csv_contract()) == []
    (extract,) = bureau.land(csv_contract()).extracts
    names = {path.name for path in extract.folder.parent.iterdir()}
    assert (names, verify_landing(bureau.layout)) == ({extract.extract_id}, [])


def test_no_room_is_told_plainly_and_leaves_nothing_behind(bureau: Bureau) -> None:
    """The next try, with room, succeeds."""
    bureau.drop(DECEMBER, csv_text([[os.urandom(20).hex(), "张", "", "1"] for _ in range(5000)]))
    command = [sys.executable, "-m", "tests.sources.killed_landing", str(bureau.root), "20000"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (74, "")
    assert "Free some space" in done.stdout
    assert [p for p in bureau.layout.landing.rglob("*") if p.is_file()] == []
    assert bureau.land(csv_contract()).rows == 5000


def test_no_personal_value_lies_anywhere_below_the_warehouse(bureau: Bureau) -> None:
    """In landed, rejected, unsplittable and held deliveries; in no name and in no message."""
    secret = "张某某13812345678"
    good = [[str(n), secret, "2024-12-01", "1"] for n in range(80)]
    odd = [
        ["x", secret, "昨天", "1"],
        ["", secret, "", "1"],
        [secret],
        [secret, "1", "2", "3", "4"],
    ]
    bureau.drop(DECEMBER, csv_text([*good, *odd]))
    bureau.drop("people/人员_202411.csv", csv_text(good, ["编号", "姓名", "日期", "别的"]))
    bureau.drop("people/人员_202410.csv", csv_text(good).split("\n", 1)[1])
    bureau.drop("people/人员_202409.csv", csv_text([["1", "2", "3", f'"{secret}'], *good])[:-1])
    bureau.drop("people/人员_202408.csv", csv_text([[str(n), "x", secret, "1"] for n in range(9)]))
    report = bureau.land(csv_contract())
    assert [len(report.extracts), len(report.held)] == [1, 4]
    messages = "".join(h.message + h.detail for h in report.held)
    assert secret not in messages
    files = [path for path in bureau.layout.warehouse.rglob("*") if path.is_file()]
    assert len(files) > 5
    for encoding in ("utf-8", "gb18030", "utf-16-le"):
        assert not [path for path in files if secret.encode(encoding) in path.read_bytes()]


class BrokenReaderError(Exception):
    """What nobody foresaw."""


def break_reading(monkeypatch: pytest.MonkeyPatch, only: str = "") -> None:
    """Let reading fail over files whose name holds a text."""
    read = file_drops.settled_pieces

    def fail(candidate: Candidate, visit: Visit) -> Iterator[bytes]:
        if only in candidate.origin:
            raise BrokenReaderError("张三13812345678")
        return read(candidate, visit)

    monkeypatch.setattr("pipelines.sources.connectors.delimited.settled_pieces", fail)


def test_an_error_that_nobody_foresaw_holds_its_delivery_and_no_other(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told by class and place; what it says may be a cell."""
    bureau.drop("people/人员_202411.csv", OTHER)
    bureau.drop(DECEMBER, GOOD)
    break_reading(monkeypatch, only="202411")
    report = bureau.land(csv_contract())
    assert [e.slot for e in report.extracts] == ["202412"]
    (held,) = report.held
    assert (held.slot, held.reason) == ("202411", "unforeseen")
    assert "BrokenReaderError，pipelines.sources.connectors.delimited 第" in held.message
    assert "张三" not in held.message


def test_an_unforeseen_refusal_is_remembered_until_the_code_or_the_memory_changes(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours is mended by other code, not by other bytes."""
    bureau.drop(DECEMBER, GOOD)
    with monkeypatch.context() as patched:
        break_reading(patched)
        (held,) = bureau.land(csv_contract()).held
    assert bureau.land(csv_contract()).held == [held]
    monkeypatch.setattr("pipelines.sources.landing.reading_code", lambda: "mended")
    report = bureau.land(csv_contract())
    assert (len(report.extracts), report.held) == (1, [])


def test_a_delivery_for_which_the_memory_does_not_suffice_is_held_until_the_limit_is_raised(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below some 100 MB there is no room for the batch under way."""
    bureau.drop(DECEMBER, csv_text([[str(n), "张三", "", "1"] for n in range(70_000)]))
    monkeypatch.setattr(Bureau, "memory_limit", "1MB")
    (held,) = bureau.land(csv_contract()).held
    assert (held.reason, "ZHIBIAO_MEMORY_LIMIT" in held.message) == ("too_large", True)
    monkeypatch.setattr(Bureau, "memory_limit", "15MB")
    assert [h.reason for h in bureau.land(csv_contract()).held] == ["too_large"]
    monkeypatch.setattr(Bureau, "memory_limit", "1GB")
    assert bureau.land(csv_contract()).rows == 70_000


def test_a_visit_that_breaks_off_holds_the_source_and_settles_nothing(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside any delivery: while looking for files. What is damaged in landing is still told."""
    bureau.drop(DECEMBER, GOOD)
    (extract,) = bureau.land(csv_contract()).extracts

    def fail(*_: object) -> Discovery:
        raise BrokenReaderError("张三")

    (extract.folder / "manifest.json").write_text("{")
    monkeypatch.setitem(CONNECTORS, "csv", CONNECTORS["csv"]._replace(discover=fail))
    report = bureau.land(csv_contract())
    held, missing = report.held
    assert (held.reason, report.is_complete) == ("unforeseen", False)
    assert "张三" not in held.message
    assert (missing.slot, missing.reason) == ("202412", "landing_damaged")


def test_what_all_sources_share_still_ends_the_visit(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warehouse that cannot be written, whatever the reason; a key that cannot be read."""
    bureau.drop(DECEMBER, GOOD)

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patched:
        patched.setattr("pipelines.sources.deliveries.write_tables", refuse)
        with pytest.raises(StorageError, match="Read-only file system"):
            bureau.land(csv_contract())
    monkeypatch.setattr("pipelines.sources.pseudonyms._read_key", refuse)
    with pytest.raises(SettingsError, match="pseudonym key"):
        bureau.land(csv_contract())


def drop_on(bureau: Bureau, name: str, content: str, day: date) -> Path:
    """Write a file that was last changed at noon of a day."""
    path = bureau.drop(name, content)
    noon = datetime.combine(day, datetime.min.time(), UTC).timestamp() + 4 * 3600
    os.utime(path, (noon, noon))
    return path


def test_a_full_table_does_not_go_back_to_an_older_file_in_silence(bureau: Bureau) -> None:
    """The newer drop was deleted: both days are named, and what to do; it is asked every night."""
    table = csv_contract(delivery="full")
    bureau.drop("people/人员_20250110.csv", GOOD)
    newer = bureau.drop("people/人员_20250114.csv", OTHER)
    bureau.land(table)
    newer.unlink()
    for _ in range(2):
        report = bureau.land(table)
        (held,) = report.held
        assert (report.extracts, held.reason) == ([], "older_delivery")
    for said in ("2025-01-10", "2025-01-14", "--accept-older people__events"):
        assert said in held.message
    newer.write_bytes(OTHER.encode("gb18030"))
    assert (bureau.land(table).held, len(bureau.extracts(table))) == ([], 1)


def test_a_file_that_landed_before_is_older_all_the_same_until_told(bureau: Bureau) -> None:
    """Told once, it is the newest version and the one in use, and the next nights keep it."""
    table = csv_contract(delivery="full")
    bureau.drop("people/人员_20250110.csv", GOOD)
    bureau.land(table)
    newer = bureau.drop("people/人员_20250114.csv", OTHER)
    bureau.land(table)
    newer.unlink()
    assert [h.reason for h in bureau.land(table).held] == ["older_delivery"]
    (taken,) = bureau.land(table, accept_older=True).extracts
    assert (taken.version, taken.data_through) == (3, date(2025, 1, 10))
    extracts = bureau.extracts(table)
    assert extracts_in_use(table, extracts, [e.extract_id for e in extracts]) == [taken]
    report = bureau.land(table)
    assert (report.extracts, report.held, report.unchanged) == ([], [], 1)
    bureau.drop("people/人员_20250112.csv", OTHER)
    assert [e.version for e in bureau.land(table).extracts] == [4]


def test_another_delivery_of_the_same_day_replaces_the_first(bureau: Bureau) -> None:
    """Corrected within the day; also when its file was written earlier."""
    table = csv_contract(delivery="full")
    for content, day in ((GOOD, date(2025, 1, 14)), (OTHER, date(2025, 1, 13))):
        drop_on(bureau, "people/人员_20250110.csv", content, day)
        assert len(bureau.land(table).extracts) == 1


def test_an_undated_full_file_is_as_old_as_its_last_change(bureau: Bureau) -> None:
    """A backup put back keeps its time."""
    table = csv_contract(delivery="full", dialect={"location": "people/人员.csv"})
    drop_on(bureau, "people/人员.csv", GOOD, date(2025, 1, 14))
    bureau.land(table)
    drop_on(bureau, "people/人员.csv", OTHER, date(2025, 1, 10))
    assert [h.reason for h in bureau.land(table).held] == ["older_delivery"]


def test_the_file_of_a_period_is_not_replaced_by_one_written_before_it(bureau: Bureau) -> None:
    """Other periods are not measured by it; told, it lands."""
    drop_on(bureau, DECEMBER, GOOD, date(2025, 1, 10))
    drop_on(bureau, "people/人员_202411.csv", GOOD, date(2024, 12, 5))
    assert len(bureau.land(csv_contract()).extracts) == 2
    drop_on(bureau, DECEMBER, OTHER, date(2025, 1, 9))
    (held,) = bureau.land(csv_contract()).held
    assert (held.slot, held.reason) == ("202412", "older_delivery")
    assert "2025-01-09 12:00:00" in held.message
    assert "2025-01-10 12:00:00" in held.message
    assert len(bureau.land(csv_contract(), accept_older=True).extracts) == 1


def test_what_the_gate_held_is_no_measure_of_age(bureau: Bureau) -> None:
    """The sender takes the bad newer file back and delivers a good one for an earlier day."""
    table = csv_contract(delivery="full")
    bad = bureau.drop("people/人员_20250114.csv", OTHER)
    (held,) = bureau.land(table).extracts
    with open_operations(bureau.layout.operations) as operations:
        operations.execute(
            "insert into verdicts (source_table, extract_id, suite_hash, verdict, rows_delivered,"
            " rows_loaded, rows_quarantined, rows_duplicate, judged_at)"
            " values (?, ?, '', 'held', 0, 0, 0, 0, '')",
            [table.id, held.extract_id],
        )
    bad.unlink()
    bureau.drop("people/人员_20250110.csv", GOOD)
    assert len(bureau.land(table).extracts) == 1


@pytest.mark.parametrize("where", ["read_delivery", "remove_unfinished_extracts"])
def test_an_interrupted_query_is_no_fault_of_the_delivery(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """DuckDB makes an error of an interruption; what is refused for it would stay refused."""
    bureau.drop(DECEMBER, GOOD)
    with monkeypatch.context() as interrupted:
        interrupted.setattr(f"pipelines.sources.landing.{where}", run_interrupted)
        with pytest.raises(TimeIsOver):
            bureau.land(csv_contract())
    report = bureau.land(csv_contract())
    assert (len(report.extracts), report.held) == (1, [])
