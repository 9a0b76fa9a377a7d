"""`zhibiao report`: the annual report of a release, written by a command."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import openpyxl
import pytest

from pipelines.layout import Layout
from pipelines.releases.switch import publish
from tests.cli.conftest import Command
from tests.releases.bureau import RELEASE_ID, build_sealed, make_layout, write_build

LATER = "2025-01-15-ffffffffffff"
NAMES = ["年度指标报告_2024.docx", "年度指标报告_2024.html", "年度指标报告_2024.xlsx"]


@pytest.fixture(scope="module")
def two_releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with two releases, the later one current, and no build any more; only read."""
    layout = make_layout(tmp_path_factory.mktemp("releases") / "warehouse")
    write_build(layout)
    publish(layout, build_sealed(layout))
    publish(layout, build_sealed(layout, release_id=LATER))
    layout.build_database.unlink()
    return layout.warehouse


@pytest.fixture
def layout(two_releases: Path, tmp_path: Path) -> Layout:
    """A copy of it."""
    shutil.copytree(two_releases, tmp_path / "warehouse", symlinks=True)
    return make_layout(tmp_path / "warehouse")


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_report_of_the_current_release_lies_under_its_id_and_year(
    zhibiao: Command, layout: Layout
) -> None:
    answer = zhibiao("report", "2024")
    folder = layout.reports / LATER / "2024"
    assert (answer.code, files_in(folder)) == (0, NAMES)
    assert sorted(answer.out.split()) == [str(folder / name) for name in NAMES]


@pytest.mark.parametrize(("allowed", "is_elsewhere"), [(0o000, False), (0o077, True)])
@pytest.mark.parametrize("command", [["report", "2024"], ["dictionary"]])
def test_what_is_written_from_a_release_is_for_the_group_and_nobody_else(
    zhibiao: Command,
    layout: Layout,
    tmp_path: Path,
    command: list[str],
    allowed: int,
    is_elsewhere: bool,
) -> None:
    own = tmp_path / "own"
    own.mkdir(mode=0o700)
    output = ["--output", str(own / "new")] if is_elsewhere else []
    assert zhibiao(*command, *output, allowed=allowed).code == 0
    made = [
        path
        for folder in (layout.reports, layout.dictionary, own / "new")
        for path in (folder, *folder.rglob("*"))
        if path.exists()
    ]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_dir()} == {0o750}
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_file()} == {0o640}
    assert stat.S_IMODE(own.stat().st_mode) == 0o700


def test_an_older_release_is_reported_into_the_folder_asked_for(
    zhibiao: Command, layout: Layout, tmp_path: Path
) -> None:
    answer = zhibiao("report", "2024", "--release", RELEASE_ID, "--output", str(tmp_path / "out"))
    assert (answer.code, files_in(tmp_path / "out")) == (0, NAMES)
    cover = openpyxl.load_workbook(tmp_path / "out" / NAMES[2])["摘要"]
    assert RELEASE_ID in str(cover["A2"].value)


def test_a_year_without_figures_is_refused_and_leaves_nothing(
    zhibiao: Command, layout: Layout
) -> None:
    answer = zhibiao("report", "2031")
    assert answer.code == 66
    assert "(2023, 2024), got 2031" in answer.err
    assert not layout.reports.exists()


def test_an_unknown_release_is_refused(zhibiao: Command, layout: Layout) -> None:
    answer = zhibiao("report", "2024", "--release", "2019-01-01-000000000000")
    assert answer.code == 66
    assert "got '2019-01-01-000000000000'" in answer.err


def test_without_a_release_a_night_is_asked_for(zhibiao: Command) -> None:
    answer = zhibiao("report", "2024")
    assert answer.code == 66
    assert "make nightly" in answer.err


def test_a_folder_that_cannot_be_made_is_refused(
    zhibiao: Command, layout: Layout, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    answer = zhibiao("report", "2024", "--output", str(tmp_path / "taken" / "2024"))
    assert answer.code == 74
    assert "expected to be able to use it" in answer.err
