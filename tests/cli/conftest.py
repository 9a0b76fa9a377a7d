"""The command line in this process, and the small bureau that the tests of nights share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.cli import main
from tests.cli.environment import clear_settings
from tests.night.bureau import Bureau
from tests.night.conftest import bureau, small_bureau

__all__ = ["bureau", "small_bureau", "zhibiao"]


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str


Command = Callable[..., Answer]


@pytest.fixture
def zhibiao(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run a command on an empty warehouse below `tmp_path`, or on a bureau's."""
    clear_settings(monkeypatch, tmp_path)
    monkeypatch.setenv("ZHIBIAO_WAREHOUSE", str(tmp_path / "warehouse"))
    monkeypatch.setenv("ZHIBIAO_SOURCES", str(tmp_path / "sources"))

    def run(*arguments: str, on: Bureau | None = None, allowed: int = 0o022) -> Answer:
        if on is not None:
            monkeypatch.setenv("ZHIBIAO_WAREHOUSE", str(on.warehouse))
        monkeypatch.setattr(sys, "argv", ["zhibiao", *arguments])
        umask = os.umask(allowed)
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            os.umask(umask)
        said = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        assert "Traceback" not in said.err
        return Answer(code, said.out, said.err)

    return run
