"""Killed at random moments, a night leaves one whole release, and the next succeeds by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.night.short_nights import release_of

PROJECT = Path(__file__).resolve().parents[2]
SEED = 20250115
# Follows `current` as an analyst does, for as long as its parent lives.
READER = """
import sys, time, duckdb
from pathlib import Path
current = Path(sys.argv[1]) / "current"
question = "select list(distinct release_id) from (select release_id from release union all" \
    " select release_id from indicator_values)"
while True:
    folder = current.resolve()
    with duckdb.connect(str(folder / "indicators.duckdb"), read_only=True) as connection:
        ((ids,),) = connection.execute(question).fetchall()
    print(folder.name, *ids, flush=True)
    time.sleep(0.05)
"""


def test_killed_at_random_moments_readers_see_one_whole_release(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Old or new; the long run kills a hundred times (`--kills=100`)."""
    kills = int(request.config.getoption("--kills"))
    command = ["-m", "tests.night.short_nights", str(tmp_path), str(kills), str(SEED)]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        stderr=(tmp_path / "errors").open("w"),
        text=True,
        env=environment,
        cwd=PROJECT,
    ) as nights:
        assert nights.stdout is not None
        assert nights.stdout.readline() == "ready\n", (tmp_path / "errors").read_text()
        with (
            (tmp_path / "read").open("w") as read,
            (tmp_path / "read.errors").open("w") as errors,
            subprocess.Popen(
                [sys.executable, "-c", READER, str(tmp_path / "warehouse")],
                stdout=read,
                stderr=errors,
            ) as reader,
        ):
            states = [json.loads(line) for line in nights.stdout]
            assert reader.poll() is None, (tmp_path / "read.errors").read_text()
            reader.kill()

    assert len(states) == 2 * kills, (tmp_path / "errors").read_text()
    for killed, again in zip(states[::2], states[1::2], strict=True):
        number = killed["night"]
        assert killed["current"] in {release_of(number - 1), release_of(number)}, killed
        assert killed["damaged"] == again["damaged"] == []
        assert again["succeeded"], (tmp_path / "errors").read_text()
        assert again["current"] == release_of(number)
        assert (again["open nights"], again["left over"]) == (0, [])
    lines = (tmp_path / "read").read_text().splitlines()[:-1]  # the last may be cut
    assert len(lines) > kills
    for line in lines:
        folder, *ids = line.split()
        assert ids == [folder]
