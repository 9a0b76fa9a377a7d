"""What a listener is told of each step, and how people read its name."""

from __future__ import annotations

from uuid import uuid4

import dagster as dg
import pytest

from pipelines.orchestration.stage_names import describe_stage
from pipelines.orchestration.steps import AWAY, HELD, OUTCOME, Step, StepReporter


@dg.asset
def here() -> None:
    """A source that answers."""


@dg.asset
def away() -> dg.MaterializeResult[None]:
    """One that does not."""
    return dg.MaterializeResult(metadata={OUTCOME: AWAY})


@dg.asset_check(asset=here)
def gate() -> dg.AssetCheckResult:
    """One that holds a delivery."""
    return dg.AssetCheckResult(
        passed=False, severity=dg.AssetCheckSeverity.WARN, metadata={OUTCOME: HELD}
    )


@dg.asset(deps=[here])
def broken() -> None:
    """One that raises."""
    raise KeyError("x")


def test_a_step_that_ends_well_is_held_or_away_when_it_says_so() -> None:
    steps: list[Step] = []
    run_id = str(uuid4())
    job = dg.Definitions(
        assets=[here, away, broken],
        asset_checks=[gate],
        jobs=[dg.define_asset_job("night", executor_def=dg.in_process_executor)],
    ).resolve_job_def("night")
    with dg.instance_for_test() as instance:
        instance.add_event_listener(run_id, StepReporter(steps.append))
        job.execute_in_process(instance=instance, run_id=run_id, raise_on_error=False)
    assert {step.name: step.state for step in steps if step.state != "began"} == {
        "here": "done",
        "here_gate": "held",
        "away": "away",
        "broken": "failed",
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("complaints__items", "landing complaints.items"),
        ("complaints__items_gate", "gate of complaints.items"),
        ("ledgers", "computing the ledgers"),
        ("ledgers__complaints_gate", "gate of ledgers.complaints"),
        ("indicators", "computing the indicators"),
        ("indicators__indicator_values_gate", "gate of indicators.indicator_values"),
        ("release__tables", "writing the release"),
        ("release__report", "writing the report"),
        ("release__current", "verifying the release"),
    ],
)
def test_a_stage_is_named_in_an_operators_words(name: str, words: str) -> None:
    assert describe_stage(name) == words


def test_every_step_of_the_night_has_words_of_its_own(definitions: dg.Definitions) -> None:
    names = list(definitions.resolve_job_def("nightly").graph.node_dict)
    words = {describe_stage(name) for name in names}
    assert len(words) == len(names) > 80
    assert not [said for said in words if "__" in said]
