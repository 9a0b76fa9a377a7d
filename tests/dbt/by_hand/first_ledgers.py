"""Registrations, complaints, pledges and penalties by hand, as the models would have built them.

January to March of 2023 and 2024, and December 2024, hold written rows only; the rest is filled.
"""

from __future__ import annotations

from tests.dbt.by_hand.fill import AS_OF

COMPLAINTS = f"""
create table ledgers.complaints as
with rows as (
    select * from (values
        -- received, accepted, closed, due, kind, channel, section, street
        ('2023-02-28', '2023-03-01', '2023-03-03', '2023-03-10', 'complaint', 'internet', 'F',
            '330108001'),
        ('2024-01-31', null, '2024-02-05', '2024-02-19', 'complaint', 'internet', 'F',
            '330108001'),
        ('2024-01-31', null, null, '2024-02-29', 'report', null, null, null),
        ('2024-02-29', '2024-03-16', '2024-03-20', '2024-03-15', 'complaint', 'letter', 'F',
            '330108001'),
        ('2024-02-29', null, '2024-02-29', '2024-03-11', 'consultation', 'visit', 'H', '330108002'),
        ('2024-02-29', null, '2024-03-10', '2024-03-10', 'report', 'internet', 'H', '330108001'),
        ('2024-12-31', '2025-01-02', null, '2025-01-20', 'complaint', 'internet', 'F', '330108003'),
        ('2024-12-31', null, '2025-01-02', '2025-01-10', 'complaint', 'internet', 'F', '330108003'),
        ('2024-12-31', null, null, '2025-01-16', 'report', 'internet', 'F', '330108003')
    ) as given
        (received, accepted, closed, due, item_kind, channel, industry_section_code, area_code)
    union all
    -- Ten of one day, closed after 21 to 29 and after 50 days and due after 28: nine tenths of them
    -- are a whole number. Four complaints are accepted on the last day for it, three a day later.
    select
        date '2023-03-31',
        date '2023-03-31' + case n % 3 when 1 then 16 when 2 then 17 end,
        date '2023-03-31' + case n when 10 then 50 else cast(20 + n as integer) end,
        date '2023-04-28',
        case when n % 3 = 0 then 'report' else 'complaint' end,
        'visit', 'F', '330108001'
    from range(1, 11) as ten (n)
    union all
    select
        day,
        case when i % 3 = 0 and i % 5 > 0 then day + cast(i % 15 as integer) end,
        case when i % 11 > 0 then day + cast(i % 13 as integer) end,
        day + 10,
        ['complaint', 'report', 'consultation'][1 + i % 3],
        ['internet', 'telephone', null][1 + i % 3],
        industry_section_code,
        area_code
    from fill
),
typed as (
    select
        *,
        cast(received as date) as received_on,
        cast(accepted as date) as accepted_on,
        cast(closed as date) as closed_on,
        cast(due as date) as due_on,
        -- Sixteen days here, whatever the rules say: the ledger's own tests have those. What came
        -- on the last day of December is due on the day after the business date.
        case when item_kind = 'complaint' then received_on + 16 end as acceptance_due_on,
        -- Told on the day of acceptance; what came on the last day of February, a day later. Of the
        -- ten of one day the first alone was told.
        case
            when received_on = date '2024-02-29' then accepted_on + 1
            when received_on <> date '2023-03-31' or closed_on = date '2023-04-21' then accepted_on
        end as notified_on,
        case when accepted_on is not null then due_on end as mediation_due_on,
        case when item_kind = 'report' then due_on end as verification_due_on
    from rows
)
select
    'item-' || row_number() over () as item_no,
    item_kind, channel, received_on, closed_on, due_on,
    coalesce(closed_on <= date '{AS_OF}', false) as is_closed,
    due_on <= date '{AS_OF}' as is_due,
    is_due and is_closed as is_closed_when_due,
    is_due and is_closed and closed_on <= due_on as is_closed_on_time,
    acceptance_due_on <= date '{AS_OF}' as is_acceptance_due,
    coalesce(is_acceptance_due and coalesce(accepted_on, closed_on) <= acceptance_due_on, false)
        as is_acceptance_on_time,
    is_acceptance_due as is_acceptance_notice_due,
    coalesce(is_acceptance_due and notified_on <= acceptance_due_on, false)
        as is_acceptance_notice_on_time,
    mediation_due_on <= date '{AS_OF}' as is_mediation_due,
    coalesce(is_mediation_due and closed_on <= mediation_due_on, false) as is_mediation_on_time,
    verification_due_on <= date '{AS_OF}' as is_verification_due,
    coalesce(is_verification_due and closed_on <= verification_due_on, false)
        as is_verification_on_time,
    case when is_closed then cast(closed_on - received_on as integer) end as handling_days,
    industry_section_code, area_code
from typed;
"""

REGISTRATIONS = """
create table ledgers.registrations as
select
    'event-' || row_number() over () as event_no,
    cast(occurred as date) as occurred_on, event_kind, entity_kind, is_branch,
    industry_section_code, area_code
from (
    select * from (values
        ('2024-01-31', 'establishment', 'enterprise', false, 'F', '330108001'),
        ('2024-02-29', 'establishment', 'enterprise', false, 'F', '330108001'),
        ('2024-02-29', 'establishment', 'enterprise', true, 'F', '330108001'),
        ('2024-02-29', 'restoration', 'enterprise', false, 'F', '330108001'),
        ('2024-02-29', 'cancellation', 'enterprise', false, 'F', '330108001'),
        ('2024-02-29', 'change_cancellation', 'enterprise', false, 'F', '330108001'),
        ('2024-02-29', 'establishment', 'individual_household', false, 'H', '330108002'),
        ('2024-02-29', 'establishment', 'cooperative', false, 'A', null),
        ('2024-02-29', 'change', 'enterprise', false, 'F', '330108001'),
        ('2024-02-29', 'change', 'individual_household', false, 'F', '330108001'),
        ('2024-02-29', 'move_out', 'cooperative', false, 'A', '330108001'),
        ('2024-02-29', 'move_in', 'enterprise', false, 'F', '330108001'),
        ('2024-02-29', 'revocation', 'enterprise', false, 'F', '330108001'),
        ('2024-02-29', 'deregistration', 'enterprise', false, null, '330108001')
    ) as given (occurred, event_kind, entity_kind, is_branch, industry_section_code, area_code)
    union all
    select
        day,
        ['establishment', 'change', 'deregistration', 'establishment'][1 + i % 4],
        ['enterprise', 'individual_household', 'cooperative'][1 + i % 3],
        i % 5 = 0,
        industry_section_code,
        area_code
    from fill
) as rows;
"""

# Street 330108001 grows by one each month from 11; 330108002 stands still; 330108003 is emptied in
# July 2024 and has no row from then on. Two of 330108001 are revoked on the last day of February
# 2024 and deregistered in March: until then they are on the register only.
ENTITY_STOCKS = """
create table ledgers.entity_stocks as
with months as (
    select last_day(date '2023-01-01' + to_months(cast(n as integer))) as month_end_on, n
    from range(25) as t (n)
)
select month_end_on, 'active' as stock_kind, '330108001' as area_code, 'enterprise' as entity_kind,
    'F' as industry_section_code, cast(11 + n as bigint) as closing
from months
union all
select month_end_on, 'registered', '330108001', 'enterprise', 'F',
    11 + n + if(month_end_on = date '2024-02-29', 2, 0)
from months
union all
select month_end_on, stock_kind, '330108002', 'individual_household', null, 5
from months cross join (values ('active'), ('registered')) as stocks (stock_kind)
union all
select month_end_on, stock_kind, '330108003', 'cooperative', 'A', 7
from months cross join (values ('active'), ('registered')) as stocks (stock_kind)
where month_end_on < date '2024-07-01';
"""

IP_PLEDGES = """
create table ledgers.ip_pledges as
select
    'contract-' || row_number() over () as contract_no,
    cast(registered as date) as registered_on, right_kind, amount_kind,
    cast(pledge_yuan as decimal(20, 2)) as pledge_yuan, area_code
from (
    select * from (values
        ('2024-02-29', 'data_ip', 'secured', 100.50, '330108001'),
        ('2024-02-29', 'mixed', 'secured', 200.25, null),
        ('2024-02-29', 'data_ip', 'credit_line', 999.00, '330108001')
    ) as given (registered, right_kind, amount_kind, pledge_yuan, area_code)
    union all
    select
        day,
        ['patent', 'data_ip', null][1 + i % 3],
        ['secured', 'secured', 'drawn', 'credit_line'][1 + i % 4],
        case when i % 10 > 0 then i * 1.01 end,
        area_code
    from fill
    where i % 5 = 0 and day <= '2024-11-30' -- the day that its source reaches to
) as rows;
"""

PENALTY_CASES = f"""
create table ledgers.penalty_cases as
select
    'case-' || row_number() over () as case_no,
    cast(filed as date) as filed_on, cast(decided as date) as decided_on,
    case_field, party_kind, is_major, is_panel_reviewed, area_code,
    procedure,
    case when procedure = 'ordinary' then filed_on + 90 end as decision_due_on,
    decision_due_on <= date '{AS_OF}' as is_decision_due,
    coalesce(is_decision_due and decided_on <= decision_due_on, false) as is_decided_on_time
from (
    select * from (values
        ('2023-12-31', '2024-02-29', 'ordinary', 'drug', 'enterprise', false, true, '330108001'),
        ('2024-01-31', '2024-02-29', 'ordinary', 'food', 'enterprise', true, false, '330108001'),
        ('2024-02-29', null, 'ordinary', 'food', 'person', false, true, '330108002'),
        ('2024-02-29', '2024-02-29', 'summary', 'food', 'person', false, false, '330108002'),
        ('2024-12-31', null, 'ordinary', 'food', 'person', false, true, '330108002'),
        ('2024-12-31', '2024-12-31', 'summary', 'food', 'person', false, false, null)
    ) as given (
        filed, decided, procedure, case_field, party_kind, is_major, is_panel_reviewed, area_code
    )
    union all
    select
        day,
        case when i % 5 > 0 then least(day + cast(i % 10 as integer), last_day(day)) end,
        'ordinary',
        ['food', 'drug', null, 'price'][1 + i % 4],
        ['enterprise', 'person'][1 + i % 2],
        i % 3 = 0,
        i % 8 = 0,
        area_code
    from fill
    where i % 4 = 1
) as rows;
"""

PENALTY_DECISIONS = f"""
create table ledgers.penalty_decisions as
select
    'decision-' || row_number() over () as decision_no,
    cast(decided as date) as decided_on, decision_kind, procedure, case_field, party_kind,
    cast(penalty_yuan as decimal(20, 2)) as penalty_yuan,
    cast(waived_yuan as decimal(20, 2)) as waived_yuan,
    decision_kind in ('no_penalty', 'mitigated') as is_lenient, area_code,
    case when decision_kind in ('penalty', 'mitigated') and procedure = 'ordinary'
        then decided_on + 28 end as publication_due_on,
    publication_due_on <= date '{AS_OF}' as is_publication_due,
    coalesce(is_publication_due and cast(published as date) <= publication_due_on, false)
        as is_published_on_time
from (
    select * from (values
        ('2024-02-29', '2024-03-28', 'penalty', 'ordinary', 'food',
         'enterprise', 10000.00, 7.00, '330108001'),
        ('2024-02-29', null, 'mitigated', 'ordinary', 'food', 'enterprise',
         500.55, 1499.45, '330108001'),
        ('2024-02-29', null, 'no_penalty', 'ordinary', 'drug', 'person', 0, 3000.00, null),
        ('2024-02-29', null, 'no_violation', 'ordinary', 'drug', 'person', 0, 600.00, null),
        ('2024-02-29', null, 'transferred_to_authority', 'ordinary', 'food',
         'person', 0, 0, '330108002'),
        ('2024-02-29', null, 'transferred_to_justice', 'ordinary', 'food',
         'person', 0, 0, '330108002'),
        ('2024-02-29', null, 'penalty', 'summary', 'food', 'person', 150.00, 0, '330108002'),
        ('2024-12-31', null, 'penalty', 'ordinary', 'food', 'enterprise', 800.00, 0, '330108001'),
        ('2024-12-31', null, 'penalty', 'summary', 'food', 'person', 50.00, 0, null),
        ('2024-12-31', null, 'no_violation', 'ordinary', 'food', 'person', 0, 0, '330108001')
    ) as given (
        decided, published, decision_kind, procedure, case_field, party_kind, penalty_yuan,
        waived_yuan, area_code
    )
    union all
    select
        day,
        case when i % 7 > 0 then day + cast(20 + i % 10 as integer) end,
        ['penalty', 'mitigated', 'no_penalty'][1 + i % 3],
        'ordinary',
        ['food', 'drug', null, 'price'][1 + i % 4],
        ['enterprise', 'person'][1 + i % 2],
        i * 3.33,
        case when i % 3 > 0 then i * 0.77 else 0 end,
        area_code
    from fill
    where i % 3 < 2 and i % 2 = 1
) as rows;
"""

STATEMENTS = (
    COMPLAINTS,
    REGISTRATIONS,
    ENTITY_STOCKS,
    IP_PLEDGES,
    PENALTY_CASES,
    PENALTY_DECISIONS,
)
