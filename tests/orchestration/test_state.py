"""The state that a night keeps: damaged, it is set aside and rebuilt, and the operator is told."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipelines.error_kinds import as_refusal
from pipelines.errors import (
    NightRunningError,
    ReleaseError,
    SettingsError,
    StorageError,
    StoreDamagedError,
    UsageError,
)
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.orchestration import lifecycle
from pipelines.orchestration.lease import hold_lease
from pipelines.orchestration.lifecycle import open_night
from pipelines.orchestration.state import restore_history, restore_store
from pipelines.orchestration.steps import AWAY, HELD
from pipelines.quality import last_resort
from pipelines.quality.alerts import queue_operator_message
from pipelines.quality.incidents import list_open
from pipelines.releases.switch import publish
from pipelines.settings import Settings
from tests.releases.bureau import RELEASE_ID, build_sealed, make_layout, write_build

DAY = date(2025, 1, 15)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A warehouse whose system's temporary folder is its own."""
    spare = tmp_path / "spare"
    spare.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spare))
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "file").write_text("x")
    return Settings(warehouse=tmp_path / "warehouse", sources=tmp_path / "sources")


@pytest.fixture
def layout(settings: Settings) -> Layout:
    return Layout.of(settings)


def fill(layout: Layout) -> None:
    """A store of some pages: a night, a sent digest, one that waits, an acknowledged incident."""
    with open_operations(layout.operations) as operations:
        operations.execute(
            "insert into nights values ('n', '2025-01-14', '2025-01-15T02:00:00+00:00',"
            " '2025-01-15T02:10:00+00:00', 'released', 'r', null)"
        )
        operations.executemany(
            "insert into stages values ('n', ?, '2025-01-15T02:05:00+00:00', ?, 1.0)",
            [(state, state) for state in ("done", "failed", HELD, AWAY)],
        )
        for number in range(400):
            operations.execute(
                "insert into verdicts (source_table, extract_id, suite_hash, verdict,"
                " rows_delivered, rows_loaded, rows_quarantined, rows_duplicate, judged_at)"
                " values ('t', ?, 'h', 'accepted', 1, 1, 0, 0, '2025-01-15')",
                [f"202412.v{number:03d}.00000000"],
            )
        for night in ("sent", "waiting"):
            queue_operator_message(
                operations, night_id=night, business_date=DAY, stage="x", message="y",
                has_release=True,
            )  # fmt: skip
        operations.execute("update outbox set sent_at = '2025-01-15' where night_id = 'sent'")
    with closing(sqlite3.connect(layout.operations)) as store:
        store.execute("pragma wal_checkpoint(truncate)")


def _half_a_page_of_zeros(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 2048] = bytes(2048)
    path.write_bytes(content)


def _zeros_in_every_row(path: Path) -> None:
    """Pages that are sound and rows that say nothing."""
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("update verdicts set findings = zeroblob(10)")


def _a_night_that_ended_in_no_way(path: Path) -> None:
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("update nights set outcome = '' where outcome is not null")
        assert store.total_changes > 0


def _a_stage_that_ended_in_no_way(path: Path) -> None:
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("insert into stages select night_id, 's', started_at, '', 0 from nights")
        assert store.total_changes > 0


def _replace_by_a_folder(path: Path) -> None:
    path.unlink()
    (path / "inside").mkdir(parents=True)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no database": lambda path: path.write_bytes(b"\x01" * 5000),
    "cut off": lambda path: os.truncate(path, path.stat().st_size // 4096 // 2 * 4096),
    "half a page of zeros": _half_a_page_of_zeros,
    "the first page of zeros": lambda path: path.write_bytes(
        bytes(4096) + path.read_bytes()[4096:]
    ),
    "rows of nothing": _zeros_in_every_row,
    "a night of nothing": _a_night_that_ended_in_no_way,
    "a stage of nothing": _a_stage_that_ended_in_no_way,
    "a folder": _replace_by_a_folder,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_store_is_set_aside_rebuilt_and_told(
    layout: Layout, settings: Settings, damage: str
) -> None:
    """No digest of before goes out again, and the next night finds all as it should be."""
    fill(layout)
    DAMAGES[damage](layout.operations)
    with open_night(settings, "night", DAY):
        pass
    (aside,) = [p for p in layout.warehouse.iterdir() if "sqlite.damaged-20" in p.name][:1]
    assert aside.name.startswith("operations.sqlite.damaged-20")
    with open_operations(layout.operations) as operations:
        told = {row["night_id"]: row for row in operations.execute("select * from outbox")}
        assert operations.execute("select count(*) from verdicts").fetchone()[0] == 0
        assert list_open(operations, "operator") == []
    assert set(told) == {"night"}
    body = told["night"]["body"]
    for part in ("运行记录损坏", aside.name, "“已确认”标记", "以前各晚的通知不会重发"):
        assert part in body
    assert told["night"]["sent_at"]

    with open_night(settings, "next", DAY):
        pass
    with open_operations(layout.operations) as operations:
        (body,) = operations.execute("select body from outbox where night_id = 'next'").fetchone()
    assert "运行记录损坏" not in body


def test_a_reader_says_of_a_folder_in_the_stores_place_what_a_night_will_do(
    layout: Layout,
) -> None:
    """`zhibiao status` mends nothing itself."""
    layout.operations.mkdir(parents=True)
    with (
        pytest.raises(StoreDamagedError, match=r"a folder\. The next night sets it aside"),
        open_operations(layout.operations),
    ):
        pass


def test_what_stands_in_the_releases_comes_back(tmp_path: Path) -> None:
    """One whose manifest is damaged as well stops no other."""
    layout = make_layout(tmp_path / "warehouse")
    write_build(layout)
    publish(layout, build_sealed(layout))
    (layout.releases / "2025-01-14-000000000000").mkdir()
    layout.operations.write_bytes(b"\x01" * 5000)
    restore_store(layout)
    with open_operations(layout.operations) as operations:
        nights = operations.execute("select * from nights").fetchall()
    assert [(n["release_id"], n["business_date"], n["outcome"]) for n in nights] == [
        (RELEASE_ID, "2025-01-15", "released")
    ]


def test_a_sound_store_and_none_are_left_alone(layout: Layout) -> None:
    restore_store(layout)
    assert not layout.operations.exists()
    fill(layout)
    restore_store(layout)
    with open_operations(layout.operations) as operations:
        assert operations.execute("select count(*) from verdicts").fetchone()[0] == 400
    assert [p for p in layout.warehouse.iterdir() if "damaged" in p.name] == []


def last_resort_files(layout: Layout) -> list[Path]:
    """What the operator finds in a file, wherever there was room."""
    found = [*layout.digests.glob("*.md")] if layout.digests.is_dir() else []
    return found + list(Path(tempfile.gettempdir()).glob("*.md"))


def _from_a_newer_version(layout: Layout) -> None:
    fill(layout)
    with closing(sqlite3.connect(layout.operations)) as store:
        store.execute("pragma user_version = 99")


def _lease_is_a_folder(layout: Layout) -> None:
    layout.lease.mkdir(parents=True)


def _warehouse_is_a_file(layout: Layout) -> None:
    layout.warehouse.write_text("x")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_from_a_newer_version, "which a newer Zhibiao wrote"),
        (_lease_is_a_folder, "Is a directory"),
        (_warehouse_is_a_file, "File exists"),
    ],
)
def test_a_night_that_cannot_be_recorded_is_told_in_a_file(
    layout: Layout, settings: Settings, spoil: Callable[[Layout], None], said: str
) -> None:
    """Once, readable by its owner alone, with the right exit code, and never called a defect."""
    spoil(layout)
    with pytest.raises(StorageError, match=said) as refused, open_night(settings, f"n{said}", DAY):
        pass
    assert refused.value.exit_code == 74
    (path,) = last_resort_files(layout)
    text = path.read_text()
    assert said in text
    assert "defect" not in text
    assert "这条消息由应急途径发出" in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def _break_the_store(layout: Layout) -> None:
    for end in ("-wal", "-shm"):
        layout.operations.with_name(layout.operations.name + end).unlink(missing_ok=True)
    layout.operations.write_bytes(b"\x01" * 5000)


def test_a_store_that_breaks_while_a_night_runs_is_told_by_the_last_resort(
    layout: Layout, settings: Settings
) -> None:
    with pytest.raises(StoreDamagedError), open_night(settings, "broken", DAY):
        _break_the_store(layout)
    (path,) = last_resort_files(layout)
    assert "file is not a database" in path.read_text()


def test_a_night_that_the_outbox_tells_of_is_not_told_again(
    layout: Layout, settings: Settings
) -> None:
    """Also when it ends with an error."""
    with pytest.raises(KeyError), open_night(settings, "recorded", DAY):
        raise KeyError("x")
    (path,) = last_resort_files(layout)
    assert path.name == "2025-01-15-operator.md"
    last_resort.tell_operator(layout, settings, "recorded", DAY, "again")
    assert last_resort_files(layout) == [path]


@pytest.mark.parametrize("error", [NightRunningError("x"), UsageError("x")])
def test_a_refused_command_is_told_to_nobody_but_who_gave_it(
    layout: Layout, settings: Settings, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(lifecycle, "restore_store", refuse)
    with pytest.raises(type(error)), open_night(settings, f"r{error!r}", DAY):
        pass
    assert last_resort_files(layout) == []


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[tuple[str, list[bytes]]]:
    """A web hook on loopback that takes what it is sent: its address, and what came."""
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    came: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    yield f"json://127.0.0.1:{server.server_port}/", came
    server.shutdown()
    server.server_close()


def test_the_operators_target_is_told_past_the_outbox_once(
    layout: Layout, settings: Settings, mail: tuple[str, list[bytes]]
) -> None:
    address, came = mail
    told = settings.model_copy(update={"alert_targets": {"operator": [SecretStr(address)]}})
    _from_a_newer_version(layout)
    for _ in range(2):
        with pytest.raises(StorageError), open_night(told, "by-hook", DAY):
            pass
    assert len(came) == 1
    assert "夜间任务失败".encode() in came[0] or b"\\u591c" in came[0]
    assert last_resort_files(layout) == []


def test_a_target_that_does_not_answer_ends_in_a_file(layout: Layout, settings: Settings) -> None:
    """In bounded time; the file says what the target was not told."""
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"json://127.0.0.1:{silent.getsockname()[1]}/"
        told = settings.model_copy(update={"alert_targets": {"default": [SecretStr(address)]}})
        how = last_resort.tell_operator(layout, told, "silent", DAY, "no room", seconds=1)
    (path,) = last_resort_files(layout)
    assert how == f"written to {path}"
    assert address not in path.read_text() + how


def test_where_the_warehouse_takes_nothing_the_systems_folder_does(
    layout: Layout, settings: Settings
) -> None:
    layout.warehouse.mkdir()
    layout.digests.write_text("a file where a folder should be")
    last_resort.tell_operator(layout, settings, "elsewhere", DAY, "x")
    (path,) = Path(tempfile.gettempdir()).glob("*.md")
    assert path.name.startswith("2025-01-15-operator-")


@pytest.mark.parametrize(
    "name", ["history/runs.db", "history/runs/index.db", "schedules/schedules.db"]
)
def test_dagsters_damaged_history_is_set_aside_and_told(layout: Layout, name: str) -> None:
    path = layout.dagster_home / name
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("create table t (x)")
    restore_history(layout)
    assert path.exists()
    path.write_bytes(b"\x01" * 5000)
    restore_history(layout)
    assert not layout.dagster_home.exists()
    assert len(list(layout.warehouse.glob("dagster.damaged-20*"))) == 1
    with open_operations(layout.operations) as operations:
        (incident,) = list_open(operations, "operator")
    assert name in incident.message


def test_a_release_that_cannot_be_read_is_told_until_it_is_gone(
    layout: Layout, settings: Settings
) -> None:
    spoiled = layout.releases / "2025-01-14-000000000000"
    spoiled.mkdir(parents=True)
    for night, expected in (("first", 1), ("second", 1), ("third", 0)):
        if not expected:
            shutil.rmtree(spoiled)
        with open_night(settings, night, DAY):
            pass
        with open_operations(layout.operations) as operations:
            found = [i.message for i in list_open(operations, "operator")]
        assert [spoiled.name in message for message in found] == [True] * expected


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(28, "No space left on device", "file"), StorageError),
        (RuntimeError("(sqlite3.OperationalError) database or disk is full"), StorageError),
        (RuntimeError("(sqlite3.DatabaseError) database disk image is malformed"), StorageError),
        (RuntimeError("IO Error: could not write: No space left on device"), StorageError),
        (SettingsError("mine"), SettingsError),
        (KeyError("x"), ReleaseError),
    ],
)
def test_only_a_defect_is_called_one(error: Exception, kind: type[Exception]) -> None:
    refusal = as_refusal(error)
    assert type(refusal) is kind
    assert ("defect" in str(refusal)) is (kind is ReleaseError)


def test_a_lease_that_cannot_be_written_is_no_defect(tmp_path: Path) -> None:
    """And what fails within a held lease is not taken for it."""
    (tmp_path / "night.lock").mkdir()
    with pytest.raises(StorageError, match="Is a directory"), hold_lease(tmp_path / "night.lock"):
        pass
    with pytest.raises(FileNotFoundError), hold_lease(tmp_path / "other.lock"):
        raise FileNotFoundError
