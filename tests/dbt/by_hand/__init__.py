"""Ledgers written by hand, as the models would have built them: what indicators are tested on.

What belongs here: a module for each group of ledgers, with the columns that metrics read, the rows
that the hand-computed cases rest on, and a regular fill of the other months so that the comparison
with MetricFlow meets every month, street and kind. What does not: staging and the ledger models
themselves, which `build_database` serves.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.dbt.by_hand import fill, first_ledgers, listings, registers, systems


def write_ledgers(path: Path) -> Path:
    """Create a build database at `path` with the night's tables and the ledgers; return it."""
    with duckdb.connect(str(path)) as connection:
        for statement in (
            fill.NIGHT,
            fill.FILL,
            *first_ledgers.STATEMENTS,
            *listings.STATEMENTS,
            *registers.STATEMENTS,
            *systems.STATEMENTS,
        ):
            connection.execute(statement)
    return path
