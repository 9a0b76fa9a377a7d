"""Cells as they are given, against Python's own trimming of each."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.sources.columns import BLANKS
from pipelines.sources.given_cells import given_cells
from tests.sources.bureau import csv_contract

CELLS = st.none() | st.text(
    st.one_of(st.sampled_from(BLANKS + "无a\u2002"), st.characters(codec="utf-8")), max_size=6
)


@settings(max_examples=200)
@given(st.lists(CELLS, max_size=20), st.integers(0, 3))
@example([" 无\u3000", "\u3000", "", None, "a b", "\u00a0a\r\n", "\u2002a", "無"], 0)
def test_cells_are_trimmed_and_null_words_are_null(cells: list[str | None], begins: int) -> None:
    """Blanks at the ends alone; what is left is null where the contract says so."""
    table = csv_contract(dialect={"nulls": ["", "无"]})
    column = pa.chunked_array([pa.array(cells, pa.string()), pa.array(["无"])]).slice(begins)
    rows = pa.table({each.name: column for each in table.columns} | {"other": column})
    found = given_cells(table, rows)
    trimmed = [cell and cell.strip(BLANKS) for cell in column.to_pylist()]
    expected = [None if cell in ("", "无") else cell for cell in trimmed]
    assert found["other"].to_pylist() == column.to_pylist()
    assert found.column_names == rows.column_names
    assert all(found[each.name].to_pylist() == expected for each in table.columns)
