"""Failures: the rows at fault of the extracts that are judged, one line per row and rule.

A temporary table of the connection. Belongs here: filling it, and what it says of an extract. Does
not: what follows for an extract (`gates`), or the files written from it (`quarantine`).
"""

from __future__ import annotations

from collections.abc import Sequence

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
_SET_ASIDE = "(select distinct _extract_id, _row_number from failures where quarantines)"


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
        " and _row_number not in"
        " (select _row_number from failures where _extract_id = $extract and quarantines)",
        {
            "rule": hold.rule_id,
            "owner": hold.owner,
            "meaning": hold.meaning,
            "extract": extract.extract_id,
        },
    )


def list_findings(
    connection: duckdb.DuckDBPyConnection,
    table: SourceTable,
    suite: Suite,
    extracts: Sequence[Extract],
) -> dict[str, list[Finding]]:
    """What the rules found in the rows of each extract: the first places, and what stood there.

    By extract, in the order of the rules' ids; none of an extract without a row at fault.
    """
    words = {column.name: tuple(column.words) for column in table.columns}
    expected = {r.meta.id: words[r.meta.found] for r in suite.expectations if r.meta.found}
    rules = connection.execute(
        "select _extract_id, rule_id, min(severity), min(owner), min(meaning),"
        " count(distinct _row_number),"
        f" list_slice(list_sort(list(distinct _row_number)), 1, {FIRST_ROWS}),"
        f" list_slice(list_sort(list(distinct found) filter (found is not null)), 1, {_LOOKED_AT})"
        " from failures group by _extract_id, rule_id order by _extract_id, rule_id"
    ).fetchall()
    of_id = {extract.extract_id: extract for extract in extracts}
    findings: dict[str, list[Finding]] = {}
    for extract_id, rule, severity, owner, meaning, affected, first, found in rules:
        findings.setdefault(extract_id, []).append(
            Finding(
                rule,
                severity,
                owner,
                meaning + say_found(found or (), expected.get(rule, ())),
                affected,
                find_places(connection, of_id[extract_id], first),
            )
        )
    return findings


def count_set_aside(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows that go to quarantine, by extract; none of an extract that has none."""
    return _counts(connection, f"{_SET_ASIDE} as set_aside")


def count_loaded(connection: duckdb.DuckDBPyConnection, schema_table: str) -> dict[str, int]:
    """Rows that stay, by extract, counted from the landed files and not by subtraction."""
    aside = f"{_SET_ASIDE} as set_aside using (_extract_id, _row_number)"
    return _counts(connection, f"{schema_table} anti join {aside}")


def count_landed(connection: duckdb.DuckDBPyConnection, schema_table: str) -> dict[str, int]:
    """Rows of each extract; none of one that is empty."""
    return _counts(connection, schema_table)


def _counts(connection: duckdb.DuckDBPyConnection, rows: str) -> dict[str, int]:
    counted = connection.execute(
        f"select _extract_id, count(*) from {rows} group by _extract_id"
    ).fetchall()
    return {extract_id: int(count) for extract_id, count in counted}
