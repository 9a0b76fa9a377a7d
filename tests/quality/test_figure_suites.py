"""The suites of ledgers and figures: good rows pass, and each rule catches what it is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.quality.suites import Suite
from pipelines.quality.validation import carry_out, check_table
from tests.quality.figures import build_database

VALUES = "indicators.indicator_values"
GATED = (
    "registrations", "entity_stocks", "complaints", "ip_pledges", "penalty_cases",
    "penalty_decisions", "indicator_values", "indicator_comparisons",
)  # fmt: skip
ONE = "where row_number = 1"
DECEMBER = "where indicator_id = 'items_received' and period_start = '2024-12-01'"
TO_DATE = (
    "where indicator_id = 'items_received' and period_grain = 'ytd' and period_end = '2024-12-31'"
)
LAST_YEAR = "where indicator_id = 'items_received' and period_start = '2023-12-01'"

# (suite, rule, the change that it must catch)
BROKEN = [
    ("registrations", "ledger_is_not_empty", "delete from {table}"),
    ("registrations", "key_is_unique", "update {table} set event_no = 'E1'"),
    ("registrations", "occurred_on_is_not_after_as_of",
     f"update {{table}} set occurred_on = '2025-01-16' {ONE}"),
    ("registrations", "area_code_is_a_street", f"update {{table}} set area_code = null {ONE}"),
    ("registrations", "area_code_is_a_street", f"update {{table}} set area_code = '330108' {ONE}"),
    ("registrations", "event_kind_is_known", f"update {{table}} set event_kind = 'merger' {ONE}"),
    ("registrations", "entity_kind_is_known", f"update {{table}} set entity_kind = 'x' {ONE}"),
    ("registrations", "entity_kind_is_classified",
     f"update {{table}} set entity_kind = null {ONE}"),
    ("registrations", "uscc_is_valid", f"update {{table}} set is_code_valid = false {ONE}"),
    ("registrations", "registered_capital_yuan_is_not_negative",
     f"update {{table}} set registered_capital_yuan = -1 {ONE}"),
    ("entity_stocks", "key_is_unique", "insert into {table} select * from {table} limit 1"),
    ("entity_stocks", "stock_identity_holds",
     "update {table} set established = 4 where month_end_on = '2024-12-31'"),
    ("entity_stocks", "opening_is_the_closing_before",
     "update {table} set opening = 99, closing = 101 where month_end_on = '2024-12-31'"),
    ("entity_stocks", "stock_identity_holds",
     "update {table} set moved_out = null where month_end_on = '2024-12-31'"),
    ("entity_stocks", "stock_identity_holds",
     "update {table} set restored = 0 where month_end_on = '2024-12-31'"),
    ("entity_stocks", "stock_identity_holds",
     "update {table} set cancelled = 0 where month_end_on = '2024-12-31'"),
    ("entity_stocks", "stock_identity_holds",
     "update {table} set revoked = 1, opening = opening + 1 where stock_kind = 'registered'"),
    ("entity_stocks", "stock_kind_is_known", "update {table} set stock_kind = 'dormant'"),
    ("entity_stocks", "active_are_registered",
     "update {table} set closing = 99 where stock_kind = 'active' and month_end_on = '2024-12-31'"),
    ("entity_stocks", "opening_is_the_closing_before",
     "delete from {table} where month_end_on = '2024-12-31'"),
    ("entity_stocks", "month_end_is_a_month_end",
     "update {table} set month_end_on = '2024-12-30' where month_end_on = '2024-12-31'"),
    ("entity_stocks", "closing_is_not_negative", "update {table} set closing = -1"),
    ("entity_stocks", "exits_follow_entries", "update {table} set unmatched_events = 1"),
    ("complaints", "key_is_unique", "update {table} set item_no = 'T1'"),
    ("complaints", "item_kind_is_given", f"update {{table}} set item_kind = null {ONE}"),
    ("complaints", "dates_are_in_order", f"update {{table}} set closed_on = '2024-12-01' {ONE}"),
    ("complaints", "due_on_is_known", f"update {{table}} set due_on = null {ONE}"),
    ("complaints", "deadline_flags_agree", f"update {{table}} set is_due = false {ONE}"),
    ("complaints", "deadlines_of_each_step_agree",
     f"update {{table}} set mediation_due_on = null {ONE}"),
    ("complaints", "deadlines_of_each_step_agree",
     f"update {{table}} set is_mediation_on_time = false {ONE}"),
    ("complaints", "deadlines_of_each_step_agree",
     f"update {{table}} set due_on = acceptance_due_on {ONE}"),
    ("complaints", "deadlines_of_each_step_agree",
     f"update {{table}} set is_acceptance_due = false {ONE}"),
    ("ip_pledges", "pledge_yuan_is_not_negative",
     f"update {{table}} set pledge_yuan = -0.01 {ONE}"),
    ("ip_pledges", "pledge_yuan_is_given", f"update {{table}} set pledge_yuan = null {ONE}"),
    ("ip_pledges", "contract_has_rights", f"update {{table}} set right_count = 0 {ONE}"),
    ("ip_pledges", "amount_kind_is_known", f"update {{table}} set amount_kind = 'x' {ONE}"),
    ("penalty_cases", "decided_on_is_plausible",
     f"update {{table}} set decided_on = '2024-10-31' {ONE}"),
    ("penalty_cases", "penalty_is_fine_and_gains", f"update {{table}} set penalty_yuan = 1 {ONE}"),
    ("penalty_cases", "decision_due_on_is_known",
     f"update {{table}} set decision_due_on = null {ONE}"),
    ("penalty_cases", "deadline_flags_agree",
     f"update {{table}} set is_decided_on_time = true {ONE}"),
    ("penalty_decisions", "publication_flags_agree",
     f"update {{table}} set is_bare_warning = true {ONE}"),
    ("penalty_decisions", "publication_flags_agree",
     f"update {{table}} set published_on = '2024-12-28' {ONE}"),
    ("penalty_decisions", "what_is_not_to_be_published_is_not",
     f"update {{table}} set is_publishable = false {ONE}"),
    ("penalty_decisions", "a_bare_warning_takes_nothing",
     f"update {{table}} set is_bare_warning = true {ONE}"),
    ("penalty_cases", "procedure_is_known", f"update {{table}} set procedure = 'x' {ONE}"),
    ("penalty_cases", "deadline_flags_agree", f"update {{table}} set procedure = 'summary' {ONE}"),
    ("penalty_decisions", "procedure_is_given", f"update {{table}} set procedure = null {ONE}"),
    ("penalty_decisions", "publication_flags_agree",
     f"update {{table}} set procedure = 'summary' {ONE}"),
    ("penalty_decisions", "what_is_decided_on_the_spot_is_small",
     f"update {{table}} set procedure = 'summary' {ONE}"),
    ("penalty_decisions", "only_a_penalty_takes_something",
     f"update {{table}} set decision_kind = 'transferred_to_justice' {ONE}"),
    ("penalty_decisions", "decision_kind_is_known",
     f"update {{table}} set decision_kind = 'transferred' {ONE}"),
    ("penalty_decisions", "collected_yuan_is_not_negative",
     f"update {{table}} set collected_yuan = -1 {ONE}"),
    ("penalty_decisions", "amounts_agree", f"update {{table}} set waived_yuan = 1 {ONE}"),
    ("penalty_decisions", "collected_is_within_decided",
     f"update {{table}} set collected_yuan = 5100.01 {ONE}"),
    ("penalty_decisions", "decision_belongs_to_a_case",
     f"update {{table}} set case_no = 'A9' {ONE}"),
    ("penalty_decisions", "decisions_add_up_to_cases", f"delete from {{table}} {ONE}"),
    ("indicator_values", "figures_are_not_empty", "delete from {table}"),
    ("indicator_values", "cell_is_unique", "insert into {table} select * from {table} limit 1"),
    ("indicator_values", "status_is_known", f"update {{table}} set status = 'draft' {DECEMBER}"),
    ("indicator_values", "period_grain_is_known",
     f"update {{table}} set period_grain = 'week' {DECEMBER}"),
    ("indicator_values", "cell_is_well_formed",
     f"update {{table}} set period_end = '2024-11-30' {DECEMBER}"),
    ("indicator_values", "figures_are_of_this_night",
     f"update {{table}} set as_of = '2025-01-16' {DECEMBER}"),
    ("indicator_values", "no_figure_goes_beyond_its_sources",
     "update night.extract_states set data_through = '2025-01-14'"),
    ("indicator_values", "no_figure_goes_beyond_its_sources",
     "update night.extract_states set data_through = null"),
    ("indicator_values", "missing_figures_are_empty",
     f"update {{table}} set status = 'missing' {DECEMBER}"),
    ("indicator_values", "indicator_is_catalogued",
     "delete from indicators.indicators where indicator_id = 'items_due'"),
    ("indicator_values", "every_indicator_has_figures",
     "insert into indicators.indicators values ('cases_filed', 'count')"),
    ("indicator_values", "rates_lie_between_0_and_1",
     "update {table} set value = 1.000001 where indicator_id = 'due_closure_rate'"),
    ("indicator_values", "rate_is_numerator_over_denominator",
     "update {table} set value = 0.76 where indicator_id = 'due_closure_rate'"),
    ("indicator_values", "rate_is_numerator_over_denominator",
     "update {table} set value = null where indicator_id = 'due_closure_rate'"),
    ("indicator_values", "counts_and_sums_are_given",
     f"update {{table}} set value = null {DECEMBER}"),
    ("indicator_values", "counts_sums_and_stocks_are_not_negative",
     f"update {{table}} set value = -value {DECEMBER}"),
    ("indicator_values", "counts_are_whole_numbers",
     f"update {{table}} set value = value + 0.5 {DECEMBER}"),
    ("indicator_values", "streets_add_up_to_the_district",
     f"update {{table}} set value = value + 1 {DECEMBER} and area_code = '330108002'"),
    ("indicator_values", "breakdowns_add_up_to_the_total",
     f"update {{table}} set value = value + 1 {DECEMBER} and breakdown = 'channel'"),
    ("indicator_values", "breakdowns_add_up_to_the_total",
     f"delete from {{table}} {DECEMBER} and breakdown = 'total'"),
    ("indicator_values", "breakdowns_add_up_to_the_total",
     f"insert into {{table}} from {{table}} {DECEMBER} and breakdown = 'total' and value > 0"),
    ("indicator_values", "streets_add_up_to_the_district",
     f"delete from {{table}} {DECEMBER} and area_code = '330108'"),
    ("indicator_values", "months_add_up_to_quarter_and_year",
     "update {table} set value = value + 1 where period_grain = 'year' and value > 1"),
    ("indicator_values", "year_to_date_of_december_is_the_year",
     f"update {{table}} set value = value + 1 {TO_DATE}"),
    ("indicator_values", "year_to_date_of_december_is_the_year",
     "update {table} set denominator = 25, value = 0.72 where indicator_id = 'due_closure_rate'"
     " and period_grain = 'ytd' and area_code = '330108'"),
    ("indicator_values", "year_to_date_of_december_is_the_year",
     f"delete from {{table}} {TO_DATE}"),
    ("indicator_values", "item_kinds_add_up_to_the_items",
     "update {table} set value = value + 1 where indicator_id = 'reports_received'"),
    ("indicator_values", "a_part_does_not_exceed_the_whole",
     "update {table} set value = 100 where indicator_id = 'items_closed_when_due'"),
    ("indicator_comparisons", "every_figure_is_compared_once", f"delete from {{table}} {DECEMBER}"),
    ("indicator_comparisons", "every_figure_is_compared_once",
     f"update {{table}} set value = value + 1 {DECEMBER}"),
    ("indicator_comparisons", "base_is_the_figure_of_last_year",
     f"update {VALUES} set value = value + 1 {LAST_YEAR}"),
    ("indicator_comparisons", "base_is_the_figure_of_last_year",
     f"update {{table}} set year_before_value = null {DECEMBER}"),
    ("indicator_comparisons", "base_is_the_figure_of_last_year",
     f"delete from {VALUES} {LAST_YEAR}"),
    ("indicator_comparisons", "base_is_the_figure_of_the_period_before",
     f"update {{table}} set period_before_value = period_before_value + 1 {DECEMBER}"),
    ("indicator_comparisons", "change_follows_from_value_and_base",
     f"update {{table}} set change_on_year = 0.000001 {DECEMBER}"),
    ("indicator_comparisons", "change_follows_from_value_and_base",
     f"update {{table}} set change_on_period = null {DECEMBER}"),
    ("indicator_comparisons", "change_follows_from_value_and_base",
     f"update {{table}} set year_before_value = 0 {DECEMBER}"),
    ("indicator_comparisons", "base_of_a_running_period_is_a_part_of_last_year",
     f"update {VALUES} set as_of = date '2024-12-30' {DECEMBER};"
     f" update {{table}} set year_before_value = year_before_value + 1 {DECEMBER}"),
    ("indicator_comparisons", "base_is_the_figure_of_the_period_before",
     f"update {VALUES} set as_of = date '2024-12-30' {DECEMBER}"),
    ("indicator_comparisons", "share_is_the_part_of_its_whole",
     f"update {{table}} set share = 0.333334 {DECEMBER} and area_code = '330108001'"),
    ("indicator_comparisons", "share_is_the_part_of_its_whole",
     f"update {{table}} set share = 1 {DECEMBER} and area_code = '330108'"),
    ("indicator_comparisons", "share_is_the_part_of_its_whole",
     "update {table} set share = 0.5 where indicator_id = 'due_closure_rate'"),
    ("indicator_comparisons", "suppressed_figures_tell_nothing",
     f"update {VALUES} set value = null, status = 'suppressed' {DECEMBER}"),
]  # fmt: skip


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_database(tmp_path_factory.mktemp("good") / "build.duckdb")


@pytest.mark.parametrize("name", GATED)
def test_good_rows_pass_every_rule(name: str, good: Path, suites: dict[str, Suite]) -> None:
    results = check_table(good, suites[name].table, suites[name])
    assert [r.rule_id for r in results if not r.success] == []


@pytest.mark.parametrize(
    ("name", "rule_id", "change"), BROKEN, ids=[f"{b[0]}-{b[1]}" for b in BROKEN]
)
def test_each_rule_catches_what_it_is_for(
    name: str, rule_id: str, change: str, tmp_path: Path, suites: dict[str, Suite]
) -> None:
    suite = suites[name]
    rule = next(r for r in suite.expectations if r.meta.id == rule_id)
    database = build_database(tmp_path / "build.duckdb", change.format(table=suite.table))
    (outcome,) = carry_out(database, [suite.table], [rule])[suite.table]
    assert not outcome.success


LEDGERS = [name for name in GATED if not name.startswith("indicator")]


@pytest.mark.parametrize("name", LEDGERS)
def test_a_ledger_whose_source_delivered_nothing_tells_and_does_not_stop_the_release(
    name: str, tmp_path: Path, suites: dict[str, Suite]
) -> None:
    """Its figures are missing then; also a rule on a column is asked of no rows."""
    emptied = "".join(f"delete from {suites[ledger].table};" for ledger in LEDGERS)
    database = build_database(tmp_path / "build.duckdb", emptied)
    results = check_table(database, suites[name].table, suites[name])
    assert [r.rule_id for r in results if r.blocks] == []


# What a source may rightly deliver and no rule of ours gives a day for.
BEFORE_THE_RULES = [
    ("complaints",
     "update {table} set received_on = '2019-06-01', accepted_on = '2019-06-02', closed_on ="
     " '2019-06-09', due_on = null, is_due = null, is_closed_when_due = null, is_closed_on_time ="
     " null, acceptance_due_on = null, is_acceptance_due = null, is_acceptance_on_time = false,"
     " mediation_due_on = null, is_mediation_due = null, is_mediation_on_time = false"),
    ("penalty_cases",
     "update {table} set filed_on = '2018-01-01', decision_due_on = null,"
     " is_decision_due = null, is_decided_on_time = false"),
    ("penalty_cases",
     "update {table} set added_days = 36500, decision_due_on = null,"
     " is_decision_due = null, is_decided_on_time = false"),
    ("penalty_decisions",
     "update {table} set decided_on = '2014-09-30', publication_due_on = null,"
     " is_publication_due = null, is_published_on_time = false"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change"), BEFORE_THE_RULES)
def test_what_came_before_the_rules_has_no_due_day_and_does_not_stop_the_release(
    name: str, change: str, tmp_path: Path, suites: dict[str, Suite]
) -> None:
    table = suites[name].table
    database = build_database(tmp_path / "build.duckdb", change.format(table=table))
    results = check_table(database, table, suites[name])
    assert [r.rule_id for r in results if r.blocks] == []


def test_suppressed_figures_are_not_asked_to_add_up(
    tmp_path: Path, suites: dict[str, Suite]
) -> None:
    change = f"update {VALUES} set value = null, status = 'suppressed' where area_code <> '330108'"
    database = build_database(tmp_path / "build.duckdb", change)
    results = check_table(database, VALUES, suites["indicator_values"])
    assert [r.rule_id for r in results if not r.success] == []


def test_a_rate_of_nothing_due_may_be_empty(tmp_path: Path, suites: dict[str, Suite]) -> None:
    change = (
        f"update {VALUES} set value = null, numerator = 0, denominator = 0"
        " where indicator_id = 'due_closure_rate'"
    )
    database = build_database(tmp_path / "build.duckdb", change)
    results = check_table(database, VALUES, suites["indicator_values"])
    assert [r.rule_id for r in results if not r.success] == []
