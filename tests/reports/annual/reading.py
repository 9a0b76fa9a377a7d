"""The three files of an annual report as their readers open them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import duckdb
import openpyxl
from bs4 import BeautifulSoup
from docx import Document
from docx.document import Document as WordDocument
from openpyxl.cell.cell import Cell, MergedCell

from pipelines.reports.annual.document import render_document
from pipelines.reports.annual.page import render_page
from pipelines.reports.annual.render import render_annual_report
from pipelines.reports.annual.workbook import render_workbook
from pipelines.reports.contents import Contents, read_annual_contents

Files = Mapping[str, bytes]
Rows = dict[str, list[list[str]]]
"""Section to the rows of its table."""


def read_contents(database: Path, year: int = 2024) -> Contents:
    with duckdb.connect(str(database), read_only=True) as connection:
        return read_annual_contents(connection, year)


def render(database: Path, year: int = 2024) -> dict[str, bytes]:
    return render_annual_report(read_contents(database, year))


def render_without_charts(database: Path, year: int = 2024) -> dict[str, bytes]:
    """The same without pictures, which are nine tenths of the time."""
    contents = read_contents(database, year)
    return {
        "报告.xlsx": render_workbook(contents),
        "报告.docx": render_document(contents, {}),
        "报告.html": render_page(contents, {}).encode(),
    }


def _file(files: Files, suffix: str) -> bytes:
    return next(written for name, written in files.items() if name.endswith(suffix))


def open_workbook(files: Files) -> openpyxl.Workbook:
    return openpyxl.load_workbook(BytesIO(_file(files, ".xlsx")))


def open_document(files: Files) -> WordDocument:
    return Document(BytesIO(_file(files, ".docx")))


def open_page(files: Files) -> BeautifulSoup:
    return BeautifulSoup(_file(files, ".html").decode(), "html.parser")


def read_part(files: Files, part: str) -> str:
    with ZipFile(BytesIO(_file(files, ".docx"))) as document:
        return document.read(part).decode()


def read_pictures(files: Files) -> list[bytes]:
    """The pictures of the Word document in their order."""
    with ZipFile(BytesIO(_file(files, ".docx"))) as document:
        names = [name for name in document.namelist() if name.endswith(".png")]
        return [document.read(name) for name in sorted(names, key=lambda n: (len(n), n))]


def workbook_rows(files: Files) -> Rows:
    """Label, value, unit, year before, change and status by sheet, numbers as they are shown."""
    sections = {}
    for sheet in open_workbook(files).worksheets[1:-2]:
        rows = [[_shown(cell) for cell in row] for row in sheet.iter_rows(min_row=6)]
        sections[sheet.title] = [row[1:] for row in rows]
    return sections


def document_rows(files: Files) -> Rows:
    """The same from the Word document's tables of figures."""
    document = open_document(files)
    titles = [p.text for p in document.paragraphs if p.text.endswith("指标（全区）")][1:]
    tables = [t for t in document.tables if t.rows[0].cells[0].text == "指标"][1:]
    sections = {}
    for title, table in zip(titles, tables, strict=True):
        name = re.sub(r"^\d+年|指标（全区）$", "", title)
        sections[name] = [[cell.text for cell in row.cells] for row in table.rows[1:]]
    return sections


def page_rows(files: Files) -> Rows:
    """The same from the page."""
    sections = {}
    for section in open_page(files).select("section.field"):
        name = section.h2.get_text()  # type: ignore[union-attr]
        sections[name] = [
            [cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])]
            for row in section.select("tbody tr")
        ]
    return sections


def drawn_texts(files: Files) -> list[str]:
    """What is written in the page's charts or said of their points; not the ticks of an axis."""
    texts: list[str] = []
    for picture in open_page(files).find_all("svg"):
        for axis in picture.select(".role-axis"):
            axis.extract()
        texts += [text.get_text() for text in picture.find_all("text")]
        texts += [
            str(point["aria-label"])
            for point in picture.select("[aria-label][aria-roledescription=point]")
        ]
    return texts


def _shown(cell: Cell | MergedCell) -> str:
    """A cell as a spreadsheet program shows it."""
    if not isinstance(cell.value, int | float):
        return str(cell.value or "")
    form = cell.number_format.split(";")[0]
    decimals = len(found[1]) if (found := re.search(r"\.(0+)", form)) else 0
    sign = "+" if form.startswith("+") and cell.value > 0 else ""
    return f"{sign}{cell.value:,.{decimals}f}" + "".join(re.findall(r'"([^"]*)"', form))
