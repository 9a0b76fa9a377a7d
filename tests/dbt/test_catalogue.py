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
    assert sorted(published) == sorted(reviewed)


def test_what_hangs_on_the_end_of_mediation_has_a_version_that_says_so_and_nothing_else(
    figures: duckdb.DuckDBPyConnection,
) -> None:
    changed = figures.execute(
        "select indicator_id from indicators.indicator_versions"
        " where change_zh like '%调解期限按%' order by indicator_id"
    ).fetchall()
    assert [name for (name,) in changed] == [
        "due_closure_rate",
        "items_closed_on_time",
        "items_closed_when_due",
        "items_due",
        "items_not_yet_due",
        "mediation_on_time_rate",
        "mediations_not_yet_due",
        "on_time_closure_rate",
    ]


def test_terms_that_no_text_gives_are_cited_as_the_bureaus_own(
    figures: duckdb.DuckDBPyConnection,
) -> None:
    bases = dict(
        figures.execute(
            "select indicator_id, legal_basis from indicators.indicators"
            " where indicator_id like 'food_%'"
        ).fetchall()
    )
    published = {name for name, basis in bases.items() if basis.startswith("本局服务标准")}
    assert published == {
        "food_disposals_to_publish",
        "food_disposals_published",
        "food_publication_rate",
    }
    assert all(bases[name].startswith("本局期限") for name in bases.keys() - published)
