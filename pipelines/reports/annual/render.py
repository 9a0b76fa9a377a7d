"""Writes the annual report of a release into a folder. Assembles; decides nothing."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.durable import make_folder, write_files
from pipelines.reports.annual.document import render_document
from pipelines.reports.annual.drawing import draw_charts
from pipelines.reports.annual.fonts import prepare_face
from pipelines.reports.annual.page import render_page
from pipelines.reports.annual.workbook import render_workbook
from pipelines.reports.contents import Contents, read_annual_contents


def write_annual_report(
    connection: duckdb.DuckDBPyConnection, year: int, folder: Path
) -> list[Path]:
    """Write `年度指标报告_<year>` as .xlsx, .docx and .html, each whole or not at all.

    All that they show comes from the release that the connection is open on; the same release gives
    the same bytes. A report of that name is replaced once the new one is complete.

    Raises:
        ReleaseError: when the release has no figure of that year.
        SettingsError: when charts cannot be written in Chinese.
    """
    contents = read_annual_contents(connection, year)
    # Before the drawing, which takes seconds: a folder that cannot be made is known at once.
    make_folder(folder, for_group=True)
    return write_files(folder, render_annual_report(contents), for_group=True)


def render_annual_report(contents: Contents) -> dict[str, bytes]:
    """The three files by their names.

    Raises:
        SettingsError: when charts cannot be written in Chinese.
    """
    prepare_face()
    pictures = {section.name: draw_charts(section.charts) for section in contents.sections}
    name = f"年度指标报告_{contents.year}"
    return {
        f"{name}.xlsx": render_workbook(contents),
        f"{name}.docx": render_document(contents, pictures),
        f"{name}.html": render_page(contents, pictures).encode(),
    }
