"""A build database of a few good rows in every gated ledger and in the figures."""

from __future__ import annotations

from pathlib import Path

import duckdb

GOOD = """
create schema night;
create schema ledgers;
create schema indicators;
create schema reference;
create table reference.areas as
    select * from (values
        ('330108', 'district', '330100'), ('330108001', 'street', '330108'),
        ('330108002', 'street', '330108'), ('330108003', 'street', '330108')
    ) as rows (area_code, level, parent_code);
create table reference.statutory_rules as
    select * from (values
        ('complaint_acceptance', date '2020-01-01'), ('complaint_mediation', date '2020-01-01'),
        ('report_verification', date '2020-01-01'), ('case_decision', date '2019-04-01'),
        ('penalty_publication', date '2014-10-01')
    ) as rows (rule_id, valid_from);
create table night.business_day as
    select date '2025-01-15' as as_of;

create table night.extract_states as
    select 'complaints__items' as source_table, date '2025-01-15' as data_through;

create table ledgers.registrations as
    select
        'E' || number as event_no, '91330108MA27XF6Q92' as uscc, 'establishment' as event_kind,
        date '2024-12-05' as occurred_on, 'enterprise' as entity_kind, false as is_branch,
        '6513' as industry_code, 'I' as industry_section_code, '33010800' || number as area_code,
        500000::decimal(20, 2) as registered_capital_amount,
        'CNY' as registered_capital_currency_code,
        500000::decimal(20, 2) as registered_capital_yuan, true as is_code_valid,
        'x' as extract_id, number as row_number,
    from range(1, 4) as numbers (number);

create table ledgers.entity_stocks as
    select
        last_day(date '2024-11-01' + to_months(number::integer)) as month_end_on,
        stock_kind,
        '330108001' as area_code, 'enterprise' as entity_kind, 'I' as industry_section_code,
        10 + 2 * number as opening, 3 as established, 1 as moved_in, 1 as restored,
        1 as deregistered, 1 as cancelled, 0 as revoked, 1 as moved_out, 0 as unmatched_events,
        12 + 2 * number as closing,
    from range(3) as numbers (number)
    cross join (values ('active'), ('registered')) as stocks (stock_kind);

create table ledgers.complaints as
    select
        'T' || number as item_no, 'S' || number as submission_no, 'complaint' as item_kind,
        'telephone' as channel, date '2024-12-02' as received_on, date '2024-12-03' as accepted_on,
        date '2024-12-04' as notified_on, null::date as supplemented_on,
        date '2024-12-10' as closed_on, 'mediated' as status, date '2025-01-10' as due_on,
        false as is_due_provisional, true as is_closed, true as is_due, true as is_closed_when_due,
        true as is_closed_on_time, date '2024-12-11' as acceptance_due_on,
        false as is_acceptance_due_provisional, true as is_acceptance_due,
        true as is_acceptance_on_time, date '2024-12-11' as acceptance_notice_due_on,
        false as is_acceptance_notice_due_provisional, true as is_acceptance_notice_due,
        true as is_acceptance_notice_on_time, date '2025-01-10' as mediation_due_on,
        false as is_mediation_due_provisional, true as is_mediation_due,
        true as is_mediation_on_time, null::date as verification_due_on,
        null::boolean as is_verification_due_provisional, null::boolean as is_verification_due,
        false as is_verification_on_time, 8 as handling_days, 'I' as industry_section_code,
        '33010800' || number as area_code, 'x' as extract_id, number as row_number,
    from range(1, 4) as numbers (number);

create table ledgers.ip_pledges as
    select
        'P' || number as contract_no, date '2024-12-05' as registered_on, 'patent' as right_kind,
        2 as right_count, 'secured' as amount_kind, 1000::decimal(20, 2) as pledge_yuan,
        '33010800' || number as area_code, 'x' as extract_id, number as row_number,
    from range(1, 4) as numbers (number);

create table ledgers.penalty_cases as
    select
        'A' || number as case_no, date '2024-11-01' as filed_on, date '2024-12-01' as decided_on,
        'ordinary' as procedure,
        'food' as case_field, 'enterprise' as party_kind, '33010800' || number as area_code,
        5000::decimal(20, 2) as fine_yuan, 100::decimal(20, 2) as confiscated_gains_yuan,
        5100::decimal(20, 2) as penalty_yuan, false as is_major, false as is_panel_reviewed,
        false as is_extended, 0 as added_days, date '2024-12-01' as handled_on,
        date '2025-02-05' as decision_due_on, false as is_decision_due_provisional,
        false as is_decision_due, false as is_decided_on_time,
        'x' as extract_id, number as row_number,
    from range(1, 4) as numbers (number);

create table ledgers.penalty_decisions as
    select
        'D' || number as decision_no, 'A' || number as case_no, date '2024-12-01' as decided_on,
        'penalty' as decision_kind, 5000::decimal(20, 2) as fine_yuan,
        100::decimal(20, 2) as confiscated_gains_yuan, 0::decimal(20, 2) as confiscated_goods_yuan,
        5100::decimal(20, 2) as penalty_yuan, 5100::decimal(20, 2) as collected_yuan,
        0::decimal(20, 2) as statutory_floor_yuan, 0::decimal(20, 2) as waived_yuan,
        false as is_lenient, false as is_bare_warning, true as is_publishable,
        date '2024-12-27' as published_on, date '2024-12-27' as publication_due_on,
        false as is_publication_due_provisional, true as is_publication_due,
        true as is_published_on_time, 'ordinary' as procedure,
        'food' as case_field, 'enterprise' as party_kind,
        '33010800' || number as area_code, 'x' as extract_id, number as row_number,
    from range(1, 4) as numbers (number);

create table indicators.indicators as
    select * from (values
        ('complaints_received', 'count'), ('reports_received', 'count'),
        ('consultations_received', 'count'), ('complaints_and_reports_received', 'count'),
        ('items_received', 'count'), ('items_due', 'count'), ('items_closed_when_due', 'count'),
        ('due_closure_rate', 'ratio')
    ) as rows (indicator_id, kind);

create table indicators.indicator_sources as
    select indicator_id, 'complaints__items' as source_table from indicators.indicators;

-- Two months of a year and one of the year before; 2 complaints, 1 report and 1 consultation a
-- month in each street.
create table indicators.indicator_values as
with counts as (
    select * from (values
        ('complaints_received', 2), ('reports_received', 1), ('consultations_received', 1),
        ('complaints_and_reports_received', 3), ('items_received', 4), ('items_due', 4),
        ('items_closed_when_due', 3)
    ) as rows (indicator_id, items)
),
periods as (
    select * from (values
        ('month', date '2023-12-01', date '2023-12-31', 1),
        ('month', date '2024-11-01', date '2024-11-30', 1),
        ('month', date '2024-12-01', date '2024-12-31', 1),
        ('quarter', date '2024-10-01', date '2024-12-31', 2),
        ('year', date '2024-01-01', date '2024-12-31', 2),
        ('ytd', date '2024-01-01', date '2024-11-30', 1),
        ('ytd', date '2024-01-01', date '2024-12-31', 2)
    ) as rows (period_grain, period_start, period_end, months)
),
areas as (
    select * from (values
        ('330108', 3), ('330108001', 1), ('330108002', 1), ('330108003', 1)
    ) as rows (area_code, streets)
),
cells as (
    select *, items * months * streets as value from counts, periods, areas
)
select
    indicator_id, period_grain, period_start, period_end, area_code, breakdown, breakdown_value,
    value::decimal(24, 6) as value, null::decimal(24, 6) as numerator,
    null::decimal(24, 6) as denominator, 'final' as status, date '2025-01-15' as as_of,
from (
    select *, 'total' as breakdown, 'total' as breakdown_value from cells
    union all
    select *, 'channel' as breakdown, 'visit' as breakdown_value from cells
    where indicator_id = 'items_received'
)
union all
select
    'due_closure_rate', period_grain, period_start, period_end, area_code, 'total', 'total', 0.75,
    3 * months * streets, 4 * months * streets, 'final', date '2025-01-15',
from periods, areas;

-- December stands beside December and November, which are equal; a street is a third.
create table indicators.indicator_comparisons as
select
    indicator_id, period_grain, period_start, period_end, area_code, breakdown, breakdown_value,
    value,
    case when period_start = '2024-12-01' then value end as year_before_value,
    case when period_start = '2024-12-01' then 0::decimal(24, 6) end as change_on_year,
    case when period_start = '2024-12-01' then value end as period_before_value,
    case when period_start = '2024-12-01' then 0::decimal(24, 6) end as change_on_period,
    case
        when indicator_id = 'due_closure_rate' then null
        when breakdown = 'channel' then 1
        when area_code <> '330108' then 0.333333
    end::decimal(24, 6) as share,
from indicators.indicator_values;
"""


def build_database(path: Path, *changes: str) -> Path:
    """Write the good rows, then what a test changes."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(GOOD)
        for change in changes:
            connection.execute(change)
    return path
