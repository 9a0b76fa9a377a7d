"""Columns: numbers, days and texts as arrays, and tables of equally long ones by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]
"""Texts mostly, or nothing."""
Days = npt.NDArray[np.datetime64]
"""Days or instants in Asia/Shanghai; NaT is what does not happen."""
Frame = dict[str, npt.NDArray[Any]]

NEVER = np.datetime64("NaT")


def take(frame: Frame, index: Integers | Flags) -> Frame:
    """The rows at some positions, or where a flag is set."""
    return {name: values[index] for name, values in frame.items()}


def concatenate(frames: Iterable[Frame]) -> Frame:
    """One frame after another, of the same columns."""
    every = list(frames)
    return {name: np.concatenate([frame[name] for frame in every]) for name in every[0]}


def is_within(days: Days, first: date, last: date) -> Flags:
    """Whether each day lies between two, both included."""
    return (days >= np.datetime64(first)) & (days <= np.datetime64(last))


def rows_of(frame: Frame) -> list[dict[str, Any]]:
    """One row after another, in Python's own values: nothing for a day that does not come."""
    columns = zip(*(values.tolist() for values in frame.values()), strict=True)
    return [dict(zip(frame, row, strict=True)) for row in columns]


def pick(values: Sequence[Any] | Objects, index: Integers) -> Objects:
    """The value at each index, as it is."""
    chosen: Objects = np.asarray(values, dtype=object)[index]
    return chosen


def withhold(texts: npt.NDArray[Any], is_withheld: Flags) -> Objects:
    """The texts, with nothing where a flag is set."""
    given: Objects = texts.astype(object)
    given[is_withheld] = None
    return given
