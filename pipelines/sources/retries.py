"""Retries: how often a source that is away is tried again.

What belongs here: the bounds of trying. What does not: what is tried (landing), nor the line that
the log gets of each try (cli.logs).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import stamina

from pipelines.errors import SourceUnavailableError

T = TypeVar("T")


@dataclass(frozen=True)
class Retry:
    """How often and how long a source that is away is tried; bounded, for the night must go on."""

    attempts: int = 3
    first_wait: float = 1.0
    longest_wait: float = 10.0

    def call(self, action: Callable[[], T], seconds: float) -> T:
        """Carry out an action, again when the source was away and less than `seconds` are gone.

        Raises:
            SourceUnavailableError: of the last attempt.
        """
        caller = stamina.RetryingCaller(
            attempts=self.attempts,
            timeout=seconds,
            wait_initial=self.first_wait,
            wait_max=self.longest_wait,
            wait_jitter=0,
        )
        return caller(SourceUnavailableError, action)
