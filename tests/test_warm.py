"""A forked program is what the program is: its folder, environment, output, code and signals."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests import warm
from tests.machine import PATIENCE_SECONDS

ENVIRONMENT = {"PATH": os.environ["PATH"], "COLUMNS": "160"}


def test_it_runs_in_its_folder_and_environment_and_ends_with_its_code(tmp_path: Path) -> None:
    asked = {"ZHIBIAO_WAREHOUSE": str(tmp_path / "warehouse")}
    nothing = warm.start("zhibiao", "status", cwd=tmp_path, env=ENVIRONMENT | asked)
    out, err = nothing.communicate(PATIENCE_SECONDS)
    assert (nothing.returncode, out) == (66, "")
    assert str(tmp_path / "warehouse") in err
    refused = warm.start("zhibiao", "show", "x", cwd=tmp_path, env=ENVIRONMENT | {"ZHIBIAO_X": "1"})
    assert "ZHIBIAO_X" in refused.communicate(PATIENCE_SECONDS)[1]
    assert refused.returncode == 78


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("print('said')", 0, ""),
        ("import sys; sys.exit('refused')", 1, "refused\n"),
        ("import os; os._exit(7)", 7, ""),
        ("raise ValueError('broken')", 1, "ValueError: broken\n"),
        ("import atexit, sys; atexit.register(sys.stderr.write, 'bye'); 1", 0, "bye"),
    ],
)
def test_a_script_ends_as_the_interpreter_would_end_it(
    tmp_path: Path, text: str, code: int, told: str
) -> None:
    script = tmp_path / "script.py"
    script.write_text(text, encoding="utf-8")
    fork = warm.start(str(script), cwd=tmp_path, env=ENVIRONMENT)
    _, err = fork.communicate(PATIENCE_SECONDS)
    assert (fork.returncode, err.endswith(told)) == (code, True)


def test_it_is_killed_when_it_takes_longer(tmp_path: Path) -> None:
    fork = warm.start("http.server", "0", cwd=tmp_path, env=ENVIRONMENT)
    assert fork.poll() is None
    fork.communicate(0.5)
    assert fork.returncode == -signal.SIGKILL


def test_two_run_beside_each_other_and_each_hears_its_own_signal(tmp_path: Path) -> None:
    first, second = (warm.start("http.server", "0", cwd=tmp_path, env=ENVIRONMENT) for _ in "12")
    first.send_signal(signal.SIGTERM)
    while first.poll() is None:
        time.sleep(0.01)
    assert (first.returncode, second.poll()) == (-signal.SIGTERM, None)
    second.send_signal(signal.SIGKILL)
    second.communicate(PATIENCE_SECONDS)
    assert second.returncode == -signal.SIGKILL
