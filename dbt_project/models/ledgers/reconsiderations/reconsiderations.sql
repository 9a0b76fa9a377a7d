with known as (
    {{ known_rows('reconsiderations__cases', 'applied_on', {
        'accepted_on': none, 'notified_on': none, 'concluded_on': none, 'result': 'concluded_on',
    }, [
        'case_no', 'procedure', 'is_extended', 'extension_days', 'suspended_days', 'excluded_days'
    ], has_street=false) }}
),

-- What is not refused by the end of its review counts as accepted: on that day, and before 2024 on
-- the day of receipt. No day of receipt is delivered; the day of application stands for it.
receipts as (
    {%- for rule in ['reconsideration_review', 'reconsideration_deemed_acceptance'] %}
    select
        '{{ rule }}' as rule_id,
        applied_on as starts_on,
        cast(null as {{ dbt.type_string() }}) as extension_rule_id,
        0 as added_days
    from known
    where accepted_on is null
    {{ 'union' if not loop.last }}
    {%- endfor %}
),

ruled_receipts as (
    {{ with_days_of_rule('receipts') }}
),

reviews as (
    {{ with_due_date('ruled_receipts') }}
),

received as (
    select
        known.*,
        case
            when review.due_on <= known.as_of and coalesce(known.concluded_on > review.due_on, true)
                then deemed.due_on
        end as deemed_accepted_on
    from known
    left join reviews as review
        on
            case when known.accepted_on is null then known.applied_on end = review.starts_on
            and review.rule_id = 'reconsideration_review'
    left join reviews as deemed
        on
            known.applied_on = deemed.starts_on
            and deemed.rule_id = 'reconsideration_deemed_acceptance'
),

-- The period runs from acceptance. Only the ordinary procedure, which a case that names none is
-- under, can be extended. For how long a case was extended, or stood still, is said without a day,
-- and taken as known from the start.
starts as (
    select
        *,
        coalesce(accepted_on, deemed_accepted_on) as starts_on,
        case when procedure = 'summary' then 'reconsideration_summary' else 'reconsideration' end
            as rule_id,
        case
            when is_extended and coalesce(procedure <> 'summary', true)
                then 'reconsideration_extension'
        end as extension_rule_id,
        coalesce(suspended_days, 0) + coalesce(excluded_days, 0) as added_days
    from received
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
    deemed_accepted_on,
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
