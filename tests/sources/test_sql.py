"""Reading databases: one contract on two servers, increments, a source that is away."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

import psycopg
import pytest

from pipelines.errors import SourceUnavailableError
from pipelines.operations import open_operations
from pipelines.sources.connectors import database as connector
from pipelines.sources.retries import Retry
from tests.sources.bureau import NIGHT, Bureau, landed_rows, rejected_rows
from tests.sources.databases import ITEMS, change, fill_postgres, fill_sqlite, items_contract

NEXT = date(2025, 1, 16)


def hold(bureau: Bureau, extract_id: str) -> None:
    """Let the gate hold an extract."""
    with open_operations(bureau.layout.operations) as operations:
        operations.execute(
            "insert into verdicts (source_table, extract_id, suite_hash, verdict, rows_delivered,"
            " rows_loaded, rows_quarantined, rows_duplicate, judged_at)"
            " values ('complaints__events', ?, '', 'held', 0, 0, 0, 0, '')",
            [extract_id],
        )


def numbers(rows: list[tuple[object, ...]]) -> list[object]:
    """The item numbers of landed rows."""
    return [row[0] for row in rows]


def test_two_servers_give_the_same_landed_rows(complaints: Bureau, postgres: str) -> None:
    """Booleans, numbers, dates, nulls, rare characters, columns in another order: byte for byte."""
    fill_postgres(postgres)
    (first,) = complaints.land(items_contract()).extracts
    other = Bureau(complaints.root / "other", {"complaints": postgres})
    other.settings.pseudonym_key_path.parent.mkdir(parents=True)
    other.settings.pseudonym_key_path.write_bytes(
        complaints.settings.pseudonym_key_path.read_bytes()
    )
    other.settings.pseudonym_key_path.chmod(0o600)
    (second,) = other.land(items_contract()).extracts
    assert landed_rows(first) == landed_rows(second)
    assert first.data_sha256 == second.data_sha256
    assert [row[2:] for row in landed_rows(first)] == [
        ("false", "12.50", "2025-01-02", "2025-01-02 08:00:00", 1),
        ("true", "0.10", "2025-01-03", "2025-01-03 09:30:00", 2),
        (None, None, None, "2025-01-10 23:59:59", 3),
    ]


def test_rows_changed_after_the_business_date_are_left_for_the_next_night(
    complaints: Bureau,
) -> None:
    """A4 changed at midnight."""
    (first,) = complaints.land(items_contract()).extracts
    assert numbers(landed_rows(first)) == ["A1", "A2", "A3"]
    assert (first.slot, first.high_mark, first.data_through) == (
        "20250115",
        "2025-01-10 23:59:59",
        date(2025, 1, 10),
    )
    (second,) = complaints.land(items_contract(), NEXT).extracts
    assert numbers(landed_rows(second)) == ["A4"]


def test_the_overlap_brings_nothing_twice(complaints: Bureau) -> None:
    """Rows that come again as they were are duplicates; no extract is made for them."""
    complaints.land(items_contract())
    report = complaints.land(items_contract())
    assert (report.extracts, report.unchanged) == ([], 1)
    change(complaints, "insert into items values ('A5', null, 1, '2', null, '2025-01-10 08:00:00')")
    (late,) = complaints.land(items_contract()).extracts
    assert numbers(landed_rows(late)) == ["A5"]
    assert (late.rows_delivered, late.rows_duplicate, late.extract_id[:13]) == (
        2,
        1,
        "20250115.v002",
    )


def test_a_night_for_a_past_day_takes_what_has_changed_since(complaints: Bureau) -> None:
    """Else a night in between would set the watermark beyond changes that nobody took."""
    (extract,) = complaints.land(items_contract(), NIGHT, day=NEXT).extracts
    assert numbers(landed_rows(extract)) == ["A1", "A2", "A3", "A4"]


def test_a_change_at_the_first_moment_of_the_overlap_is_taken(
    bureau: Bureau, postgres: str
) -> None:
    """Without an overlap that is the day of the watermark itself, from midnight on."""
    fill_postgres(postgres)
    bureau.connections["complaints"] = postgres
    bureau.land(items_contract(overlap_days=0))
    with psycopg.connect(postgres, autocommit=True) as database:
        database.execute("insert into items (item_no, updated_at) values ('A5', '2025-01-10')")
    (late,) = bureau.land(items_contract(overlap_days=0)).extracts
    assert numbers(landed_rows(late)) == ["A5"]


def test_an_instant_is_read_in_the_time_of_the_bureau(bureau: Bureau, postgres: str) -> None:
    """Whatever the server's own zone, and the reader's session's."""
    fill_postgres(postgres, [("A1", None, None, None, None, "2025-01-02 08:00:00")])
    with psycopg.connect(postgres, autocommit=True) as database:
        database.execute(
            "alter table items alter updated_at type timestamptz"
            " using updated_at at time zone 'Asia/Shanghai'"
        )
    bureau.connections["complaints"] = postgres
    (extract,) = bureau.land(items_contract()).extracts
    assert [row[5] for row in landed_rows(extract)] == ["2025-01-02 08:00:00"]


def test_a_row_that_goes_back_to_an_earlier_form_lands_again(complaints: Bureau) -> None:
    """Known is what equals the newest landed row, not any."""
    for amount in ("7", "1"):
        complaints.land(items_contract(), NEXT)
        change(complaints, "update items set amount = ? where item_no = 'A4'", amount)
    (extract,) = complaints.land(items_contract(), NEXT).extracts
    assert landed_rows(extract)[0][3] == "1"


def test_what_a_held_increment_brought_is_taken_again(complaints: Bureau) -> None:
    """From the high mark of the last one that is usable; unmended, it is not landed twice."""
    complaints.land(items_contract())
    (bad,) = complaints.land(items_contract(), NEXT).extracts
    hold(complaints, bad.extract_id)
    assert complaints.land(items_contract(), NEXT).extracts == []
    change(complaints, "insert into items values ('A6', null, 1, '2', null, '2025-01-16 08:00:00')")
    (again,) = complaints.land(items_contract(), date(2025, 1, 17)).extracts
    assert numbers(landed_rows(again)) == ["A4", "A6"]


def test_rejected_rows_do_not_land_anew_every_night(complaints: Bureau) -> None:
    """A row without a usable cursor comes with every increment: it is never lost, and told once."""
    change(complaints, "insert into items values ('B1', null, 1, '2', null, null)")
    change(complaints, "insert into items values ('B2', null, 1, '2', null, '0000-00-00 00:00:00')")
    (extract,) = complaints.land(items_contract()).extracts
    assert rejected_rows(extract) == [(4, "required.updated_at"), (5, "type.updated_at")]
    assert complaints.land(items_contract()).extracts == []


def test_infinity_and_dates_out_of_range_are_rejected_and_not_wrapped(
    bureau: Bureau, postgres: str
) -> None:
    """PostgreSQL's `infinity`, also in the cursor."""
    many = [(f"M{n}", None, None, None, "2025-01-01", "2025-01-01 00:00:00") for n in range(60)]
    odd = [
        ("X1", None, None, None, "infinity", "2025-01-01 00:00:00"),
        ("X2", None, None, None, "0044-03-15", "2025-01-01 00:00:00"),
        ("X3", None, None, None, None, "infinity"),
    ]
    fill_postgres(postgres, [*many, *odd])
    bureau.connections["complaints"] = postgres
    (extract,) = bureau.land(items_contract()).extracts
    assert rejected_rows(extract) == [
        (61, "type.received_on"),
        (62, "type.received_on"),
        (63, "type.updated_at"),
    ]


def test_one_snapshot_serves_the_count_and_the_rows(
    bureau: Bureau, postgres: str, in_this_process: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row inserted between the two questions is in neither answer."""
    fill_postgres(postgres)
    bureau.connections["complaints"] = postgres
    condition = connector._condition

    def insert_meanwhile(*arguments: object) -> str:
        with psycopg.connect(postgres, autocommit=True) as other:
            other.execute("insert into items (item_no, updated_at) values ('Z', '2025-01-01')")
        return condition(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(connector, "_condition", insert_meanwhile)
    (extract,) = bureau.land(items_contract()).extracts
    assert numbers(landed_rows(extract)) == ["A1", "A2", "A3"]


def test_a_whole_table_without_cursor_is_news_only_when_it_changed(complaints: Bureau) -> None:
    """Or when it is confirmed for a later day."""
    table = items_contract(cursor=None)
    (first,) = complaints.land(table).extracts
    assert (first.slot, first.rows_landed) == ("all", 4)
    assert complaints.land(table).unchanged == 1
    (second,) = complaints.land(table, NEXT).extracts
    assert (second.version, second.sha256, second.data_through) == (2, first.sha256, NEXT)


@pytest.mark.parametrize(
    ("statement", "difference"),
    [
        ("alter table items add column remark text", "多出列：remark"),
        ("alter table items drop column amount", "缺少列：第4列（amount）"),
        ("alter table items rename column amount to sum", "多出列：sum；缺少列：第4列（amount）"),
    ],
)
def test_added_and_removed_columns_hold_the_delivery(
    complaints: Bureau, statement: str, difference: str
) -> None:
    """The difference is shown."""
    change(complaints, statement)
    (held,) = complaints.land(items_contract()).held
    assert (held.reason, difference in held.message) == ("columns_changed", True)


def test_a_retyped_column_holds_the_delivery(complaints: Bureau) -> None:
    """Dates that became words."""
    change(complaints, "update items set received_on = '昨天'")
    assert complaints.land(items_contract()).held[0].reason == "columns_retyped"


def test_a_missing_table_and_a_damaged_file_are_held(complaints: Bureau) -> None:
    """The database answers, and not with what was agreed."""
    change(complaints, "alter table items rename to other")
    assert complaints.land(items_contract()).held[0].reason == "relation_missing"
    path = complaints.layout.sources / "complaints" / "c.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    assert complaints.land(items_contract()).held[0].reason == "unreadable"


def test_a_file_of_which_the_error_is_no_text_is_held(complaints: Bureau) -> None:
    """SQLite names the table that it cannot read; no server could answer otherwise tomorrow."""
    path = complaints.layout.sources / "complaints" / "c.sqlite"
    sound = b"tableitemsitems\x02CREATE TABLE"
    content = path.read_bytes()
    assert sound in content
    path.write_bytes(content.replace(sound, b"table\x81temsitems\x02CREATE TABLX"))
    assert complaints.land(items_contract()).held[0].reason == "unreadable"


def test_a_source_that_is_down_is_told_without_its_password(bureau: Bureau) -> None:
    """After a few tries; nothing is left behind."""
    bureau.connections["complaints"] = "postgresql://reader:geheim123@127.0.0.1:1/tsjb"
    with pytest.raises(SourceUnavailableError, match=r"127\.0\.0\.1/tsjb") as caught:
        bureau.land(items_contract())
    error: BaseException | None = caught.value
    while error is not None:
        if not error.__suppress_context__:
            assert "geheim123" not in str(error.__context__)
        assert "geheim123" not in str(error)
        error = error.__cause__
    assert not list(bureau.layout.landing.rglob("*.parquet"))


def test_a_missing_sqlite_file_is_a_source_that_is_away(bureau: Bureau) -> None:
    """It may be mounted again tomorrow."""
    with pytest.raises(SourceUnavailableError, match="no such file"):
        bureau.land(items_contract())


def test_a_source_that_comes_back_within_the_tries_is_read(
    bureau: Bureau,
) -> None:
    """The second try finds it."""
    path = bureau.layout.sources / "complaints" / "c.sqlite"
    retry = Retry(attempts=4, first_wait=0.2, longest_wait=0.5)
    aside = path.with_name("aside.sqlite")
    fill_sqlite(aside)
    timer = threading.Timer(0.3, aside.rename, [path])
    timer.start()
    report = bureau.land(items_contract(), NIGHT, retry=retry)
    timer.join()
    assert report.rows == 3


def test_a_server_lost_in_mid_read_does_not_end_the_process(
    bureau: Bureau, postgres: str, in_this_process: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB aborts when it must roll back by itself on a lost connection."""
    fill_postgres(postgres)
    bureau.connections["complaints"] = postgres
    condition = connector._condition

    def lose_the_server(*arguments: object) -> str:
        with psycopg.connect(postgres, autocommit=True) as other:
            other.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where pid <> pg_backend_pid() and datname = current_database()"
            )
        return condition(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(connector, "_condition", lose_the_server)
    with pytest.raises(SourceUnavailableError):
        bureau.land(items_contract())


def test_another_kind_of_database_is_refused(bureau: Bureau) -> None:
    """With what may be given instead, and without what was given; for this source alone."""
    bureau.connections["complaints"] = "mysql://reader:geheim123@host/db"
    (held,) = bureau.land(items_contract()).held
    assert (held.reason, "postgresql://" in held.message) == ("connection_setting", True)
    assert "geheim123" not in held.message


def test_nothing_is_written_to_the_source(complaints: Bureau) -> None:
    """Its bytes are the same afterwards, and no journal lies beside it."""
    path: Path = complaints.layout.sources / "complaints" / "c.sqlite"
    before = path.read_bytes()
    complaints.land(items_contract())
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["c.sqlite"]


def test_the_first_increment_takes_all_that_there_is(complaints: Bureau) -> None:
    """Delivered equals landed, and the count is the server's."""
    (extract,) = complaints.land(items_contract(), NEXT).extracts
    assert extract.rows_delivered == extract.rows_landed == len(ITEMS)
