with cases as (
    select * from {{ ref('stg_penalty_cases__cases') }}
),

business_day as (
    select as_of from {{ ref('stg_night__business_day') }}
),

streets as (
    {{ street_spellings() }}
),

decisions as (
    {{ unnested_decisions('cases') }}
),

typed as (
    select
        trim(decision_no) as decision_no,
        {{ try_cast('decided_on', 'date') }} as decided_on,
        {{ recode('kind', {
            '行政处罚': 'penalty',
            '不予处罚': 'no_penalty',
            '减轻处罚': 'mitigated',
        }) }} as decision_kind,
        {%- for field in decision_fields() if field.endswith('_yuan') %}
        {{ yuan_or_zero(field) }} as {{ field }},
        {%- endfor %}
        case_no
    from decisions
)

select
    typed.decision_no,
    typed.case_no,
    typed.decided_on,
    typed.decision_kind,
    {%- for field in [
        'fine_yuan', 'confiscated_gains_yuan', 'confiscated_goods_yuan', 'collected_yuan',
        'statutory_floor_yuan',
    ] %}
    cast(typed.{{ field }} as decimal(20, 2)) as {{ field }},
    {%- endfor %}
    -- Fines and confiscated gains are money; confiscated goods are not.
    cast(typed.fine_yuan + typed.confiscated_gains_yuan as decimal(20, 2)) as penalty_yuan,
    typed.decision_kind in ('no_penalty', 'mitigated') as is_lenient,
    cast(
        case
            when typed.decision_kind in ('no_penalty', 'mitigated')
                then greatest(typed.statutory_floor_yuan - typed.fine_yuan, 0)
            else 0
        end as decimal(20, 2)
    ) as waived_yuan,
    cases.case_field,
    cases.party_kind,
    streets.area_code,
    cases.extract_id,
    cases.row_number
from typed
inner join cases on typed.case_no = cases.case_no
cross join business_day
left join streets on cases.street = streets.street
where not coalesce(typed.decided_on > business_day.as_of, false)
