"""From delivered rows of the smaller systems to their ledgers, and through the gates of these."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.quality.suites import Suite
from pipelines.quality.validation import carry_out, check_table
from tests.built_tables import copy_as_tables
from tests.dbt.conftest import LedgerBuild
from tests.dbt.system_rows import FIRM
from tests.declared import our_suites

NOVEMBER, DECEMBER, JANUARY = date(2024, 11, 30), date(2024, 12, 31), date(2025, 1, 31)
TODAY = date(2025, 1, 15)
WEST, MIDDLE, SOUTH = "330108001", "330108002", "330108003"

LEDGERS = (
    "data_ip_registrations", "brand_certificates", "brand_certificate_stocks", "ccc_exemptions",
    "equipment_units", "equipment_unit_stocks", "reconsiderations", "litigations", "food_samples",
    "prepaid_merchants", "prepaid_merchant_stocks",
)  # fmt: skip

# (suite, its own rule, the change that it must catch)
BROKEN = [
    ("brand_certificate_stocks", "certificates_are_those_valid_on_the_day",
     "update {table} set certificate_count = 2 where month_end_on = '2025-01-31'"),
    ("ccc_exemptions", "decided_applications_are_dated",
     "update {table} set handled_on = null"),
    ("equipment_unit_stocks", "unit_is_obliged",
     "update {table} set month_end_on = '2025-01-31' where unit_no = 'S2'"),
    ("equipment_unit_stocks", "unit_is_obliged",
     "update {table} set equipment_kind = 'crane' where unit_no = 'S1'"),
    ("equipment_unit_stocks", "staffing_follows_from_the_counts",
     "update {table} set officers_required = 2"),
    ("reconsiderations", "accepted_cases_are_due", "update {table} set due_on = null"),
    ("litigations", "attendance_flags_agree",
     "update {table} set has_head_present = true where instance = 'second'"),
    ("food_samples", "failed_samples_are_due", "update {table} set publication_due_on = null"),
    ("food_samples", "failed_samples_have_a_report_day",
     "update {table} set result_received_on = null"),
    ("prepaid_merchant_stocks", "merchant_is_listed",
     "update {table} set month_end_on = '2025-01-31'"),
]  # fmt: skip


@pytest.fixture(scope="module")
def ledgers(ledger_build: LedgerBuild) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(ledger_build.database), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def suites() -> dict[str, Suite]:
    return our_suites()


def test_certificates_of_data_are_known_to_the_business_date(
    ledgers: duckdb.DuckDBPyConnection,
) -> None:
    found = ledgers.execute(
        "select * exclude (extract_id, row_number) from ledgers.data_ip_registrations order by 1"
    ).fetchall()
    assert found == [
        ("Z1", date(2024, 12, 31), "enterprise_data", None, WEST),
        ("Z2", TODAY, "public_data", TODAY, MIDDLE),
    ]


def test_a_firm_holds_two_certificates_on_the_day_that_both_are_valid(
    ledgers: duckdb.DuckDBPyConnection,
) -> None:
    issues = ledgers.execute(
        "select certificate_no, firm_uscc, issue_number from ledgers.brand_certificates order by 1"
    ).fetchall()
    stocks = ledgers.execute(
        "select * from ledgers.brand_certificate_stocks where month_end_on >= '2024-11-30'"
        " order by 1"
    ).fetchall()
    assert issues == [("B1", FIRM, 1), ("B2", FIRM, 2)]
    assert stocks == [
        (NOVEMBER, FIRM, 1, WEST),
        (DECEMBER, FIRM, 2, SOUTH),
        (JANUARY, FIRM, 1, SOUTH),
    ]


def test_an_open_application_has_no_day_of_handling(ledgers: duckdb.DuckDBPyConnection) -> None:
    found = ledgers.execute(
        "select application_no, handled_on, outcome from ledgers.ccc_exemptions order by 1"
    ).fetchall()
    assert found == [("E1", TODAY, "granted"), ("E2", None, "open")]


def test_a_unit_is_staffed_on_the_day_that_its_second_role_is_held(
    ledgers: duckdb.DuckDBPyConnection,
) -> None:
    """By another person at a maker of boilers; a director of the whole unit is none of its lift."""
    found = ledgers.execute(
        "select * from ledgers.equipment_unit_stocks order by unit_no, month_end_on"
    ).fetchall()
    assert found == [
        (NOVEMBER, "S1", "producer", "boiler", 1, 1, 0, False, WEST),
        (DECEMBER, "S1", "producer", "boiler", 1, 1, 1, True, WEST),
        (JANUARY, "S1", "producer", "boiler", 1, 1, 1, True, WEST),
        (DECEMBER, "S2", "user", "lift", 1, 0, 1, False, SOUTH),
    ]


def test_a_reconsideration_is_due_on_the_working_day_after_its_last(
    ledgers: duckdb.DuckDBPyConnection,
) -> None:
    """60 days by the rules of the bureau, which let a Sunday move to the Monday.

    Of F4 they run from the end of its review, of F5, under the law before, from the application,
    of F6 from 9 January 2024; F7 was granted ten days more and stood still for three.
    """
    found = ledgers.execute(
        "select case_no, deemed_accepted_on, due_on, is_due, is_concluded_on_time, is_before_due"
        " from ledgers.reconsiderations order by 1"
    ).fetchall()
    monday = date(2025, 1, 13)
    assert found == [
        ("F1", None, monday, True, True, False),
        ("F2", None, monday, True, False, False),
        ("F3", None, None, False, False, True),
        ("F4", TODAY, date(2025, 3, 17), False, False, True),
        ("F5", date(2023, 12, 27), date(2024, 2, 26), True, False, False),
        ("F6", date(2024, 1, 9), date(2024, 3, 11), True, True, False),
        ("F7", None, date(2024, 12, 26), True, False, False),
    ]


def test_one_attendance_is_enough_for_an_instance_unless_the_court_calls_again(
    ledgers: duckdb.DuckDBPyConnection,
) -> None:
    """To X2 other heads came, also when called again; to X3 the principal came once and no more."""
    found = ledgers.execute(
        """
        select case_no, instance, heard_on, hearing_count, has_head_present, has_principal_present,
            judged_on
        from ledgers.litigations order by case_no, instance
        """
    ).fetchall()
    assert found == [
        ("X1", "first", date(2024, 12, 31), 2, True, False, TODAY),
        ("X1", "second", None, 0, False, False, None),
        ("X2", "first", date(2024, 12, 30), 2, True, False, None),
        ("X3", "first", date(2024, 12, 30), 2, False, False, None),
    ]


def test_a_failed_sample_is_due_in_three_ways(ledgers: duckdb.DuckDBPyConnection) -> None:
    """By the rules of the bureau: 5 and 90 days from the report, 20 working days from disposal."""
    found = ledgers.execute(
        """
        select sample_no, is_failed, item_count, report_due_on, is_reported_when_due,
            disposal_due_on, is_disposal_due, publication_due_on, is_publication_due,
            is_published_when_due
        from ledgers.food_samples order by sample_no
        """
    ).fetchall()
    assert found == [
        ("K1", True, 2, date(2024, 12, 22), True, date(2025, 3, 17), False, TODAY, True, False),
        ("K2", False, 1, None, False, None, False, None, False, False),
    ]


def test_a_merchant_is_covered_from_the_day_itself_and_gone_on_the_day_it_leaves(
    ledgers: duckdb.DuckDBPyConnection,
) -> None:
    found = ledgers.execute(
        "select merchant_no, month_end_on, is_covered from ledgers.prepaid_merchant_stocks"
        " order by all"
    ).fetchall()
    assert found == [("M1", DECEMBER, False), ("M1", JANUARY, True), ("M2", DECEMBER, False)]


@pytest.fixture
def copied(ledger_build: LedgerBuild, tmp_path: Path) -> Path:
    """A copy of the build: a gate opens its database in its own way, and here it may be changed."""
    path = tmp_path / "build.duckdb"
    with duckdb.connect(str(path)) as connection:
        copy_as_tables(ledger_build.database, connection)
    return path


@pytest.mark.parametrize("name", LEDGERS)
def test_good_rows_pass_every_rule(name: str, copied: Path, suites: dict[str, Suite]) -> None:
    results = check_table(copied, suites[name].table, suites[name])
    assert [result.rule_id for result in results if not result.success] == []


@pytest.mark.parametrize(("name", "rule_id", "change"), BROKEN, ids=[b[1] for b in BROKEN])
def test_each_rule_catches_what_it_is_for(
    name: str, rule_id: str, change: str, copied: Path, suites: dict[str, Suite]
) -> None:
    suite = suites[name]
    with duckdb.connect(str(copied)) as connection:
        connection.execute(change.format(table=suite.table))
    rule = next(r for r in suite.expectations if r.meta.id == rule_id)
    (outcome,) = carry_out(copied, [suite.table], [rule])[suite.table]
    assert not outcome.success
