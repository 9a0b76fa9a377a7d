"""Where a delivered row stands: its number, and its line where records are longer than lines.

What belongs here: the forms of a place, and finding those of an extract. What does not: numbering
rows (connectors). A row's number counts records, the header being the first: in a CSV file whose
cells hold line breaks it is not the line that an editor shows, so that both are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.sql_text import exact_path

if TYPE_CHECKING:
    import duckdb

    from pipelines.sources.extracts import Extract

Place = int | tuple[int, int]
"""A row's number; with the line on which it begins where the two are counted apart."""


def find_places(
    session: duckdb.DuckDBPyConnection, extract: Extract, numbers: Sequence[int]
) -> tuple[Place, ...]:
    """The places of an extract's rows, in the order given."""
    from pipelines.sources.connectors.interface import LINE_NUMBER, ROW_NUMBER

    if not extract.has_line_numbers or not numbers:
        return tuple(numbers)
    files = f"{exact_path(extract.data_path)}, {exact_path(extract.rejected_path)}"
    found = session.execute(
        f"select distinct {ROW_NUMBER}, {LINE_NUMBER} from read_parquet([{files}])"
        f" where list_contains(?, {ROW_NUMBER})",
        [list(numbers)],
    ).fetchall()
    lines = dict(found)
    return tuple((number, lines[number]) for number in numbers)


def describe_row(session: duckdb.DuckDBPyConnection, number: int, *, has_lines: bool) -> str:
    """A row of `screened`, of a delivery that is being landed, for a steward."""
    from pipelines.sources.connectors.interface import LINE_NUMBER, ROW_NUMBER

    if not has_lines:
        return describe_place(number)
    found = session.execute(
        f"select {LINE_NUMBER} from screened where {ROW_NUMBER} = ?", [number]
    ).fetchone()
    return describe_place((number, found[0]) if found else number)


def read_places(stored: Sequence[object]) -> tuple[Place, ...]:
    """Places as JSON gives them back, a pair as a list."""
    return tuple(tuple(place) if isinstance(place, list) else place for place in stored)  # type: ignore[misc]


def describe_places(places: Sequence[Place]) -> str:
    """Rows for a steward, saying which number is which: `行号：4、5`."""
    if all(isinstance(place, int) for place in places):
        return "行号：" + "、".join(map(str, places))
    return "、".join(describe_place(place) for place in places)


def describe_place(place: Place) -> str:
    """One row for a steward: `第 5 条记录（文件第 9 行）`."""
    if isinstance(place, int):
        return f"第 {place} 行"
    record, line = place
    return f"第 {record} 条记录（文件第 {line} 行）"
