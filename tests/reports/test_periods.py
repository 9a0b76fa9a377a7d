"""Periods as people write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import SettingsError
from pipelines.reports.periods import Period, name_period, parse_period, parse_stated_period

YEARS = st.integers(1, 9999).map("{:04d}".format)
MONTHS = st.integers(1, 12).map("{:02d}".format)
PERIODS = st.one_of(
    YEARS,
    st.tuples(YEARS, st.integers(1, 4)).map(lambda t: f"{t[0]}-Q{t[1]}"),
    st.tuples(YEARS, MONTHS).map("-".join),
    st.tuples(YEARS, MONTHS, st.just("ytd")).map("-".join),
)


@given(PERIODS)
def test_a_period_is_named_as_it_was_written(text: str) -> None:
    period = parse_period(text)
    assert name_period(period.grain, period.start, period.end) == text


@given(PERIODS)
def test_a_period_spans_whole_months_of_one_year(text: str) -> None:
    period = parse_period(text)
    assert period.start.day == 1
    assert period.start <= period.end
    assert period.start.year == period.end.year
    assert period.end == date.max or date.fromordinal(period.end.toordinal() + 1).day == 1


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2024", Period("year", date(2024, 1, 1), date(2024, 12, 31))),
        ("2024-Q1", Period("quarter", date(2024, 1, 1), date(2024, 3, 31))),
        ("2024-02", Period("month", date(2024, 2, 1), date(2024, 2, 29))),
        ("2024-11-ytd", Period("ytd", date(2024, 1, 1), date(2024, 11, 30))),
        (" 2024 ", Period("year", date(2024, 1, 1), date(2024, 12, 31))),
    ],
)
def test_each_form_is_read(text: str, period: Period) -> None:
    assert parse_period(text) == period


@pytest.mark.parametrize(
    "text", ["", "24", "2024-0", "2024-00", "2024-13", "2024-Q5", "2024-q1", "2024-Q1-ytd", "0000"]
)
def test_any_other_text_is_refused_with_its_forms(text: str) -> None:
    with pytest.raises(SettingsError, match=r"period: expected .*got"):
        parse_period(text)


@given(PERIODS)
def test_a_published_figure_may_be_stated_for_any_period(text: str) -> None:
    assert parse_stated_period(text) == parse_period(text)


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2024-12-31", Period("month", date(2024, 12, 1), date(2024, 12, 31))),
        ("2024-02-29", Period("month", date(2024, 2, 1), date(2024, 2, 29))),
        ("2024-02-28", Period("day", date(2024, 2, 28), date(2024, 2, 28))),
        (" 2023-02-28 ", Period("month", date(2023, 2, 1), date(2023, 2, 28))),
    ],
)
def test_the_last_day_of_a_month_stands_for_the_month(text: str, period: Period) -> None:
    assert parse_stated_period(text) == period


def test_a_day_is_named_as_a_day() -> None:
    assert name_period("day", date(2024, 2, 28), date(2024, 2, 28)) == "2024-02-28"


@pytest.mark.parametrize("text", ["2023-02-29", "2024-13-01", "2024-1-31", "20241231"])
def test_a_day_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"period: expected .*got"):
        parse_stated_period(text)
