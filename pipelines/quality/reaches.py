"""Reaches: what a digest says of a table whose delivery is held: how far its good data speaks.

The figures decide: a period that good data covers keeps its status, one that reaches past it is
陈旧, and one that was never delivered is 缺报. Belongs here: that sentence. Does not: a figure's
status (dbt), why a delivery is held (`verdicts`, landing).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date

from pipelines.layout import Layout
from pipelines.quality.incidents import Incident
from pipelines.quality.verdicts import read_verdicts
from pipelines.sources.extracts import list_extracts


def describe_reaches(
    operations: sqlite3.Connection,
    layout: Layout,
    incidents: Sequence[Incident],
    business_date: date,
) -> dict[int, str]:
    """A sentence for each incident of a held delivery, by the incident's number.

    Args:
        operations: The operations store.
        layout: Where landing lies.
        incidents: Those that are told.
        business_date: No data speaks of a later day in this night.
    """
    held = {
        row["extract_id"]
        for row in operations.execute("select extract_id from verdicts where verdict = 'held'")
    }
    mine = [i for i in incidents if i.found_by == "landing" or i.extract_id in held]
    said = {
        subject: _describe(_good_until(operations, layout, subject), business_date)
        for subject in {incident.subject for incident in mine}
    }
    return {incident.incident_id: said[incident.subject] for incident in mine}


def _good_until(operations: sqlite3.Connection, layout: Layout, table_id: str) -> date | None:
    verdicts = read_verdicts(operations, table_id)
    days = [
        extract.data_through
        for extract in list_extracts(layout, table_id)
        if (verdict := verdicts.get(extract.extract_id)) and verdict.is_accepted
    ]
    return max(days, default=None)


def _describe(good_until: date | None, business_date: date) -> str:
    if good_until is None:
        return "（还没有合格数据，相关指标为“缺报”）"
    return (
        f"（合格数据截至{min(good_until, business_date):%Y-%m-%d}，以前各期状态不变，"
        "跨过该日的期间为“陈旧”，整个期间都未报送的为“缺报”）"
    )
