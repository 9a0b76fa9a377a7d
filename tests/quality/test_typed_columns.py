"""What landing writes, the gate reads in its type: no value is lost between the two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from pipelines.quality.gate_database import typed_columns
from pipelines.sources.column_types import normalised
from pipelines.sources.columns import Column
from pipelines.sources.contracts import SourceTable
from tests.quality.landed import contract

LISTS = contract("listings__talents")


def table_of(*columns: Column) -> SourceTable:
    return LISTS.model_copy(update={"columns": columns})


def read(column: Column, landed: Sequence[str | None]) -> list[Any]:
    with duckdb.connect() as connection:
        connection.execute('create table landed (place integer, "值" varchar)')
        connection.executemany("insert into landed values (?, ?)", list(enumerate(landed)))
        query = f"select {typed_columns(table_of(column))} from landed order by place"
        return [value for (value,) in connection.execute(query).fetchall()]


@pytest.mark.parametrize(
    ("data_type", "delivered", "read_as"),
    [
        ("date", "2024年2月29日", date(2024, 2, 29)),
        ("date", "2100/12/31", date(2100, 12, 31)),
        ("date", "45631", date(2024, 12, 5)),
        ("timestamp", "2024-02-29 23:59:59.75", datetime(2024, 2, 29, 23, 59, 59)),
        ("integer", "+1,234", 1234),
        ("integer", "-" + "9" * 38, -int("9" * 38)),
        ("decimal", "１,０００.５０", 1000.5),
        ("decimal", "9" * 38, float("9" * 38)),
        ("boolean", "是", True),
        ("boolean", "N", False),
    ],
)
def test_whatever_landing_takes_for_a_type_is_read_in_it(
    data_type: str, delivered: str, read_as: object
) -> None:
    """From the sender's spelling through landing's own expression to the type of the gate."""
    formats = {
        "date": ["%Y-%m-%d", "%Y年%m月%d日", "%Y/%m/%d", "serial"],
        "timestamp": ["%Y-%m-%d %H:%M:%S"],
    }
    column = Column.model_validate(
        {"name": "值", "data_type": data_type, "formats": formats.get(data_type, [])}
    )
    text = normalised(column, "delivered", date(1899, 12, 30))
    with duckdb.connect() as connection:
        connection.execute("create table given as select ?::varchar as delivered", [delivered])
        landed = connection.execute(f"select {text} from given").fetchone()
    assert landed is not None
    assert landed[0] is not None
    assert read(column, [landed[0], None]) == [read_as, None]


def test_texts_and_pseudonyms_stay_what_they_are() -> None:
    """A birthday is a pseudonym by then, and JSON has types of its own."""
    for data_type, more in (("text", {}), ("json", {}), ("date", {"sensitivity": "personal"})):
        column = Column.model_validate({"name": "值", "data_type": data_type, **more})
        assert read(column, ["k1:0f3a", "[1]", None]) == ["k1:0f3a", "[1]", None]
