"""Measure landing a workbook against calamine reading it and writing what it read as Parquet.

Run with `python benchmarks/excel.py --rows 100000`. Both take the same file in turn; seconds are of
the processor, of all threads and children. The ratio travels between machines; seconds do not.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
from python_calamine import CalamineWorkbook

from pipelines.layout import Layout
from pipelines.settings import Settings
from pipelines.sources.contracts import SourceTable
from pipelines.sources.landing import land_table

SHEET = "登记台账"
COLUMNS = ["合同编号", "登记日期", "金额", "专利号", "质权人", "备注", "街道", "经办人"]
NIGHT = date(2025, 1, 15)


def write_workbook(path: Path, rows: int, *, inline: bool) -> None:
    """A list of eight columns, of texts, numbers and days, a third of one column empty."""
    book = xlsxwriter.Workbook(path, {"constant_memory": inline})
    sheet = book.add_worksheet(SHEET)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, COLUMNS)
    for row in range(1, rows + 1):
        sheet.write_string(row, 0, f"质-{row}")
        sheet.write_datetime(row, 1, datetime(2023, 1, 1) + timedelta(row % 700), day)
        sheet.write_number(row, 2, row * 7919 % 100_000 / 100)
        sheet.write_string(row, 3, f"ZL{row * 48_271 % 10**9}")
        sheet.write_string(row, 4, f"银行{row % 50}")
        if row % 3:
            sheet.write_string(row, 5, f"备注{row % 7}")
        sheet.write_string(row, 6, f"街道{row % 12}")
        sheet.write_string(row, 7, f"经办{row % 90}")
    book.close()


def contract() -> SourceTable:
    """What the list is declared to be."""
    types = {"登记日期": "date", "金额": "decimal"}
    return SourceTable.model_validate(
        {
            "source": "ip",
            "name": "pledges",
            "label": "质押登记",
            "description": "",
            "steward": "registration",
            "contract_version": 1,
            "delivery": "full",
            "max_age_days": 45,
            "key": ["合同编号"],
            "dialect": {
                "connector": "excel",
                "location": "list.xlsx",
                "sheet": SHEET,
                "title_rows": 0,
                "header_rows": 1,
            },
            "columns": [
                {"name": name, "data_type": types.get(name, "text")}
                | ({"formats": ["%Y-%m-%d"]} if name == "登记日期" else {})
                for name in COLUMNS
            ],
        }
    )


def land(folder: Path, sources: Path, rows: int) -> None:
    """Land the list in a warehouse of its own."""
    settings = Settings(project=folder, warehouse=folder, sources=sources)
    report = land_table(
        contract(),
        layout=Layout.of(settings),
        settings=settings,
        business_date=NIGHT,
        day=datetime.now(UTC).date(),
        look_interval=0.01,
    )
    if report.rows != rows:
        raise SystemExit(f"expected {rows} rows, got {report.rows}: {report.held}")


def read_bare(path: Path, folder: Path) -> None:
    """What calamine reads, as texts in Parquet."""
    with CalamineWorkbook.from_path(path) as book:
        header, *rows = book.get_sheet_by_name(SHEET).iter_rows()
    columns = zip(header, zip(*rows, strict=True), strict=True)
    table = pa.table({str(name): pa.array(map(str, cells), pa.string()) for name, cells in columns})
    pq.write_table(table, folder / "bare.parquet", compression="zstd")


def processor_seconds(work: Callable[[], None]) -> float:
    """User and system time of this process and the children that it waited for."""

    def spent() -> float:
        usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    before = spent()
    work()
    return spent() - before


def main() -> None:
    """Print the ratio for strings that are shared and for strings in the cells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    for inline in (False, True):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            path = folder / "sources" / "list.xlsx"
            path.parent.mkdir()
            write_workbook(path, asked.rows, inline=inline)
            landings, bare = [], []
            for number in range(asked.rounds):
                bare.append(processor_seconds(partial(read_bare, path, folder)))
                once = partial(land, folder / str(number), path.parent, asked.rows)
                landings.append(processor_seconds(once))
        kind = "in the cells" if inline else "shared"
        print(
            f"{asked.rows:,} rows, strings {kind}: landing {median(landings):.2f} s, calamine to "
            f"Parquet {median(bare):.2f} s, ratio {median(landings) / median(bare):.1f} (goal 3.0)"
        )


if __name__ == "__main__":
    main()
