"""A question of somebody's own ends within its limits, whatever it asks for."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from pipelines.errors import ReleaseError, UsageError
from pipelines.layout import Layout
from pipelines.releases.queries import AnswerRow, Limits, ask
from tests.machine import PATIENCE_SECONDS


def _ask(
    published: Layout, question: str, memory_megabytes: int = 500, **limits: Any
) -> tuple[list[str], list[AnswerRow]]:
    return ask(
        published.current.resolve() / "indicators.duckdb",
        question,
        memory_limit=f"{memory_megabytes}MB",
        memory_bytes=memory_megabytes * 10**6,
        threads=2,
        limits=Limits(**{"seconds": PATIENCE_SECONDS} | limits),
    )


def test_a_question_is_answered_with_names_and_rows(published: Layout) -> None:
    assert _ask(published, "select count(*) as n from areas") == (["n"], [(4,)])


def test_values_of_every_kind_come_through_as_they_are(published: Layout) -> None:
    kinds = [
        "null", "true", "170141183460469231731687303715884105727", "1.50::decimal(38, 2)",
        "'一'", "date '2024-02-29'", "timestamptz '2024-01-01 00:00:00+08'", "interval 3 day",
        "[1, null]", "{'a': 1}", "map {'k': 'v'}", "'\\xAA'::blob", "uuid()", "'nan'::double",
    ]  # fmt: skip
    question = f"select {', '.join(kinds)} from range(3000)".replace("uuid()", "uuid()::varchar")
    _, rows = _ask(published, question)
    assert len(rows) == 3000
    plain = duckdb.sql(question.replace("range(3000)", "range(1)")).fetchall()[0]
    assert [type(value) for value in rows[2999]] == [type(value) for value in plain]
    assert rows[2999][3:6] == (Decimal("1.50"), "一", date(2024, 2, 29))
    assert rows[2999][7] == timedelta(days=3)


@pytest.mark.parametrize(
    "question",
    [
        "select levenshtein(repeat('a', 100000), repeat('b', 100000))",
        "select sum(a.range) from range(10000000) as a, range(10000000) as b",
        "explain analyze select count(*) from range(100000000000) where hash(range) = 1",
    ],
)
def test_a_question_that_takes_too_long_is_ended(published: Layout, question: str) -> None:
    with pytest.raises(ReleaseError, match=r"expected an answer within 3 s, got none\. Ask for"):
        _ask(published, question, seconds=3)


def test_a_wide_answer_is_ended_by_its_bytes(published: Layout) -> None:
    with pytest.raises(ReleaseError, match="expected an answer of 1 MB at most, got more"):
        _ask(published, "select repeat('x', 1000) from range(5000)", answer_bytes=1 << 20)


def test_a_long_answer_is_ended_by_its_rows(published: Layout) -> None:
    assert len(_ask(published, "from range(5000)", rows=5000)[1]) == 5000
    with pytest.raises(ReleaseError, match="expected at most 4,999 rows, got more"):
        _ask(published, "from range(5000)", rows=4999)


@pytest.mark.parametrize(
    "question",
    [
        "select md5(repeat('x', 900000000))",  # which DuckDB does not count
        "select repeat('x', 1000000) from range(100000)",
        "select list(range) from range(1000000000)",
    ],
)
def test_memory_beyond_the_setting_ends_the_question(published: Layout, question: str) -> None:
    with pytest.raises(ReleaseError, match="expected an answer within 100MB of memory"):
        _ask(published, question, memory_megabytes=100, more_memory_bytes=300 << 20)


def test_what_is_no_question_is_refused_in_our_words(published: Layout) -> None:
    with pytest.raises(UsageError, match="expected one SELECT, FROM"):
        _ask(published, "select 1; select 2")
    with pytest.raises(UsageError, match="expected one that DuckDB takes, got: Catalog Error"):
        _ask(published, "from nowhere")
