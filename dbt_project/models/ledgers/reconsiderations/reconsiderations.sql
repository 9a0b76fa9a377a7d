with known as (
    {{ known_rows('reconsiderations__cases', 'applied_on', {
        'accepted_on': none, 'notified_on': none, 'concluded_on': none, 'result': 'concluded_on',
    }, has_street=false) }}
),

-- The period runs from acceptance. Only the ordinary procedure, which a case that names none is
-- under, can be extended. For how long a case was extended, or stood still, is said without a day, and
-- taken as known from the start.
starts as (
    select
        *,
        accepted_on as starts_on,
        case when procedure = 'summary' then 'reconsideration_summary' else 'reconsideration' end
            as rule_id,
        case
            when is_extended and coalesce(procedure <> 'summary', true)
                then 'reconsideration_extension'
        end as extension_rule_id,
        coalesce(suspended_days, 0) + coalesce(excluded_days, 0) as added_days
    from known
),

ruled as (
    {{ with_days_of_rule('starts', granted_days='extension_days') }}
),

dated as (
    {{ with_due_date('ruled') }}
)

select
    case_no,
    applied_on,
    accepted_on,
    notified_on,
    procedure,
    is_extended,
    extension_days,
    cast(added_days as integer) as added_days,
    concluded_on,
    result,
    due_on,
    is_due_provisional,
    coalesce(due_on <= as_of, false) as is_due,
    coalesce(due_on <= as_of and concluded_on <= due_on, false) as is_concluded_on_time,
    -- A case that is not accepted yet may still become due; one that was refused will not.
    coalesce(due_on > as_of, concluded_on is null) as is_before_due,
    extract_id,
    row_number
from dated
