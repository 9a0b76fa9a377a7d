"""A night past its bound: failed, told, unlocked, and followed by one that succeeds."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg
import pytest

from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.orchestration import night_limit
from pipelines.orchestration.lease import is_held
from pipelines.orchestration.night_limit import dagster_limit
from pipelines.settings import Settings
from tests import warm
from tests.machine import PATIENCE_SECONDS
from tests.orchestration import overdue_night


def hang(how: str, folder: Path) -> tuple[int, str]:
    """Run a night that never ends by itself: how it ended, and what it said."""
    (folder / "sources").mkdir()
    (folder / "sources" / "a.csv").write_text("x\n")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ZHIBIAO_")}
    night = warm.start(overdue_night.__name__, how, str(folder), cwd=folder, env=environment)
    _, said = night.communicate(PATIENCE_SECONDS)
    assert night.returncode is not None
    return night.returncode, said


def outcomes(folder: Path) -> list[tuple[str | None, str | None]]:
    """Outcome and message of each night."""
    layout = Layout.of(Settings(warehouse=folder / "warehouse"))
    with open_operations(layout.operations) as operations:
        rows = operations.execute("select outcome, message from nights order by started_at")
        return [(row["outcome"], row["message"]) for row in rows]


@pytest.mark.parametrize("how", ["in python", "in a handler of errors", "swallowed"])
def test_a_night_past_its_bound_ends_failed_and_told_and_lets_go_of_the_lease(
    tmp_path: Path, how: str
) -> None:
    """Interrupted where it was, also where errors are handled, or else at the next step."""
    returned, said = hang(how, tmp_path)
    assert returned != 0
    assert "night: expected its end within 1s (ZHIBIAO_MAX_NIGHT), got none." in said
    ((outcome, message),) = outcomes(tmp_path)
    assert outcome == "failed"
    assert message is not None
    assert message.startswith("时限: night: expected its end within 1s")
    (digest,) = (tmp_path / "warehouse" / "digests").glob("*.md")
    assert "时限" in digest.read_text()
    assert not is_held(tmp_path / "warehouse" / "night.lock")


def test_a_library_that_does_not_listen_is_ended_with_its_process_once_the_night_is_closed(
    tmp_path: Path,
) -> None:
    """The kernel lets go of the lease, and of whatever child was left."""
    returned, said = hang("in a library", tmp_path)
    assert returned == 70
    assert said.startswith("night: expected its end within 1s (ZHIBIAO_MAX_NIGHT), got none.")
    assert said.strip() == (tmp_path / "closed").read_text()


def test_code_that_keeps_the_interpreter_to_itself_is_ended_by_a_timer_in_c(tmp_path: Path) -> None:
    """No thread of ours runs then; the next night finds it interrupted and tells."""
    returned, said = hang("with the interpreter", tmp_path)
    assert returned not in (0, 70)
    assert "Timeout" in said
    assert not (tmp_path / "closed").exists()


def test_a_night_that_ends_in_time_is_left_alone(tmp_path: Path) -> None:
    """Its timers go with it."""
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "a.csv").write_text("x\n")
    overdue_night.run("at once", tmp_path, "1h")
    ((outcome, message),) = outcomes(tmp_path)
    assert (outcome, message) == ("failed", None)  # for it made no release


def test_dagster_ends_a_run_after_our_own_ways_had_their_time(
    settings: Settings, definitions: dg.Definitions
) -> None:
    """One setting says how long; what Dagster's pages start is bound by it, too."""
    tags = definitions.resolve_job_def("nightly").tags
    assert tags["dagster/max_runtime"] == str(dagster_limit(settings))
    grace = night_limit.GRACE_SECONDS
    assert dagster_limit(settings) > settings.max_night_seconds + 3 * grace
