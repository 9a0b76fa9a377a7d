"""Repeatable randomness: every draw is a pure function of the seed, a purpose and an id.

Nothing here keeps state. So a row's values do not depend on how many rows were drawn before it, a
later end date adds rows and changes none, and one month can be written without the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_TO_UNIT = 2.0**-53


def _scramble(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele, Lea, Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


@dataclass(frozen=True)
class Dice:
    """Draws of one seed. `purpose` names what is drawn; equal purposes give equal draws."""

    seed: int

    def uniform(self, purpose: str, ids: Integers) -> Floats:
        """One number in [0, 1) per id."""
        key = hashlib.blake2b(f"{self.seed}:{purpose}".encode(), digest_size=8).digest()
        start = np.uint64(int.from_bytes(key, "little"))
        mixed = _scramble(start + ids.astype(np.uint64) * _GOLDEN)
        return (mixed >> np.uint64(11)).astype(np.float64) * _TO_UNIT

    def below(self, purpose: str, ids: Integers, limit: int) -> Integers:
        """One integer in [0, limit) per id."""
        return (self.uniform(purpose, ids) * limit).astype(np.int64)

    def between(self, purpose: str, ids: Integers, low: int, high: int) -> Integers:
        """One integer in [low, high] per id."""
        drawn: Integers = low + self.below(purpose, ids, high - low + 1)
        return drawn

    def choose(self, purpose: str, ids: Integers, weights: Sequence[float] | Floats) -> Integers:
        """One index into `weights` per id, as often as its weight says."""
        bounds = np.cumsum(np.asarray(weights, dtype=np.float64))
        index = np.searchsorted(bounds, self.uniform(purpose, ids) * bounds[-1], side="right")
        chosen: Integers = np.minimum(index, len(bounds) - 1).astype(np.int64)
        return chosen

    def waiting(self, purpose: str, ids: Integers, mean: float) -> Floats:
        """One exponential waiting time with this mean per id."""
        return -np.log1p(-self.uniform(purpose, ids)) * mean

    def shares(self, purpose: str, ids: Integers, counts: Sequence[int]) -> Integers:
        """One index per id, such that index i occurs exactly counts[i] times.

        `counts` must add up to the number of ids.
        """
        order = np.argsort(self.uniform(purpose, ids), kind="stable")
        kinds = np.empty(len(ids), dtype=np.int64)
        kinds[order] = np.repeat(np.arange(len(counts)), counts)
        return kinds
