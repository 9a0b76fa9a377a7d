"""A terminal in memory: runs a program on a pseudo-terminal and keeps what its screen showed."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import termios
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pyte

SECONDS = 600
"""For a program to end, on a slow machine."""
ROWS = 24


@dataclass
class Shown:
    """What a program left: its exit code, each different screen in turn, and its bytes."""

    code: int = -1
    screens: list[list[str]] = field(default_factory=list)
    written: bytes = b""

    @property
    def last(self) -> list[str]:
        """The rows of the last screen, without those that are empty."""
        return [row for row in self.screens[-1] if row]

    def rows(self) -> set[str]:
        """Every row that was ever seen."""
        return {row for screen in self.screens for row in screen if row}


def show_on_a_terminal(
    command: Sequence[str],
    environment: dict[str, str],
    columns: int,
    press: Callable[[list[str]], bytes] = lambda _: b"",
) -> Shown:
    """Run a program on a terminal of so many columns and 24 rows.

    Args:
        command: The program and its arguments.
        environment: What it is given; what says how wide a terminal is is left out.
        columns: How wide the terminal is.
        press: What is typed on a screen; once, when it is not empty.
    """
    own = {k: v for k, v in environment.items() if k not in {"COLUMNS", "LINES"}}
    pid, terminal = pty.fork()
    if pid == 0:
        size = struct.pack("HHHH", ROWS, columns, 0, 0)
        fcntl.ioctl(0, termios.TIOCSWINSZ, size)
        os.execve(command[0], list(command), own | {"TERM": "xterm-256color"})  # noqa: S606 ours
    screen, shown, end = pyte.Screen(columns, ROWS), Shown(), time.monotonic() + SECONDS
    stream, is_typed = pyte.ByteStream(screen), False
    try:
        while time.monotonic() < end:
            try:
                written = os.read(terminal, 65536)
            except OSError:  # Linux says so when the other side is closed.
                break
            shown.written += written
            stream.feed(written)
            rows = [row.rstrip() for row in screen.display]
            if not shown.screens or rows != shown.screens[-1]:
                shown.screens.append(rows)
            if not is_typed and (typed := press(rows)):
                os.write(terminal, typed)
                is_typed = True
        else:
            os.kill(pid, signal.SIGKILL)
    finally:
        os.close(terminal)
    shown.code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return shown
