with cases as (
    {{ known_rows('penalty_cases__cases', 'filed_on') }}
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
            '减轻处罚': 'mitigated',
            '不予处罚': 'no_penalty',
            '违法事实不能成立': 'no_violation',
            '移送其他行政机关': 'transferred_to_authority',
            '移送司法机关': 'transferred_to_justice',
        }) }} as decision_kind,
        {%- for field in decision_fields().split() if field.endswith('_yuan') %}
        {{ yuan_or_zero(field) }} as {{ field }},
        {%- endfor %}
        {{ is_bare_warning('penalty_types') }} as is_bare_warning,
        {{ try_cast('published_on', 'date') }} as published_on,
        case_no
    from decisions
),

-- What is decided on the spot, is no penalty, or no more than a warning, is not made public.
publishable as (
    select
        typed.*,
        cases.procedure = 'ordinary'
        and typed.decision_kind in ('penalty', 'mitigated')
        and not typed.is_bare_warning as is_publishable,
        cases.procedure,
        cases.case_field,
        cases.party_kind,
        cases.area_code,
        cases.as_of,
        cases.extract_id,
        cases.row_number
    from typed
    inner join cases on typed.case_no = cases.case_no
),

starts as (
    select distinct
        'penalty_publication' as rule_id,
        decided_on as starts_on,
        cast(null as {{ dbt.type_string() }}) as extension_rule_id,
        0 as added_days
    from typed
    where decided_on is not null
),

ruled as (
    {{ with_days_of_rule('starts') }}
),

deadlines as (
    {{ with_due_date('ruled') }}
)

select
    decided.decision_no,
    decided.case_no,
    decided.decided_on,
    decided.decision_kind,
    {%- for field in [
        'fine_yuan', 'confiscated_gains_yuan', 'confiscated_goods_yuan', 'collected_yuan',
        'statutory_floor_yuan',
    ] %}
    cast(decided.{{ field }} as decimal(20, 2)) as {{ field }},
    {%- endfor %}
    -- Fines and confiscated gains are money; confiscated goods are not.
    cast(decided.fine_yuan + decided.confiscated_gains_yuan as decimal(20, 2)) as penalty_yuan,
    decided.decision_kind in ('no_penalty', 'mitigated') as is_lenient,
    cast(
        case
            when decided.decision_kind in ('no_penalty', 'mitigated')
                then greatest(decided.statutory_floor_yuan - decided.fine_yuan, 0)
            else 0
        end as decimal(20, 2)
    ) as waived_yuan,
    decided.is_bare_warning,
    decided.is_publishable,
    case when decided.published_on <= decided.as_of then decided.published_on end
        as published_on,
    deadlines.due_on as publication_due_on,
    deadlines.is_due_provisional as is_publication_due_provisional,
    deadlines.due_on <= decided.as_of as is_publication_due,
    coalesce(
        deadlines.due_on <= decided.as_of and decided.published_on <= deadlines.due_on, false
    ) as is_published_on_time,
    decided.procedure,
    decided.case_field,
    decided.party_kind,
    decided.area_code,
    decided.extract_id,
    decided.row_number
from publishable as decided
left join deadlines
    on case when decided.is_publishable then decided.decided_on end = deadlines.starts_on
where not coalesce(decided.decided_on > decided.as_of, false)
