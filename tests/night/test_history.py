"""The release of any day equals what had happened by that day, counted from the delivered files.

The bureau lands and judges its two years once; each day then costs its statements. A run tries
six days; `--every-day` all of them, `--every-day=1/2` and `=2/2` half of them each, side by side.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipelines.sources.synthetic import read_marker
from tests.demo.count_history import INDICATORS, History
from tests.night.bureau import Bureau
from tests.night.past_days import PastDays

FIRST, LAST = date(2023, 1, 1), date(2025, 1, 15)
"""The demo's days."""

ALWAYS = [
    FIRST,  # the first of a month and of a year, and a holiday
    date(2023, 12, 31),  # the last of a month, of a quarter and of a year, on a Sunday
    date(2024, 2, 29),
    date(2024, 5, 15),  # within a month, between two working days
    LAST,
]


def days_to_try(option: str | None) -> list[date]:
    """The days that are always tried and one that is drawn anew each day; or every n-th of all."""
    every = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    if option is None:
        drawn = date.today().toordinal() * 389 % len(every)  # all of them come in turn
        return sorted({*ALWAYS, every[drawn]})
    part, of = (int(number) for number in option.split("/"))
    return every[part - 1 :: of]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "day" in metafunc.fixturenames:
        days = days_to_try(metafunc.config.getoption("--every-day"))
        metafunc.parametrize("day", days, ids=str)


@pytest.fixture(scope="module")
def history(small_bureau: Bureau) -> History:
    return History.read(small_bureau.sources)


@pytest.fixture(scope="module")
def past_days(small_bureau: Bureau, tmp_path_factory: pytest.TempPathFactory) -> PastDays:
    return PastDays(small_bureau, tmp_path_factory.mktemp("past"))


def test_the_days_are_those_of_the_demo(small_bureau: Bureau) -> None:
    marker = read_marker(small_bureau.sources)
    assert marker is not None
    assert (marker.start, marker.end) == (FIRST, LAST)


def test_a_day_that_is_repeated_from_compiled_statements_is_what_dbt_builds(
    past_days: PastDays,
) -> None:
    past_days.figures(FIRST)
    assert past_days.figures(LAST) == past_days.as_built


@pytest.mark.parametrize("early", [FIRST, date(2023, 5, 31)], ids=str)
def test_no_gate_closes_on_a_day_before_much_had_happened(past_days: PastDays, early: date) -> None:
    """No item was closed yet on the first, and no rank was stated until a year was over."""
    past_days.figures(early)
    assert past_days.closing_rules() == []


def test_the_release_of_a_day_equals_what_had_happened_by_that_day(
    history: History, past_days: PastDays, day: date
) -> None:
    counts = history.by(day)
    stated = {
        figure[:4]: figure.value for figure in past_days.figures(day) if figure[0] in INDICATORS
    }
    differing = {
        key: (value, counted)
        for key, value in stated.items()
        if value != (counted := counts.figure(*key))
    }
    assert differing == {}
    months = {(name, start, area) for name, start, end, area in stated if start.month == end.month}
    assert {cell for cell in counts.cells() if cell[1] >= FIRST} <= months
    assert {name for name, *_ in stated} == INDICATORS
