"""What an operator sees of a night on a terminal, and in a log."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.orchestration.instance import open_instance
from pipelines.orchestration.lease import is_held
from pipelines.orchestration.pace import seconds_to_go, usual_seconds
from pipelines.settings import Settings
from tests.cli.short_night import STEPS
from tests.cli.terminal import Shown, show_on_a_terminal
from tests.night.bureau import Bureau

PROJECT = Path(__file__).resolve().parents[2]
SHORT_NIGHT = [sys.executable, "-m", "tests.cli.short_night"]
LOGGED = r"\d\d:\d\d:\d\d WARNING complaints: tried again"
PROGRESS = re.compile(
    r"^ ?(?P<ended>\d)/4 [━╸╺ ]+ (?P<elapsed>\d:\d\d:\d\d)"
    r" +(~(?P<to_go>\d:\d\d:\d\d) to go )?(?P<step>\w.+)$"
)


@pytest.fixture
def installation(tmp_path: Path) -> Bureau:
    """A bureau with one delivery, and no night yet."""
    installation = Bureau(tmp_path)
    delivered = installation.sources / "complaints" / "delivered.csv"
    delivered.parent.mkdir(parents=True)
    delivered.write_bytes(b"x\n")
    return installation


def _environment(installation: Bureau) -> dict[str, str]:
    inherited = {k: v for k, v in installation.environment.items() if k not in {"NO_COLOR"}}
    return inherited | {"PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"}


def _remember_a_night(installation: Bureau, seconds: float) -> None:
    with open_operations(installation.warehouse / "operations.sqlite") as operations:
        now = datetime.now(UTC).isoformat()
        operations.execute(
            "insert into nights (night_id, business_date, started_at, ended_at, outcome)"
            " values ('before', '2025-01-14', ?, ?, 'released')",
            [now, now],
        )
        operations.executemany(
            "insert into stages values ('before', ?, ?, 'done', ?)",
            [(step, now, seconds) for step in STEPS],
        )


def _progress(shown: Shown) -> list[re.Match[str]]:
    found = [PROGRESS.match(row) for screen in shown.screens for row in screen]
    return [match for match in found if match]


def _assert_one_moving_line(shown: Shown) -> None:
    """Nothing wraps or is left over: a screen never shows two of them, and the last one none."""
    for screen in shown.screens:
        moving = [row for row in screen if "/4 " in row or "/? " in row]
        assert len(moving) <= 1, screen
        assert all(PROGRESS.match(row) for row in moving if "/4 " in row), screen
    assert not [row for row in shown.last if "/4" in row]
    assert shown.written.rindex(b"\x1b[?25h") > shown.written.rindex(b"\x1b[?25l")


def _last_night(installation: Bureau) -> tuple[str, str]:
    with sqlite3.connect(installation.warehouse / "operations.sqlite") as operations:
        night: tuple[str, str] = operations.execute(
            "select outcome, message from nights order by started_at desc limit 1"
        ).fetchone()
    return night


def test_a_terminal_of_80_columns_shows_stage_count_time_and_time_to_go(
    installation: Bureau,
) -> None:
    _remember_a_night(installation, seconds=20)
    command = [*SHORT_NIGHT, "released"]
    shown = show_on_a_terminal(command, _environment(installation), 80)
    assert shown.code == 0, shown.last
    seen = _progress(shown)
    assert {match["ended"] for match in seen} >= {"0", "3", "4"}
    assert len({match["elapsed"] for match in seen}) > 1
    assert {"landing complaints.items", "verifying the release", "telling the stewards"} <= {
        match["step"] for match in seen
    }
    first = next(match for match in seen if match["step"] == "landing complaints.items")
    assert "0:01:15" < first["to_go"] <= "0:01:20"
    last = next(match for match in reversed(seen) if match["step"] == "verifying the release")
    assert "0:00:00" <= last["to_go"] <= "0:00:20"
    _assert_one_moving_line(shown)
    assert re.fullmatch(LOGGED, shown.last[0])
    assert shown.last[1:] == [
        "held: gate of complaints.items",
        "away: landing registrations.events",
        "the summary",
    ]


def test_a_terminal_of_120_columns_shows_a_first_night_that_fails_without_colour_when_asked(
    installation: Bureau,
) -> None:
    environment = _environment(installation) | {"NO_COLOR": "1"}
    shown = show_on_a_terminal([*SHORT_NIGHT, "failed"], environment, 120)
    assert shown.code == 65
    assert {match["to_go"] for match in _progress(shown)} == {None}
    _assert_one_moving_line(shown)
    assert shown.last[3] == "failed: verifying the release"
    said = "".join(shown.last[4:])
    assert said.startswith("release__current: figures: expected an open gate, got a closed one.")
    assert not re.search(rb"\x1b\[[0-9;]*3[0-9]", shown.written)


def test_ctrl_c_ends_the_night_cleanly_also_where_a_step_swallows_it(
    installation: Bureau,
) -> None:
    def press(rows: list[str]) -> bytes:
        return b"\x03" if any("landing registrations.events" in row for row in rows) else b""

    shown = show_on_a_terminal([*SHORT_NIGHT, "slow"], _environment(installation), 80, press)
    assert shown.code == 130, shown.last
    _assert_one_moving_line(shown)
    said = " ".join(shown.last)
    assert "night: expected to run to its end, got Ctrl-C or SIGTERM." in said
    assert "Traceback" not in said
    _assert_interrupted(installation)


def _assert_interrupted(installation: Bureau) -> None:
    outcome, message = _last_night(installation)
    assert outcome == "interrupted"
    assert "Ctrl-C or SIGTERM" in message
    assert "由人员或系统中断" in installation.digests()
    layout = Layout.of(Settings(warehouse=installation.warehouse, sources=installation.sources))
    assert not is_held(layout.lease)
    with open_instance(layout) as instance:
        assert [run.status for run in instance.get_runs()] == [dg.DagsterRunStatus.CANCELED]


def test_in_a_log_a_night_is_plain_lines_and_sigterm_ends_it_as_ctrl_c_does(
    installation: Bureau,
) -> None:
    night = subprocess.Popen(
        [*SHORT_NIGHT, "slow"],
        env=_environment(installation) | {"FORCE_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert night.stderr is not None
    first = [night.stderr.readline() for _ in range(3)]
    assert re.fullmatch(LOGGED, first[0].rstrip())
    assert re.match(r"\[1/4\] complaints__items done in \d+\.\d s\n", first[1])
    assert re.match(r"\[2/4\] complaints__items_gate held in \d+\.\d s\n", first[2])
    os.kill(night.pid, signal.SIGTERM)
    out, err = night.communicate(timeout=600)
    assert night.returncode == 130
    assert "got Ctrl-C or SIGTERM" in err
    assert not re.search(r"\x1b\[(\?25|2K|1A)", "".join(first) + out + err)
    _assert_interrupted(installation)


def test_the_time_to_go_is_the_usual_one_of_what_is_left() -> None:
    usual = {"a": 10.0, "b": 20.0, "c": 30.0}
    assert seconds_to_go(usual, ["b", "c"], 5.0) == 45.0
    assert seconds_to_go(usual, ["b", "c"], 50.0) == 30.0
    assert seconds_to_go(usual, ["new", "c"], 50.0) == 30.0
    assert seconds_to_go(usual, [], 1.0) == 0.0
    assert seconds_to_go({}, ["a"], 1.0) is None


def test_what_is_usual_is_the_middle_of_the_last_nights_that_released(tmp_path: Path) -> None:
    layout = Layout.of(Settings(warehouse=tmp_path / "warehouse", sources=tmp_path))
    assert usual_seconds(layout) == {}
    nights = [("released", seconds) for seconds in (900, 5, 7, 6, 8, 100)] + [("failed", 1)]
    with open_operations(layout.operations) as operations:
        for day, (outcome, seconds) in enumerate(nights, start=1):
            operations.execute(
                "insert into nights (night_id, business_date, started_at, outcome)"
                " values (?, '2025-01-15', ?, ?)",
                [str(day), f"2025-01-{day:02}", outcome],
            )
            operations.execute(
                "insert into stages values (?, 'ledgers', '', 'done', ?)", [str(day), seconds]
            )
    assert usual_seconds(layout) == {"ledgers": 7}
    layout.operations.write_bytes(b"damaged")
    assert usual_seconds(layout) == {}
