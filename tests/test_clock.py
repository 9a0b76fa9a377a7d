"""The bureau's clock goes by the time zone that its project declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipelines.clock import day_of_stamp, read_zone, time_of_stamp, today, yesterday, zone
from pipelines.errors import ContractError
from pipelines.settings import PROJECT_ROOT, current_settings
from tests.cli.environment import clear_settings

EVENING = datetime(2025, 1, 15, 17, 30, tzinfo=UTC)
STAMP = int(EVENING.timestamp()) * 10**9

Declare = Callable[[str], Path]


@pytest.fixture
def declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Declare]:
    """Make a project that says this the one of the process."""

    def write(said: str) -> Path:
        folder = tmp_path / "dbt_project"
        folder.mkdir()
        (folder / "dbt_project.yml").write_text(said)
        clear_settings(monkeypatch, tmp_path)
        monkeypatch.setenv("ZHIBIAO_PROJECT", str(tmp_path))
        _forget()
        return folder

    yield write
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    current_settings.cache_clear()
    zone.cache_clear()


@pytest.mark.parametrize(
    ("name", "day", "written_at"),
    [
        ("Asia/Shanghai", date(2025, 1, 16), "2025-01-16 01:30:00"),
        ("Europe/Lisbon", date(2025, 1, 15), "2025-01-15 17:30:00"),
        ("America/New_York", date(2025, 1, 15), "2025-01-15 12:30:00"),
    ],
)
def test_days_and_times_are_those_of_the_declared_zone(
    declare: Declare, name: str, day: date, written_at: str
) -> None:
    declare(f"vars: {{time_zone: {name}}}")
    assert (today(EVENING), day_of_stamp(STAMP)) == (day, day)
    assert yesterday(EVENING) < day
    assert time_of_stamp(STAMP) == written_at


@pytest.mark.parametrize("said", ["vars: {time_zone: Mars/Olympus}", "vars: {time_zone: 8}",
    "vars: {time_zone: ../etc}", "vars: {units: {}}", "name: zhibiao", "vars: ["])  # fmt: skip
def test_what_is_no_zone_is_refused_and_whoever_tells_of_it_has_a_clock(
    declare: Declare, said: str
) -> None:
    folder = declare(said)
    with pytest.raises(ContractError, match=r"dbt_project\.yml"):
        read_zone(folder)
    assert today(EVENING) == date(2025, 1, 16)


def test_the_zone_of_the_project_is_that_of_the_country() -> None:
    assert read_zone(PROJECT_ROOT / "dbt_project").key == "Asia/Shanghai"
