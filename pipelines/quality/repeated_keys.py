"""Repeated keys: rows of a table of periods whose key stands in the deliveries of two of them.

No extract is at fault alone, so no rule of a suite can see it: `key_is_unique` judges each by
itself. The row delivered last counts (`admission`), and the steward is told which rows there are.
Asked every night, also without news: it reads the key columns alone (0.2 s for 150,000 rows of 25
months), and whether a key is in two deliveries also changes with a verdict or a quarantine.
Belongs here: finding and telling them. Does not: a key twice in one extract (`contract_rules`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import duckdb

from pipelines.layout import Layout
from pipelines.quality.verdicts import Finding
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract
from pipelines.sources.row_files import numbered_rows, quarantine_path
from pipelines.sources.row_places import describe_places, find_places
from pipelines.sql_text import identifier

RULE_ID = "key_is_in_one_delivery"
_LISTED_DELIVERIES, _LISTED_ROWS = 6, 10
"""What a message names; a whole year sent under another period's name has ten thousand rows."""


def find_repeated_keys(
    layout: Layout, table: SourceTable, in_use: Sequence[Extract]
) -> Finding | None:
    """What to tell the steward of keys that stand in two deliveries in use; None without any.

    Args:
        layout: Where quarantines lie: what is set aside repeats nothing.
        table: The contract.
        in_use: The extracts in use, in the order of landing.
    """
    rows = _repeated_rows(layout, table, in_use)
    if not rows:
        return None
    of_sequence = {extract.sequence: extract for extract in in_use}
    deliveries = [
        (of_sequence[sequence], [number for _, number in group])
        for sequence, group in groupby(rows, key=lambda row: row[0])
    ]
    said = "；".join(_name(*delivery) for delivery in deliveries[:_LISTED_DELIVERIES])
    more = f"等{len(deliveries)}份" if len(deliveries) > _LISTED_DELIVERIES else ""
    meaning = (
        f"同一{table.key_label}出现在多份报送中，以最后报送的一行为准，其余各行不计入指标"
        f"（由新到旧：{said}{more}）。请核对，只在应属的一份中保留，再重新报送其他各份"
    )
    return Finding(RULE_ID, "warning", table.steward, meaning, len(rows))


def _repeated_rows(
    layout: Layout, table: SourceTable, in_use: Sequence[Extract]
) -> list[tuple[int, int]]:
    """(sequence, row number) of every row whose key another delivery has too, newest first."""
    key = ", ".join(identifier(name) for name in table.key)
    is_keyed = " and ".join(f"{identifier(name)} is not null" for name in table.key)
    data = numbered_rows([(e, e.data_path) for e in in_use])
    set_aside = numbered_rows(
        [(e, quarantine_path(layout, table.id, e.extract_id)) for e in in_use]
    )
    with duckdb.connect() as connection:
        return connection.execute(
            f"""
            with usable as (
                select _sequence, cast(_row_number as bigint) as _row_number, {key}
                from {data}
                anti join (select _sequence, _row_number from {set_aside})
                using (_sequence, _row_number)
                where {is_keyed}
            )
            select _sequence, _row_number from usable
            qualify
                min(_sequence) over (partition by {key}) <> max(_sequence) over (partition by {key})
            order by _sequence desc, _row_number
            """
        ).fetchall()


def _name(extract: Extract, numbers: Sequence[int]) -> str:
    more = "等" if len(numbers) > _LISTED_ROWS else ""
    with duckdb.connect() as connection:
        places = find_places(connection, extract, numbers[:_LISTED_ROWS])
    if extract.has_line_numbers:
        return f"{extract.origin} {describe_places(places)}{more}"
    return f"{extract.origin} 第{'、'.join(map(str, places))}{more}行"
