"""Every command, and every kind of wrong argument: the exit code that README says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from pipelines.cli import app
from pipelines.errors import SourceUnavailableError, ZhibiaoError
from tests.cli.conftest import Command
from tests.night.bureau import Bureau

README = Path(__file__).resolve().parents[2] / "README.md"
PUBLISHED = "demo/published_2024.csv"
SHOWN = "new_market_entities"
TAKES_ANY_TEXT = (str, Path, list[str])
OUT_OF_RANGE = [
    ("report", "0"), ("report", "10000"), ("dev", "--port", "0"), ("dev", "--port", "65536"),
    ("demo", "--scale", "0"), ("demo", "--scale", "21"),
]  # fmt: skip
NAMES_NOTHING = [
    ("nightly", "--date", "2999-01-01"),
    ("show", "nosuch"),
    ("show", SHOWN, "--period", "2024-13"),
    ("show", SHOWN, "--period", "2024-Q5"),
    ("show", SHOWN, "--by", "nosuch"),
    ("sql", "nonsense"),
    ("sql", "from nosuch"),
    ("sql", ""),
    ("sql", "select 1; select 2"),
    ("sql", "set threads = 1"),
    ("reconcile", "nosuch.csv"),
    ("reconcile", "."),
    ("demo", "--totals", "nosuch.csv"),
    ("demo", "--totals", "."),
    ("demo", "--from", "2024-01-01", "--to", "2023-01-01"),
]
NOT_IN_ANY_RELEASE = [("show", SHOWN, "--period", "1999"), ("report", "1999")]
TAKES_A_RELEASE = [
    ("show", SHOWN), ("sql", "select 1"), ("report", "2024"), ("reconcile", PUBLISHED),
    ("dictionary",), ("law",),
]  # fmt: skip
WRITES_A_FOLDER = [("report", "2024"), ("dictionary",)]


def _commands(group: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with the words that call it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, *path, name)
        else:
            yield (*path, name), command


COMMANDS = list(_commands(typer.main.get_command(app)))


def _takes_a_word(command: Any) -> list[str]:
    return ["1"] * sum(p.param_type_name == "argument" for p in command.params)


def _unreadable_options() -> Iterator[list[str]]:
    for words, command in COMMANDS:
        for option in command.params:
            is_option = option.param_type_name == "option"
            if is_option and option.type_descriptor.annotation not in TAKES_ANY_TEXT:
                yield [*words, *_takes_a_word(command), f"{option.opts[0]}=nonsense"]


@pytest.mark.parametrize("arguments", list(_unreadable_options()), ids=" ".join)
def test_a_value_that_an_option_cannot_read_is_2(zhibiao: Command, arguments: list[str]) -> None:
    assert zhibiao(*arguments).code == 2


@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=[" ".join(w) for w, _ in COMMANDS])
def test_what_a_command_does_not_have_is_2(
    zhibiao: Command, words: tuple[str, ...], command: Any
) -> None:
    given = _takes_a_word(command)
    assert zhibiao(*words, *given, "--nosuch").code == 2
    assert zhibiao(*words, *given, "one-too-many").code == 2
    if any(p.required for p in command.params):
        assert zhibiao(*words).code == 2
    for option in command.params:
        if option.param_type_name == "option" and not option.is_flag:
            assert zhibiao(*words, *given, option.opts[0]).code == 2


def test_a_command_that_is_none_is_2_and_help_is_0(zhibiao: Command) -> None:
    assert zhibiao("nosuch").code == 2
    assert zhibiao("release", "nosuch").code == 2
    assert zhibiao("--nosuch").code == 2
    assert zhibiao().code == 2
    assert zhibiao("--help").code == 0
    for words, _ in COMMANDS:
        assert zhibiao(*words, "--help").code == 0


@pytest.mark.parametrize("arguments", OUT_OF_RANGE, ids=" ".join)
def test_a_number_out_of_range_is_2(zhibiao: Command, arguments: tuple[str, ...]) -> None:
    assert zhibiao(*arguments).code == 2


@pytest.mark.parametrize("arguments", NAMES_NOTHING, ids=" ".join)
def test_an_argument_that_names_nothing_is_64(
    zhibiao: Command, small_bureau: Bureau, arguments: tuple[str, ...]
) -> None:
    answer = zhibiao(*arguments, on=small_bureau)
    assert answer.code == 64, answer.err
    assert answer.out == ""
    assert "expected" in answer.err


@pytest.mark.parametrize("arguments", NOT_IN_ANY_RELEASE, ids=" ".join)
def test_a_year_that_a_release_does_not_have_is_66(
    zhibiao: Command, small_bureau: Bureau, arguments: tuple[str, ...]
) -> None:
    assert zhibiao(*arguments, on=small_bureau).code == 66


@pytest.mark.parametrize("release", ["nosuch", "", ".", "..", "../releases", "/"])
def test_a_release_that_is_not_there_is_66(
    zhibiao: Command, small_bureau: Bureau, monkeypatch: pytest.MonkeyPatch, release: str
) -> None:
    monkeypatch.chdir(README.parent)
    for arguments in TAKES_A_RELEASE:
        assert zhibiao(*arguments, "--release", release, on=small_bureau).code == 66, arguments
    assert zhibiao("release", "use", release, on=small_bureau).code == 66


def test_without_any_release_every_reader_is_66(
    zhibiao: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(README.parent)
    for arguments in [*TAKES_A_RELEASE, ("status",), ("release", "use", "nosuch")]:
        assert zhibiao(*arguments).code == 66, arguments


@pytest.mark.parametrize("arguments", WRITES_A_FOLDER, ids=" ".join)
def test_a_place_that_cannot_be_written_is_74(
    zhibiao: Command, small_bureau: Bureau, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    file = tmp_path / "file"
    file.touch()
    for place in (file, file / "below"):
        answer = zhibiao(*arguments, "--output", str(place), on=small_bureau)
        assert answer.code == 74, answer.err


def test_a_file_of_published_figures_that_is_none_is_78(
    zhibiao: Command, small_bureau: Bureau, tmp_path: Path
) -> None:
    file = tmp_path / "published.csv"
    file.write_text("a,b\n1,2\n")
    assert zhibiao("reconcile", str(file), on=small_bureau).code == 78
    assert zhibiao("demo", "--totals", str(file)).code == 78


@pytest.mark.parametrize("words", [w for w, _ in COMMANDS], ids=" ".join)
def test_a_wrong_setting_is_78_for_every_command(
    zhibiao: Command, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(README.parent)
    monkeypatch.setenv("ZHIBIAO_THREADS", "none")
    given = {"show": [SHOWN], "sql": ["select 1"], "report": ["2024"], "reconcile": [PUBLISHED]}
    answer = zhibiao(*words, *given.get(words[-1], []), *(["x"] if words[-1] == "use" else []))
    assert answer.code == 78, answer.err


def test_readme_lists_every_exit_code() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", README.read_text(), re.MULTILINE)}
    kinds = [*ZhibiaoError.__subclasses__()]
    kinds += [kind for general in kinds for kind in general.__subclasses__()]
    # A source that is away is a state of its table, and ends no command.
    ending = {kind.exit_code for kind in kinds if kind is not SourceUnavailableError}
    assert listed == {0, 1, 2} | ending
