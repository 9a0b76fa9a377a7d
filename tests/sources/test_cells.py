"""One cell as text."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.sources.connectors.cells import NumberText, cell_text


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
@example(-0.0)
@example(1e16)
@example(1e-7)
@example(123456.75)
@example(1.5e300)
def test_a_number_is_written_out_and_reads_as_itself(number: float) -> None:
    """Without an exponent, a needless fraction or a sign of zero."""
    text = cell_text(number)
    assert isinstance(text, NumberText)
    assert type(number)(Decimal(text)) == number
    assert set(text) <= set("-.0123456789")
    assert not text.endswith((".0", "."))
    assert text != "-0"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (" 甲 ", " 甲 "),
        (True, "true"),
        (False, "false"),
        (float("inf"), "inf"),
        (dt.date(2024, 3, 1), "2024-03-01"),
        (dt.datetime(2024, 3, 1), "2024-03-01"),
        (dt.datetime(2024, 3, 1, 8, 30, 1, 5), "2024-03-01 08:30:01"),
        (dt.time(8, 30), "08:30:00"),
        (dt.timedelta(hours=30), "1 day, 6:00:00"),
        (None, "None"),
    ],
)
def test_what_is_no_number_is_written_as_people_read_it(cell: object, text: str) -> None:
    """A truth is no number, though Python takes it for one."""
    assert cell_text(cell) == text
    assert not isinstance(cell_text(cell), NumberText)
