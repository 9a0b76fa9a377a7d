"""Activities, recognitions and external figures by hand: the registers that know no streets."""

from __future__ import annotations

# One activity of each kind on the last day of January 2024, two on the last of February; where it
# may be under way, one without a day. Then what a metric must leave out or count once.
ACTIVITIES = """
create table ledgers.activities as
select
    'activities__' || list as source_table,
    'entry-' || row_number() over () as entry_no,
    activity_kind,
    cast(happened as date) as happened_on,
    level, field, document_no,
    cast(hours as decimal(20, 2)) as hours
from (
    select list, kind as activity_kind, happened,
        null as level, null as field, null as document_no, null as hours
    from (values
        ('publications', 'country_ip_handbook'),
        ('publications', 'case_explanation'),
        ('publications', 'implementation_plan'),
        ('publications', 'individual_business_action'),
        ('publications', 'other'),
        ('training_events', 'platform_compliance_class'),
        ('training_events', 'newcomer_training'),
        ('training_events', 'ip_law_training'),
        ('training_events', 'group_law_study'),
        ('decisions_reviewed', 'major_contract'),
        ('decisions_reviewed', 'major_decision'),
        ('decisions_reviewed', 'ordinary_contract'),
        ('campaigns', 'led_campaign'),
        ('campaigns', 'joined_campaign'),
        ('service_visits', 'worry_relief_visit'),
        ('service_visits', 'startup_express_visit'),
        ('service_visits', 'newcomer_visit'),
        ('service_visits', 'other'),
        ('public_opinion', 'handled_opinion'),
        ('public_opinion', 'unfounded_opinion')
    ) as kinds (list, kind)
    cross join (values ('2024-01-31'), ('2024-02-29'), ('2024-02-29'), (null)) as days (happened)
    union all
    select 'standards', kind, happened, level, field, null, null
    from (values
        ('group_standard', '2024-01-31', 'national', 'platform_governance'),
        ('group_standard', '2024-02-29', 'national', 'platform_governance'),
        ('group_standard', '2024-02-29', 'national', 'platform_governance'),
        ('group_standard', '2024-02-29', 'provincial', 'platform_governance'),
        ('group_standard', '2024-02-29', 'national', 'manufacturing'),
        ('group_standard', '2024-02-29', 'national', null),
        ('local_standard', '2024-02-29', 'national', 'platform_governance')
    ) as standards (kind, happened, level, field)
    union all
    select list, kind, happened, null, null, document_no, hours
    from (values
        ('publications', 'law_studied', '2024-01-31', '国令1', null),
        ('publications', 'law_studied', '2024-02-01', '国令1', null),
        ('publications', 'law_studied', '2024-02-29', '国令1', null),
        ('publications', 'law_studied', '2024-02-29', '国令2', null),
        ('publications', 'law_studied', '2024-02-29', null, null),
        ('publications', 'other', '2024-02-29', '国令3', null),
        ('training_events', 'online_law_study', '2024-01-31', null, 2),
        ('training_events', 'online_law_study', '2024-02-29', null, 1.5),
        ('training_events', 'online_law_study', '2024-02-29', null, 4),
        ('training_events', 'online_law_study', '2024-02-29', null, null),
        ('training_events', 'ip_law_training', '2024-03-01', null, 8),
        ('training_events', 'other', '2024-02-29', null, 16)
    ) as entries (list, kind, happened, document_no, hours)
) as rows (list, activity_kind, happened, level, field, document_no, hours);
"""

RECOGNITIONS = """
create table ledgers.recognitions as
select
    'item-' || row_number() over () as recognition_no,
    programme, level, holder_uscc, cast(recognised as date) as recognised_on
from (
    select programme, level, 'X', recognised
    from (values
        ('china_patent_award', 'gold'),
        ('china_patent_award', 'silver'),
        ('china_patent_award', 'excellence'),
        ('data_ip_case', 'provincial'), ('data_ip_case', 'municipal'),
        ('trade_secret_site', 'provincial'), ('trade_secret_site', 'municipal'),
        ('trade_secret_base', 'municipal'), ('trade_secret_base', 'provincial'),
        ('quality_service_case', 'delta'), ('quality_service_case', 'national'),
        ('enforcement_case', 'national'), ('enforcement_case', 'provincial'),
        ('enforcement_case', 'municipal'), ('enforcement_case', 'district'),
        ('enforcement_case', null),
        ('law_publicity_case', 'provincial'), ('law_publicity_case', 'municipal'),
        ('staff_honour', 'provincial'), ('staff_honour', 'municipal'),
        ('staff_honour', 'national'), ('staff_honour', 'district'),
        ('other', 'provincial')
    ) as kinds (programme, level)
    cross join (values ('2024-01-31'), ('2024-02-29'), ('2024-02-29')) as days (recognised)
    union all
    values
        ('contract_trustworthy_firm', 'municipal', 'A', '2024-01-31'),
        ('contract_trustworthy_firm', 'municipal', 'A', '2024-02-01'),
        ('contract_trustworthy_firm', 'municipal', 'A', '2024-02-29'),
        ('contract_trustworthy_firm', 'provincial', 'A', '2024-02-29'),
        ('contract_trustworthy_firm', 'municipal', 'B', '2024-02-29'),
        ('contract_trustworthy_firm', 'municipal', null, '2024-02-29')
) as rows (programme, level, holder_uscc, recognised);
"""

# Of 2024 the half-year stands beside the year, and of the devices only 2023 was ever stated for a
# whole year.
EXTERNAL_FIGURES = """
create table ledgers.external_figures as
select
    figure_name, cast(period_end as date) as period_end_on,
    cast(stated_value as decimal(20, 2)) as stated_value, is_last_of_year
from (values
    ('wipo_award_shortlist_rank', '2024-06-30', 40, false),
    ('wipo_award_shortlist_rank', '2024-12-31', 25, true),
    ('data_ip_pledge_city_rank', '2024-06-30', 3, false),
    ('platform_enterprises_city_rank', '2024-06-30', 4, false),
    ('new_enterprises_city_rank', '2024-06-30', 5, false),
    ('innovative_devices_province_rank', '2024-06-30', 6, false),
    ('law_contest_average_score', '2024-06-30', 98, false),
    ('data_ip_pledge_city_rank', '2024-12-31', 1, true),
    ('data_ip_pledge_city_rank', '2023-12-31', 2, true),
    ('platform_enterprises_city_rank', '2024-12-31', 1, true),
    ('new_enterprises_city_rank', '2024-12-31', 1, true),
    ('new_enterprises_city_rank', '2023-12-31', null, true),
    ('innovative_devices_province_rank', '2023-12-31', 1, true),
    ('law_contest_average_score', '2024-10-20', 99.94, true)
) as given (figure_name, period_end, stated_value, is_last_of_year);
"""

STATEMENTS = (ACTIVITIES, RECOGNITIONS, EXTERNAL_FIGURES)
