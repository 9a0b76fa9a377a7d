"""Children that begin with their imports done: forked from one process that has them.

An interpreter with our libraries takes two thirds of a second before it does anything, and a night
has a dozen deliveries read by a child. This process has threads and connections and cannot fork
safely; the one that it starts has neither. Belongs here: that process, and what is seen of a child.
Does not: what a child does, and how long it may (bounded).
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

_MESSAGE_BYTES = 1 << 16
_LENGTH_BYTES = 8
_FAREWELL_SECONDS = 2
_BURIAL_SECONDS = 60
"""A child may leave gigabytes that the kernel has to give back."""


class ForkError(Exception):
    """No child came: not in time (`is_late`), or twice none at all."""

    def __init__(self, *, is_late: bool) -> None:
        super().__init__(is_late)
        self.is_late = is_late


@dataclass(frozen=True)
class Child:
    """A child that waits for what to do; it lives no longer than the block that has it."""

    pid: int
    task: BinaryIO
    """Where it is told; the pipe stays open for as long as we live."""
    answers: int
    """The pipe in which it answers."""


Life = Callable[[BinaryIO, int], NoReturn]
"""What a child does: it is given the pipe of its task and that of its answers."""


@contextmanager
def forked(life: Life, module: str, seconds: float) -> Iterator[Child]:
    """A child with a session, environment and working folder as if it had been started from here.

    Args:
        life: A module's own function.
        module: What it will need; imported once, where children are forked from, with the modules
            that its `CHILDREN_IMPORT` names.
        seconds: How long to wait for it.

    Raises:
        ForkError: it did not come.
    """
    task_end, task = os.pipe()
    answers, answers_end = os.pipe()
    told = os.fdopen(task, "wb")
    try:
        try:
            pid = _SERVER.fork(life, module, (task_end, answers_end), seconds)
        finally:
            os.close(task_end)
            os.close(answers_end)
        try:
            with suppress(BrokenPipeError):  # it has died: its silence says so
                send_piece(told, json.dumps([_folder(), dict(os.environ)]).encode())
            yield Child(pid, told, answers)
        finally:
            _SERVER.finish(pid)
    finally:
        os.close(answers)
        with suppress(BrokenPipeError):
            told.close()


def _folder() -> str | None:
    """Where this process stands; None where somebody has removed it."""
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return None


def send_piece(pipe: BinaryIO, piece: bytes) -> None:
    """Write a piece with its length, for `take_piece`: the pipe stays open.

    Raises:
        BrokenPipeError: nobody reads.
    """
    pipe.write(len(piece).to_bytes(_LENGTH_BYTES, "big") + piece)
    pipe.flush()


def take_piece(pipe: BinaryIO) -> bytes:
    """The next piece; an empty one where nobody writes any more."""
    return pipe.read(int.from_bytes(pipe.read(_LENGTH_BYTES), "big"))


class _Server:
    """The process that forks, as whoever asks it sees it: begun when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def fork(self, life: Life, module: str, pipes: tuple[int, int], seconds: float) -> int:
        """The number of a new child, which has the pipes."""
        asked = {
            "path": sys.path,
            "modules": [life.__module__, module],
            "life": life.__name__,
        }
        with self._lock:
            for _ in range(2):  # it may have been killed since it was last asked
                if found := self._ask(asked, pipes, seconds):
                    return int(found)
        raise ForkError(is_late=False)

    def finish(self, pid: int) -> None:
        """Kill a child, and wait until it is gone.

        Its number stays its own until then, since only the server waits for it.
        """
        said = b""
        with self._lock, suppress(ForkError):
            if self._line is not None:
                said = self._ask({"end": pid}, (), _BURIAL_SECONDS)
        if said != str(pid).encode():
            with suppress(ProcessLookupError):  # its server is gone, and waits for nobody
                os.kill(pid, signal.SIGKILL)

    def _ask(self, asked: object, pipes: Sequence[int], seconds: float) -> bytes:
        """The server's answer; nothing where there is none, and then no server."""
        line = self._line or self._begin()
        line.settimeout(seconds)
        said = b""
        try:
            socket.send_fds(line, [json.dumps(asked).encode()], pipes)
            said = line.recv(_MESSAGE_BYTES)
        except TimeoutError:
            raise ForkError(is_late=True) from None
        except (BrokenPipeError, ConnectionResetError):
            pass
        finally:
            if not said:
                self.end(0)  # what it still says would be taken for the next answer
        return said

    def _begin(self) -> socket.socket:
        self._line, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(Path(__file__)), str(other.fileno())],
                # A library's pool of threads would not outlive a fork.
                env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(other.fileno(),),
                # The terminal's Ctrl-C is for us, who then end it.
                start_new_session=True,
            )
        return self._line

    def end(self, patience: float = _FAREWELL_SECONDS) -> None:
        """End the process; its children end with whoever asked for them."""
        self.forget()
        if self._process is not None:
            # It ends by itself, and has waited for its children then.
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
            self._process.kill()
            self._process.wait()
            self._process = None

    def forget(self) -> None:
        """Hang up: it is another process's, or ends by itself."""
        if self._line is not None:
            self._line.close()
            self._line = None


def _renew() -> None:
    """A fork of this process has a line to another's server, and a lock that nobody opens."""
    global _SERVER  # noqa: PLW0603 one for a process
    _SERVER.forget()
    _SERVER = _Server()


_SERVER = _Server()


@atexit.register
def _end_server() -> None:
    _SERVER.end()


os.register_at_fork(after_in_child=_renew)


def _serve(line: socket.socket) -> NoReturn:
    """Fork and kill as it is asked, until nobody is there to ask.

    The dead are waited for, so that what they cost is found with whoever asked for them.
    """
    children: set[int] = set()
    while True:
        message, pipes, *_ = socket.recv_fds(line, _MESSAGE_BYTES, 2)
        if not message:
            os._exit(0)
        asked = json.loads(message)
        if "end" in asked:
            pid = asked["end"] if asked["end"] in children else 0
            if pid:
                children.remove(pid)
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        else:
            pid = _fork(line, asked, pipes)
            children.add(pid)
        line.send(str(pid).encode())


def _fork(line: socket.socket, asked: dict[str, Any], pipes: Sequence[int]) -> int:
    """The number of the child that is asked for."""
    sys.path[:] = asked["path"]
    for module in asked["modules"]:
        _import(module)
    if (pid := os.fork()) == 0:
        line.close()
        _live(asked["modules"][0], asked["life"], *pipes)
    for pipe in pipes:
        os.close(pipe)
    return pid


def _import(module: str) -> None:
    """Import a module, and what it says that children need besides.

    What cannot be imported is told by the child, which meets it again.
    """
    with suppress(Exception):
        for further in getattr(importlib.import_module(module), "CHILDREN_IMPORT", ()):
            importlib.import_module(further)


def _live(life_module: str, life: str, task: int, answers: int) -> NoReturn:
    """A child, in the place of whoever asked for it."""
    try:
        os.setsid()
        told = os.fdopen(task, "rb")
        folder, environment = json.loads(take_piece(told))
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
        if folder is not None:
            os.chdir(folder)
        getattr(importlib.import_module(life_module), life)(told, answers)
    finally:
        os._exit(1)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
