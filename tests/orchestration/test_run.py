"""A run of Dagster is a night only when it was opened, and a success only with a release."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import UUID

import dagster as dg
import pytest

from pipelines.errors import GateError, NightRunningError, UsageError
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.orchestration import run
from pipelines.orchestration.instance import open_instance
from pipelines.orchestration.lease import hold_lease
from pipelines.orchestration.run import run_night
from pipelines.orchestration.schedule import night_resource
from pipelines.settings import Settings

DAY = date(2025, 1, 15)
NIGHT_ID = "00000000-0000-4000-8000-000000000001"


@dg.asset(required_resource_keys={"night"})
def step() -> None:
    """One step of a night."""


@dg.asset
def unopened() -> None:
    """A step that needs no night."""


def _job(asset: dg.AssetsDefinition) -> dg.JobDefinition:
    return dg.Definitions(
        assets=[asset],
        resources={"night": night_resource},
        jobs=[dg.define_asset_job("nightly", executor_def=dg.in_process_executor)],
    ).resolve_job_def("nightly")


@pytest.fixture(autouse=True)
def _same_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DAGSTER_HOME", "DO_NOT_TRACK"):
        monkeypatch.setenv(name, "before")


@pytest.fixture
def nothing_is_left(layout: Layout) -> Iterator[None]:
    """Dagster has no run and the store no night that was not there before."""
    before = _left(layout)
    yield
    assert _left(layout) == before


def _left(layout: Layout) -> tuple[set[str], int]:
    with open_instance(layout) as instance, open_operations(layout.operations) as operations:
        (nights,) = operations.execute("select count(*) from nights").fetchone()
        return {run.run_id for run in instance.get_runs()}, nights


def _run(settings: Settings, day: date | None = DAY, *accept_older: str) -> str:
    return run_night(settings, day, lambda *_: None, accept_older=accept_older)


@pytest.fixture
def no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """To be refused before the definitions are even read."""

    def load(*_: object) -> dg.JobDefinition:
        raise AssertionError("the definitions were read")

    monkeypatch.setattr(run, "_load_job", load)


@pytest.mark.usefixtures("nothing_is_left", "no_job")
def test_a_day_that_has_not_come_is_refused_before_there_is_a_run(settings: Settings) -> None:
    with pytest.raises(UsageError, match="expected a day that has come"):
        _run(settings, date(2999, 1, 1))


@pytest.mark.usefixtures("nothing_is_left")
def test_a_table_that_nobody_declared_is_refused_before_there_is_a_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_load_job", lambda *_: _job(step))
    with pytest.raises(UsageError, match="--accept-older: expected source tables"):
        _run(settings, DAY, "complaint__items")


@pytest.mark.usefixtures("nothing_is_left", "no_job")
def test_a_second_night_is_refused_before_there_is_a_run(
    settings: Settings, layout: Layout
) -> None:
    with hold_lease(layout.lease), pytest.raises(NightRunningError) as refused:
        _run(settings)
    assert refused.value.exit_code == 75


@pytest.mark.usefixtures("nothing_is_left")
@pytest.mark.parametrize("late", ["lease", "day"])
def test_of_two_nights_that_begin_at_once_the_refused_one_takes_its_run_away(
    settings: Settings, layout: Layout, monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    """What is asked first is a courtesy; the night itself is asked last."""
    monkeypatch.setattr(run, "_prepare", lambda *_: None)
    monkeypatch.setattr(run, "_load_job", lambda *_: _job(step))
    if late == "lease":
        with hold_lease(layout.lease), pytest.raises(Exception, match="expected no other") as error:
            _run(settings)
        assert error.value.exit_code == 75  # type: ignore[attr-defined]
    else:
        with pytest.raises(Exception, match="expected a day that has come") as error:
            _run(settings, date(2999, 1, 1))
        assert error.value.exit_code == 64  # type: ignore[attr-defined]


@pytest.mark.parametrize("outcome", [None, "failed"])
def test_a_run_that_dagster_calls_a_success_is_none_without_a_release(
    settings: Settings, layout: Layout, monkeypatch: pytest.MonkeyPatch, outcome: str | None
) -> None:
    monkeypatch.setattr(run, "_load_job", lambda *_: _job(unopened))
    monkeypatch.setattr(run, "uuid4", lambda: UUID(NIGHT_ID))
    with open_instance(layout) as instance:
        instance.delete_run(NIGHT_ID)
    with open_operations(layout.operations) as operations:
        operations.execute("delete from nights where night_id = ?", [NIGHT_ID])
        if outcome:
            operations.execute(
                "insert into nights (night_id, business_date, started_at, outcome)"
                " values (?, '2025-01-15', '2025-01-16', ?)",
                [NIGHT_ID, outcome],
            )
    with pytest.raises(GateError, match="expected a release, got a run that skipped"):
        _run(settings)


def test_a_run_with_a_release_is_the_night_that_is_asked_for(
    settings: Settings, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = NIGHT_ID.replace("1", "2")
    monkeypatch.setattr(run, "_load_job", lambda *_: _job(unopened))
    monkeypatch.setattr(run, "uuid4", lambda: UUID(released))
    with open_operations(layout.operations) as operations:
        operations.execute(
            "insert into nights (night_id, business_date, started_at, outcome)"
            " values (?, '2025-01-15', '2025-01-16', 'released')",
            [released],
        )
    assert _run(settings) == released
