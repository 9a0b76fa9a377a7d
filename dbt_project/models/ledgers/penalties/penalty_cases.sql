with filed as (
    {{ known_rows('penalty_cases__cases', 'filed_on') }}
),

-- That a case was extended, reviewed by the panel or stood still is said without a day, and
-- taken as known from the start. Each case has days of its own that do not count, so each is
-- dated by itself. No term runs for a case by summary procedure, which is decided on the spot.
cases as (
    select
        *,
        case when procedure = 'ordinary' then 'case_decision' end as rule_id,
        filed_on as starts_on,
        case when is_extended then 'case_decision_extension' end as extension_rule_id,
        further_extension_days + excluded_days as added_days
    from filed
),

ruled as (
    {{ with_days_of_rule('cases') }}
),

dated as (
    {{ with_due_date('ruled') }}
),

decided as (
    select
        case_no,
        min(decided_on) filter (where decision_kind in ('penalty', 'mitigated')) as decided_on,
        min(decided_on) as handled_on,
        sum(fine_yuan) as fine_yuan,
        sum(confiscated_gains_yuan) as confiscated_gains_yuan,
        sum(penalty_yuan) as penalty_yuan
    from {{ ref('penalty_decisions') }}
    group by case_no
)

select
    dated.case_no,
    dated.filed_on,
    decided.decided_on,
    dated.procedure,
    dated.case_field,
    dated.party_kind,
    dated.area_code,
    {%- for field in ['fine_yuan', 'confiscated_gains_yuan', 'penalty_yuan'] %}
    cast(coalesce(decided.{{ field }}, 0) as decimal(20, 2)) as {{ field }},
    {%- endfor %}
    coalesce(decided.penalty_yuan >= {{ var('major_case_threshold_yuan') }}, false) as is_major,
    dated.is_panel_reviewed,
    dated.is_extended,
    cast(dated.added_days as integer) as added_days,
    decided.handled_on,
    dated.due_on as decision_due_on,
    dated.is_due_provisional as is_decision_due_provisional,
    dated.due_on <= dated.as_of as is_decision_due,
    coalesce(dated.due_on <= dated.as_of and decided.handled_on <= dated.due_on, false)
        as is_decided_on_time,
    dated.extract_id,
    dated.row_number
from dated
left join decided on dated.case_no = decided.case_no
