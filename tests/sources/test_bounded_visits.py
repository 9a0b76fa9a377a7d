"""A source that hangs, floods, is locked or kills its reader is away; the night goes on."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import psycopg
import pytest

from pipelines.errors import SourceUnavailableError
from pipelines.sources import reading_apart
from pipelines.sources.connectors.database_servers import PostgresServer
from pipelines.sources.connectors.interface import Candidate, NotNowError, Reading, Visit
from pipelines.sources.contracts import SourceTable
from pipelines.sources.retries import Retry
from tests.sources.bureau import NIGHT, Bureau, csv_contract, csv_text
from tests.sources.databases import change, fill_postgres, items_contract
from tests.sources.misbehaving_server import misbehaving
from tests.sources.test_excel import PLEDGES
from tests.sources.workbooks import pledge_contract, pledge_list

PASSWORD = "geheim123"


def away(bureau: Bureau) -> SourceUnavailableError:
    """Visit the complaints, which must be away; no process is left, and no password told."""
    with pytest.raises(SourceUnavailableError) as caught:
        bureau.land(items_contract())
    assert PASSWORD not in str(caught.value) + caught.value.found_zh
    assert children() == []
    assert not list(bureau.layout.landing.rglob("*.parquet"))
    return caught.value


def children() -> list[int]:
    """The readers that this process has started and that still live."""
    mine = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            status = (entry / "status").read_text()
            command = (entry / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if f"PPid:\t{os.getpid()}\n" in status and b"bounded.py" in command:
            mine.append(int(entry.name))
    return mine


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; a slow machine has minutes."""
    deadline = time.monotonic() + 300
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def backends(postgres: str) -> int:
    """How many queries of ours the server is at."""
    with psycopg.connect(postgres) as other:
        found = other.execute(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and pid <> pg_backend_pid()"
        ).fetchone()
    return found[0] if found else 0


@pytest.mark.parametrize("at", [5, b"d"], ids=["in a talk", "in the rows"])
def test_a_server_that_falls_silent_after_login_is_away_when_the_visit_is_over(
    bureau: Bureau, postgres: str, at: int | bytes
) -> None:
    """Nothing in C that waits for it listens to a time-out; the end of its process does."""
    fill_postgres(postgres)
    bureau.max_visit = "3s"
    with misbehaving(postgres, "silence", at) as address:
        bureau.connections["complaints"] = address
        refusal = away(bureau)
    assert "no end within 3 s (ZHIBIAO_MAX_VISIT)" in str(refusal)
    assert "在 3 秒内没有答完" in refusal.found_zh


def test_a_server_that_answers_in_time_is_read_through_the_same_link(
    bureau: Bureau, postgres: str
) -> None:
    """The limits in the address hinder nobody."""
    fill_postgres(postgres)
    with misbehaving(postgres, "silence", 10**9) as address:
        bureau.connections["complaints"] = address
        assert bureau.land(items_contract()).rows == 3


def test_a_locked_table_is_a_lock_held_by_others(bureau: Bureau, postgres: str) -> None:
    """The server ends the wait by itself, sooner where the address says so."""
    fill_postgres(postgres)
    bureau.connections["complaints"] = f"{postgres}&options=-c%20lock_timeout%3D100"
    with psycopg.connect(postgres) as other:
        other.execute("lock table items in access exclusive mode")
        assert "got a lock held by others" in str(away(bureau))
    until(lambda: backends(postgres) == 0)


def test_a_query_that_never_ends_is_ended_by_the_server_too(bureau: Bureau, postgres: str) -> None:
    """Its backend does not linger when our process is gone."""
    with psycopg.connect(postgres, autocommit=True) as other:
        other.execute("drop table if exists items")
        other.execute(
            "create view items as select 'A1'::text as item_no, null::text as complainant,"
            " true as is_extended, 1 as amount, pg_sleep(100000)::text as received_on,"
            " timestamp '2025-01-02' as updated_at"
        )
    bureau.max_visit = "5s"
    bureau.connections["complaints"] = postgres
    try:
        away(bureau)
        until(lambda: backends(postgres) == 0)
        assert backends(postgres) == 0
    finally:
        with psycopg.connect(postgres, autocommit=True) as other:
            other.execute("drop view items")


def test_what_the_address_says_itself_goes_before_our_limits() -> None:
    """A bureau whose server needs another time-out states it where it states the server."""
    address = PostgresServer(
        "postgresql://reader@db/tsjb?connect_timeout=60&options=-c%20lock_timeout%3D1", 90
    ).address
    assert address.startswith("postgresql://reader@db/tsjb?connect_timeout=5&")
    assert "&connect_timeout=60&" in address
    assert address.endswith(
        "&options=-c%20statement_timeout%3D90000%20-c%20lock_timeout%3D30000"
        "%20-c%20idle_in_transaction_session_timeout%3D90000%20-c%20lock_timeout%3D1"
    )


def test_a_view_of_a_sqlite_file_that_never_ends_is_away(complaints: Bureau) -> None:
    """A query that counts for ever is a source that does not answer."""
    change(complaints, "alter table items rename to kept")
    change(
        complaints,
        "create view items as with recursive n(i) as (select 1 union all select i + 1 from n)"
        " select kept.* from kept, n where n.i < 0",
    )
    complaints.max_visit = "3s"
    assert "在 3 秒内没有答完" in away(complaints).found_zh


def test_a_locked_sqlite_file_is_a_lock_held_by_others(complaints: Bureau) -> None:
    with sqlite3.connect(complaints.layout.sources / "complaints" / "c.sqlite") as other:
        other.execute("begin exclusive")
        assert "got a lock held by others" in str(away(complaints))
        other.execute("rollback")


def end_the_process(*arguments: object) -> None:
    os.abort()


def fill_the_memory(*arguments: object) -> int:
    return len(b"x" * (3 << 30))


@pytest.mark.parametrize(
    ("reads", "found", "found_zh"),
    [
        (end_the_process, "ended the process", "使读取程序异常终止"),
        (fill_the_memory, "fills the memory", "超出允许使用的内存"),
    ],
)
def test_a_reading_that_ends_its_process_or_fills_the_memory_is_a_source_that_is_away(
    complaints: Bureau,
    monkeypatch: pytest.MonkeyPatch,
    reads: Callable[..., object],
    found: str,
    found_zh: str,
) -> None:
    """DuckDB has been seen to abort; its process is not ours."""
    monkeypatch.setattr(reading_apart, "_read", reads)
    refusal = away(complaints)
    assert found in str(refusal)
    assert found_zh in refusal.found_zh


@pytest.mark.parametrize(
    ("reads", "reason"), [(end_the_process, "unreadable"), (fill_the_memory, "too_large")]
)
def test_a_workbook_that_does_so_is_held(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, reads: Callable[..., object], reason: str
) -> None:
    """A file is the same tomorrow, and its steward can mend it."""
    monkeypatch.setattr(reading_apart, "_read", reads)
    bureau.drop("ip/台账_20250110.xlsx", b"PK")
    (held,) = bureau.land(pledge_contract()).held
    assert held.reason == reason
    assert bureau.land(pledge_contract()).held == [held]
    assert children() == []


def test_an_unforeseen_error_in_the_child_is_told_with_its_place_there(bureau: Bureau) -> None:
    """A maintainer is sent to the line that failed, not to the one that waited for it."""
    bureau.drop("ip/台账_20250110.xlsx", pledge_list(PLEDGES))
    table = pledge_contract()
    broken = table.dialect.model_copy(update={"title_rows": "one"})
    (held,) = bureau.land(table.model_copy(update={"dialect": broken})).held
    assert held.reason == "unforeseen"
    assert "TypeError，pipelines.sources.connectors.excel 第" in held.message


def wait_for_ever(*arguments: object) -> None:
    time.sleep(100_000)


def test_a_workbook_that_takes_the_whole_visit_is_held_until_it_may_take_longer(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that came to its turn late is not to blame: the next night takes it."""
    monkeypatch.setattr(reading_apart, "_read", wait_for_ever)
    bureau.drop("ip/台账_20250110.xlsx", b"PK")
    bureau.max_visit = "1s"
    (held,) = bureau.land(pledge_contract()).held
    assert (held.reason, "读取超过 1 秒" in held.message) == ("too_slow", True)
    monkeypatch.setattr(reading_apart, "_read", end_the_process)
    assert bureau.land(pledge_contract()).held == [held]
    bureau.max_visit = "10m"
    assert bureau.land(pledge_contract()).held[0].reason == "unreadable"
    visit = Visit(bureau.layout.sources, NIGHT, NIGHT, began_at=time.monotonic() - 599)
    monkeypatch.setattr(reading_apart, "_read", wait_for_ever)
    late = Candidate("all", "x", None, NIGHT, path=bureau.root)
    with (
        pytest.raises(NotNowError),
        reading_apart.read_delivery(pledge_contract(), late, visit),
    ):
        pass


def test_all_tries_of_a_visit_share_its_time(bureau: Bureau) -> None:
    """A source that is away is not tried until the visit would have been over ten times."""
    tries: list[float] = []

    def refuse() -> None:
        tries.append(time.monotonic())
        time.sleep(0.05)
        raise SourceUnavailableError("away")

    with pytest.raises(SourceUnavailableError):
        Retry(attempts=50, first_wait=0.01, longest_wait=0.01).call(refuse, 0.1)
    assert len(tries) < 10


def test_deliveries_that_a_visit_has_no_time_for_wait_for_the_next_night(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has landed by then stays, and nobody is told that a file is wrong."""
    for month in ("202411", "202412"):
        bureau.drop(
            f"people/人员_{month}.csv", csv_text([["1", "张三", f"{month[:4]}-11-01", "1"]])
        )
    read = reading_apart.read_delivery

    @contextmanager
    def read_slowly(table: SourceTable, candidate: Candidate, visit: Visit) -> Iterator[Reading]:
        with read(table, candidate, visit) as reading:
            yield reading
        object.__setattr__(visit, "began_at", time.monotonic() - 10_000)

    with monkeypatch.context() as patched:
        patched.setattr("pipelines.sources.landing.read_delivery", read_slowly)
        report = bureau.land(csv_contract())
    assert (report.rows, report.held, report.waiting) == (1, [], ["people/人员_202412.csv"])
    assert not report.is_complete
    assert bureau.land(csv_contract(), date(2025, 1, 16)).rows == 1
