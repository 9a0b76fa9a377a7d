"""`zhibiao dictionary`: the pages lie where they were asked for."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Command
from tests.night.bureau import Bureau


def test_the_dictionary_lies_in_the_warehouse_under_its_release(
    zhibiao: Command, bureau: Bureau
) -> None:
    answer = zhibiao("dictionary", on=bureau)
    folder = bureau.warehouse / "dictionary" / bureau.current.resolve().name
    assert answer.code == 0, answer.err
    assert str(folder / "zh" / "index.html") in answer.out
    assert (folder / "en" / "closure_rate.html").is_file()


def test_the_dictionary_of_a_release_can_lie_elsewhere(
    zhibiao: Command, small_bureau: Bureau, tmp_path: Path
) -> None:
    release = small_bureau.current.resolve().name
    asked = ("--output", str(tmp_path / "pages"), "--release", release)
    answer = zhibiao("dictionary", *asked, on=small_bureau)
    assert answer.code == 0, answer.err
    indicators = small_bureau.query("select indicator_id from indicators")
    for language in ("zh", "en"):
        written = {path.stem for path in (tmp_path / "pages" / language).iterdir()}
        assert written == {str(row[0]) for row in indicators} | {"index"}
