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
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NoReturn, ParamSpec, TypeVar

from pipelines.fork_server import ForkError, forked, send_piece, take_piece

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

    Nothing of this process is copied into the child but the arguments, the import path, the
    environment and the working folder. It ends with this process, too.

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
    said = (function, arguments, options)
    with _stream(bounds, function.__module__, _say_once, said, {}) as answers:
        answer: Answer = next(answers)
    return answer


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
    with _stream(bounds, function.__module__, function, arguments, options) as answers:
        yield answers


@contextmanager
def _stream(
    bounds: Bounds,
    needs: str,
    function: Callable[..., Iterator[Any]],
    arguments: tuple[Any, ...],
    options: dict[str, Any],
) -> Iterator[Iterator[Any]]:
    task = pickle.dumps((bounds, function, arguments, options))
    try:
        with forked(answer_task, needs, bounds.seconds) as child:
            with suppress(BrokenPipeError):  # it has died: its silence says so
                send_piece(child.task, task)
            yield _take_answers(_Answer(child.answers, child.pid, bounds))
    except ForkError as error:
        raise BoundExceededError("seconds" if error.is_late else "process") from None


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


def answer_task(told: BinaryIO, answers: int) -> NoReturn:
    """The child's life: do one task, answer, end."""
    task = take_piece(told)
    threading.Thread(target=_end_with_parent, args=[told], daemon=True).start()
    with os.fdopen(answers, "wb") as pipe:
        for said in _say_all(task):
            pickle.dump(said, pipe, protocol=5)
            pipe.flush()
    # Without farewells: a library that waits at exit would keep the parent waiting.
    os._exit(0)


def _say_all(task: bytes) -> Iterator[object]:
    try:
        bounds, function, arguments, options = pickle.loads(task)  # noqa: S301 our parent wrote it
        _limit(bounds)
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


def _end_with_parent(told: BinaryIO) -> None:
    """Wait for the end of the parent's pipe: it is held open for as long as the parent lives."""
    told.read()
    os._exit(1)
