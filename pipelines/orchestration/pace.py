"""How long each step took on earlier nights, and what that says of the time to go.

Belongs here: the estimate. Does not: how it is shown (`cli.progress`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from statistics import median

from pipelines.errors import StorageError
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.orchestration.night_record import seconds_of_last_released

# One night that took everything anew, or nothing, must not decide.
_NIGHTS = 5


def usual_seconds(layout: Layout) -> dict[str, float]:
    """Seconds by step: the median of the last nights that released; empty before the first.

    Also empty when the store cannot be read: an estimate never stops a night.
    """
    if not layout.operations.exists():
        return {}
    seconds: dict[str, list[float]] = {}
    try:
        with open_operations(layout.operations) as operations:
            for stage, took in seconds_of_last_released(operations, _NIGHTS):
                seconds.setdefault(stage, []).append(took)
    except (sqlite3.Error, StorageError):
        return {}
    return {stage: median(all_of_it) for stage, all_of_it in seconds.items()}


def seconds_to_go(
    usual: Mapping[str, float], left: Collection[str], since_step: float
) -> float | None:
    """An estimate of what remains of a night; None when no earlier night says anything.

    Steps run one after the other, and nearly all of a night is steps (168 of 169 s in the demo). A
    step that no night has taken before counts nothing.

    Args:
        usual: Seconds by step.
        left: The step that runs, then those that have not begun.
        since_step: Seconds since the one that runs began.
    """
    if not usual:
        return None
    running, *others = [usual.get(step, 0.0) for step in left] or [0.0]
    return max(running - since_step, 0.0) + sum(others)
