"""The process that forks children: there when it is needed, and gone with whoever needs it."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pipelines.bounded import BoundExceededError, Bounds, run_bounded, stream_bounded
from tests.machine import PATIENCE_SECONDS

WIDE = Bounds(seconds=PATIENCE_SECONDS, memory_bytes=1 << 30, answer_bytes=1 << 20)


CHILDREN_IMPORT = ("colorsys", "this_is_no_module")


def _count(numbers: int) -> Iterator[int]:
    yield os.getppid()
    yield from range(numbers)


def _surroundings() -> tuple[str | None, str, int, str]:
    return os.environ.get("ZHIBIAO_X"), str(Path.cwd()), os.getsid(0) - os.getpid(), time.tzname[0]


def _draw() -> float:
    import random

    return random.random()  # noqa: S311 two children must not draw the same


def _say_number_and_keep_the_interpreter() -> Iterator[int]:
    """No thread of the child runs any more that would see that its parent has left."""
    yield os.getpid()
    re.match("(a+)+$", "a" * 60 + "b")


def _sleep() -> None:
    time.sleep(10_000)


def imported_here() -> dict[str, bool]:
    return {name: name in sys.modules for name in ("tests.test_fork_server", *CHILDREN_IMPORT)}


def _server() -> int:
    return run_bounded(WIDE, os.getppid)


def test_children_come_from_one_process() -> None:
    assert _server() == _server() != os.getpid()


def test_a_child_is_where_its_parent_is_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not where it was when the process began that forks."""
    monkeypatch.setenv("ZHIBIAO_X", "名")
    os.kill(_server(), signal.SIGKILL)
    _server()
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    monkeypatch.setenv("ZHIBIAO_X", "另")
    monkeypatch.chdir(tmp_path)
    assert run_bounded(WIDE, _surroundings) == ("另", str(tmp_path), 0, "CST")
    monkeypatch.delenv("ZHIBIAO_X")
    assert run_bounded(WIDE, _surroundings)[0] is None


def test_children_draw_numbers_of_their_own() -> None:
    assert run_bounded(WIDE, _draw) != run_bounded(WIDE, _draw)


def test_two_children_at_once_answer_each_its_own() -> None:
    with (
        stream_bounded(WIDE, _count, 3) as first,
        stream_bounded(WIDE, _count, 2) as second,
    ):
        assert next(first) == next(second)
        assert [*second, *first] == [0, 1, 0, 1, 2]


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_that_was_ended_is_begun_again(kind: signal.Signals) -> None:
    server = psutil.Process(_server())
    server.send_signal(kind)
    server.wait(PATIENCE_SECONDS)
    assert _server() not in (server.pid, os.getpid())


@pytest.mark.parametrize("server", ["there", "gone", "begun again"])
def test_a_child_is_ended_whatever_it_does_and_where_its_server_is_gone(server: str) -> None:
    with stream_bounded(WIDE, _say_number_and_keep_the_interpreter) as answers:
        child = psutil.Process(next(answers))
        if server != "there":
            os.kill(child.ppid(), signal.SIGKILL)
        if server == "begun again":
            _server()
    assert psutil.wait_procs([child], PATIENCE_SECONDS) == ([child], [])


def test_where_no_server_begins_its_process_is_said_to_have_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And no time to have passed: a steward would look for a lock that nobody holds."""
    os.kill(_server(), signal.SIGKILL)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(BoundExceededError) as caught:
        run_bounded(WIDE, os.getpid)
    assert caught.value.limit == "process"


def test_a_folder_that_was_removed_keeps_no_child_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert run_bounded(WIDE, os.getppid) != os.getpid()


def test_a_server_that_does_not_answer_costs_a_call_its_time_and_no_more() -> None:
    os.kill(_server(), signal.SIGSTOP)
    with pytest.raises(BoundExceededError) as caught:
        run_bounded(Bounds(0.2, 1 << 30, 1 << 20), os.getpid)
    assert caught.value.limit == "seconds"
    assert _server() != os.getpid()


def test_a_fork_of_this_process_has_a_server_of_its_own() -> None:
    """To two that ask it at once, one could give the other's child."""
    mine = _server()
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.write(writer, str(_server()).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(reader, 20)) != mine
    os.close(reader)
    os.close(writer)
    assert _server() == mine


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGINT])
def test_it_ends_with_its_parent_and_so_does_every_child(
    kind: signal.Signals, tmp_path: Path
) -> None:
    code = (
        "from tests.test_fork_server import WIDE, _server, _sleep\n"
        "from pipelines.bounded import run_bounded\n"
        "_server()\nrun_bounded(WIDE, _sleep)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    # A test run in the background ignores the signal, and so would what it starts.
    code = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n{code}"
    parent = subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE)
    descendants: list[psutil.Process] = []
    while len(descendants) < 2:
        assert parent.poll() is None
        descendants = psutil.Process(parent.pid).children(recursive=True)
    parent.send_signal(kind)
    parent.communicate(timeout=PATIENCE_SECONDS)
    assert psutil.wait_procs(descendants, PATIENCE_SECONDS)[1] == []


def test_what_children_need_is_imported_before_they_are_forked() -> None:
    """Half a second each, and a night has a dozen."""
    before = run_bounded(WIDE, imported_here)
    assert before == run_bounded(WIDE, imported_here)
    assert before == {"tests.test_fork_server": True, "colorsys": True, "this_is_no_module": False}


def _burn(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_what_a_child_costs_is_found_with_whoever_asked() -> None:
    """Or no measurement of a night would count what its databases take."""
    code = (
        "from tests.test_fork_server import WIDE, _burn\n"
        "from pipelines.bounded import run_bounded\n"
        "run_bounded(WIDE, _burn, 2)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime > 2
