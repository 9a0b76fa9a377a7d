"""A long query of DuckDB that is interrupted, as at the end of a night's time."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any, NoReturn

import duckdb

_MINUTES = "select count(*) from range(100_000_000_000) numbers where hash(range) % 7 = 9"


class TimeIsOver(BaseException):
    """No `Exception`, as the interruption of a night is none."""


def run_interrupted(*_: Any, **__: Any) -> NoReturn:
    """Stand in for any function whose query is interrupted; raises what DuckDB makes of it."""
    before = signal.signal(signal.SIGALRM, _raise)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.execute(_MINUTES)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    raise AssertionError("the query has ended by itself")


def _raise(_number: int, _frame: FrameType | None) -> NoReturn:
    raise TimeIsOver
