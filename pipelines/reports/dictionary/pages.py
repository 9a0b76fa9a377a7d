"""Renders the dictionary: pages that link to each other and to one stylesheet, and to nothing else.

What belongs here: which file says what. What does not: what the articles say, or in which words.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

import duckdb

from pipelines.durable import write_files
from pipelines.reports.dictionary.articles import Article, read_articles
from pipelines.reports.dictionary.languages import CHINESE, EMPTY, ENGLISH
from pipelines.reports.figures import read_release
from pipelines.reports.formats import MARKS
from pipelines.reports.page import open_templates

STYLESHEET = "style.css"
_TEMPLATES = Path(__file__).parent / "templates"
# The dictionary looks like the report; only what is its own is added.
_REPORT_STYLE = Path(__file__).parent.parent / "templates" / "page.css"
_OTHER = {CHINESE: ENGLISH, ENGLISH: CHINESE}


def write_dictionary(connection: duckdb.DuckDBPyConnection, folder: Path) -> int:
    """Write the pages of a release below a folder, over those of the same names, all or none.

    Returns:
        How many indicators there are. Files of other names stay as they are.
    """
    articles = read_articles(connection)
    write_files(folder, render_dictionary(connection, articles), for_group=True)
    return len(articles)


def render_dictionary(
    connection: duckdb.DuckDBPyConnection, articles: list[Article]
) -> Mapping[str, str]:
    """All files by their path: `zh/<id>.html`, `en/<id>.html`, an index each, the stylesheet."""
    templates = open_templates(_TEMPLATES)
    sections = [
        (owner, list(group))
        for owner, group in groupby(articles, key=lambda a: (a.entry.owner, a.entry.owner_name))
    ]
    files = {STYLESHEET: _REPORT_STYLE.read_text("utf-8") + _own_style()}
    for language, other in _OTHER.items():
        shared = {
            "language": language,
            "other": other,
            "release": read_release(connection),
            "stylesheet": STYLESHEET,
            "marks": MARKS,
            "empty": EMPTY,
        }
        files[f"{language.code}/index.html"] = templates.get_template("index.html.jinja").render(
            sections=sections, file="index.html", **shared
        )
        page = templates.get_template("article.html.jinja")
        for article in articles:
            file = f"{article.entry.indicator_id}.html"
            files[f"{language.code}/{file}"] = page.render(article=article, file=file, **shared)
    return files


def _own_style() -> str:
    return (_TEMPLATES / "dictionary.css").read_text("utf-8")
