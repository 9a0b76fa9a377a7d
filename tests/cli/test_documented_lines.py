"""Every command line in the documents that reads a release runs, on a release, and succeeds."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.night.bureau import Bureau
from tests.night.conftest import ANOTHER_BUREAU
from tests.test_documents import LINES

ELSEWHERE = {"nightly", "demo", "dev"}
"""They begin a night or write a bureau: whole nights have tests of their own."""
OF_EXAMPLES = ("nyc_", "montreal_", "food_cases_filed")
"""Indicators that somebody has still to add."""


def _runs_here(words: list[str]) -> bool:
    is_ours = words[0].endswith("zhibiao") and words[1] not in ELSEWHERE
    return is_ours and not any(word.startswith(OF_EXAMPLES) for word in words)


def _commands() -> list[str]:
    """Each once, however it is called and remarked upon."""
    said = [shlex.split(line, comments=True) for _, line in LINES]
    return sorted({shlex.join(words[1:]) for words in said if _runs_here(words)})


@pytest.fixture(scope="module")
def documented_bureau(small_bureau: Bureau, tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    """One that reports may be written into."""
    return small_bureau.copy(tmp_path_factory.mktemp("documented"))


@pytest.mark.parametrize("line", _commands())
def test_it_runs(
    zhibiao: Command,
    documented_bureau: Bureau,
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    current = documented_bureau.current.resolve().name
    words = [str(ANOTHER_BUREAU) if word.endswith(".csv") else word for word in shlex.split(line)]
    words = [current if word.endswith("-0123456789ab") else word for word in words]
    answer = zhibiao(*words, on=documented_bureau)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out
