"""From delivered rows to ledgers, and the tests that stop a night whose ledgers cannot be right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from pipelines.compute.build import count_wrong
from pipelines.sources.contracts import read_contracts
from tests.built_tables import copy_as_tables
from tests.compiled_project import compiled_project
from tests.dbt.build_database import DBT_PROJECT
from tests.dbt.conftest import LedgerBuild
from tests.dbt.ledger_rows import ENTERPRISE, HOUSEHOLD, ROWS


@pytest.fixture(scope="module")
def ledgers(ledger_build: LedgerBuild) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(ledger_build.database), read_only=True) as connection:
        yield connection


def test_registrations_hold_each_event_known_on_the_business_date_once(
    ledgers: duckdb.DuckDBPyConnection,
) -> None:
    """R2 declares no class, and has that of its code; R3 declares another one, which counts."""
    found = ledgers.execute(
        """
        select event_no, uscc, event_kind, occurred_on, entity_kind, industry_section_code,
            area_code, registered_capital_amount, registered_capital_yuan
        from ledgers.registrations where event_no < 'R7' order by event_no
        """
    ).fetchall()
    west, south = "330108001", "330108003"
    assert found == [
        ("R1", ENTERPRISE, "establishment", date(2022, 12, 31), "enterprise", "I", west,
         Decimal("500000.00"), Decimal("500000.00")),
        ("R2", HOUSEHOLD, "establishment", date(2024, 2, 29), "individual_household", None, west,
         Decimal("50000000.00"), None),
        ("R3", HOUSEHOLD, "change", date(2024, 3, 1), "enterprise", "I", west,
         None, None),
        ("R4", HOUSEHOLD, "deregistration", date(2024, 4, 30), "individual_household", "I", west,
         None, None),
        ("R5", "93330108MA28888888", "deregistration", date(2024, 5, 6), "cooperative", None, south,
         None, None),
    ]  # fmt: skip


def test_registrations_say_what_was_cancelled_and_what_came_back(
    ledgers: duckdb.DuckDBPyConnection,
) -> None:
    """A branch of a foreign company is an enterprise's branch; without a class it is none."""
    found = ledgers.execute(
        "select event_no, event_kind, entity_kind, is_branch from ledgers.registrations"
        " where event_no >= 'R7' order by event_no"
    ).fetchall()
    assert found == [
        ("R7", "establishment", "enterprise", True),
        ("R8", "revocation", "enterprise", False),
        ("R9", "cancellation", "enterprise", False),
        ("S1", "change_cancellation", "enterprise", False),
        ("S2", "restoration", "enterprise", False),
        ("S3", "restoration", "individual_household", False),
    ]


def test_entity_stocks_run_from_the_first_month_of_figures_to_the_business_date(
    ledgers: duckdb.DuckDBPyConnection,
) -> None:
    """Each month has all streets, kinds and sections, and the cell of no known section."""
    found = ledgers.execute(
        """
        select min(month_end_on), max(month_end_on), count(*) / count(distinct month_end_on)
        from ledgers.entity_stocks
        """
    ).fetchone()
    # Beyond 3 streets x 3 kinds x 20 sections: the household's and the cooperative's cell; twice.
    assert found == (date(2023, 1, 31), date(2025, 1, 31), 364)


def test_entity_stocks_tell_every_movement_and_the_exit_nobody_knew(
    ledgers: duckdb.DuckDBPyConnection,
) -> None:
    found = ledgers.execute(
        """
        select month_end_on, entity_kind, industry_section_code, opening, established,
            deregistered, unmatched_events, closing
        from ledgers.entity_stocks
        where stock_kind = 'registered' and month_end_on < '2024-06-30' and (
            established + deregistered + unmatched_events > 0
            or (closing > 0 and month_end_on in ('2023-01-31', '2024-03-31'))
        )
        order by all
        """
    ).fetchall()
    assert found == [
        (date(2023, 1, 31), "enterprise", "I", 1, 0, 0, 0, 1),
        (date(2024, 2, 29), "individual_household", None, 0, 1, 0, 0, 1),
        (date(2024, 3, 31), "enterprise", "I", 1, 0, 0, 0, 1),
        (date(2024, 3, 31), "individual_household", None, 1, 0, 0, 0, 1),
        (date(2024, 4, 30), "individual_household", None, 1, 0, 1, 0, 0),
        (date(2024, 5, 31), "cooperative", None, 0, 0, 0, 1, 0),
    ]


def test_the_two_stocks_tell_revoked_cancelled_and_restored_entities(
    ledgers: duckdb.DuckDBPyConnection,
) -> None:
    """The branch comes back revoked; the household is back on the last day."""
    found = ledgers.execute(
        """
        select month_end_on, stock_kind, entity_kind, opening, established, restored, cancelled,
            revoked, unmatched_events, closing
        from ledgers.entity_stocks
        where month_end_on > '2024-05-31'
            and established + restored + cancelled + revoked + unmatched_events > 0
        order by all
        """
    ).fetchall()
    assert found == [
        (date(2024, 6, 30), "active", "enterprise", 1, 1, 0, 0, 1, 0, 1),
        (date(2024, 6, 30), "registered", "enterprise", 1, 1, 0, 0, 0, 0, 2),
        (date(2024, 7, 31), "registered", "enterprise", 2, 0, 0, 1, 0, 0, 1),
        (date(2024, 8, 31), "registered", "enterprise", 1, 0, 1, 0, 0, 0, 2),
        (date(2025, 1, 31), "active", "individual_household", 0, 0, 1, 0, 0, 0, 1),
        (date(2025, 1, 31), "registered", "individual_household", 0, 0, 1, 0, 0, 0, 1),
    ]


def test_each_stock_leads_from_month_to_month_in_every_cell(
    ledgers: duckdb.DuckDBPyConnection,
) -> None:
    found = ledgers.execute(
        """
        select * from (
            select
                *,
                lag(closing, 1, opening) over (
                    partition by stock_kind, area_code, entity_kind, industry_section_code
                    order by month_end_on
                ) as before
            from ledgers.entity_stocks
        )
        where opening <> before
            or closing <> opening + established + moved_in + restored
                - deregistered - cancelled - revoked - moved_out
            or (stock_kind = 'registered' and revoked <> 0)
        """
    ).fetchall()
    assert found == []


def test_complaints_are_due_by_the_rule_of_their_kind(ledgers: duckdb.DuckDBPyConnection) -> None:
    """60 days of mediation from 10 October; 15 of verification, 30 when extended.

    A repeated report and one beyond the bureau's power are decided upon, in time or a day late.
    """
    found = ledgers.execute(
        """
        select item_no, item_kind, channel, status, due_on, is_closed_when_due, is_closed_on_time,
            handling_days, industry_section_code
        from ledgers.complaints order by item_no
        """
    ).fetchall()
    assert found == [
        ("C1", "complaint", "internet", "not_accepted", date(2025, 1, 10), True, True, 10, "I"),
        ("C2", "complaint", "internet", "mediated", date(2024, 12, 9), True, False, 67, "I"),
        ("C3", "report", "internet", "not_filed", date(2024, 11, 22), True, False, 24, "I"),
        ("C4", "report", None, "filed", date(2024, 12, 13), True, True, 31, "I"),
        ("C5", "consultation", "internet", "pending", date(2025, 1, 22), False, False, None, None),
        ("C6", "report", "internet", "repeated", date(2025, 1, 13), True, True, 24, "I"),
        ("C7", "report", "internet", "out_of_jurisdiction", date(2025, 1, 13), True, False, 25,
         "I"),
    ]  # fmt: skip


def test_a_pledge_counts_its_amount_once_however_many_rights(
    ledgers: duckdb.DuckDBPyConnection,
) -> None:
    found = ledgers.execute("select * exclude extract_id from ledgers.ip_pledges order by 1")
    amount = Decimal("12005000.00")
    assert found.fetchall() == [
        ("P1", date(2024, 3, 5), "data_ip", 2, "secured", amount, "330108003", 2),
        ("P2", date(2024, 3, 5), "mixed", 2, "credit_line", amount, "330108003", 4),
        ("P3", date(2024, 3, 5), "data_ip", 1, "secured", amount, "330108003", 6),
    ]


def test_penalties_are_money_decided_and_a_case_is_major_from_the_threshold_on(
    ledgers: duckdb.DuckDBPyConnection,
) -> None:
    cases = ledgers.execute(
        """
        select case_no, decided_on, procedure, party_kind, penalty_yuan, is_major,
            is_panel_reviewed
        from ledgers.penalty_cases order by case_no
        """
    ).fetchall()
    decisions = ledgers.execute(
        """
        select decision_no, procedure, decision_kind, penalty_yuan, collected_yuan, waived_yuan
        from ledgers.penalty_decisions order by decision_no
        """
    ).fetchall()
    assert cases == [
        ("D1", date(2024, 2, 29), "ordinary", "person", Decimal("10000.00"), True, True),
        ("D2", None, "ordinary", None, Decimal("0.00"), False, False),
        ("D3", date(2024, 2, 29), "summary", None, Decimal("200.00"), False, False),
    ]
    assert decisions == [
        ("D1-1", "ordinary", "penalty", Decimal("10000.00"), Decimal("500.50"), Decimal("0.00")),
        ("D1-2", "ordinary", "no_penalty", Decimal("0.00"), Decimal("0.00"), Decimal("3000.25")),
        ("D3-1", "summary", "penalty", Decimal("200.00"), Decimal("0.00"), Decimal("0.00")),
    ]


def test_listings_of_several_lists_stand_in_one_ledger(ledgers: duckdb.DuckDBPyConnection) -> None:
    """A little above 1,000 万元 is large; a day of leaving that is still to come is not known."""
    found = ledgers.execute(
        """
        select source_table, entry_no, listing_kind, listed_on, delisted_on, has_large_turnover,
            area_code
        from ledgers.listings order by all
        """
    ).fetchall()
    sites, west = "listings__live_commerce_sites", "330108001"
    assert found == [
        (sites, "L1", "live_room", date(2024, 12, 31), None, True, west),
        (sites, "L2", "live_room", date(2024, 12, 31), None, True, west),
        ("listings__talents", "L1", "advertising_expert", date(2025, 1, 15), None, False,
         "330108003"),
    ]  # fmt: skip


def test_a_stock_begins_in_the_month_of_the_listing_and_runs_to_the_business_date(
    ledgers: duckdb.DuckDBPyConnection,
) -> None:
    found = ledgers.execute(
        "select entry_no, listing_kind, month_end_on from ledgers.listing_stocks order by all"
    ).fetchall()
    december, january = date(2024, 12, 31), date(2025, 1, 31)
    assert found == [
        ("L1", "advertising_expert", january),
        ("L1", "live_room", december),
        ("L1", "live_room", january),
        ("L2", "live_room", december),
        ("L2", "live_room", january),
    ]


def test_activities_hold_what_each_list_knows(ledgers: duckdb.DuckDBPyConnection) -> None:
    found = ledgers.execute(
        """
        select source_table[13:], entry_no, activity_kind, happened_on, level, field, document_no,
            hours
        from ledgers.activities order by all
        """
    ).fetchall()
    law, march = (date(2024, 2, 29), None, None, "国令778", None), date(2024, 3, 15)
    nothing = (None,) * 4
    assert found == [
        ("campaigns", "A1", "led_campaign", march, *nothing),
        ("decisions_reviewed", "A1", "major_contract", None, *nothing),
        ("public_opinion", "A1", "open_opinion", None, *nothing),
        ("publications", "A1", "law_studied", *law),
        ("publications", "A2", "law_studied", *law),
        ("service_visits", "A1", "worry_relief_visit", march, *nothing),
        ("standards", "T/1", "group_standard", date(2024, 12, 31), "national",
         "platform_governance", None, None),
        ("training_events", "A1", "online_law_study", date(2025, 1, 15), None, None, None,
         Decimal("1.50")),
    ]  # fmt: skip


def test_recognitions_name_firms_and_no_persons(ledgers: duckdb.DuckDBPyConnection) -> None:
    found = ledgers.execute(
        "select * exclude (extract_id, row_number) from ledgers.recognitions order by 1"
    ).fetchall()
    firm, december = "contract_trustworthy_firm", date(2024, 12, 31)
    assert found == [
        ("G1", firm, "municipal", ENTERPRISE, "市局", december),
        ("G2", firm, "municipal", ENTERPRISE, "市局", december),
        ("G3", "staff_honour", "provincial", None, None, date(2025, 1, 15)),
    ]


def test_an_external_figure_stands_beside_the_latest_document_that_states_it(
    ledgers: duckdb.DuckDBPyConnection,
) -> None:
    found = ledgers.execute(
        "select * exclude (extract_id, row_number) from ledgers.external_figures order by 2"
    ).fetchall()
    name, bound, issuer = "law_contest_average_score", "at_least", "竞赛组委会"
    assert found == [
        (name, date(2024, 6, 30), Decimal("98.00"), bound, "半年通报", issuer, date(2024, 7, 1),
         False),
        (name, date(2024, 12, 31), Decimal("99.94"), bound, "通报", issuer, date(2025, 1, 15),
         True),
    ]  # fmt: skip


def test_every_row_of_a_ledger_names_the_extract_and_the_row_it_came_from(
    ledgers: duckdb.DuckDBPyConnection,
) -> None:
    found = ledgers.execute(
        "select extract_id, row_number from ledgers.registrations where event_no = 'R2'"
    ).fetchall()
    assert found == [("202403.v001.00000000", 3)]


def test_no_pseudonym_goes_past_landing(ledgers: duckdb.DuckDBPyConnection) -> None:
    """A pseudonym is still personal data: none in staging or in a ledger."""
    contracts = read_contracts(DBT_PROJECT)
    pseudonyms = {
        row[name]
        for table, rows in ROWS.items()
        for row in rows
        for name in contracts[table].personal_columns
        if row.get(name)
    }
    tables = ledgers.execute(
        "select table_schema, table_name from information_schema.tables"
        " where table_schema in ('staging', 'ledgers')"
    ).fetchall()
    assert {"b7e1f0c2", "4d1f3a90", "aa55cc77"} <= pseudonyms
    assert len(tables) > 10
    for schema, table in tables:
        for row in ledgers.execute(f'select * from {schema}."{table}"').fetchall():
            assert not pseudonyms & {str(value) for value in row}, table


def test_amounts_are_decimals_and_counts_are_integers(ledgers: duckdb.DuckDBPyConnection) -> None:
    """Nothing published may rest on a floating-point number; sums stay within 64 bits."""
    found = ledgers.execute(
        "select distinct data_type from information_schema.columns where table_schema = 'ledgers'"
    ).fetchall()
    assert {kind for (kind,) in found} == {
        "VARCHAR", "DATE", "BOOLEAN", "INTEGER", "BIGINT", "DECIMAL(20,2)",
    }  # fmt: skip


CORRUPTIONS = """
update ledgers.ip_pledges set pledge_yuan = null where contract_no = 'P2';
update ledgers.complaints set due_on = null where item_no = 'C5';
update ledgers.complaints set acceptance_due_on = null where item_no = 'C2';
update ledgers.penalty_cases set decision_due_on = null where case_no = 'D1';
update ledgers.penalty_decisions set publication_due_on = null where is_publishable;
update ledgers.registrations set event_no = 'R2' where event_no = 'R1';
update ledgers.penalty_decisions set decision_no = 'D1-1', statutory_floor_yuan = null;
update ledgers.activities set entry_no = 'A1' where entry_no = 'A2';
update ledgers.recognitions set recognition_no = null where recognition_no = 'G3';
update ledgers.external_figures set period_end_on = '2024-12-31';
update ledgers.listings set entry_no = 'L1';
update ledgers.listing_stocks set month_end_on = '2024-12-31';
delete from reference.industries where industry_code = 'A0111';
update reference.working_days set is_working_day = false where calendar_date = '2025-01-26';
update reference.areas set area_code = '330103' where area_code = '330104';
update reference.statutory_rules set valid_to = '2026-04-13'
    where rule_id = 'complaint_mediation' and valid_to is not null;
update reference.statutory_rules set valid_to = '2030-12-31' where rule_id = 'case_decision';
update reference.statutory_rules set day_kind = 'weeks' where rule_id = 'food_disposal';
update ledgers.data_ip_registrations set certificate_no = 'Z1';
update ledgers.brand_certificates set certificate_no = 'B1';
update ledgers.brand_certificate_stocks set month_end_on = '2024-12-31';
update ledgers.ccc_exemptions set application_no = 'E1';
update ledgers.equipment_units set unit_no = 'S1', equipment_kind = null;
update ledgers.equipment_unit_stocks set unit_no = 'S1', equipment_kind = null;
update ledgers.reconsiderations set case_no = 'F1';
update ledgers.litigations set instance = 'first', filed_on = null;
update ledgers.food_samples set sample_no = 'K1', sampling_kind = null;
update ledgers.prepaid_merchants set merchant_no = 'M1';
update ledgers.prepaid_merchant_stocks set merchant_no = 'M1';
"""


def test_each_corruption_turns_its_own_test_red_and_no_other(
    ledger_build: LedgerBuild, tmp_path: Path
) -> None:
    """Two amounts for one contract, a year without calendar, an event twice, a decision twice
    and without its amount; a class missing from the industries, a make-up
    day from the calendar, an area twice; a day without a rule and a rule that runs out, a length in
    a unit that nobody counts; and in each register a key twice or missing.
    """
    tests = [
        test
        for test in compiled_project().tests
        if not any(read.startswith("indicators.") for read in test.reads)
    ]
    with duckdb.connect(str(tmp_path / "build.duckdb")) as connection:
        copy_as_tables(ledger_build.database, connection)
        connection.execute(CORRUPTIONS)
        wrong = count_wrong(connection, tests)
    assert all(isinstance(count, int) for count in wrong.values()), wrong
    assert {name[:40] for name, count in wrong.items() if count} == {
        "ip_pledges_have_one_amount_per_contract",
        "complaints_start_in_a_covered_year",
        "acceptances_start_in_a_covered_year",
        "cases_are_filed_in_a_covered_year",
        "publications_start_in_a_covered_year",
        "is_key_registrations_event_no",
        "penalty_decisions_are_complete",
        "is_key_penalty_decisions_decision_no",
        "is_key_activities_source_table__entry_no",
        "is_key_recognitions_recognition_no",
        "is_key_external_figures_figure_name__per",
        "is_key_listings_source_table__entry_no",
        "is_key_listing_stocks_month_end_on__sour",
        "industries_per_level",
        "working_days_per_year",
        "is_key_areas_area_code",
        "has_unbroken_spans_statutory_rules_rule_",
        "accepted_values_statutory_rules_day_kind",
        "is_key_data_ip_registrations_certificate",
        "is_key_brand_certificates_certificate_no",
        "is_key_brand_certificate_stocks_month_en",
        "is_key_ccc_exemptions_application_no",
        "equipment_units_have_one_row_per_kind",
        "equipment_unit_stocks_have_one_row_per_k",
        "is_key_reconsiderations_case_no",
        "is_key_litigations_case_no__instance",
        "litigations_have_one_filing_day",
        "is_key_food_samples_sample_no",
        "food_samples_have_one_kind_day_and_stree",
        "is_key_prepaid_merchants_merchant_no",
        "is_key_prepaid_merchant_stocks_month_end",
    }
