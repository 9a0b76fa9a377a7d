"""Self-test: every kind of expectation that a suite may use catches a row known to be bad.

Run before any data is judged. Without the buffered dialect, or after an upgrade that breaks it, a
gate would stand open or closed for the wrong reason. What was proved is kept under the hash of all
that it rests on (`installed`); only then is it not asked again.
"""

from __future__ import annotations

import sys
import tempfile
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

import duckdb

from pipelines.errors import GateError
from pipelines.hashing import hash_json, hash_text
from pipelines.own_code import hash_of_room
from pipelines.quality.rule_kinds import ROW_KINDS, TABLE_KINDS, UNEXPECTED_ROWS
from pipelines.quality.suites import Rule, RuleMeta
from pipelines.quality.validation import ROW_KEY, carry_out

_PACKAGES = ("great-expectations", "duckdb", "duckdb-engine", "sqlalchemy")
_TABLES = """
create schema landing;
create table landing.good as
    select *, true as expected from (values
        ('x', 1, '甲', 1, 2, null),
        ('x', 2, '乙', 2, 3, null)
    ) as rows (_extract_id, _row_number, "类别(一)", smaller, larger, remark);
create table landing.bad as
    select * from (values
        ('x', 1, '甲', 1, 2, null),
        ('x', 2, '无此类别', 9, 1, 'x'),
        ('x', 3, null, 9, 1, null)
    ) as rows (_extract_id, _row_number, "类别(一)", smaller, larger, remark);
"""
_KIND = "类别(一)"
_CASES: dict[str, dict[str, Any]] = {
    "expect_column_values_to_not_be_null": {"column": _KIND},
    "expect_column_values_to_be_null": {"column": "remark"},
    "expect_column_values_to_be_in_set": {"column": _KIND, "value_set": ["甲", "乙"]},
    "expect_column_values_to_not_be_in_set": {"column": _KIND, "value_set": ["无此类别"]},
    "expect_column_values_to_be_between": {"column": "smaller", "min_value": 0, "max_value": 5},
    "expect_column_value_lengths_to_be_between": {"column": _KIND, "max_value": 2},
    "expect_column_value_lengths_to_equal": {"column": _KIND, "value": 1},
    "expect_column_values_to_be_unique": {"column": "smaller"},
    "expect_compound_columns_to_be_unique": {"column_list": ["smaller", "larger"]},
    "expect_column_pair_values_a_to_be_greater_than_b": {
        "column_A": "larger",
        "column_B": "smaller",
    },
    "expect_column_pair_values_to_be_equal": {"column_A": "smaller", "column_B": "_row_number"},
    UNEXPECTED_ROWS: {"unexpected_rows_query": "select * from {batch} where smaller > larger"},
    "expect_table_row_count_to_be_between": {"min_value": 1, "max_value": 2},
    "expect_table_columns_to_match_set": {
        "column_set": [*ROW_KEY, _KIND, "smaller", "larger", "remark", "expected"],
    },
    "expect_column_to_exist": {"column": "expected"},
    "expect_column_distinct_values_to_be_in_set": {"column": _KIND, "value_set": ["甲", "乙"]},
    "expect_column_distinct_values_to_contain_set": {"column": _KIND, "value_set": ["乙"]},
    "expect_column_proportion_of_non_null_values_to_be_between": {
        "column": _KIND,
        "min_value": 0.9,
    },
    "expect_column_min_to_be_between": {"column": "larger", "min_value": 2},
    "expect_column_max_to_be_between": {"column": "smaller", "max_value": 2},
    "expect_column_sum_to_be_between": {"column": "smaller", "max_value": 3},
}


def _rules() -> list[Rule]:
    missing = (ROW_KINDS | TABLE_KINDS) - set(_CASES)
    if missing:
        raise GateError(
            f"self-test: expected a case for every kind of expectation, got none for "
            f"{', '.join(sorted(missing))}. Add it to quality/self_test.py."
        )
    return [
        Rule(
            type=kind,
            kwargs=kwargs,
            severity="critical",
            meta=RuleMeta(
                id=kind,
                level="row" if kind in ROW_KINDS else "table",
                owner="statistics",
                meaning="自检",
            ),
        )
        for kind, kwargs in _CASES.items()
    ]


def installed() -> str:
    """The hash of all that a proof rests on: the packages, file by file, Python, and our code."""
    return hash_json(
        {
            "python": sys.version,
            "packages": {name: _contents(distribution(name)) for name in _PACKAGES},
            "code": hash_of_room("quality"),
        }
    )


def _contents(package: Distribution) -> str:
    """Version and list of files with their hashes, as the installer wrote it."""
    return hash_text(f"{package.version}\n{package.read_text('RECORD') or ''}")


def self_test() -> None:
    """Prove that every kind of expectation passes a good table and catches a bad row.

    Row kinds must also name the bad rows, since the quarantine is filled from what they name.

    Raises:
        GateError: naming the kinds that do not work.
    """
    rules = _rules()
    with tempfile.TemporaryDirectory(prefix="gate-self-test-") as folder:
        database = Path(folder) / "self_test.duckdb"
        with duckdb.connect(str(database)) as connection:
            connection.execute(_TABLES)
        tables = ["landing.good", "landing.bad"]
        passed, caught = carry_out(database, tables, rules, row_key=ROW_KEY).values()
        blind = [o.rule.type for o in caught if o.success]
        harsh = [o.rule.type for o in passed if not o.success]
        with duckdb.connect(str(database), read_only=True) as connection:
            mute = [
                outcome.rule.type
                for outcome in caught
                if outcome.rule.meta.level == "row"
                and not _finds_a_row(connection, outcome.row_query)
            ]
    if blind or harsh or mute:
        raise GateError(
            "self-test of the gates: expected every kind of expectation to pass good rows and to "
            f"name bad ones, got bad rows passed by {blind}, good rows failed by {harsh}, no rows "
            f"named by {mute}. Reinstall the locked versions; nothing was judged."
        )


def _finds_a_row(connection: duckdb.DuckDBPyConnection, query: str | None) -> bool:
    if query is None:
        return False
    found = connection.execute(
        f"select _row_number from ({query.rstrip().rstrip(';')}) where _row_number > 1"
    ).fetchone()
    return found is not None
