"""Failures: the rows at fault of the extracts that are judged, one line per row and rule.

A temporary table of the connection. Belongs here: filling it, and what it says of an extract. Does
not: what follows for an extract (`gates`), or the files written from it (`quarantine`).
"""

from __future__ import annotations

import duckdb

from pipelines.errors import GateError
from pipelines.quality.found_values import found_in, say_found
from pipelines.quality.problems import FIRST_ROWS
from pipelines.quality.suites import Suite
from pipelines.quality.validation import RuleOutcome
from pipelines.quality.verdicts import Finding
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract
from pipelines.sources.row_places import find_places
from pipelines.sql_text import exact_path

_LOOKED_AT = 100
"""Of the different values found in a column, those that are looked at for a message."""
_FAILURES = """
create temp table failures (
    _extract_id varchar, _row_number bigint, rule_id varchar, column_name varchar, owner varchar,
    severity varchar, meaning varchar, quarantines boolean, found varchar
)
"""
_SET_ASIDE = (
    "(select distinct _row_number from failures where _extract_id = $extract and quarantines)"
)


def create_failures(connection: duckdb.DuckDBPyConnection) -> None:
    """Begin with no row at fault."""
    connection.execute(_FAILURES)


def collect_failing(
    connection: duckdb.DuckDBPyConnection, schema_table: str, outcome: RuleOutcome
) -> None:
    """Add the rows that a rule names.

    Raises:
        GateError: it does not name rows by their extract and number.
    """
    rule = outcome.rule
    if outcome.row_query is None:
        raise GateError(
            f"rule {rule.meta.id}: expected a query for its rows, got none. "
            "Run the self-test; this kind of expectation cannot name rows."
        )
    try:
        connection.execute(
            "insert into failures select distinct _extract_id, _row_number, ?, ?, ?, ?, ?, ?,"
            f" {found_in(schema_table, rule)} from ({outcome.row_query.strip().rstrip(';')})"
            " as failing",
            [
                rule.meta.id,
                rule.column_name,
                rule.meta.owner,
                rule.severity,
                rule.meta.meaning,
                rule.severity == "critical",
            ],
        )
    except duckdb.BinderException:
        raise GateError(
            f"{schema_table}, rule {rule.meta.id}: expected a query that returns _extract_id and "
            "_row_number, got one without. Select them, so that what is at fault can be named."
        ) from None


def collect_rejected(
    connection: duckdb.DuckDBPyConnection, table: SourceTable, extract: Extract
) -> None:
    """Add what landing refused; rows that could not even be read have no columns."""
    if extract.rows_rejected == 0:
        return
    connection.execute(
        "insert into failures"
        " select ?, cast(_row_number as bigint), rule_id, column_name, ?, 'critical', meaning,"
        f" true, null from read_parquet({exact_path(extract.rejected_path)})",
        [extract.extract_id, table.steward],
    )


def collect_rest(
    connection: duckdb.DuckDBPyConnection, schema_table: str, extract: Extract, hold: Finding
) -> None:
    """Give every other row of a held extract its reason: delivered, not loaded, never dropped."""
    connection.execute(
        "insert into failures select _extract_id, _row_number, $rule, null, $owner, 'critical',"
        f" $meaning, true, null from {schema_table} where _extract_id = $extract"
        f" and _row_number not in {_SET_ASIDE}",
        {
            "rule": hold.rule_id,
            "owner": hold.owner,
            "meaning": hold.meaning,
            "extract": extract.extract_id,
        },
    )


def list_findings(
    connection: duckdb.DuckDBPyConnection, table: SourceTable, suite: Suite, extract: Extract
) -> list[Finding]:
    """What the rules found in the rows of an extract: the first places, and what stood there."""
    words = {column.name: tuple(column.words) for column in table.columns}
    expected = {r.meta.id: words[r.meta.found] for r in suite.expectations if r.meta.found}
    rules = connection.execute(
        "select rule_id, min(severity), min(owner), min(meaning), count(distinct _row_number),"
        f" list_slice(list_sort(list(distinct _row_number)), 1, {FIRST_ROWS}),"
        f" list_slice(list_sort(list(distinct found) filter (found is not null)), 1, {_LOOKED_AT})"
        " from failures where _extract_id = ? group by rule_id order by rule_id",
        [extract.extract_id],
    ).fetchall()
    return [
        Finding(
            rule,
            severity,
            owner,
            meaning + say_found(found or (), expected.get(rule, ())),
            affected,
            find_places(connection, extract, first),
        )
        for rule, severity, owner, meaning, affected, first, found in rules
    ]


def count_set_aside(connection: duckdb.DuckDBPyConnection, extract: Extract) -> int:
    """Rows of an extract that go to quarantine."""
    return _count(connection, _SET_ASIDE, extract)


def count_loaded(connection: duckdb.DuckDBPyConnection, schema_table: str, extract: Extract) -> int:
    """Rows that stay, counted from the landed file and not by subtraction."""
    stay = f"{schema_table} where _extract_id = $extract and _row_number not in {_SET_ASIDE}"
    return _count(connection, stay, extract)


def _count(connection: duckdb.DuckDBPyConnection, rows: str, extract: Extract) -> int:
    counted = connection.execute(
        f"select count(*) from {rows}", {"extract": extract.extract_id}
    ).fetchone()
    return int(counted[0]) if counted else 0
