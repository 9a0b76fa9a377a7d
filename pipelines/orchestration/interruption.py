"""Ctrl-C and SIGTERM, noted whoever handles them.

Dagster puts handlers of its own in place while it executes, and DuckDB turns what they raise into
an error like any other, which a gate would take for a broken check and go on. So a signal is noted
beside its handler, and the night asks before each step. Belongs here: noting it. Does not: what a
night does about it (`night`, `lifecycle`, `run`).
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_ENDING = {signal.SIGINT, signal.SIGTERM}


class Interruptions:
    """What was noted; without a pipe nothing ever is."""

    def __init__(self, pipe: int | None = None) -> None:
        self._pipe = pipe
        self._asked = False

    @property
    def asked(self) -> bool:
        """Whether a signal has asked the process to end."""
        if not self._asked and self._pipe is not None:
            with suppress(BlockingIOError):
                self._asked = not _ENDING.isdisjoint(os.read(self._pipe, 4096))
        return self._asked

    def end_if_asked(self) -> None:
        """Interrupt again where what was raised before was swallowed.

        Raises:
            KeyboardInterrupt: a signal has asked the process to end.
        """
        if self.asked:
            raise KeyboardInterrupt


_noting: list[Interruptions] = []
"""Of this process; signals are the process's own."""


@contextmanager
def note_interruptions() -> Iterator[Interruptions]:
    """Note the signals of this process while the block lasts, whose handlers stay as they are.

    A block within a block gets what the outer one notes. Only the main thread gets signals: in
    another one nothing is noted.
    """
    if _noting or threading.current_thread() is not threading.main_thread():
        yield _noting[-1] if _noting else Interruptions()
        return
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    _noting.append(Interruptions(reader))
    try:
        yield _noting[-1]
    finally:
        _noting.pop()
        signal.set_wakeup_fd(before)
        os.close(reader)
        os.close(writer)
