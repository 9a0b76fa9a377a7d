"""Landed files: what was left out before shows nowhere in their bytes."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.sources.connectors.interface import ROW_NUMBER
from pipelines.sources.extract_folder import write_tables
from pipelines.sources.extracts import DATA
from pipelines.sources.sessions import open_session
from tests.sources.bureau import columns, csv_contract

ROWS = 300_000
ROW_GROUP = 122_880
TABLE = csv_contract(fields=columns(no="text"), key=("no",))


def written(folder: Path, made: str, *left_out: str) -> bytes:
    """The landed file of rows that come in runs, without those that were left out again."""
    folder.mkdir()
    with open_session("1GB") as session:
        session.execute(f"create temp table screened (no varchar, {ROW_NUMBER} bigint)")
        for first in range(0, ROWS, 50_000):
            session.execute(
                f"insert into screened select 'n' || n, n from range({first}, {first + 50_000})"
                f" as made(n) where {made}"
            )
        for condition in left_out:
            session.execute(f"delete from screened where {condition}")
        session.execute(f"""
            create temp table rejected as
            select {ROW_NUMBER}, '' as rule_id, '' as column_name, '' as meaning, no
            from screened limit 0
        """)
        write_tables(session, TABLE, folder, "1GB")
    return (folder / DATA).read_bytes()


@pytest.mark.parametrize(
    ("made", "left_out"),
    [
        ("true", f"{ROW_NUMBER} < 0"),
        ("n % 3 > 0", f"{ROW_NUMBER} % 3 = 0"),
        ("n not between 100 and 60000", f"{ROW_NUMBER} between 100 and 60000"),
        ("n < 299000", f"{ROW_NUMBER} >= 299000"),
    ],
)
def test_rows_that_were_left_out_leave_no_gap(tmp_path: Path, made: str, left_out: str) -> None:
    """None, every third, a long run, the last ones."""
    never_there = written(tmp_path / "never", made)
    assert written(tmp_path / "deleted", "true", left_out) == never_there
    groups = pq.ParquetFile(tmp_path / "deleted" / DATA).metadata
    rows = [groups.row_group(n).num_rows for n in range(groups.num_row_groups)]
    assert all(count == ROW_GROUP for count in rows[:-1])
