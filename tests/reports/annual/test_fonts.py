"""Charts are written in Chinese on a machine that has no font of its own, or not at all."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipelines.reports.annual.fonts import draws, prepare_face
from pipelines.settings import PROJECT_ROOT

NO_FONTS = '<?xml version="1.0"?><fontconfig><dir>{folder}</dir></fontconfig>'
PREPARE = """
from pathlib import Path
from pipelines.errors import SettingsError
from pipelines.reports.annual.fonts import draws, prepare_face, use_face_in
print(draws("指"))
try:
    use_face_in(Path({empty!r}))
except SettingsError as refusal:
    print(refusal)
prepare_face()
print(draws("指"))
"""


@pytest.fixture(scope="module")
def said_on_a_bare_machine(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Lines of a child process whose renderer finds no font of the machine."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "none").mkdir()
    settings = folder / "fonts.conf"
    settings.write_text(NO_FONTS.format(folder=folder / "none"), encoding="utf-8")
    child = subprocess.run(
        [sys.executable, "-c", PREPARE.format(empty=str(folder / "none"))],
        env={"FONTCONFIG_FILE": str(settings), "PYTHONPATH": str(PROJECT_ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return child.stdout.splitlines()


def test_a_bare_machine_draws_no_chinese(said_on_a_bare_machine: list[str]) -> None:
    assert said_on_a_bare_machine[0] == "False"


def test_charts_without_chinese_glyphs_are_refused(said_on_a_bare_machine: list[str]) -> None:
    assert said_on_a_bare_machine[1] == (
        "charts: expected Chinese glyphs of Noto Sans CJK SC from the package noto_cjk_sans_otc, "
        "got none for 指标月. Install what requirements.lock names: make nightly does."
    )


def test_the_package_brings_the_glyphs_to_a_bare_machine(
    said_on_a_bare_machine: list[str],
) -> None:
    assert said_on_a_bare_machine[2:] == ["True"]


def test_a_glyph_that_no_face_has_is_told_from_one_that_is_drawn() -> None:
    prepare_face()
    assert draws("已")
    assert not draws("\u0379")
    assert not draws(" ")
