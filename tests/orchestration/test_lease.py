"""One night at a time, and no lease that outlives its holder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.errors import NightRunningError
from pipelines.orchestration.lease import hold_lease, is_held

HOLDER = """
import sys, time
from pathlib import Path
from pipelines.orchestration.lease import hold_lease
with hold_lease(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(10_000)
"""


def _start_holder(path: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_second_night_is_refused_with_the_process_that_runs_the_first(tmp_path: Path) -> None:
    path = tmp_path / "night.lock"
    holder = _start_holder(path)
    try:
        with pytest.raises(NightRunningError, match=f'"pid": {holder.pid}') as refused:
            hold_lease(path).__enter__()
        assert refused.value.exit_code == 75
        assert is_held(path)
    finally:
        holder.kill()
        holder.communicate()


def test_a_killed_night_leaves_the_lease_free(tmp_path: Path) -> None:
    path = tmp_path / "night.lock"
    holder = _start_holder(path)
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert not is_held(path)
    with hold_lease(path):
        assert is_held(path)


def test_a_night_that_fails_gives_the_lease_back(tmp_path: Path) -> None:
    path = tmp_path / "night.lock"
    with pytest.raises(KeyError), hold_lease(path):
        raise KeyError
    assert not is_held(path)
    assert path.read_text() == ""


def test_looking_at_a_lease_makes_none(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "night.lock")
    assert list(tmp_path.iterdir()) == []
