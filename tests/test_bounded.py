"""One call in a child process: what it answers, and what ends it."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pipelines.bounded import BoundExceededError, Bounds, run_bounded
from pipelines.errors import ExtractHeldError
from tests.machine import PATIENCE_SECONDS

# Generous where a limit is not what is tested: a slow machine needs seconds for an interpreter.
WIDE = Bounds(seconds=PATIENCE_SECONDS, memory_bytes=1 << 30, answer_bytes=1 << 30)


def _double(number: int) -> int:
    return 2 * number


def _refuse(word: str) -> None:
    raise ExtractHeldError(word, reason="unreadable")


def _table(rows: int) -> pa.Table:
    return pa.table({"n": pa.array(range(rows))})


def _query(sql: str) -> object:
    return duckdb.connect().execute(sql).fetchall()


def _fill(count: int) -> int:
    return len(b"x" * count)


def _end(status: int) -> None:
    os._exit(status)


def _abort() -> None:
    os.kill(os.getpid(), signal.SIGABRT)


def _wait_at(place: str) -> None:
    Path(place).write_text(str(os.getpid()), encoding="utf-8")
    time.sleep(10_000)


def _limit_of(function: object, *arguments: object, bounds: Bounds = WIDE) -> str:
    with pytest.raises(BoundExceededError) as caught:
        run_bounded(bounds, function, *arguments)  # type: ignore[arg-type]
    return caught.value.limit


def test_an_answer_is_what_the_function_returns() -> None:
    assert run_bounded(WIDE, _double, 21) == 42
    assert run_bounded(WIDE, _double, number=4) == 8
    assert run_bounded(WIDE, _table, 500_000) == _table(500_000)


def test_a_refusal_comes_back_whole() -> None:
    with pytest.raises(ExtractHeldError, match="坏") as caught:
        run_bounded(WIDE, _refuse, "坏")
    assert caught.value.reason == "unreadable"
    assert "test_bounded.py" in caught.value.__notes__[0]


def test_code_in_c_that_never_returns_is_ended() -> None:
    begun = time.monotonic()
    never = "select levenshtein(repeat('a', 3000000), repeat('b', 3000000))"
    bounds = replace(WIDE, seconds=3)
    assert _limit_of(_query, never, bounds=bounds) == "seconds"
    # Bounded by the limit, and not by what the query would take.
    assert time.monotonic() - begun < PATIENCE_SECONDS


def test_memory_is_bounded() -> None:
    bounds = Bounds(
        seconds=PATIENCE_SECONDS, memory_bytes=200 << 20, answer_bytes=WIDE.answer_bytes
    )
    assert _limit_of(_fill, 1 << 30, bounds=bounds) == "memory"
    # More than the kernel gives: refused before a page of it is touched.
    assert _limit_of(_fill, 1 << 40, bounds=bounds) == "memory"


def test_the_answer_is_bounded() -> None:
    bounds = replace(WIDE, answer_bytes=100_000)
    assert run_bounded(bounds, _table, 1_000) == _table(1_000)
    assert _limit_of(_table, 1_000_000, bounds=bounds) == "answer"


@pytest.mark.parametrize(("function", "arguments"), [(_end, (0,)), (_end, (3,)), (_abort, ())])
def test_a_process_that_ends_without_an_answer_is_told(
    function: object, arguments: tuple[object, ...]
) -> None:
    assert _limit_of(function, *arguments) == "process"


def test_a_child_ends_with_its_parent(tmp_path: Path) -> None:
    place = tmp_path / "pid"
    code = (
        "from pipelines.bounded import Bounds, run_bounded\n"
        "from tests.test_bounded import _wait_at\n"
        f"run_bounded(Bounds(3000, 1 << 30, 1000), _wait_at, {str(place)!r})"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    parent = subprocess.Popen([sys.executable, "-c", code], env=environment)
    try:
        while not (place.exists() and place.read_text(encoding="utf-8")):
            assert parent.poll() is None
            time.sleep(0.05)
    finally:
        parent.kill()
        parent.wait()
    child = Path("/proc") / place.read_text(encoding="utf-8")
    while child.exists() and "\nState:\tZ" not in (child / "status").read_text(encoding="utf-8"):
        time.sleep(0.05)


def test_nothing_is_left_of_a_child() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    pid = run_bounded(WIDE, os.getpid)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert pid != os.getpid()
    while (Path("/proc") / str(pid)).exists():
        time.sleep(0.01)
