"""Which day a night states: the one asked for, the demo's last, or the day that has just ended."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from pipelines.errors import UsageError
from pipelines.orchestration.business_dates import choose_date, default_date
from pipelines.sources.synthetic import DemoMarker

DEMO = DemoMarker(7, 1.0, date(2022, 12, 31), date(2025, 1, 15), ())
# Half past four in the morning of 2 March in Shanghai.
NOW = datetime(2026, 3, 1, 20, 30, tzinfo=UTC)


def test_the_demo_has_its_own_last_day_and_a_bureau_yesterday() -> None:
    assert default_date(DEMO, NOW) == date(2025, 1, 15)
    assert default_date(None, NOW) == date(2026, 3, 1)


@pytest.mark.parametrize("marker", [None, DEMO])
def test_a_day_that_was_asked_for_goes_before_the_default(marker: DemoMarker | None) -> None:
    assert choose_date(date(2024, 6, 30), marker, NOW) == date(2024, 6, 30)
    assert choose_date(None, marker, NOW) == default_date(marker, NOW)


def test_today_has_come_and_tomorrow_has_not() -> None:
    assert choose_date(date(2026, 3, 2), None, NOW) == date(2026, 3, 2)
    with pytest.raises(UsageError, match=r"expected a day that has come, got 2026-03-03"):
        choose_date(date(2026, 3, 3), None, NOW)
