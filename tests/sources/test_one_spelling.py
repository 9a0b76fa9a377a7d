"""Values that have their one spelling already are told at a look, and told as a closer look would.

The closer look is asked for by a format that no value has, before the one that it may have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.sources.column_types import normalised
from pipelines.sources.columns import Column

FORMATS = {"date": "%Y-%m-%d", "timestamp": "%Y-%m-%d %H:%M:%S"}
DAYS = st.builds(
    "{:04}-{:02}-{:02}".format, st.integers(1940, 2110), st.integers(0, 13), st.integers(0, 32)
)
MOMENTS = st.builds(
    "{} {:02}:{:02}:{:02}{}".format,
    DAYS,
    st.integers(0, 25),
    st.integers(0, 61),
    st.integers(0, 61),
    st.sampled_from(["", ".5", ".123456", ".0", "+08", "Z"]),
)
CHARACTERS = st.text("0129-+:. TeBC（２)", max_size=12)
NUMBERS = st.one_of(
    st.from_regex(r"[+-]?[0-9]{0,40}([.,][0-9]{0,22})?", fullmatch=True),
    st.text("019.,+-e ２．'", max_size=8),
)
WHOLE, FRACTION = r"([0-9]{1,3}(,[0-9]{3})+|[0-9]+)", r"([.][0-9]+)?"
WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


@pytest.fixture(scope="module")
def session() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database."""
    with duckdb.connect() as database:
        yield database


def spelled(
    session: duckdb.DuckDBPyConnection,
    texts: Sequence[str],
    data_type: str,
    *formats: str,
    signs: tuple[str, str] = (".", ","),
) -> list[str | None]:
    """The one spelling of each text, or None."""
    column = Column.model_validate({"name": "值", "data_type": data_type, "formats": formats})
    session.register("given", pa.table({"t": pa.array(texts, pa.string())}))
    expression = normalised(column, "t", date(1899, 12, 30), signs)
    return [row[0] for row in session.execute(f"select {expression} from given").fetchall()]


@settings(max_examples=60)
@given(st.lists(st.one_of(DAYS, MOMENTS, CHARACTERS), min_size=1, max_size=30))
@example(
    ["2024-02-29", "1949-09-30", "2100-12-31 23:59:59", "infinity", "epoch", "0044-03-15 (BC)"]
)
@example(["2024-03-01 24:00:00", "2024-03-01 08:00:00.0", "2016-12-31 23:59:60", "12024-01-01"])
def test_days_and_moments(session: duckdb.DuckDBPyConnection, texts: list[str]) -> None:
    """Days that are none, fractions, words that a cast takes."""
    for data_type, spelling in FORMATS.items():
        closer = spelled(session, texts, data_type, f"closer {spelling}", spelling)
        assert spelled(session, texts, data_type) == closer
        closer = spelled(session, texts, data_type, f"closer {spelling}", spelling, "serial")
        assert spelled(session, texts, data_type, spelling, "serial") == closer


def test_another_format_before_ours_is_asked_first(session: duckdb.DuckDBPyConnection) -> None:
    """The second of January, where the day comes before the month."""
    assert spelled(session, ["2025-01-02"], "date", "%Y-%d-%m", "%Y-%m-%d") == ["2025-02-01"]


@settings(max_examples=60)
@given(st.lists(NUMBERS, min_size=1, max_size=30))
@example(["9" * 19, "9" * 38, "9" * 39, "1" * 19 + "." + "2" * 19, "1" * 20 + "." + "2" * 19])
@example(["-0", "007", "+5", "5.", ".5", "1,234", "-1,234.50", "１２", "5\n"])
def test_numbers(session: duckdb.DuckDBPyConnection, texts: list[str]) -> None:
    """Against Python's own reading of the same rules."""

    def read(text: str, pattern: str) -> str | None:
        folded = text.translate(WIDE)
        is_read = re.fullmatch("[+-]?" + pattern, folded) and len(re.findall("[0-9]", folded)) <= 38
        return folded.lstrip("+").replace(",", "") if is_read else None

    assert spelled(session, texts, "integer") == [read(text, WHOLE) for text in texts]
    assert spelled(session, texts, "decimal") == [read(text, WHOLE + FRACTION) for text in texts]


def test_a_point_is_no_decimal_sign_where_a_comma_is(session: duckdb.DuckDBPyConnection) -> None:
    """1.234 is a thousand and more."""
    found = spelled(session, ["1.234", "1.5", "1,5", "7"], "decimal", signs=(",", "."))
    assert found == ["1234", None, "1.5", "7"]
