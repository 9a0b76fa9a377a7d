"""The page of a report as a browser shows it: a real Chromium, on a desk, a phone and paper."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, sync_playwright

from pipelines.reports.annual.render import write_annual_report
from pipelines.reports.render import render_report
from tests.machine import CHROMIUM, needs_chromium

pytestmark = needs_chromium


@pytest.fixture(scope="module", params=["nightly", "annual"])
def page_file(
    built_release: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    release = Path(shutil.copytree(built_release, folder / "release"))
    if request.param == "nightly":
        render_report(release)
        return release / "report" / "index.html"
    with duckdb.connect(str(release / "indicators.duckdb"), read_only=True) as connection:
        return next(p for p in write_annual_report(connection, 2024, folder) if "html" in p.suffix)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", *quiet]
        )
        yield opened
        opened.close()


@pytest.mark.parametrize("width", [1200, 390], ids=["desk", "phone"])
def test_the_page_fits_its_screen_asks_for_nothing_and_complains_of_nothing(
    browser: Browser, page_file: Path, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(page_file.as_uri())

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert asked == [page_file.as_uri()]
    assert complaints == []
    assert page.locator("table").first.is_visible()
    page.close()


def test_numbers_stand_right_and_labels_left(browser: Browser, page_file: Path) -> None:
    page = browser.new_page()
    page.goto(page_file.as_uri())
    row = page.locator("table tbody tr:has(td)").first
    align = "element => getComputedStyle(element).textAlign"
    assert row.locator("th").first.evaluate(align) in ("left", "start")
    assert row.locator("td").first.evaluate(align) in ("right", "end")
    page.close()


def test_the_printed_page_leaves_out_what_paper_cannot_do(
    browser: Browser, page_file: Path
) -> None:
    page = browser.new_page()
    page.goto(page_file.as_uri())
    page.emulate_media(media="print")
    assert not page.locator("nav").first.is_visible()
    assert page.locator("h1").first.is_visible()
    page.close()
