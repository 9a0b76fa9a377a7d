"""Renders the report of a release into its folder. Assembles; decides nothing."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.durable import refusing_full_disk
from pipelines.releases.folders import DATABASE, PAGE, REPORT
from pipelines.reports.contents import Contents, read_contents
from pipelines.reports.figures import read_release, report_year
from pipelines.reports.page import render_page
from pipelines.reports.workbook import render_workbook
from pipelines.sql_text import literal


def render_report(release_folder: Path) -> list[Path]:
    """Write `report/指标报表_<as_of>.xlsx` and `report/index.html` of a release.

    Everything shown comes from the release's own database; the same database gives the same bytes.
    The report is about the last year that was over on the release's date.

    Raises:
        StorageError: when the disk is full.
    """
    contents = _read(release_folder)
    folder = release_folder / REPORT
    workbook = folder / f"指标报表_{contents.release.as_of.isoformat()}.xlsx"
    page = folder / PAGE
    with refusing_full_disk(f"report of {contents.release.release_id}", folder):
        folder.mkdir(mode=0o700, exist_ok=True)
        workbook.write_bytes(render_workbook(contents))
        page.write_text(render_page(contents, workbook.name), encoding="utf-8")
    return [workbook, page]


def _read(release_folder: Path) -> Contents:
    # Attached to a database in memory, as verification does, so that one process may hold both.
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        database = literal(str(release_folder / DATABASE))
        connection.execute(f"attach {database} as report (read_only)")
        connection.execute("use report")
        return read_contents(connection, report_year(read_release(connection).as_of))
