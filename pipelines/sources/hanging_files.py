"""Files on a mount that no longer answers: waited for within a bound, and then left.

What belongs here: the wait. What does not: which files, and what follows (file_drops, landing).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from pipelines.errors import SourceUnavailableError

T = TypeVar("T")

LOOK_SECONDS = 30.0
"""For listing a folder; a share that sleeps wakes up within some seconds. Each table that lies on a
dead mount waits so long."""


def answer_within(seconds: float, action: Callable[[], T], subject: str) -> T:
    """Carry out what asks the file system alone, and give up when it does not answer.

    The thread that waits is left behind: a call into the kernel cannot be taken back, and ends with
    the process or with the mount.

    Raises:
        SourceUnavailableError: it did not answer.
        Exception: whatever the action raises.
    """
    answers: list[T] = []
    errors: list[BaseException] = []

    def wait() -> None:
        try:
            answers.append(action())
        except BaseException as error:
            errors.append(error)

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    waiting.join(seconds)
    if errors:
        raise errors[0]
    if not answers:
        raise SourceUnavailableError(
            f"{subject}: expected the file system to answer within {seconds:.0f} s, got nothing. "
            "See whether its mount is up; the next night tries again.",
            found_zh=f"所在的磁盘或网络共享在 {seconds:.0f} 秒内没有响应",
        )
    return answers[0]
