"""What bureau people read names nothing in Latin letters but what is called so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

import duckdb
import openpyxl
import pytest
from bs4 import BeautifulSoup
from docx import Document

from pipelines.reports.annual.document import render_document
from pipelines.reports.annual.page import render_page
from pipelines.reports.annual.workbook import render_workbook
from pipelines.reports.contents import read_annual_contents
from pipelines.reports.dictionary.articles import read_articles
from pipelines.reports.dictionary.pages import render_dictionary
from tests.night.bureau import Bureau

NAMES = {"CCC", "GB", "WIPO", "Excel", "NUL"}
"""What has no other name: a certificate, a standard, an organization, a program, a character."""
FILES = re.compile(r"[\w./-]*/[\w./-]+|[\w.-]+\.(?:csv|xlsx|jsonl|parquet|docx|html|db)\b")
IDS = re.compile(r"\d{4}-\d\d-\d\d-[0-9a-f]{12}")
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]+")


def page_text(page: str) -> str:
    """What is read on a page; the id of an indicator stands there as code, for `zhibiao show`."""
    read = BeautifulSoup(page, "html.parser")
    for unread in read.select("head, code.id, .release code, [lang=en]"):
        unread.extract()
    return read.get_text(" ")


def workbook_text(content: bytes) -> str:
    sheets = openpyxl.load_workbook(BytesIO(content)).worksheets
    cells = [str(cell.value or "") for s in sheets for row in s.iter_rows() for cell in row]
    return "\n".join([*cells, *(sheet.title for sheet in sheets)])


def document_text(content: bytes) -> str:
    document = Document(BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def texts(bureau: Bureau) -> Iterator[tuple[str, str]]:
    yield "digests", bureau.digests()
    report = bureau.current / "report"
    yield "release page", page_text((report / "index.html").read_text(encoding="utf-8"))
    yield "workbook", workbook_text(next(report.glob("*.xlsx")).read_bytes())
    with duckdb.connect(str(bureau.current / "indicators.duckdb"), read_only=True) as connection:
        contents = read_annual_contents(connection, 2024)
        pages = render_dictionary(connection, read_articles(connection))
    yield "annual page", page_text(render_page(contents, {}))
    yield "annual workbook", workbook_text(render_workbook(contents))
    yield "annual document", document_text(render_document(contents, {}))
    yield "dictionary", "\n".join(page_text(p) for n, p in pages.items() if n.startswith("zh/"))


def latin(text: str) -> set[str]:
    return set(WORD.findall(IDS.sub("", FILES.sub("", text)))) - NAMES


@pytest.fixture(scope="module")
def read(full_bureau: Bureau) -> dict[str, str]:
    return dict(texts(full_bureau))


@pytest.mark.parametrize(
    "kind",
    [
        "digests", "release page", "workbook", "annual page", "annual workbook",
        "annual document", "dictionary",
    ],
)  # fmt: skip
def test_nothing_is_named_in_latin_letters(read: dict[str, str], kind: str) -> None:
    assert len(read[kind]) > 500
    assert latin(read[kind]) == set()


def test_an_identifier_would_be_seen() -> None:
    assert latin("“visited_on”不合理，见 lists/a_b.csv 和 GB 32100") == {"visited_on"}
