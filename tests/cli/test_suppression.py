"""What goes out shows no suppressed figure, even where its value were stored all the same.

A release itself holds the ledgers, from which any figure can be counted: it is for the bureau.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

import duckdb
import pytest

from pipelines.layout import Layout
from pipelines.releases.reading import find_release
from pipelines.releases.switch import publish
from pipelines.reports.render import render_report
from tests.cli.conftest import Command
from tests.night.bureau import Bureau
from tests.releases.bureau import build_sealed, make_layout, write_build

STORED = """
update indicators.indicator_values
set status = 'suppressed', value = 7654321, numerator = 7654321, denominator = 7654321
where indicator_id = 'suppressed_cases' or (indicator_id = 'cases_filed' and (
    area_code = '330108001' or period_start in ('2024-03-01', '2023-01-01')));
update indicators.indicator_comparisons
set value = 7654321, year_before_value = 7654321, change_on_year = 0.07654321
where indicator_id = 'suppressed_cases' or (indicator_id = 'cases_filed' and (
    area_code = '330108001' or period_start in ('2024-03-01', '2023-01-01')));
"""
SHOWN = re.compile(r"7,?654,?321|765\.43|7\.65|76\.54|0\.0765")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = make_layout(tmp_path / "warehouse")
    write_build(layout)
    with duckdb.connect(str(layout.build_database)) as build:
        build.execute(STORED)
    publish(layout, build_sealed(layout))
    return layout


def _texts(folder: Path) -> dict[str, str]:
    """What the files of a folder say; those of Excel and Word part by part."""
    texts = {}
    for path in (path for path in folder.rglob("*") if path.is_file()):
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as parts:
                for name in parts.namelist():
                    texts[f"{path.name}/{name}"] = parts.read(name).decode("utf-8", "replace")
        else:
            texts[path.name] = path.read_text("utf-8")
    return texts


def test_no_report_workbook_or_page_shows_a_suppressed_figure(
    zhibiao: Command, layout: Layout, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert zhibiao("report", "2024", "--output", str(out / "annual")).code == 0
    assert zhibiao("dictionary", "--output", str(out / "dictionary")).code == 0
    copied = shutil.copytree(find_release(layout).folder, tmp_path / "copied")
    for path in render_report(copied):
        shutil.copy(path, out)
    texts = _texts(out)
    assert {Path(name).suffix for name in texts} >= {".html", ".xml"}
    assert "已抑制" in "".join(texts.values())
    assert [name for name, text in texts.items() if SHOWN.search(text)] == []


@pytest.mark.parametrize("output", ["table", "csv", "json"])
def test_no_list_shows_a_suppressed_figure(zhibiao: Command, bureau: Bureau, output: str) -> None:
    database = bureau.current.resolve() / "indicators.duckdb"
    with duckdb.connect(str(database)) as release:
        release.execute(
            "update indicator_values set status = 'suppressed', value = 7654321,"
            " numerator = 7654321, denominator = 7654321 where indicator_id = 'cases_filed';"
            "update indicator_comparisons set change_on_year = 0.07654321,"
            " change_on_period = 0.07654321, share = 0.07654321"
            " where indicator_id = 'cases_filed'"
        )
    for by in ("month", "street"):
        answer = zhibiao(
            "show", "cases_filed", "--period", "2024", "--by", by, "--format", output, on=bureau
        )
        assert answer.code == 0, answer.err
        assert "suppressed" in answer.out
        assert not SHOWN.search(answer.out)
