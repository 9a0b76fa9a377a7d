"""What goes wrong at night: bad deliveries, kills, two at once, closed gates, a full disk."""

from __future__ import annotations

import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import yaml

from tests.demo.changes import redeliver_registrations
from tests.machine import PATIENCE_SECONDS, needs_mount
from tests.night.bureau import PART, Bureau
from tests.night.spoilt import CUT_OFF, SECRET

HOLDS = {"truncated", "columns_changed", "source_unavailable"}
PROJECT = Path(__file__).resolve().parents[2]


def _statuses(bureau: Bureau, month: str) -> set[object]:
    rows = bureau.query(
        "select distinct status from indicator_values where indicator_id = 'new_market_entities'"
        " and period_grain = 'month' and period_start = cast(? as date)",
        f"{month}-01",
    )
    return {status for (status,) in rows}


def _open_incidents(bureau: Bureau) -> set[str]:
    with sqlite3.connect(bureau.warehouse / "operations.sqlite") as operations:
        rows = operations.execute("select rule_id from incidents where closed_at is null")
        return {rule for (rule,) in rows}


def test_bad_deliveries_leave_the_last_good_ones_in_use(
    small_bureau: Bureau, spoilt_bureau: Bureau
) -> None:
    """One month is cut off, one has a new column, the complaints' database is down."""
    bureau = spoilt_bureau
    for indicator in ("new_market_entities", "items_received"):
        assert bureau.figure(indicator, 2024) == small_bureau.figure(indicator, 2024)
    assert _statuses(bureau, "2024-12") == {"stale"}
    assert _statuses(bureau, "2024-10") == {"final"}
    told = bureau.digests()
    assert CUT_OFF.rpartition("/")[2] in told
    assert "新增列" in told
    assert "暂时无法连接" in told
    status = bureau.run("status", "--all")
    assert status.returncode == 0
    assert CUT_OFF.rpartition("/")[2] in status.stdout
    assert re.search(r"complaints__items +│ away ", status.stdout)
    assert re.search(r"registrations__events +│ held ", status.stdout)
    said = [(bureau.root / name).read_text() for name in ("night.out", "night.err")]
    _assert_nowhere(bureau, SECRET, "".join([*said, told]))


def _assert_nowhere(bureau: Bureau, secret: str, said: str) -> None:
    assert secret not in said
    for path in bureau.warehouse.rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert secret.encode() not in path.read_bytes(), path


def test_mended_deliveries_come_in_once_a_night_is_neither_late_nor_killed_nor_a_second_one(
    small_bureau: Bureau, spoilt_bureau: Bureau, tmp_path: Path
) -> None:
    """Four nights in turn: past its bound, killed, refused beside the last, and that one."""
    bureau = spoilt_bureau.copy(tmp_path / "bureau")
    shutil.rmtree(bureau.sources)
    shutil.copytree(small_bureau.sources, bureau.sources)
    redelivery = redeliver_registrations(bureau.sources, 202412, changed=1, added=2)
    old = bureau.current.resolve().name
    _pass_the_bound(bureau)
    assert bureau.current.resolve().name == old
    assert not list((bureau.warehouse / "releases").glob(".*"))
    _kill_after(bureau, "release__report")
    assert list((bureau.warehouse / "releases").glob(".*"))
    seen = _read_during_a_night_that_stands_alone(bureau)
    new = bureau.current.resolve().name
    assert new != old
    # The old one while the night ran, which was still computing; the new one after it.
    assert {lowest for lowest, _ in seen} == {old, new}
    assert len(seen) > 1
    assert all(lowest == highest for lowest, highest in seen)
    assert not list((bureau.warehouse / "releases").glob(".*"))
    with sqlite3.connect(bureau.warehouse / "operations.sqlite") as operations:
        outcomes = operations.execute("select outcome from nights order by started_at").fetchall()
    assert outcomes[2:] == [("failed",), ("interrupted",), ("released",)]

    assert _statuses(bureau, "2024-12") == {"final"}
    entities = small_bureau.figure("new_market_entities", 2024)
    mended = entities + redelivery.new_market_entities  # type: ignore[operator]
    assert bureau.figure("new_market_entities", 2024) == mended
    assert not {rule for rule in _open_incidents(bureau) if rule in HOLDS}
    told = bureau.digests()
    assert "已解决" in told
    assert "值班" in told or "运行" in told


def _pass_the_bound(bureau: Bureau) -> None:
    done = bureau.run("nightly", ZHIBIAO_MAX_NIGHT="1s")
    assert done.returncode == 70, done.stderr
    assert "night: expected its end within 1s (ZHIBIAO_MAX_NIGHT), got none." in done.stderr
    assert "The current release stays current" in done.stderr
    assert "ZHIBIAO_MAX_NIGHT" in bureau.digests()


def _kill_after(bureau: Bureau, stage: str) -> None:
    """Kill a night after a stage; after each before it, readers have what they had.

    Kills within landing and within the release, at every file that is touched, are
    tests/sources/test_landing.py and tests/releases/test_crash.py.
    """
    process = bureau.start("nightly")
    assert process.stderr is not None
    before = _ids_read(bureau)
    for line in process.stderr:
        assert _ids_read(bureau) == before, line
        if re.match(rf"\[\d+/\d+\] {stage} done", line):
            process.send_signal(signal.SIGKILL)
            break
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == -signal.SIGKILL, stage
    assert _ids_read(bureau) == before


def _ids_read(bureau: Bureau) -> list[tuple[object, ...]]:
    """The least and the greatest `release_id` that a reader sees: one row, one release."""
    return bureau.query("select min(release_id), max(release_id) from indicator_values")


def _read_during_a_night_that_stands_alone(bureau: Bureau) -> list[tuple[object, ...]]:
    """What readers saw while it ran."""
    first = bureau.start("nightly")
    assert first.stderr is not None
    first.stderr.readline()

    second = bureau.run("nightly")
    assert second.returncode == 75
    assert "expected no other night" in second.stderr
    assert "Wait until it ends" in second.stderr
    assert first.poll() is None, "the first night ended before the second one was refused"

    seen: list[tuple[object, ...]] = []
    while first.poll() is None:
        seen += _ids_read(bureau)
        time.sleep(0.25)
    first.communicate(PATIENCE_SECONDS)
    assert first.returncode == 0
    return seen + _ids_read(bureau)


def _own_project(bureau: Bureau) -> Path:
    project = bureau.root / "project"
    project.mkdir()
    (project / "dbt_project").symlink_to(PROJECT / "dbt_project")
    shutil.copytree(PROJECT / "expectations", project / "expectations")
    return project


def _replace_rules(path: Path, rule: dict[str, object]) -> None:
    suite = yaml.safe_load(path.read_text())
    suite["expectations"].append(rule)
    path.write_text(yaml.safe_dump(suite, allow_unicode=True))


def test_a_failing_figure_rule_stops_the_release(bureau: Bureau) -> None:
    old = bureau.current.resolve().name
    project = _own_project(bureau)
    _replace_rules(
        project / "expectations" / "indicator_values.yml",
        {
            "id": "everything_is_final",
            "meaning": "所有数值都应当已经确定",
            "type": "expect_column_values_to_be_in_set",
            "kwargs": {"column": "status", "value_set": ["final"]},
        },
    )
    done = bureau.part("staging,ledgers,cells,indicators,indicators/indicator_values:gate,release")
    assert done.returncode == 65, done.stderr
    assert "indicators__indicator_values_gate" in done.stderr
    status = bureau.run("status", "--format", "json").stdout
    for place in (done.stderr, bureau.digests(), status):
        told = " ".join(place.split())
        assert "everything_is_final（所有数值都应当已经确定，" in told
        assert "指标值（indicators.indicator_values）: expected an open gate" in told
        assert "行，负责：综合统计岗" in told
    assert "The current release stays current" in done.stderr
    assert bureau.current.resolve().name == old
    assert "所有数值都应当已经确定" in bureau.digests()
    assert bureau.run("status").returncode == 1


@needs_mount
def test_a_full_disk_ends_the_night_with_a_message_and_leaves_the_old_release(
    bureau: Bureau,
) -> None:
    old = bureau.current.resolve().name
    small = bureau.warehouse / "store"
    shutil.rmtree(small)
    small.mkdir()
    night = f"{sys.executable} -m {PART} ledgers/registrations nightly"
    script = f"mount -t tmpfs -o size=300k none {small} && exec {night}"
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", script],
        cwd=bureau.root,
        env=bureau.environment | {"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 74
    assert "defect" not in done.stderr
    assert "no room" in done.stderr.lower() or "space" in done.stderr
    assert bureau.current.resolve().name == old
