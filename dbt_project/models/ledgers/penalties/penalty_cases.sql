with cases as (
    select * from {{ ref('stg_penalty_cases__cases') }}
),

business_day as (
    select as_of from {{ ref('stg_night__business_day') }}
),

streets as (
    {{ street_spellings() }}
),

decided as (
    select
        case_no,
        min(decided_on) filter (where decision_kind in ('penalty', 'mitigated')) as decided_on,
        sum(fine_yuan) as fine_yuan,
        sum(confiscated_gains_yuan) as confiscated_gains_yuan,
        sum(penalty_yuan) as penalty_yuan
    from {{ ref('penalty_decisions') }}
    group by case_no
)

select
    cases.case_no,
    cases.filed_on,
    decided.decided_on,
    cases.case_field,
    cases.party_kind,
    streets.area_code,
    {%- for field in ['fine_yuan', 'confiscated_gains_yuan', 'penalty_yuan'] %}
    cast(coalesce(decided.{{ field }}, 0) as decimal(20, 2)) as {{ field }},
    {%- endfor %}
    coalesce(decided.penalty_yuan >= {{ var('major_case_threshold_yuan') }}, false) as is_major,
    cases.is_panel_reviewed,
    cases.extract_id,
    cases.row_number
from cases
cross join business_day
left join streets on cases.street = streets.street
left join decided on cases.case_no = decided.case_no
where not coalesce(cases.filed_on > business_day.as_of, false)
