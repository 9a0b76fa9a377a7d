"""The rows of a delivery that are looked at where all of them would tell no more.

What belongs here: which rows. What does not: what is seen in them (profiles, profile_breaks).
"""

from __future__ import annotations

from pipelines.sources.connectors.interface import ROW_NUMBER

SAMPLE = 2_000
"""Rows, from all over the delivery, that a profile is made from, about: its shares are then right
to two or three in a hundred whatever the size, and cost 0.15 s, most of it for planning."""


def is_sampled(rows: int) -> str:
    """A condition that some SAMPLE of so many rows meet, the same ones wherever it is asked.

    Not every tenth row: a list whose every fifth item is open would show none that is closed.
    """
    return f"hash({ROW_NUMBER}) % {-(-max(rows, 1) // SAMPLE)} = 0"
