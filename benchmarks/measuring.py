"""What a command costs: processor seconds and memory of it and of all that it starts.

Belongs here: measuring one command. Does not: which one, and against what.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

_LOOK_SECONDS = 0.1


class Cost(NamedTuple):
    """What one run of a command took, its children included."""

    processor: float
    """Seconds, in the program and in the system."""
    wall: float
    """Seconds by the clock; what else the machine does is in it."""
    peak_bytes: int
    """Most memory that the process and its children held at once; pages that they share count in
    each of them."""
    exit_code: int


def measure(
    command: Sequence[str], environment: Mapping[str, str] | None = None, log: Path | None = None
) -> Cost:
    """Run a command to its end; what it says goes to a file, or nowhere."""
    with (log or Path(os.devnull)).open("wb") as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        peak = _Peak(process.pid)
        peak.start()
        # Of the process and of every child that it waited for.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        peak.ended.set()
        peak.join()
    return Cost(usage.ru_utime + usage.ru_stime, wall, peak.bytes, process.returncode)


class _Peak(threading.Thread):
    """Looks at the memory of a process and its children, ten times a second.

    Not `ru_maxrss`: a child inherits it from whoever started it. What a fork shares counts once.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self.ended = threading.Event()
        self.bytes = 0

    def run(self) -> None:
        """Look until the process has ended."""
        while not self.ended.wait(_LOOK_SECONDS):
            try:
                process = psutil.Process(self._pid)
                family = [process, *process.children(recursive=True)]
                self.bytes = max(self.bytes, sum(one.memory_full_info().pss for one in family))
            except psutil.NoSuchProcess:
                continue
