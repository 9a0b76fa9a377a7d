"""How the command line refuses: one message, the right exit code, no traceback."""

from __future__ import annotations

import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from pipelines.cli.nightly import awaits_demo
from pipelines.settings import Settings
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

    monkeypatch.setattr("pipelines.settings.read_settings", broken)
    answer = zhibiao("status")
    assert answer.code == 70
    assert "expected to succeed, got KeyError" in answer.err
    assert "13812345678" not in answer.err


def test_a_wrong_option_is_a_usage_error(zhibiao: Command) -> None:
    assert zhibiao("nightly", "--date", "tomorrow").code == 2
    assert zhibiao("status", "--format", "xml").code == 2
    assert zhibiao("dev", "--port", "0").code == 2


@pytest.mark.usefixtures("shared_folder")
def test_invented_records_are_never_written_where_a_setting_says_that_deliveries_lie(
    tmp_path: Path,
) -> None:
    bureau = Bureau(tmp_path)
    bureau.sources.mkdir()
    refused = bureau.run("nightly", "--demo-if-empty")
    assert refused.returncode == 78, refused.stderr
    assert "expected the deliveries of the source systems, got an empty folder" in refused.stderr
    assert list(bureau.sources.iterdir()) == []
    told = refused.stderr + refused.stdout + bureau.digests()
    assert "夜间任务未能完成" in told
    # `make nightly` writes the demo where nothing lies.
    assert not re.search("demo|演示|make nightly", told)


def _settings(folder: Path, set_names: set[str], **given: Any) -> Settings:
    return Settings.model_construct(
        _fields_set=set_names, warehouse=folder, sources=folder / "sources", **given
    )


def test_the_demo_is_for_an_installation_that_nothing_has_been_told_or_delivered(
    tmp_path: Path,
) -> None:
    assert awaits_demo(_settings(tmp_path, {"warehouse"}))
    assert not awaits_demo(_settings(tmp_path, {"sources"}))
    database = {"complaints": SecretStr("postgresql://reader@db/bureau")}
    assert not awaits_demo(_settings(tmp_path, {"connections"}, connections=database))
    landed = tmp_path / "landing" / "complaints" / "items" / "20250115"
    landed.mkdir(parents=True)
    assert not awaits_demo(_settings(tmp_path, set()))
    landed.rmdir()
    delivered = tmp_path / "sources" / "registrations" / "registrations_202412.csv"
    delivered.parent.mkdir(parents=True)
    assert awaits_demo(_settings(tmp_path, set()))
    delivered.touch()
    assert not awaits_demo(_settings(tmp_path, set()))


def test_the_demo_is_its_owners_alone_whatever_the_caller_allows(
    zhibiao: Command, tmp_path: Path
) -> None:
    written = zhibiao("demo", "--scale", "0.02", "--to", "2023-02-28", allowed=0)
    assert written.code == 0, written.err
    made = [tmp_path / "sources", *(tmp_path / "sources").rglob("*")]
    assert len(made) > 5
    assert [p for p in made if stat.S_IMODE(p.stat().st_mode) & 0o077] == []


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
