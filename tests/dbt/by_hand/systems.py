"""The ledgers of the smaller systems by hand: certificates, disputes, equipment, food, merchants.

January to March of 2023 and 2024, and December 2024, hold written rows only; the rest is filled.
Stocks are written for every month end.
"""

from __future__ import annotations

DATA_IP_REGISTRATIONS = """
create table ledgers.data_ip_registrations as
select 'certificate-' || row_number() over () as certificate_no,
    cast(registered as date) as registered_on, data_kind, area_code
from (
    select * from (values
        ('2024-01-31', 'enterprise_data', '330108001'),
        ('2024-02-01', 'public_data', null),
        ('2024-02-29', null, '330108001')
    ) as given (registered, data_kind, area_code)
    union all
    select day, ['enterprise_data', 'public_data', 'personal_data'][1 + i % 3], area_code from fill
) as rows;
"""

BRAND_CERTIFICATES = """
create table ledgers.brand_certificates as
select 'certificate-' || row_number() over () as certificate_no,
    cast(issued as date) as issued_on, issue_number, certificate_kind, area_code
from (
    select * from (values
        ('2024-01-31', 1, 'services', '330108001'),
        ('2024-02-29', 1, 'services', '330108001'),
        ('2024-02-29', 2, null, '330108001'),
        ('2024-02-01', 3, 'services', null)
    ) as given (issued, issue_number, certificate_kind, area_code)
    union all
    select day, 1 + i % 3, ['manufacturing', 'services'][1 + i % 2], area_code
    from fill where i % 2 = 0
) as rows;
"""

CCC_EXEMPTIONS = """
create table ledgers.ccc_exemptions as
select 'application-' || row_number() over () as application_no,
    cast(handled as date) as handled_on, outcome, area_code
from (
    select * from (values
        ('2024-02-29', 'granted', '330108001'),
        ('2024-02-01', 'refused', null),
        ('2024-02-29', 'withdrawn', '330108001'),
        ('2024-03-01', null, '330108001'),
        (null, 'granted', '330108001')
    ) as given (handled, outcome, area_code)
    union all
    select
        case when i % 6 > 0 then day end,
        ['granted', 'granted', 'refused', 'withdrawn', 'open'][1 + i % 5],
        area_code
    from fill
) as rows;
"""

RECONSIDERATIONS = """
create table ledgers.reconsiderations as
select 'case-' || row_number() over () as case_no,
    cast(notified as date) as notified_on, procedure, is_due, is_concluded_on_time, is_before_due
from (
    select * from (values
        ('2024-01-31', null, false, false, true),
        ('2024-02-01', 'summary', true, false, false),
        ('2024-02-15', null, false, false, false),
        ('2024-02-29', 'ordinary', true, true, false),
        (null, null, true, false, true)
    ) as given (notified, procedure, is_due, is_concluded_on_time, is_before_due)
    union all
    select day, ['ordinary', 'summary', null][1 + i % 3], i % 8 > 0, i % 8 > 1, i % 8 = 0 from fill
) as rows;
"""

LITIGATIONS = """
create table ledgers.litigations as
select 'case-' || row_number() over () as case_no, instance,
    cast(filed as date) as filed_on, cast(heard as date) as heard_on,
    has_head_present, has_principal_present, cast(judged as date) as judged_on
from (
    select * from (values
        ('first', '2024-01-31', '2024-02-29', true, false, '2024-03-01'),
        ('first', '2024-02-29', '2024-02-29', false, false, '2024-03-01'),
        ('first', '2024-02-29', null, false, false, null),
        ('second', '2024-02-01', '2024-02-29', true, true, '2024-03-01'),
        ('first', '2024-12-31', '2024-12-31', false, false, null)
    ) as given (instance, filed, heard, has_head_present, has_principal_present, judged)
    union all
    select
        ['first', 'first', 'second'][1 + i % 3],
        day - 40,
        case when i % 7 > 0 then day end,
        i % 5 > 0,
        i % 5 > 2,
        case when i % 2 = 0 then day end
    from fill
    where not (year(day - 40) = 2024 and month(day - 40) <= 3)
) as rows;
"""

# Per duty: its due date, whether it is due, and done when due.
FOOD_SAMPLES = """
create table ledgers.food_samples as
select 'sample-' || row_number() over () as sample_no, sampling_kind,
    cast(report as date) as report_due_on, is_report_due, is_reported_when_due,
    cast(disposal as date) as disposal_due_on, is_disposal_due, is_disposed_when_due,
    cast(publication as date) as publication_due_on, is_publication_due, is_published_when_due,
    area_code
from (
    select * from (values
        ('supervision', '2024-02-29', true, true, '2024-02-29', true, true, '2024-02-29', true,
            true, '330108001'),
        ('supervision', '2024-02-01', true, false, '2024-02-01', true, false, null, false, false,
            null),
        ('supervision', '2024-02-01', false, false, '2024-02-01', false, false, '2024-02-01', false,
            false, '330108001'),
        ('risk_monitoring', '2024-02-10', true, true, '2024-02-10', true, true, '2024-02-10',
            true, true, '330108001'),
        ('supervision', '2024-01-05', true, true, '2024-01-20', true, true, '2024-02-10', true,
            false, '330108001'),
        ('supervision', null, false, false, null, false, false, null, false, false, '330108001')
    ) as given (sampling_kind, report, is_report_due, is_reported_when_due, disposal,
        is_disposal_due, is_disposed_when_due, publication, is_publication_due,
        is_published_when_due, area_code)
    union all
    select
        ['supervision', 'supervision', 'evaluation'][1 + i % 3],
        day, i % 7 > 0, i % 7 > 1,
        day, i % 6 > 0, i % 6 > 1,
        case when i % 8 > 0 then day end, i % 8 > 1, i % 8 > 2,
        area_code
    from fill
) as rows;
"""

MONTH_ENDS = """
create temporary view month_ends as
select last_day(date '2023-01-01' + to_months(cast(n as integer))) as month_end_on
from range(25) as t (n);
"""

# The firm without a street has its last certificate in February 2024, when another one comes.
BRAND_CERTIFICATE_STOCKS = """
create table ledgers.brand_certificate_stocks as
select month_end_on, firm_uscc, certificate_count, area_code
from month_ends
cross join (values
    ('A', date '2023-01-31', date '9999-12-31', 2, '330108001'),
    ('B', date '2024-02-29', date '9999-12-31', 3, '330108002'),
    ('C', date '2023-01-31', date '2024-02-29', 1, null)
) as firms (firm_uscc, first_end, last_end, certificate_count, area_code)
where month_end_on between first_end and last_end;
"""

# Street 330108003 has no producer and 330108002 no user. U4, of no street, is not known to be
# staffed.
EQUIPMENT_UNIT_STOCKS = """
create table ledgers.equipment_unit_stocks as
select
    month_end_on, unit_no, unit_kind, equipment_kind, month_end_on >= staffed_from as is_staffed,
    area_code
from month_ends
cross join (values
    ('P1', 'producer', 'boiler', date '2023-01-31', date '2024-02-29', '330108001'),
    ('P1', 'producer', 'lift', date '2023-01-31', date '2023-01-31', '330108001'),
    ('P2', 'producer', 'boiler', date '2024-03-31', null, '330108002'),
    ('U1', 'user', 'lift', date '2023-01-31', date '2023-01-31', '330108001'),
    ('U1', 'user', 'crane', date '2023-01-31', date '9999-12-31', '330108001'),
    ('U3', 'user', null, date '2023-01-31', date '2024-02-29', '330108003'),
    ('U4', 'user', 'lift', date '2024-02-29', null, null)
) as units (unit_no, unit_kind, equipment_kind, first_end, staffed_from, area_code)
where month_end_on >= first_end;
"""

# Street 330108003 has a gym only, which is covered and not counted.
PREPAID_MERCHANT_STOCKS = """
create table ledgers.prepaid_merchant_stocks as
select month_end_on, merchant_no, trade, month_end_on >= covered_from as is_covered, area_code
from month_ends
cross join (values
    ('M1', 'beauty', date '2023-01-31', date '2024-02-29', '330108001'),
    ('M2', 'hairdressing', date '2023-01-31', date '2023-01-31', '330108002'),
    ('M3', 'fitness', date '2023-01-31', date '2023-01-31', '330108003'),
    ('M4', 'beauty', date '2024-02-29', null, null)
) as merchants (merchant_no, trade, first_end, covered_from, area_code)
where month_end_on >= first_end;
"""

STATEMENTS = (
    DATA_IP_REGISTRATIONS,
    BRAND_CERTIFICATES,
    CCC_EXEMPTIONS,
    RECONSIDERATIONS,
    LITIGATIONS,
    FOOD_SAMPLES,
    MONTH_ENDS,
    BRAND_CERTIFICATE_STOCKS,
    EQUIPMENT_UNIT_STOCKS,
    PREPAID_MERCHANT_STOCKS,
)
