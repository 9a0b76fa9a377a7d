"""Work that may hang, flood or end its process, done in a child under hard limits.

No time-out reaches code in C that waits for a server, multiplies a text or has lost its way; the
kernel does. Belongs here: one child for one call. Does not: what is called, and how a limit is
told to whoever asked. The answer comes back through a pipe and lies in no file: it may hold
personal values.
"""

from __future__ import annotations

import io
import os
import pickle
import resource
import select
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")
Limit = Literal["seconds", "memory", "answer", "process"]

_LOOK_MILLISECONDS = 50
_READ_BYTES = 1 << 20
# Libraries reserve addresses that they never fill; past them the kernel refuses by itself.
_RESERVED_BYTES = 2 << 30
# For a child whose parent is gone; a living parent ends it earlier.
_GRACE_SECONDS = 10


@dataclass(frozen=True)
class Bounds:
    """What one call may take."""

    seconds: float
    """By the clock, from the start of the child to the end of its answer."""
    memory_bytes: int
    """Of its own, beside the programs and files that it maps."""
    answer_bytes: int
    """Of what it returns, pickled."""


class BoundExceededError(Exception):
    """The call was ended: it took more than a limit, or its process ended without an answer."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit)
        self.limit = limit


def run_bounded(
    bounds: Bounds,
    function: Callable[Parameters, Answer],
    *arguments: Parameters.args,
    **options: Parameters.kwargs,
) -> Answer:
    """Call a function in a child process, and end the child at the first limit that it passes.

    The child is a fresh interpreter: nothing of this process is copied into it but the arguments
    and the import path. It ends with this process, too.

    Args:
        bounds: What it may take.
        function: One of a module's own functions; it and its arguments can be pickled.
        *arguments: Its arguments; a secret is seen by nobody, for they go through a pipe.
        **options: Its keyword arguments.

    Raises:
        BoundExceededError: a limit was passed (`seconds`, `memory`, `answer`), or the child ended
            by itself without an answer (`process`).
        Exception: what the function raised.
    """
    with stream_bounded(bounds, _say_once, function, arguments, options) as answers:
        return next(answers)


def _say_once(
    function: Callable[..., Answer], arguments: tuple[Any, ...], options: dict[str, Any]
) -> Iterator[Answer]:
    yield function(*arguments, **options)


@contextmanager
def stream_bounded(
    bounds: Bounds,
    function: Callable[Parameters, Iterator[Answer]],
    *arguments: Parameters.args,
    **options: Parameters.kwargs,
) -> Iterator[Iterator[Answer]]:
    """Take what a generator says in a child process one by one, as `run_bounded` takes an answer.

    The child waits for whoever takes; it ends when the context does. `seconds` counts from its
    start to what is taken, `answer_bytes` is of each that it says.

    Raises:
        BoundExceededError: where an answer is taken, as in `run_bounded`.
        Exception: what the generator raised, where its next answer would be taken.
    """
    task = pickle.dumps((bounds, function, arguments, options))
    with _child() as (child, answers):
        # A child that died at once is told by the answer that it did not give.
        with suppress(BrokenPipeError):
            _send(child, pickle.dumps((sys.path, task)))
        yield _take_answers(_Answer(answers, child.pid, bounds))


def _take_answers(pipe: _Answer) -> Iterator[Any]:
    answer = io.BufferedReader(pipe, _READ_BYTES)
    while True:
        pipe.begin()
        try:
            said = pickle.load(answer)  # noqa: S301 our own child wrote it
        except (EOFError, pickle.UnpicklingError):
            raise BoundExceededError("process") from None
        if isinstance(said, _Raised):
            raise said.rebuild()
        if isinstance(said, _End):
            return
        yield said


@contextmanager
def _child() -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A child that waits for its task, and where its answer is read; ended whatever happens."""
    answers, writer = os.pipe()
    try:
        # A session of its own: the terminal's Ctrl-C is for the parent, which then ends it.
        child = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__)), str(writer)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(writer,),
            start_new_session=True,
        )
    finally:
        os.close(writer)
    try:
        yield child, answers
    finally:
        os.close(answers)
        child.kill()
        child.communicate()


def _send(child: subprocess.Popen[bytes], message: bytes) -> None:
    """Write a message with its length: the pipe stays open, to tell the child that we live."""
    if child.stdin is not None:
        child.stdin.write(len(message).to_bytes(8, "big") + message)
        child.stdin.flush()


class _Answer(io.RawIOBase):
    """The child's answer as a file that ends in `BoundExceededError` when a limit is passed."""

    def __init__(self, pipe: int, pid: int, bounds: Bounds) -> None:
        self._pipe, self._pid, self._bounds = pipe, pid, bounds
        self._deadline = time.monotonic() + bounds.seconds
        self._length = 0
        self._comes = select.poll()
        self._comes.register(pipe, select.POLLIN | select.POLLHUP)

    def begin(self) -> None:
        """What comes from here on is another answer."""
        self._length = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read what has come, waiting for it within the limits."""
        while True:
            if time.monotonic() > self._deadline:
                raise BoundExceededError("seconds")
            if _own_memory(self._pid) > self._bounds.memory_bytes:
                raise BoundExceededError("memory")
            if self._comes.poll(_LOOK_MILLISECONDS):
                break
        length = os.readv(self._pipe, [buffer])
        self._length += length
        if self._length > self._bounds.answer_bytes:
            raise BoundExceededError("answer")
        return length


def _own_memory(pid: int) -> int:
    """Bytes in memory that are not shared with a file; 0 of a process that has ended."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return (int(pages[1]) - int(pages[2])) * resource.getpagesize()


class _End:
    """What a child says when it has said all."""


@dataclass(frozen=True)
class _Raised:
    """An exception on its way back; most cannot be pickled whole."""

    kind: type[BaseException]
    arguments: tuple[object, ...]
    state: dict[str, object]

    def rebuild(self) -> BaseException:
        error = self.kind.__new__(self.kind, *self.arguments)
        error.args = self.arguments
        error.__dict__.update(self.state)
        return error


def answer_task(task: bytes, pipe: int) -> None:
    """The child's life: do one task, answer, end."""
    with os.fdopen(pipe, "wb") as answers:
        for said in _say_all(task):
            pickle.dump(said, answers, protocol=5)
            answers.flush()
    # Without farewells: a library that waits at exit would keep the parent waiting.
    os._exit(0)


def _say_all(task: bytes) -> Iterator[object]:
    try:
        bounds, function, arguments, options = pickle.loads(task)  # noqa: S301 our parent wrote it
        _limit(bounds)
        threading.Thread(target=_end_with_parent, daemon=True).start()
        yield from function(*arguments, **options)
        yield _End()
    except MemoryError:
        yield _Raised(BoundExceededError, ("memory",), {"limit": "memory"})
    except BaseException as error:
        # It is raised again where the call was made.
        frames = traceback.extract_tb(error.__traceback__)[1:]
        error.add_note(f"in a child, at {'; '.join(f'{f.filename}:{f.lineno}' for f in frames)}")
        yield _Raised(type(error), error.args, error.__dict__)


def _limit(bounds: Bounds) -> None:
    """What the kernel holds against us by itself; its alarm ends even code that never returns."""
    addresses = bounds.memory_bytes + _RESERVED_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (addresses, addresses))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the rows
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, bounds.seconds + _GRACE_SECONDS)


def _end_with_parent() -> None:
    """Wait for the end of the parent's pipe: it is held open for as long as the parent lives."""
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    given = sys.stdin.buffer.read(int.from_bytes(sys.stdin.buffer.read(8), "big"))
    sys.path[:], what = pickle.loads(given)  # noqa: S301 our parent wrote it
    # Under its own name, so that what is pickled here is known there.
    from pipelines.bounded import answer_task as answer_as_child

    answer_as_child(what, int(sys.argv[1]))
