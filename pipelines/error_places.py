"""Where an error was raised: class, module and line, for those who are told of it.

What belongs here: naming the place without quoting the error. What does not: what follows from it.
"""

from __future__ import annotations

import traceback

from pipelines.errors import ZhibiaoError

_KEPT = "place_in_its_process"


def keep_place(error: BaseException) -> None:
    """Let an error carry its place to another process, where its traceback does not go."""
    error.__dict__[_KEPT] = error_place(error)


def error_place(error: BaseException) -> str:
    """Class, module and line of ours, in Chinese; the message only where it is one of our own.

    A library's message can show the cell that it stumbled over.
    """
    if kept := error.__dict__.get(_KEPT):
        return str(kept)
    ours = [
        (str(frame.f_globals.get("__name__", "")), line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__", "")).startswith("pipelines.")
    ]
    module, line = ours[-1] if ours else ("pipelines", 0)
    said = f"：{error}" if isinstance(error, ZhibiaoError) else ""
    return f"{type(error).__name__}，{module} 第 {line} 行{said}"
