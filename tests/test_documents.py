"""What the documents promise is there, and what is there stands in the documents."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from pipelines import errors
from pipelines.cli import app
from pipelines.settings import PREFIX, PROJECT_ROOT, Settings

README = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = {
    path.relative_to(PROJECT_ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in [
        *PROJECT_ROOT.glob("*.md"),
        *(PROJECT_ROOT / "docs").glob("*.md"),
        *(PROJECT_ROOT / "examples").rglob("*.md"),
        PROJECT_ROOT / "warehouse" / "README.md",
    ]
    if path.name != "CHANGELOG.md"  # it also names what was
}
COMMAND = typer.main.get_command(app)
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_CALL = re.compile(
    r"""^(?:(?:\.venv/bin/)?zhibiao|make) (?:[^"'\n]|"[^"]*"|'[^']*')*""", re.MULTILINE
)
_PLACEHOLDER = re.compile(r"[A-Z][A-Z_]+(\.csv)?|…|<[^>]+>")


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Each command by its words; a group has parts."""
    if not hasattr(command, "commands"):
        yield path
        return
    for name, part in command.commands.items():
        yield from _commands(part, (*path, name))


def _find(path: tuple[str, ...]) -> Any:
    found: Any = COMMAND
    for name in path:
        found = found.commands[name]
    return found


ALL = list(_commands(COMMAND))


def _lines() -> Iterator[tuple[str, str]]:
    """Each line of a shell block that calls us, with its document."""
    for document, text in DOCUMENTS.items():
        for block in _BLOCK.findall(text):
            for line in _CALL.findall(block.replace("\\\n", " ")):
                yield document, line.strip()


LINES = sorted(set(_lines()))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_and_option_stands_in_the_readme(path: tuple[str, ...]) -> None:
    rows = [line for line in README.splitlines() if f"zhibiao {' '.join(path)}" in line]
    assert rows, path
    common = README[README.index("Lists take `--format") :].partition(". ")[0]
    said = "\n".join(rows) + common
    for option in _find(path).params:
        if option.param_type_name == "option" and option.name != "help":
            assert any(name in said for name in option.opts), (path, option.opts)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_stands_in_the_readme(name: str) -> None:
    assert f"`{PREFIX}{name.upper()}`" in README


def test_every_setting_in_the_documents_is_one() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    # What the tests are told, and what the night tells dbt.
    known |= {"ZHIBIAO_LAW_TEXTS", "ZHIBIAO_EXAMPLE_DATA", "ZHIBIAO_BUILD_DATABASE"}
    for document, text in DOCUMENTS.items():
        assert set(re.findall(r"ZHIBIAO_[A-Z_]*[A-Z]", text)) <= known, document


def test_every_exit_code_stands_in_the_readme_and_no_other() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    raised = {kind.exit_code for kind in kinds if issubclass(kind, errors.ZhibiaoError)}
    table = README[README.index("| code | says |") :].partition("\n\n")[0]
    stated = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    # An unreachable source ends no night and no other command.
    unreachable = {errors.SourceUnavailableError.exit_code}
    assert stated == (raised - unreachable) | {0, 2}


def test_the_documents_show_commands() -> None:
    assert len(LINES) > 15


@pytest.mark.parametrize(("document", "line"), LINES, ids=[line for _, line in LINES])
def test_every_command_line_in_the_documents_is_understood(document: str, line: str) -> None:
    """By the parser of the command line, and for `make` by the targets; nothing is run."""
    program, *words = shlex.split(line, comments=True)
    if program == "make":
        makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
        targets = [word for word in words if "=" not in word]
        assert all(f"\n{target}:" in makefile for target in targets), (document, line)
        return
    command = COMMAND
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    given = [re.sub(_PLACEHOLDER, "placeholder", word) for word in words]
    assert command.make_context(program, given).command is command
