"""What is slow to make and read by many tests: made once, whichever test process asks first.

What belongs here: the lock between processes. What does not: what is made (the fixtures).
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path


def build_once(shared: Path, name: str, build: Callable[[Path], object]) -> Path:
    """The folder `name` below one that all processes see, filled by `build`; to be read only.

    A build that failed is begun anew by the next who asks, in an empty folder.
    """
    folder, ready = shared / name, shared / f"{name}.ready"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            build(folder)
            ready.touch()
    return folder
