"""Tables of numbers: equally long arrays by name."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Frame = dict[str, npt.NDArray[np.int64]]


def take(frame: Frame, index: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Frame:
    """The rows at some positions, or where a flag is set."""
    return {name: values[index] for name, values in frame.items()}


def concatenate(frames: Iterable[Frame]) -> Frame:
    """One frame after another, of the same columns."""
    every = list(frames)
    return {name: np.concatenate([frame[name] for frame in every]) for name in every[0]}
