"""Landed extracts for the tests of the gate: real Parquet under a temporary warehouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.clock import zone
from pipelines.hashing import hash_file
from pipelines.layout import Layout
from pipelines.settings import PROJECT_ROOT, Settings
from pipelines.sources.columns import Column
from pipelines.sources.contracts import SourceTable, read_contracts
from pipelines.sources.extracts import Extract

GOOD_CODE = "91330108MA27XF6Q92"
Row = Mapping[str, str | None]


def contract(source_table: str) -> SourceTable:
    """A contract of the bureau."""
    return read_contracts(PROJECT_ROOT / "dbt_project")[source_table]


def layout_in(folder: Path) -> tuple[Layout, Settings]:
    """A warehouse of its own, with the project's declarations."""
    settings = Settings(warehouse=folder, sources=folder / "sources")
    return Layout.of(settings), settings


def land(
    layout: Layout,
    table: SourceTable,
    rows: Sequence[Row],
    *,
    slot: str = "202412",
    version: int = 1,
    sequence: int = 1,
    covers: tuple[date, date] = (date(2024, 12, 1), date(2024, 12, 31)),
    rejected: Sequence[Row] = (),
    duplicates: int = 0,
    written_on: date = date(2025, 1, 15),
    lines_each: int = 1,
) -> Extract:
    """Write an extract as landing would; every record has so many lines of the file."""
    extract_id = f"{slot}.v{version:03d}.{sequence:08x}"
    folder = layout.landing / table.source / table.name / extract_id
    folder.mkdir(parents=True)
    names = [c.name for c in table.columns]
    columns: dict[str, Any] = {
        name: pa.array([row.get(name) for row in rows], pa.string()) for name in names
    }
    columns["_row_number"] = pa.array(range(2, len(rows) + 2), pa.int64())
    pq.write_table(_with_lines(columns, lines_each), folder / "data.parquet")
    refused = ["rule_id", "column_name", "meaning", *names]
    lines: dict[str, Any] = {
        "_row_number": pa.array(range(len(rows) + 2, len(rows) + len(rejected) + 2), pa.int64())
    }
    lines |= {name: pa.array([row.get(name) for row in rejected], pa.string()) for name in refused}
    pq.write_table(_with_lines(lines, lines_each), folder / "rejected.parquet")
    extract = Extract(
        sha256="0" * 64,
        contract_fingerprint=table.fingerprint,
        reading_fingerprint="",
        contract_version=table.contract_version,
        business_date=covers[1],
        high_mark=None,
        landed_at=datetime.now(UTC),
        key_id=None,
        origin_modified_ns=int(datetime.combine(written_on, time(12), zone()).timestamp()) * 10**9,
        origin_size=0,
        data_sha256=hash_file(folder / "data.parquet"),
        data_bytes=0,
        rejected_sha256=hash_file(folder / "rejected.parquet"),
        rejected_bytes=0,
        has_line_numbers=lines_each > 1,
        source_table=table.id,
        extract_id=extract_id,
        slot=slot,
        version=version,
        sequence=sequence,
        origin=f"{table.source}/{table.source}_{slot}.csv",
        data_through=covers[1],
        covers_from=covers[0] if table.delivery == "period" else None,
        rows_delivered=len(rows) + len(rejected) + duplicates,
        rows_landed=len(rows),
        rows_rejected=len(rejected),
        rows_duplicate=duplicates,
        folder=folder,
    )
    (folder / "manifest.json").write_text(extract.to_manifest(), encoding="utf-8")
    return extract


def _with_lines(columns: dict[str, Any], lines_each: int) -> pa.Table:
    if lines_each > 1:
        begins = [1 + (number - 1) * lines_each for number in columns["_row_number"].to_pylist()]
        columns = columns | {"_line_number": pa.array(begins, pa.int64())}
    return pa.table(columns)


def quarantined(layout: Layout, extract: Extract) -> list[tuple[int, str]]:
    """(row number, rule) of every line in an extract's quarantine."""
    source, table = extract.source_table.split("__")
    path = layout.quarantine / source / table / f"{extract.extract_id}.parquet"
    return duckdb.sql(
        f"select _row_number, rule_id from read_parquet('{path}') order by all"
    ).fetchall()


def registration(number: int, **changes: str | None) -> dict[str, str | None]:
    """A good registration event."""
    return {
        "业务流水号": f"DJ{number:08d}",
        "业务类型": "设立",
        "核准日期": "2024-12-05",
        "统一社会信用代码": GOOD_CODE,
        "市场主体名称": "k1:0000",
        "市场主体类别": "企业",
        "行业代码": "6513",
        "注册资本": "50万人民币",
        "所属街道": "西兴街道",
    } | changes


def complaint(number: int, **changes: str | None) -> dict[str, str | None]:
    """A good complaint."""
    return {
        "item_no": f"T{number}",
        "submission_no": f"S{number}",
        "item_kind": "投诉",
        "channel": "电话",
        "received_at": "2024-12-02 09:00:00",
        "accepted_at": "2024-12-03 09:00:00",
        "closed_at": "2024-12-20 09:00:00",
        "status": "达成调解",
        "street_code": "330108001",
        "updated_at": "2024-12-20 09:00:00",
    } | changes


def pledge(contract_no: str, right_no: str, **changes: str | None) -> dict[str, str | None]:
    """A good pledged right."""
    return {
        "质押合同编号": contract_no,
        "登记日期": "2024-12-05",
        "所属街道": "长河街道",
        "权利类型": "专利权",
        "权利号": right_no,
        "质押金额(万元)": "1000.50",
        "金额类型": "担保金额",
    } | changes


def case(number: int, **changes: str | None) -> dict[str, str | None]:
    """A good penalty case with one decision."""
    return {
        "case_no": f"A{number}",
        "filed_on": "2024-11-01",
        "case_field": "食品",
        "street_code": "330108002",
        "party_kind": "企业",
        "decisions": f'[{{"decision_no": "D{number}", "kind": "行政处罚",'
        ' "decided_on": "2024-12-01", "fine_yuan": 5000, "collected_yuan": null}]',
        "updated_at": "2024-12-01 10:00:00",
    } | changes


def good_value(column: Column) -> str:
    """A value that the column's routine rules accept."""
    if column.words:
        return next(iter(column.words))
    if column.as_ == "street":
        return "西兴街道"
    if column.as_ and column.as_.endswith("uscc"):
        return GOOD_CODE
    values = {"date": "2024-12-05", "timestamp": "2024-12-05 09:00:00", "boolean": "true",
              "json": "[]"}  # fmt: skip
    return values.get(column.data_type, "1")


def good_row(table: SourceTable, **changes: str | None) -> dict[str, str | None]:
    """A row that the routine rules of its contract accept."""
    return {column.name: good_value(column) for column in table.columns} | changes
