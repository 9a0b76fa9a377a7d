"""The catalogue against what was reviewed by hand: the label, unit, owner and sources of every
indicator stand in `by_hand/catalogue.csv`, which a person keeps and nothing writes.
"""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb

REVIEWED = Path(__file__).with_name("by_hand") / "catalogue.csv"


def test_every_indicator_has_the_label_unit_owner_and_sources_that_were_reviewed(
    figures: duckdb.DuckDBPyConnection,
) -> None:
    """A row that differs is an unreviewed change; an indicator without a row was never reviewed."""
    with REVIEWED.open(encoding="utf-8", newline="") as file:
        reviewed = [tuple(row.values()) for row in csv.DictReader(file)]
    published = figures.execute(
        """
        select indicator_id, label_zh, unit_label, owner, (
            select string_agg(source_table, ' ' order by source_table)
            from indicators.indicator_sources
            where indicator_sources.indicator_id = indicators.indicator_id
        ) as sources
        from indicators.indicators
        """
    ).fetchall()
    assert len(reviewed) == 124
    assert sorted(published) == sorted(reviewed)
