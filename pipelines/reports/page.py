"""The report as one web page: plain, self-contained, in Chinese, for screen, phone and paper."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipelines.reports.contents import Contents
from pipelines.reports.formats import MARK_MEANINGS, SYNTHETIC

_TEMPLATES = Path(__file__).parent / "templates"


def open_templates(*folders: Path) -> Environment:
    """Templates of the given folders and those that all pages share; what they show is escaped."""
    return Environment(
        loader=FileSystemLoader([*folders, _TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def title_of(year: int) -> str:
    """The heading of the nightly report."""
    return f"{year}年指标报表"


def render_page(contents: Contents, workbook_name: str) -> str:
    """The page as HTML; it links to the workbook beside it and to nothing else."""
    template = open_templates().get_template("index.html.jinja")
    return template.render(
        report=contents,
        title=title_of(contents.year),
        marks=MARK_MEANINGS,
        synthetic=SYNTHETIC,
        workbook_name=workbook_name,
    )
