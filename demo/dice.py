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

from demo.frames import Flags, Floats, Integers, Objects, pick

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_TO_UNIT = 2.0**-53


def _scramble(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele, Lea, Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


@dataclass(frozen=True)
class Draws:
    """One draw per id. `purpose` names what is drawn; equal purposes give equal draws."""

    seed: int
    ids: Integers

    def uniform(self, purpose: str) -> Floats:
        """A number in [0, 1)."""
        key = hashlib.blake2b(f"{self.seed}:{purpose}".encode(), digest_size=8).digest()
        start = np.uint64(int.from_bytes(key, "little"))
        mixed = _scramble(start + self.ids.astype(np.uint64) * _GOLDEN)
        return (mixed >> np.uint64(11)).astype(np.float64) * _TO_UNIT

    def some(self, purpose: str, share: float) -> Flags:
        """Whether it is one of this share."""
        flags: Flags = self.uniform(purpose) < share
        return flags

    def below(self, purpose: str, limit: int) -> Integers:
        """An integer in [0, limit)."""
        return (self.uniform(purpose) * limit).astype(np.int64)

    def between(self, purpose: str, low: int, high: int) -> Integers:
        """An integer in [low, high]."""
        drawn: Integers = low + self.below(purpose, high - low + 1)
        return drawn

    def choose(self, purpose: str, weights: Sequence[float]) -> Integers:
        """An index into `weights`, as often as its weight says."""
        bounds = np.cumsum(weights, dtype=np.float64)
        index = np.searchsorted(bounds, self.uniform(purpose) * bounds[-1], side="right")
        chosen: Integers = np.minimum(index, len(bounds) - 1).astype(np.int64)
        return chosen

    def pick(self, purpose: str, texts: Sequence[str]) -> Objects:
        """One of the texts."""
        return pick(texts, self.below(purpose, len(texts)))

    def waiting(self, purpose: str, mean: float) -> Floats:
        """An exponential waiting time with this mean."""
        return -np.log1p(-self.uniform(purpose)) * mean

    def waits(self, purpose: str, mean: float, least: int = 0, most: int = 1_000_000) -> Integers:
        """Whole days of waiting beyond the least, `most` at most."""
        return np.minimum(least + self.waiting(purpose, mean).astype(np.int64), most)

    def shares(self, purpose: str, counts: Sequence[int]) -> Integers:
        """An index, such that index i occurs exactly counts[i] times.

        `counts` must add up to the number of ids.
        """
        order = np.argsort(self.uniform(purpose), kind="stable")
        kinds = np.empty(len(self.ids), dtype=np.int64)
        kinds[order] = np.repeat(np.arange(len(counts)), counts)
        return kinds


@dataclass(frozen=True)
class Dice:
    """The draws of one seed."""

    seed: int

    def of(self, ids: Sequence[int] | Integers) -> Draws:
        """Draws for these ids."""
        return Draws(self.seed, np.asarray(ids, dtype=np.int64))
