"""The annual report as one web page: self-contained, with its charts drawn in the page itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.reports.annual.drawing import Picture
from pipelines.reports.annual.wording import MEANINGS, ROUNDING, UNFINISHED, title_of
from pipelines.reports.contents import Contents
from pipelines.reports.formats import SYNTHETIC
from pipelines.reports.page import open_templates

_TEMPLATES = Path(__file__).parent / "templates"


def render_page(contents: Contents, pictures: Mapping[str, Sequence[Picture]]) -> str:
    """The page as HTML, the same each time; `pictures` are the charts by section."""
    template = open_templates(_TEMPLATES).get_template("annual.html.jinja")
    return template.render(
        report=contents,
        title=title_of(contents.year),
        pictures=pictures,
        marks=MEANINGS,
        synthetic=SYNTHETIC,
        rounding=ROUNDING,
        unfinished=UNFINISHED,
    )
