"""Quarantine: the rows that were delivered and not loaded, each with its reasons.

One Parquet file per extract, one line per row and rule, with the row's number and, where records
are longer than lines, the line of the file on which it begins. Rows of an increment that are loaded
and told of lie in a file of their own, since they too are followed until they come again. Belongs
here: writing these files. Does not: which rows those are (`failures`), following them (`problems`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb

from pipelines.checked_files import find_differing
from pipelines.durable import make_folder, publish_file
from pipelines.errors import StorageError
from pipelines.layout import Layout
from pipelines.quality.verdicts import Verdict
from pipelines.sources.connectors.interface import LINE_NUMBER
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract
from pipelines.sources.row_files import quarantine_path
from pipelines.sql_text import exact_path, identifier, literal

_REASONS = ("rule_id", "column_name", "owner", "severity", "meaning")


def told_path(layout: Layout, source_table: str, extract_id: str) -> Path:
    """Where the rows of an increment that only a warning names lie; absent when there are none."""
    path = quarantine_path(layout, source_table, extract_id)
    return path.parent / "told" / path.name


def spoiled_quarantines(layout: Layout, verdicts: Iterable[Verdict], day: date) -> list[str]:
    """The extracts whose lists of rows are not as their gate wrote them, by id.

    Args:
        layout: Where quarantines lie.
        verdicts: Of one table; they state the hashes.
        day: Also reads again the share of this night.
    """
    expected: dict[Path, str] = {}
    for verdict in verdicts:
        named = (layout, verdict.source_table, verdict.extract_id)
        expected[quarantine_path(*named)] = verdict.quarantine_sha256
        if verdict.told_sha256:
            expected[told_path(*named)] = verdict.told_sha256
    return list(dict.fromkeys(path.stem for path in find_differing(layout, expected, day)))


def write_quarantine(
    connection: duckdb.DuckDBPyConnection, layout: Layout, table: SourceTable, extract: Extract
) -> int:
    """Write one extract's quarantine from `failures`; returns its distinct rows.

    Written aside, synced and renamed, also when nothing failed: a missing file is then a loss and
    never mistaken for a clean extract.

    Raises:
        StorageError: the file cannot be written.
    """
    path = quarantine_path(layout, table.id, extract.extract_id)
    quarantined = _write(connection, path, table, extract, "failures.quarantines")
    if table.delivery == "increment":
        told = told_path(layout, table.id, extract.extract_id)
        if _write(connection, told, table, extract, "not failures.quarantines") == 0:
            told.unlink()
    return quarantined


def _write(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    table: SourceTable,
    extract: Extract,
    condition: str,
) -> int:
    """Write the failures of an extract that meet a condition; returns their distinct rows."""
    columns = ", ".join(f"source.{identifier(c.name)}" for c in table.columns)
    delivered = f"select * from read_parquet({exact_path(extract.data_path)})"
    if extract.rows_rejected:
        delivered += (
            f" union all by name select distinct on (_row_number)"
            f" * exclude (rule_id, column_name, meaning)"
            f" from read_parquet({exact_path(extract.rejected_path)})"
        )
    reasons = ", ".join(f"failures.{name}" for name in _REASONS)
    line = f", source.{LINE_NUMBER}" if extract.has_line_numbers else ""
    query = (
        f"select failures._row_number{line}, {reasons}, {columns}"
        f" from failures left join ({delivered}) as source"
        " on cast(source._row_number as bigint) = failures._row_number"
        f" where failures._extract_id = {literal(extract.extract_id)} and {condition}"
        " order by failures._row_number, failures.rule_id, failures.column_name"
    )
    aside = path.with_name(f".{path.name}.aside")
    try:
        make_folder(path.parent)
        connection.execute(f"copy ({query}) to {literal(str(aside))} (format parquet)")
        publish_file(aside, path)
    except (duckdb.IOException, OSError) as error:
        aside.unlink(missing_ok=True)
        raise StorageError(
            f"{path.name}: expected to write the quarantine, got {type(error).__name__}. "
            "See that the disk has room; the extract is judged again with the next night."
        ) from None
    counted = connection.execute(
        f"select count(distinct _row_number) from failures where _extract_id = ? and {condition}",
        [extract.extract_id],
    ).fetchone()
    return int(counted[0]) if counted else 0
