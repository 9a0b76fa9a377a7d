"""A night that fails: one message, an exit code, a record, and a message to the operator."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import threading
from pathlib import Path

import pytest

from pipelines.layout import Layout
from pipelines.orchestration import sources_folder
from pipelines.orchestration.failed_start import note_failed_start
from pipelines.orchestration.lease import hold_lease
from pipelines.settings import Settings
from tests.machine import needs_mount
from tests.night.bureau import ZHIBIAO, Bureau

PROJECT = Path(__file__).resolve().parents[2]


def _last_night(bureau: Bureau) -> tuple[str, str]:
    with sqlite3.connect(bureau.warehouse / "operations.sqlite") as operations:
        night: tuple[str, str] = operations.execute(
            "select outcome, message from nights"
        ).fetchone()
    return night


@pytest.mark.usefixtures("shared_folder")
def test_a_failure_of_what_all_sources_share_is_told_plainly_and_recorded(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    bureau.warehouse.mkdir()
    (bureau.warehouse / "landing").write_text("a file where a folder should be")
    delivered = bureau.sources / "registrations" / "registrations_202412.csv"
    delivered.parent.mkdir(parents=True)
    delivered.write_bytes(b"cut o")
    done = bureau.run("nightly", "--date", "2025-01-15")
    assert done.returncode == 74
    assert "Traceback" not in done.stderr + done.stdout
    last = done.stderr.strip().splitlines()[-1]
    assert "landing: expected the folder of what has landed, got a file" in last
    assert last.endswith("`zhibiao status` lists what is open.")
    outcome, message = _last_night(bureau)
    assert outcome == "failed"
    assert "got a file" in message
    assert message.partition(":")[0] in bureau.digests()
    assert bureau.run("status").returncode == 1


def test_declarations_that_cannot_be_read_are_recorded_and_told_too(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    for name in ("dbt_project", "expectations"):
        shutil.copytree(PROJECT / name, tmp_path / "project" / name)
    suite = tmp_path / "project" / "expectations" / "complaints.yml"
    suite.write_text(suite.read_text().replace("name:", "nome:", 1))
    done = bureau.run("nightly")
    assert done.returncode == 78
    assert "Traceback" not in done.stderr
    outcome, message = _last_night(bureau)
    assert outcome == "failed"
    assert "complaints" in message
    assert "停在“启动”" in bureau.digests()


def test_a_folder_that_does_not_answer_holds_no_message_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo's marker is looked for where deliveries lie, which may be a dead mount."""
    over = threading.Event()

    def hang(_: Path) -> None:
        assert over.wait(60), "nobody gave the folder up"

    monkeypatch.setattr(sources_folder, "read_marker", hang)
    monkeypatch.setattr(sources_folder, "LOOK_SECONDS", 0.1)
    settings = Settings(warehouse=tmp_path / "warehouse", sources=tmp_path / "sources")
    note_failed_start(settings, "first", "原因一")
    over.set()
    (path,) = Layout.of(settings).digests.glob("*.md")
    assert "原因一" in path.read_text(encoding="utf-8")


def test_a_failed_start_beside_a_running_night_leaves_the_telling_to_it(tmp_path: Path) -> None:
    """Two processes that send what waits would send it twice."""
    settings = Settings(warehouse=tmp_path / "warehouse", sources=tmp_path / "sources")
    layout = Layout.of(settings)
    with hold_lease(layout.lease):
        note_failed_start(settings, "first", "原因一")
    assert not layout.digests.exists()
    note_failed_start(settings, "second", "原因二")
    (path,) = layout.digests.glob("*.md")
    told = path.read_text(encoding="utf-8")
    assert "原因一" in told
    assert "原因二" in told


@needs_mount
@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("cat /dev/zero > {warehouse}/filler 2> /dev/null", "No space left on device"),
        ("mount -o remount,ro {warehouse}", "Read-only file system"),
    ],
)
def test_a_disk_that_takes_nothing_before_the_first_step_is_told_where_there_is_room(
    tmp_path: Path, state: str, said: str
) -> None:
    bureau = Bureau(tmp_path)
    spare = tmp_path / "spare"
    for folder in (bureau.warehouse, spare):
        folder.mkdir()
    prepare = f"mount -t tmpfs -o size=64k none {bureau.warehouse}; " + state.format(
        warehouse=bureau.warehouse
    )
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", f"{prepare}; exec {ZHIBIAO} nightly --date 2025-01-15"],
        cwd=bureau.root,
        env=bureau.environment | {"TMPDIR": str(spare)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 74, done.stderr
    assert said in done.stderr
    assert "defect" not in done.stderr
    assert "Traceback" not in done.stderr
    (told,) = spare.glob("2025-01-15-operator-*.md")
    assert str(told) in done.stderr
    assert said in told.read_text()
