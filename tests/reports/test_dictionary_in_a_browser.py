"""The pages of the dictionary as a browser shows them, on a desk and on a phone."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser

from pipelines.reports.dictionary.pages import write_dictionary
from tests.machine import needs_chromium
from tests.reports.test_page_in_a_browser import browser

__all__ = ["browser"]
pytestmark = needs_chromium


@pytest.fixture(scope="module")
def dictionary(built_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dictionary")
    path = str(built_release / "indicators.duckdb")
    with duckdb.connect(path, read_only=True) as connection:
        write_dictionary(connection, folder)
    return folder


@pytest.mark.parametrize("width", [1200, 390], ids=["desk", "phone"])
@pytest.mark.parametrize("name", ["index", "complaints_and_reports_received"])
def test_a_page_fits_its_screen_and_asks_for_nothing_but_the_stylesheet(
    browser: Browser, dictionary: Path, name: str, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for language in ("zh", "en"):
        file = dictionary / language / f"{name}.html"
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert set(asked) == {file.as_uri(), (dictionary / "style.css").as_uri()}
        asked.clear()
    page.close()
