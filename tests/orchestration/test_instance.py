"""Dagster's instance and its event log."""

import os
from pathlib import Path

import dagster as dg
import pytest

from pipelines.layout import Layout
from pipelines.orchestration.event_log import KeptConnectionEventLog
from pipelines.orchestration.instance import fail_orphaned_runs, open_instance
from pipelines.settings import Settings


@pytest.fixture(autouse=True)
def _same_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DAGSTER_HOME", "DO_NOT_TRACK"):
        monkeypatch.setenv(name, "before")


@dg.op
def speak(context: dg.OpExecutionContext) -> None:
    context.log.info("said by the op")


@dg.job
def talk() -> None:
    speak()


def _messages(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    return [entry.user_message for entry in instance.all_logs(run_id)]


def test_events_are_read_back_by_another_instance(own_layout: Layout) -> None:
    with open_instance(own_layout) as instance:
        assert isinstance(instance.event_log_storage, KeptConnectionEventLog)
        run_id = talk.execute_in_process(instance=instance).run_id
        written = _messages(instance, run_id)
    with open_instance(own_layout) as fresh:
        assert _messages(fresh, run_id) == written
        assert fresh.get_run_by_id(run_id).status is dg.DagsterRunStatus.SUCCESS  # type: ignore[union-attr]
    assert "said by the op" in written


def test_files_of_old_runs_are_let_go_and_stay_readable(own_layout: Layout) -> None:
    with open_instance(own_layout) as instance:
        runs = [talk.execute_in_process(instance=instance).run_id for _ in range(10)]
        log = instance.event_log_storage
        assert len(log.__dict__["_kept_engines"]) == 8
        assert all("said by the op" in _messages(instance, run_id) for run_id in runs)


def test_the_home_lies_in_the_warehouse_whatever_the_environment_says(own_layout: Layout) -> None:
    with open_instance(own_layout) as instance:
        assert Path(instance.root_directory) == own_layout.dagster_home
    assert own_layout.dagster_home.stat().st_mode & 0o077 == 0


@dg.op
def write_to_standard_error() -> None:
    os.write(2, b"what a library says of a row")


@dg.job
def write() -> None:
    write_to_standard_error()


def test_what_a_step_writes_to_its_terminal_is_not_copied_into_files(own_layout: Layout) -> None:
    with open_instance(own_layout) as instance:
        write.execute_in_process(instance=instance)
    kept = [path for path in own_layout.dagster_home.rglob("*") if path.suffix in {".err", ".out"}]
    assert kept == []


def test_a_path_that_yaml_could_misread_is_taken_as_it_stands(tmp_path: Path) -> None:
    layout = Layout.of(Settings(warehouse=tmp_path / "a: b #c", sources=tmp_path))
    with open_instance(layout) as instance:
        talk.execute_in_process(instance=instance)
    assert list((layout.dagster_home / "history" / "runs").glob("*.db"))


def test_runs_of_killed_nights_are_marked_as_failed(own_layout: Layout) -> None:
    with open_instance(own_layout) as instance:
        hanging = instance.create_run_for_job(talk, status=dg.DagsterRunStatus.STARTED)
        own = instance.create_run_for_job(talk, status=dg.DagsterRunStatus.STARTED)
        fail_orphaned_runs(instance, keep=own.run_id)
        statuses = {run.run_id: run.status for run in instance.get_runs()}
    assert statuses[hanging.run_id] is dg.DagsterRunStatus.FAILURE
    assert statuses[own.run_id] is dg.DagsterRunStatus.STARTED
