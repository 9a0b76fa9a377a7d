"""How the command line refuses: one message, the right exit code, no traceback."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest

from pipelines.cli import status
from tests.cli.conftest import Command
from tests.night.bureau import ZHIBIAO, Bureau


def test_before_the_first_night_every_question_says_what_to_run(zhibiao: Command) -> None:
    for arguments in (["status"], ["show", "anything"], ["sql", "select 1"]):
        answer = zhibiao(*arguments)
        assert answer.code == 66
        assert answer.out == ""
        assert "expected" in answer.err
        assert "nightly" in answer.err


def test_unusable_settings_exit_as_configuration_errors(
    zhibiao: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIBIAO_THREADS", "0")
    answer = zhibiao("status")
    assert answer.code == 78
    assert "ZHIBIAO_THREADS" in answer.err


def test_a_folder_that_cannot_be_made_is_named(
    zhibiao: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZHIBIAO_SOURCES", str(tmp_path / "file" / "sources"))
    answer = zhibiao("demo", "--scale", "0.02", "--to", "2023-01-31")
    assert answer.code == 74
    assert f"{tmp_path}/file" in answer.err
    assert "Mend the folder" in answer.err


def test_a_defect_is_one_message_without_personal_numbers(
    zhibiao: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise KeyError("row of 13812345678")

    monkeypatch.setattr(status, "read_settings", broken)
    answer = zhibiao("status")
    assert answer.code == 70
    assert "expected to succeed, got KeyError" in answer.err
    assert "13812345678" not in answer.err


def test_a_wrong_option_is_a_usage_error(zhibiao: Command) -> None:
    assert zhibiao("nightly", "--date", "tomorrow").code == 2
    assert zhibiao("status", "--format", "xml").code == 2
    assert zhibiao("dev", "--port", "0").code == 2


def test_what_a_night_writes_is_its_owners_alone_whatever_the_caller_allows(tmp_path: Path) -> None:
    """Also before the night opens: its logs, what dbt parses, Dagster's home."""
    bureau = Bureau(tmp_path)
    refused = subprocess.run(
        [str(ZHIBIAO), "nightly", "--accept-older", "nothing__here"],
        cwd=tmp_path, env=bureau.environment, umask=0, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert refused.returncode == 64, refused.stderr
    written = [bureau.warehouse, *bureau.warehouse.rglob("*")]
    assert len(written) > 5
    open_to_others = [p for p in written if stat.S_IMODE(p.lstat().st_mode) & 0o077]
    assert open_to_others == []
