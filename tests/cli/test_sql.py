"""`zhibiao sql`: one question to a release, and nothing but questions."""

from __future__ import annotations

import hashlib
import io
import json
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.machine import PATIENCE_SECONDS
from tests.night.bureau import Bureau


def test_a_query_answers_in_the_format_asked_for(zhibiao: Command, small_bureau: Bureau) -> None:
    query = "select indicator_id, version from indicators order by all limit 1"
    assert json.loads(zhibiao("sql", query, "--format", "json", on=small_bureau).out) == [
        {"indicator_id": "acceptance_notice_on_time_rate", "version": 1}
    ]
    assert zhibiao("sql", query, "--format", "csv", on=small_bureau).out == (
        "indicator_id,version\nacceptance_notice_on_time_rate,1\n"
    )


def test_a_query_is_read_from_standard_input(
    zhibiao: Command, small_bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("select 40 + 2 as answer"))
    assert zhibiao("sql", "--format", "csv", on=small_bureau).out == "answer\n42\n"


@pytest.mark.parametrize(
    "query",
    [
        "show all tables",
        "describe indicators",
        "summarize indicators",
        "from indicators",
        "with a as (select 1) from a",
        "pivot (select status, period_grain from indicator_values) on status using count(*)",
        "explain select 1",
        "select 1;",
    ],
)
def test_every_way_to_ask_is_taken(zhibiao: Command, small_bureau: Bureau, query: str) -> None:
    answer = zhibiao("sql", query, on=small_bureau)
    assert answer.code == 0, answer.err


def _writes(folder: Path) -> list[str]:
    return [
        "create table t (a int)",
        "create temp table t as select 1",
        "insert into indicators select * from indicators",
        "update indicators set version = 2",
        "delete from indicators",
        "drop table indicators",
        "alter table indicators add column a int",
        f"attach '{folder}/other.duckdb'",
        "attach ':memory:' as other",
        f"copy indicators to '{folder}/out.csv'",
        f"export database '{folder}/out'",
        "checkpoint",
        "vacuum",
    ]


def _reads(folder: Path) -> list[str]:
    return [
        f"from '{folder}/private.csv'",
        f"from read_csv('{folder}/private.csv')",
        f"select content from read_text('{folder}/private.csv')",
        f"from glob('{folder}/*')",
        "select getenv('PATH')",
        "from duckdb_secrets()",
    ]


CHANGES = [
    "install httpfs",
    "load httpfs",
    "set threads = 8",
    "set enable_external_access = true",
    "reset lock_configuration",
    "pragma memory_limit = '10GB'",
    "pragma enable_profiling",
    "set variable a = 1",
    "create secret (type s3)",
    "call enable_logging()",
    "begin",
    "select 1; select 2",
    "select 1; drop table indicators",
    "",
    "/* nothing */",
    "selec 1",
]


def test_nothing_can_be_written_reached_or_set(
    zhibiao: Command, small_bureau: Bureau, tmp_path: Path
) -> None:
    (tmp_path / "private.csv").write_text("a,b\nprivate,1\n")
    database = small_bureau.current.resolve() / "indicators.duckdb"
    before = hashlib.sha256(database.read_bytes()).digest()
    for query in [*_writes(tmp_path), *_reads(tmp_path), *CHANGES]:
        answer = zhibiao("sql", query, on=small_bureau)
        assert answer.code == 64, query
        assert answer.out == "", query
        assert "query: expected" in answer.err, query
    assert hashlib.sha256(database.read_bytes()).digest() == before
    assert [path.name for path in tmp_path.iterdir()] == ["private.csv"]


@pytest.mark.parametrize(
    "query",
    [
        "select repeat('x', 1000000) from range(100000)",
        "select md5(repeat('x', 900000000))",
        "explain analyze select list(range) from range(1000000000)",
    ],
)
def test_a_question_that_takes_more_memory_than_the_setting_is_ended(
    zhibiao: Command, small_bureau: Bureau, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setenv("ZHIBIAO_MEMORY_LIMIT", "200MB")
    answer = zhibiao("sql", query, on=small_bureau)
    assert answer.code == 70
    assert answer.out == ""
    assert "query: expected an answer within 200MB of memory" in answer.err
    assert "Ask for fewer rows" in answer.err


def test_a_million_rows_are_answered_and_more_are_refused(
    zhibiao: Command, small_bureau: Bureau
) -> None:
    answer = zhibiao("sql", "from range(1000000)", "--format", "csv", on=small_bureau)
    assert answer.code == 0, answer.err
    assert answer.out.count("\n") == 1_000_001
    answer = zhibiao("sql", "from range(1000000000000)", on=small_bureau)
    assert answer.code == 70
    assert "at most 1,000,000 rows" in answer.err


def test_an_interrupted_question_leaves_no_process(small_bureau: Bureau) -> None:
    endless = "select levenshtein(repeat('a', 1000000), repeat('b', 1000000))"
    question = small_bureau.start("sql", endless)
    children = Path(f"/proc/{question.pid}/task/{question.pid}/children")
    while not (child := children.read_text().strip()):
        assert question.poll() is None
        time.sleep(0.05)
    question.send_signal(signal.SIGINT)
    _, said = question.communicate(timeout=PATIENCE_SECONDS)
    assert question.returncode == 130, said
    assert "Traceback" not in said
    # Killed, it is still listed until the system has put it away; by itself it runs for minutes.
    end = time.monotonic() + 60
    while Path(f"/proc/{child}").exists():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_memory_and_threads_of_a_query_are_the_settings(
    zhibiao: Command, small_bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIBIAO_THREADS", "1")
    monkeypatch.setenv("ZHIBIAO_MEMORY_LIMIT", "200MB")
    query = "select current_setting('threads') as t, current_setting('memory_limit') as m"
    answer = zhibiao("sql", query, "--format", "csv", on=small_bureau)
    assert answer.out == "t,m\n1,190.7 MiB\n"
