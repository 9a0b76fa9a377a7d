"""Settings: what is taken, and what a slip is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import SettingsError
from pipelines.settings import read_settings
from tests.cli.environment import clear_settings

SECRET = "postgresql://reader:s3cret@db/bureau"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    clear_settings(monkeypatch, tmp_path)
    return tmp_path


def test_nothing_needs_to_be_set() -> None:
    settings = read_settings()
    assert settings.memory_limit == "1GB"
    assert (settings.max_visit_seconds, settings.max_night_seconds) == (600, 7200)
    assert settings.pseudonym_key_path == settings.warehouse / "keys" / "pseudonym"


def test_an_environment_variable_goes_before_a_line_of_the_dotenv_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".env").write_text("ZHIBIAO_KEEP_RELEASES=7\nZHIBIAO_THREADS=3\nOTHER=x\n")
    monkeypatch.setenv("ZHIBIAO_THREADS", "4")
    settings = read_settings()
    assert (settings.keep_releases, settings.threads) == (7, 4)


def test_an_empty_value_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIBIAO_CONNECTIONS", "")
    assert read_settings().connections == {}


def test_a_relative_folder_is_taken_from_the_working_directory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIBIAO_WAREHOUSE", "here")
    assert read_settings().warehouse == folder / "here"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MEMORY_LIMIT", "lots", "expected memory of each database, like 1GB or 512MB, got 'lots'"),
        ("MEMORY_LIMIT", "0GB", "got '0GB'"),
        ("KEEP_RELEASES", "1", "expected a number of releases, 2 or more, got '1'"),
        ("THREADS", "many", "expected a number of threads, 1 to 256, got 'many'"),
        ("MAX_VISIT", "0m", "expected longest visit to the source of one table, like 90s, 10m or"),
        ("MAX_NIGHT", "-1h", "expected longest whole night, like 90s, 10m or 1h, got '-1h'"),
        ("MAX_VISIT", "1.5h", "got '1.5h'"),
        ("MAX_VISIT", "soon", "got 'soon'"),
        ("LOG_LEVEL", "loud", "expected debug, info, warning or error, got 'loud'"),
        ("CONNECTIONS", f"{{complaints: {SECRET}}}", "expected a JSON object of databases"),
        ("CONNECTIONS", f'["{SECRET}"]', "got another form"),
        ("CONNECTIONS", f'{{"complaints": {{"uri": "{SECRET}"}}}}', "under 'complaints'"),
        ("CONNECTIONS", f'{{"{SECRET}": 1}}', "got another form."),
        ("ALERT_TARGETS", f'{{"registration": "{SECRET}"}}', "under 'registration'"),
        ("ALERT_TARGETS", SECRET, "got no JSON"),
    ],
)
def test_a_refused_value_is_named_with_what_it_must_be_and_never_a_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"ZHIBIAO_{name}", value)
    with pytest.raises(SettingsError) as refused:
        read_settings()
    message = str(refused.value)
    assert f"ZHIBIAO_{name}: expected" in message
    assert said in message
    assert "Mend them" in message
    assert "s3cret" not in message
    assert refused.value.exit_code == 78


def test_every_refused_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIBIAO_THREADS", "0")
    monkeypatch.setenv("ZHIBIAO_LOG_LEVEL", "loud")
    with pytest.raises(SettingsError, match=r"(?s)ZHIBIAO_LOG_LEVEL.*ZHIBIAO_THREADS"):
        read_settings()


def test_a_misspelt_variable_is_refused_with_the_name_that_was_meant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ZHIBIAO_WAREHUOSE", "/somewhere")
    with pytest.raises(SettingsError, match="Did you mean ZHIBIAO_WAREHOUSE"):
        read_settings()


def test_a_misspelt_line_of_the_dotenv_file_is_refused_too(folder: Path) -> None:
    (folder / ".env").write_text("ZHIBIAO_SOURCE=/somewhere\n")
    with pytest.raises(SettingsError, match="Did you mean ZHIBIAO_SOURCES"):
        read_settings()


def test_what_the_night_sets_for_dbt_is_nobodys_slip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIBIAO_BUILD_DATABASE", "build.duckdb")
    assert read_settings().threads == 2


def test_a_dotenv_file_in_another_encoding_is_refused_by_name(folder: Path) -> None:
    (folder / ".env").write_bytes("ZHIBIAO_THREADS=2 # 线程".encode("gb18030"))
    with pytest.raises(SettingsError, match=r"\.env: expected a text file in UTF-8"):
        read_settings()
