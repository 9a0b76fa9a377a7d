"""The files of an extract's rows, many of one table read as one relation.

What belongs here: where the rows lie that were set aside, and reading files beside the extracts
they are of. What does not: which rows those are (quality), and landed folders (extracts).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipelines.layout import Layout
from pipelines.sources.extracts import Extract
from pipelines.sql_text import exact_path, literal


def quarantine_path(layout: Layout, source_table: str, extract_id: str) -> Path:
    """Where the quarantine of an extract lies: `<source>/<table>/<extract_id>.parquet`."""
    source, _, table = source_table.partition("__")
    return layout.quarantine / source / table / f"{extract_id}.parquet"


def numbered_rows(files: Sequence[tuple[Extract, Path]]) -> str:
    """A relation over rows of many files, with `_extract_id` and `_sequence` of their extracts."""
    read = ", ".join(exact_path(path) for _, path in files)
    named = ", ".join(
        f"({literal(str(path))}, {literal(e.extract_id)}, {e.sequence})" for e, path in files
    )
    return (
        f"(select * from read_parquet([{read}], filename = true, union_by_name = true)"
        f" inner join (values {named}) as files (filename, _extract_id, _sequence)"
        " using (filename))"
    )
