"""Deliveries larger than the memory allowed: they land, with the same bytes, and leave nothing."""

from __future__ import annotations

import shutil
import sqlite3
from typing import Any

import duckdb
import pytest

from pipelines.sources import deliveries, extract_folder
from pipelines.sources.contracts import SourceTable
from tests.sources.bureau import PEOPLE, Bureau, contract, csv_contract

ROWS, DIFFERENT, DUPLICATES = 300_000, 299_000, 500
NAME = "张三李四王五赵六"
RECORDS = f"""
    select 'HT' || n as 编号, '{NAME}' || repeat(n || '号', 15) as 姓名,
        case when n % 1000 = 1 then '昨天'
            else cast(date '2024-01-01' + cast(n % 300 as integer) as varchar) end as 日期,
        n % 977 || '.' || if(i % 2 = 0, 0, i // {DIFFERENT}) as 金额
    from (select i, i % {DIFFERENT} as n from range({ROWS}) as numbers(i)) order by hash(i)
"""
"""Some come twice, in all columns or in the first; one in a thousand has no date."""


def deliver_csv(bureau: Bureau) -> SourceTable:
    path = bureau.drop("people/人员_202412.csv", "")
    duckdb.sql(f"copy ({RECORDS}) to '{path}' (header)")
    return csv_contract(dialect={"encoding": "utf-8"})


def deliver_json_lines(bureau: Bureau) -> SourceTable:
    path = bureau.drop("people/人员.jsonl", "")
    duckdb.sql(f"copy ({RECORDS}) to '{path}' (format json)")
    return contract({"connector": "jsonl", "location": "people/人员.jsonl"}, delivery="full")


def deliver_sqlite(bureau: Bureau) -> SourceTable:
    path = bureau.drop("people/p.sqlite", b"")
    with sqlite3.connect(path) as database:
        database.execute("create table people (编号 text, 姓名 text, 日期 text, 金额 text)")
        rows = duckdb.sql(RECORDS).fetchall()
        database.executemany("insert into people values (?, ?, ?, ?)", rows)
    database.close()
    dialect = {"connector": "sql", "location": "people/p.sqlite", "relation": "people"}
    return contract(dialect, delivery="full", fields=PEOPLE)


def spilled(bureau: Bureau) -> dict[str, bytes]:
    """What lies in the folders of visits, by name."""
    files = (path for path in bureau.layout.build.rglob("*") if path.is_file())
    return {path.relative_to(bureau.layout.build).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize(
    ("deliver", "limit"),
    [(deliver_csv, "100MB"), (deliver_json_lines, "100MB"), (deliver_sqlite, "200MB")],
)
def test_a_delivery_larger_than_the_memory_allowed_lands_with_the_same_bytes(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, deliver: Any, limit: str
) -> None:
    """Every row is accounted for; what lay on the disk was its owner's alone, and is gone."""
    table = deliver(bureau)
    seen: dict[str, bytes] = {}
    modes: set[int] = set()
    write = extract_folder.write_tables

    def look_and_write(*arguments: Any) -> None:
        seen.update(spilled(bureau))
        modes.update(path.stat().st_mode & 0o777 for path in bureau.layout.build.glob("landing-*"))
        write(*arguments)

    monkeypatch.setattr(deliveries, "write_tables", look_and_write)
    monkeypatch.setattr(Bureau, "memory_limit", limit)
    (small,) = bureau.land(table).extracts
    assert seen
    assert modes == {0o700}
    # A block that is written may have been memory of the batch under way, and end in its remains.
    screened = [content for name, content in seen.items() if "/screening/" in name]
    assert sum(content.count(NAME.encode()) for content in screened) < ROWS / 100
    assert spilled(bureau) == {}
    assert small.rows_delivered == ROWS
    assert small.rows_duplicate == DUPLICATES
    assert small.rows_landed + small.rows_rejected + DUPLICATES == ROWS
    monkeypatch.setattr(Bureau, "memory_limit", "1GB")
    shutil.rmtree(bureau.layout.landing)
    (large,) = bureau.land(table).extracts
    assert (large.data_sha256, large.rejected_sha256) == (small.data_sha256, small.rejected_sha256)
