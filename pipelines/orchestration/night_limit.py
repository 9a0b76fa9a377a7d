"""The bound of a whole night, kept from within: past it the night ends failed, told and unlocked.

What belongs here: three ways to end it, each for what the one before does not reach. The code of
the night is interrupted, and closes as it does after any failure. A library in C that does not
listen is ended with the process, once the night has been closed beside it. One that does not let
go of the interpreter is ended by a timer that needs none; the next night tells of it. What does not
belong here: what closing a night is (lifecycle).
"""

from __future__ import annotations

import faulthandler
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

from dagster import DagsterExecutionInterruptedError

from pipelines.errors import ReleaseError
from pipelines.settings import Settings

GRACE_SECONDS = 60.0
"""For closing a night: its record, its digests and their delivery."""

_SIGNALS = 6
"""DuckDB turns an interruption into an error of its own, which an unsuspecting handler takes for
one of the delivery's: the next signal ends that."""


class NightOverdueError(DagsterExecutionInterruptedError):
    """The night has passed its bound.

    No `Exception`: what handles a failing source or rule must not take it for one. Dagster skips
    what is left of the run for it.
    """


def dagster_limit(settings: Settings) -> int:
    """Seconds after which Dagster itself ends a run: when our own ways had their time."""
    return int(settings.max_night_seconds + 4 * GRACE_SECONDS)


class NightLimit:
    """Watches one night; a context manager around all of it, its closing included."""

    def __init__(self, settings: Settings, close: Callable[[str], None]) -> None:
        """Set the bound.

        Args:
            settings: Of this installation.
            close: Ends the night as failed with a message, from another thread.
        """
        self._seconds = settings.max_night_seconds
        self.message = (
            f"night: expected its end within {settings.max_night} (ZHIBIAO_MAX_NIGHT), got none. "
            "`zhibiao status` shows what took how long; mend it, or raise the bound."
        )
        self._close = close
        self._ended = threading.Event()
        self.is_past = False
        """Whether the time is over."""
        self._is_at_work = False
        self._is_main = threading.current_thread() is threading.main_thread()
        # Dagster redirects descriptor 2 while a step runs.
        self._stderr = os.dup(2)

    def __enter__(self) -> NightLimit:
        if self._is_main:
            self._handler_before = signal.signal(signal.SIGALRM, self._interrupt)
        faulthandler.dump_traceback_later(
            self._seconds + 3 * GRACE_SECONDS, exit=True, file=self._stderr
        )
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        faulthandler.cancel_dump_traceback_later()
        if self._is_main:
            signal.signal(signal.SIGALRM, self._handler_before)
        os.close(self._stderr)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """While the block runs, the end of the time raises `NightOverdueError` in it."""
        self._is_at_work = True
        try:
            yield
        finally:
            self._is_at_work = False

    def end_if_past(self) -> None:
        """Interrupt again where what was raised before was swallowed.

        Raises:
            NightOverdueError: the time is over.
        """
        if self.is_past and self._is_at_work:
            raise NightOverdueError(self.message)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_at_work:
            raise NightOverdueError(self.message)

    def _watch(self) -> None:
        if self._ended.wait(self._seconds):
            return
        self.is_past = True
        for _ in range(_SIGNALS):
            main = threading.main_thread().ident
            if self._is_main and main is not None:
                signal.pthread_kill(main, signal.SIGALRM)
            if self._ended.wait(GRACE_SECONDS / _SIGNALS):
                return
        os.write(self._stderr, f"{self.message}\n".encode())
        closing = threading.Thread(target=self._close, args=(self.message,), daemon=True)
        closing.start()
        closing.join(GRACE_SECONDS)
        os._exit(ReleaseError.exit_code)
