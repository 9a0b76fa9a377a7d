"""The log on standard error."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from stamina.instrumentation import set_on_retry_hooks

from pipelines.cli.logs import write_logs
from pipelines.errors import SourceUnavailableError
from pipelines.settings import Settings
from pipelines.sources.retries import Retry
from tests.machine import PATIENCE_SECONDS

OURS = logging.getLogger("pipelines.here")


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("pipelines")
    before = root.handlers, root.level, ours.level
    yield
    root.handlers = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])
    set_on_retry_hooks(None)


def test_a_source_that_is_away_is_one_line_a_try(capfd: pytest.CaptureFixture[str]) -> None:
    write_logs(Settings())

    def ask() -> None:
        raise SourceUnavailableError("complaints: expected an answer, got none.")

    with pytest.raises(SourceUnavailableError):
        Retry(attempts=3, first_wait=0.01, longest_wait=0.01).call(ask, PATIENCE_SECONDS)
    said = capfd.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert len(lines) == 2
    assert "WARNING complaints: expected an answer, got none. Try 2 follows" in lines[0]


def test_the_level_is_ours_alone_for_libraries_log_rows(capfd: pytest.CaptureFixture[str]) -> None:
    write_logs(Settings(log_level="debug"))
    OURS.debug("ours at debug")
    logging.getLogger("sqlalchemy.engine").info("a row of a table")
    logging.getLogger("sqlalchemy.engine").warning("a warning")
    said = capfd.readouterr().err
    assert "ours at debug" in said
    assert "a row of a table" not in said
    assert "a warning" in said


def test_a_higher_level_quiets_libraries_too(capfd: pytest.CaptureFixture[str]) -> None:
    write_logs(Settings(log_level="error"))
    OURS.warning("ours")
    logging.getLogger("library").warning("theirs")
    assert capfd.readouterr().err == ""


def test_no_secret_and_no_personal_number_is_written_not_even_in_a_traceback(
    capfd: pytest.CaptureFixture[str],
) -> None:
    write_logs(
        Settings(
            connections={"complaints": SecretStr("postgresql://reader:s3%26cret@db/bureau")},
            alert_targets={"default": [SecretStr("wecom://k3y")]},
        )
    )
    try:
        raise ValueError("s3&cret of 13812345678")
    except ValueError:
        OURS.exception("%s: %s", "postgresql://reader:s3%26cret@db/bureau", "wecom://k3y")
    said = capfd.readouterr().err
    assert "Traceback" in said
    for value in ("s3&cret", "s3%26cret", "wecom://k3y", "13812345678"):
        assert value not in said
