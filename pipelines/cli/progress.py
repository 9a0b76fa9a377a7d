"""How a night shows that it goes on: a moving line on a terminal, one line a step elsewhere.

Belongs here: the display. Does not: what a step is called (`orchestration.stage_names`), how long
it will take (`orchestration.pace`).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column
from rich.text import Text

from pipelines.orchestration.pace import seconds_to_go
from pipelines.orchestration.run import Listener
from pipelines.orchestration.stage_names import describe_stage
from pipelines.orchestration.steps import Step

# Beside the words, of which the longest have 40 cells, all fits into a terminal of 80.
_BAR_CELLS = 8
_TOLD_APART = {"held": "yellow", "away": "yellow", "failed": "red"}


@contextmanager
def show_progress(usual: Mapping[str, float]) -> Iterator[Listener]:
    """What `run_night` tells of each step, shown on standard error.

    Args:
        usual: Seconds by step on earlier nights.
    """
    console = Console(stderr=True)
    # The file itself is asked: FORCE_COLOR makes a terminal of a pipe for Rich, and a moving line
    # is garbage there.
    if not sys.stderr.isatty() or not console.is_terminal or console.is_dumb_terminal:
        yield _LinePrinter()
        return
    with Progress(
        MofNCompleteColumn(),
        BarColumn(bar_width=_BAR_CELLS),
        TimeElapsedColumn(),
        _TimeToGo(usual),
        TextColumn(
            "{task.description}",
            markup=False,
            table_column=Column(no_wrap=True, overflow="ellipsis"),
        ),
        console=console,
        transient=True,
    ) as progress:
        yield _MovingLine(progress, usual)


class _MovingLine:
    """The step that runs, how many have ended, the time; what is not `done` stays to be read."""

    def __init__(self, progress: Progress, usual: Mapping[str, float]) -> None:
        self._progress = progress
        self._left = list(usual)
        self._task = progress.add_task("opening the night", total=None, **self._still_to_do())

    def __call__(self, step: Step, names: Sequence[str]) -> None:
        if self._progress.tasks[0].total is None:
            self._left = list(names)
        self._left = [name for name in self._left if name != step.name]
        shown = describe_stage(step.name)
        if step.state == "began":
            # Dagster chooses among the steps that could begin; the one that runs stands first.
            self._left.insert(0, step.name)
        ended = len(names) - len(self._left)
        self._progress.update(
            self._task,
            total=len(names),
            completed=ended,
            description=shown if self._left else "telling the stewards",
            **self._still_to_do(),
        )
        if style := _TOLD_APART.get(step.state):
            self._progress.console.print(
                Text(f"{step.state}: {shown}", style=style), no_wrap=True, overflow="ellipsis"
            )

    def _still_to_do(self) -> dict[str, Any]:
        return {"left": tuple(self._left), "began": time.monotonic()}


class _TimeToGo(ProgressColumn):
    """From earlier nights; nothing on a first one."""

    def __init__(self, usual: Mapping[str, float]) -> None:
        super().__init__(Column(no_wrap=True))
        self._usual = usual

    def render(self, task: Task) -> Text:
        """What Rich calls some times a second."""
        since_step = time.monotonic() - task.fields["began"]
        seconds = seconds_to_go(self._usual, task.fields["left"], since_step)
        if seconds is None:
            return Text("")
        return Text(f"~{timedelta(seconds=round(seconds))} to go", style="progress.remaining")


class _LinePrinter:
    """One line a step, for logs, under the name that Dagster's page and the status in JSON use."""

    def __init__(self) -> None:
        self._ended = 0

    def __call__(self, step: Step, names: Sequence[str]) -> None:
        if step.state == "began":
            return
        self._ended += 1
        line = f"[{self._ended}/{len(names)}] {step.name} {step.state} in {step.seconds:.1f} s"
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
