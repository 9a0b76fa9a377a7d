"""How DuckDB carries the models out: rows are joined by equality, and never each with each.

A join that compares every pair is quick on a demo and ends no night on ten times its rows. Left
joins with a condition on one side alone, `or`, `in` and bare ranges are planned so. A cross join is
the list of its pairs and throws none away; one with a condition on them is planned as a join.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import pytest

from tests.compiled_project import PROJECT, compiled_project
from tests.night.bureau import Bureau
from tests.night.conftest import small_bureau

__all__ = ["small_bureau"]

OF_PAIRS = {"BLOCKWISE_NL_JOIN", "NESTED_LOOP_JOIN", "PIECEWISE_MERGE_JOIN", "IE_JOIN"}

TWO_TABLES = "with a as (from range(5000) t(x)), b as (from range(4000) t(y)) select count(*) "
REFUSED = {
    "a condition on the left side alone": "from a left join b on x = y and x > 7",
    "or": "from a inner join b on x = y or x = y + 1",
    "in": "from a inner join b on x in (y, y + 1)",
    "a range": "from a inner join b on x < y",
    "a span": "from a inner join b on x between y and y + 3",
    "a cross join with a condition": "from a cross join b where x % 3 = y % 5 + 1 or x = y",
}
TAKEN = {
    "equality": "from a left join b on x = y",
    "equality over a case": "from a left join b on case when x > 7 then x end = y",
    "equality and a range": "from a left join b on x % 100 = y % 100 and x < y",
    "one row": "from a inner join (select max(y) as y from b) as latest on x < latest.y",
    "all pairs": "from a cross join b",
}


def _joins_of_pairs(connection: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    """The joins of a query that compared each row of one side with each of the other, carried out.

    Its plan alone does not say on which side there is one row, as of the night's day.
    """
    ((_, profile),) = connection.execute(f"explain (analyze, format json) {sql}").fetchall()
    return [
        f"{_operator(node)} of {' x '.join(map(str, _rows_in(node)))} rows: {node['extra_info']}"
        for node in _nodes(json.loads(profile))
        if _operator(node) in OF_PAIRS and min(_rows_in(node)) > 1
    ]


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for child in node.get("children", ()):
        yield from _nodes(child)


def _operator(node: Mapping[str, Any]) -> str:
    return str(node.get("operator_type", ""))


def _rows_in(node: Mapping[str, Any]) -> list[int]:
    return [child["operator_cardinality"] for child in node["children"]]


@pytest.mark.parametrize("condition", REFUSED)
def test_a_join_of_every_row_with_every_other_is_found(condition: str) -> None:
    with duckdb.connect() as connection:
        found = _joins_of_pairs(connection, TWO_TABLES + REFUSED[condition])
    assert len(found) == 1
    assert "rows" in found[0]


@pytest.mark.parametrize("condition", TAKEN)
def test_a_join_by_equality_and_all_pairs_that_are_wanted_are_left_alone(condition: str) -> None:
    with duckdb.connect() as connection:
        assert _joins_of_pairs(connection, TWO_TABLES + TAKEN[condition]) == []


def test_no_model_joins_every_row_with_every_other(small_bureau: Bureau) -> None:
    models = {table.name: table.sql for table in compiled_project().tables if not table.seed}
    assert {name.partition(".")[2] for name in models} >= {
        path.stem for path in (PROJECT / "dbt_project" / "models").rglob("*.sql")
    }
    built = small_bureau.warehouse / "build" / "build.duckdb"
    with duckdb.connect(str(built), read_only=True) as connection:
        found = {name: _joins_of_pairs(connection, sql) for name, sql in sorted(models.items())}
    said = [f"{name}: {join}" for name, joins in found.items() for join in joins]
    assert not said, "write one equality, over a case where need be:\n" + "\n".join(said)
