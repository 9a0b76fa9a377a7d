"""Our programs begun with their imports done: forked from one process that has them.

A night imports Dagster, dbt and Great Expectations for seven seconds before it does anything, and a
run of dbt for two. What belongs here: the process that forks, and what a test sees of a fork: its
number, its output, how it ended. What does not: which program, and in which bureau.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
IMPORTED = (
    "dagster",
    "dbt.adapters.duckdb",
    "dbt.cli.main",
    "great_expectations",
    "great_expectations.expectations.core",
    "pipelines.cli",
    "pipelines.orchestration.graph",
    "pipelines.orchestration.run",
)
_LONGEST_MESSAGE = 1 << 20


class Process:
    """A forked program, as `subprocess.Popen` shows one."""

    def __init__(
        self, forks: _Forks, arguments: Sequence[str], pid: int, out: int, err: int
    ) -> None:
        self.args, self.pid = list(arguments), pid
        self.stdout, self.stderr = (
            os.fdopen(out, encoding="utf-8"),
            os.fdopen(err, encoding="utf-8"),
        )
        self._forks = forks

    @property
    def returncode(self) -> int | None:
        """Its exit code, the negative signal that ended it, or None while it runs."""
        return self._forks.ended.get(self.pid)

    def poll(self) -> int | None:
        """The same, as of now."""
        self._forks.hear(0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def communicate(self, timeout: float) -> tuple[str, str]:
        """What it still says until it ends, out and err; it is killed when it takes longer."""
        ending = threading.Timer(timeout, os.kill, (self.pid, signal.SIGKILL))
        ending.start()
        with ThreadPoolExecutor(1) as beside, self.stdout, self.stderr:
            said = beside.submit(self.stdout.read)
            err = self.stderr.read()
            out = said.result()
        while self.returncode is None:
            self._forks.hear(None)
        ending.cancel()
        return out, err


class _Forks:
    """The tests' end of the process that forks."""

    def __init__(self) -> None:
        self.ended: dict[int, int] = {}
        self._started: list[int] = []
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ZHIBIAO_")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
        )
        theirs.close()
        self._line = ours

    def close(self) -> None:
        """End the process that forks; what it forked goes on."""
        self._line.close()
        self._process.wait()

    def start(
        self, program: str, arguments: Sequence[str], cwd: Path, env: Mapping[str, str]
    ) -> Process:
        """Begin a program in a folder and an environment."""
        out, their_out = os.pipe()
        err, their_err = os.pipe()
        asked = json.dumps([program, list(arguments), str(cwd), dict(env)]).encode()
        socket.send_fds(self._line, [asked], [their_out, their_err])
        for pipe in (their_out, their_err):
            os.close(pipe)
        while not self._started:
            self.hear(None)
        return Process(self, [program, *arguments], self._started.pop(), out, err)

    def hear(self, seconds: float | None) -> None:
        """Take what the process that forks says within some time."""
        while select.select([self._line], [], [], seconds)[0]:
            told = self._line.recv(_LONGEST_MESSAGE)
            if not told:
                raise RuntimeError("the process that forks: expected an answer, got its end")
            match json.loads(told):
                case ["started", int(pid)]:
                    self._started.append(pid)
                case ["ended", int(pid), int(code)]:
                    self.ended[pid] = code
            seconds = 0


@cache
def _forks() -> _Forks:
    forks = _Forks()
    atexit.register(forks.close)
    return forks


def start(program: str, *arguments: str, cwd: Path, env: Mapping[str, str]) -> Process:
    """Begin `zhibiao`, `dbt`, a script or a module, in a folder and an environment."""
    return _forks().start(program, arguments, cwd, env)


def _run(program: str) -> None:
    """What the two commands run, or a script, or a module as `python -m` runs it."""
    if program == "zhibiao":
        from pipelines.cli import main

        main()
    elif program == "dbt":
        from dbt.cli.main import cli

        cli()
    elif program.endswith(".py"):
        runpy.run_path(program, run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)


def _become(asked: bytes, pipes: list[int]) -> NoReturn:
    """In the fork: be the program that was asked for, and end as it ends."""
    program, arguments, cwd, env = json.loads(asked)
    for pipe, place in zip(pipes, (1, 2), strict=True):
        os.dup2(pipe, place)
        os.close(pipe)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    os.chdir(cwd)
    sys.argv = [str(Path(sys.executable).parent / program), *arguments]
    _end(_code_of(program))


def _code_of(program: str) -> int:
    """Its exit code, as the interpreter finds it."""
    try:
        _run(program)
    except SystemExit as error:
        if error.code is None or isinstance(error.code, int):
            return error.code or 0
        sys.stderr.write(f"{error.code}\n")
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _end(code: int) -> NoReturn:
    """End without C++'s farewells: those of threads that were not forked abort the process."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def serve(line: socket.socket) -> None:
    """Fork at each word from the tests, and say which fork ended how; until they are gone."""
    for name in IMPORTED:
        importlib.import_module(name)
    gc.freeze()  # so that a fork's collector leaves the pages that they share alone
    waked, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        for ready in select.select([line, waked], [], [])[0]:
            if ready is waked:
                with suppress(BlockingIOError):
                    os.read(waked, 1 << 10)
                _tell_the_ended(line)
                continue
            asked, pipes, *_ = socket.recv_fds(line, _LONGEST_MESSAGE, 2)
            if not asked:
                return
            if (child := os.fork()) == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                # A test run in the background ignores it, and so would what it starts.
                signal.signal(signal.SIGINT, signal.default_int_handler)
                for kept in (waked, waker):
                    os.close(kept)
                line.close()
                _become(asked, pipes)
            for pipe in pipes:
                os.close(pipe)
            line.send(json.dumps(["started", child]).encode())


def _tell_the_ended(line: socket.socket) -> None:
    with suppress(ChildProcessError):
        while True:
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                return
            line.send(json.dumps(["ended", child, os.waitstatus_to_exitcode(status)]).encode())


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
