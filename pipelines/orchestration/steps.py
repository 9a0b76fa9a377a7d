"""Dagster's events as steps: what a listener is told when a step begins, ends or fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dagster as dg

from pipelines.errors import ZhibiaoError
from pipelines.quality.digests import mask_personal_numbers

_STATES = {"STEP_START": "began", "STEP_SUCCESS": "done", "STEP_FAILURE": "failed"}
CLOSED_GATE = "DagsterAssetCheckFailedError"
REFUSALS = {kind.__name__: kind for kind in ZhibiaoError.__subclasses__()}
"""What Zhibiao raises itself, by name: Dagster passes errors on as text."""


@dataclass(frozen=True)
class Step:
    """A step that `began`, is `done` or has `failed`; the message says why it failed."""

    name: str
    state: str
    seconds: float
    message: str = ""


class StepReporter:
    """Turns the events of one run into steps."""

    def __init__(self, listener: Callable[[Step], None]) -> None:
        self._listener = listener
        self._began: dict[str, float] = {}

    def __call__(self, entry: dg.EventLogEntry) -> None:
        """What Dagster calls for every event."""
        event = entry.dagster_event
        state = _STATES.get(event.event_type_value) if event else None
        if event is None or state is None or event.step_key is None:
            return
        now = time.monotonic()
        began = self._began.setdefault(event.step_key, now)
        message = innermost_message(event) if state == "failed" else ""
        self._listener(Step(event.step_key, state, now - began, message))


def innermost_error(event: dg.DagsterEvent) -> Any:  # noqa: ANN401 Dagster keeps the type private
    """The serialized error at the root of a failure, or None."""
    error = getattr(event.event_specific_data, "error", None)
    while error is not None and error.cause is not None:
        error = error.cause
    return error


def innermost_message(event: dg.DagsterEvent) -> str:
    """What the root error says: a refusal of ours its own words, any other also its class.

    Without personal numbers: an error of a library may quote what it was given.
    """
    error = innermost_error(event)
    if error is None:
        return ""
    # Dagster writes `module.Class: message`.
    head, separator, rest = error.message.strip().partition(": ")
    said = rest if separator and head.endswith(str(error.cls_name)) else error.message.strip()
    if error.cls_name == CLOSED_GATE:
        said = "expected an open gate, got a critical rule that fails."
    elif error.cls_name not in REFUSALS:
        said = f"expected the step to end, got {error.cls_name}: {said}."
    return mask_personal_numbers(said)
