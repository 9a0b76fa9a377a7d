"""Days of landed tables: an impossible one is never accepted unseen, whatever its column's type.

The rules are asked straight from the suites, over every contract of the project; that Great
Expectations carries such a rule out is shown in `test_gates`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb
import pytest

from pipelines.quality.contract_rules import contract_rules
from pipelines.quality.gate_database import typed_columns
from pipelines.quality.rule_functions import read_functions
from pipelines.quality.rule_kinds import UNEXPECTED_ROWS
from pipelines.quality.suites import Suite
from pipelines.settings import PROJECT_ROOT
from pipelines.sources.columns import Column
from pipelines.sources.contracts import SourceTable, read_contracts
from pipelines.sql_text import identifier
from tests.quality.landed import Row, case, complaint, good_row, pledge, registration

CONTRACTS = read_contracts(PROJECT_ROOT / "dbt_project")
LATEST = date(2025, 1, 15)
BY_HAND: dict[str, Row] = {
    "registrations__events": registration(1),
    "complaints__items": complaint(1),
    "ip_pledges__pledged_rights": pledge("A", "1"),
    "penalty_cases__cases": case(1),
}
FUNCTIONS = read_functions(PROJECT_ROOT / "expectations")


def caught(
    table: SourceTable, queries: dict[str, str], rows: Sequence[Row]
) -> set[tuple[int, str]]:
    """(place of the row, rule) of everything that the queries find."""
    names = [column.name for column in table.columns]
    listed = ", ".join(f"{identifier(name)} varchar" for name in names)
    with duckdb.connect() as connection:
        connection.execute(FUNCTIONS)
        connection.execute(
            f"create table landed ({listed}, _extract_id varchar, _row_number bigint,"
            " _latest_day date)"
        )
        connection.execute(
            f"create view batch as select {typed_columns(table)}, _extract_id, _row_number,"
            " _latest_day from landed"
        )
        for place, row in enumerate(rows):
            cells = [row.get(name) for name in names]
            connection.execute(
                f"insert into landed values ({', '.join('?' * len(cells))}, 'x', {place}, ?)",
                [*cells, LATEST],
            )
        return {
            (place, rule)
            for rule, query in queries.items()
            for place, *_ in connection.execute(
                f"select _row_number from ({query.format(batch='batch')})"
            ).fetchall()
        }


def row_queries(suite: Suite) -> dict[str, str]:
    """The queries of a landed table's row rules, without those that compare rows."""
    return {
        rule.meta.id: rule.query
        for rule in suite.rules("row")
        if rule.query is not None and "qualify" not in rule.query
    }


@pytest.mark.parametrize("table_id", CONTRACTS)
def test_a_day_before_the_state_or_after_the_delivery_is_told_of_every_column(
    suites: dict[str, Suite], table_id: str
) -> None:
    """Also of a timestamp: 400 rows closed in 1971 and 100 created in 2099 came in unseen."""
    table = CONTRACTS[table_id]
    good = BY_HAND.get(table_id) or good_row(table)
    rows, wanted = [good], []
    for column in table.columns:
        if column.data_type not in ("date", "timestamp"):
            continue
        clock = " 09:00:00" if column.data_type == "timestamp" else ""
        days = ["1949-09-30"] if column.may_lie_ahead else ["1949-09-30", "2025-01-16"]
        for day in days:
            wanted.append((column.name, day))
            rows.append({**good, column.name: day + clock})
    found = {place for place, _ in caught(table, row_queries(suites[table_id]), rows)}
    assert wanted, "every table has a day"
    assert found == set(range(1, len(rows))), [w for i, w in enumerate(wanted, 1) if i not in found]


def listed(first: str, second: str) -> SourceTable:
    """A list whose second day may not precede its first, of the given types."""
    columns = (
        Column(name="编号", data_type="text", **{"as": "entry_no"}),
        Column(name="始", data_type=first, **{"as": "started"}),
        Column(name="终", data_type=second, **{"as": "ended"}, not_before="始"),
    )
    return CONTRACTS["listings__talents"].model_copy(update={"columns": columns, "key": ("编号",)})


DAY, MORNING, EVENING = "2024-12-05", "2024-12-05 09:00:00", "2024-12-05 18:00:00"


@pytest.mark.parametrize(
    ("types", "good", "bad"),
    [
        (("date", "date"), (DAY, DAY), (DAY, "2024-12-04")),
        (("date", "timestamp"), (DAY, MORNING), (DAY, "2024-12-04 23:59:59")),
        (("timestamp", "date"), (EVENING, DAY), (MORNING, "2024-12-04")),
        (("timestamp", "timestamp"), (MORNING, MORNING), (EVENING, MORNING)),
    ],
)
def test_a_day_and_an_instant_are_compared_by_day_and_two_instants_to_the_second(
    types: tuple[str, str], good: tuple[str, str], bad: tuple[str, str]
) -> None:
    table = listed(*types)
    queries = {
        rule["meta"]["id"]: rule["kwargs"]["unexpected_rows_query"]
        for rule in contract_rules(table)
        if rule["type"] == UNEXPECTED_ROWS and rule["meta"]["level"] == "row"
    }
    rows = [{"编号": str(n), "始": start, "终": end} for n, (start, end) in enumerate((good, bad))]
    assert caught(table, queries, rows) == {(1, "ended_is_in_order")}
