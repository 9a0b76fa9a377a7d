"""Dagster's events as steps: what a listener is told when a step begins, ends or fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dagster as dg

from pipelines.errors import ZhibiaoError
from pipelines.personal_numbers import mask_personal_numbers

_STATES = {"STEP_START": "began", "STEP_SUCCESS": "done", "STEP_FAILURE": "failed"}
HELD, AWAY = "held", "away"
OUTCOME = "outcome"
"""Under which a step that ends well says that it is `held` or `away` all the same."""
CLOSED_GATE = "DagsterAssetCheckFailedError"
CLOSED_BY = "closed by"
"""Under which a gate's evaluation says why it is closed; the failure that follows does not."""
REFUSALS = {
    kind.__name__: kind
    for general in ZhibiaoError.__subclasses__()
    for kind in (general, *general.__subclasses__())
}
"""What Zhibiao raises itself, by name: Dagster passes errors on as text."""


@dataclass(frozen=True)
class Step:
    """A step that `began`, is `done` or has `failed`; the message says why it failed.

    Of those that are done some are `held` (a delivery is not used) or `away` (no source answered).
    """

    name: str
    state: str
    seconds: float
    message: str = ""


class StepReporter:
    """Turns the events of one run into steps."""

    def __init__(self, listener: Callable[[Step], None]) -> None:
        self._listener = listener
        self._began: dict[str, float] = {}
        self._closed: dict[str, str] = {}
        self._outcomes: dict[str, str] = {}

    def __call__(self, entry: dg.EventLogEntry) -> None:
        """What Dagster calls for every event."""
        event = entry.dagster_event
        if event and event.step_key:
            self._listen(event, event.step_key)
        state = _STATES.get(event.event_type_value) if event else None
        if event is None or state is None or event.step_key is None:
            return
        now = time.monotonic()
        began = self._began.setdefault(event.step_key, now)
        closed = self._closed.get(event.step_key, "")
        message = innermost_message(event, closed) if state == "failed" else ""
        if state == "done":
            state = self._outcomes.get(event.step_key, state)
        self._listener(Step(event.step_key, state, now - began, message))

    def _listen(self, event: dg.DagsterEvent, step_key: str) -> None:
        """Keep what a step says of itself before it ends."""
        if reason := closing_reason(event):
            self._closed[step_key] = reason
        if outcome := _said(event, OUTCOME):
            self._outcomes[step_key] = outcome


def closing_reason(event: dg.DagsterEvent) -> str:
    """Why the gate that an event evaluates is closed; empty for an open one and other events."""
    is_evaluation = event.event_type_value == "ASSET_CHECK_EVALUATION"
    return _said(event, CLOSED_BY) if is_evaluation else ""


def _said(event: dg.DagsterEvent, key: str) -> str:
    """What an evaluation or a materialization says under a key; empty when it says nothing."""
    data = event.event_specific_data
    metadata = getattr(getattr(data, "materialization", data), "metadata", None) or {}
    said = metadata.get(key)
    return str(said.value or "") if said else ""


def innermost_error(event: dg.DagsterEvent) -> Any:  # noqa: ANN401 Dagster keeps the type private
    """The serialized error at the root of a failure, or None."""
    error = getattr(event.event_specific_data, "error", None)
    while error is not None and error.cause is not None:
        error = error.cause
    return error


def innermost_message(event: dg.DagsterEvent, closed_by: str = "") -> str:
    """What the root error says: a refusal of ours its own words, any other also its class.

    Without personal numbers: an error of a library may quote what it was given. `closed_by` is what
    the step's gate said when it was evaluated.
    """
    error = innermost_error(event)
    if error is None:
        return ""
    # Dagster writes `module.Class: message`.
    head, separator, rest = error.message.strip().partition(": ")
    said = rest if separator and head.endswith(str(error.cls_name)) else error.message.strip()
    if error.cls_name == CLOSED_GATE:
        said = closed_by or "expected an open gate, got a critical rule that fails."
    elif error.cls_name not in REFUSALS:
        said = f"expected the step to end, got {error.cls_name}: {said}."
    return mask_personal_numbers(said)
