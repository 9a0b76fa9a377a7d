with items as (
    select * from {{ ref('stg_complaints__items') }}
),

rules as (
    select * from {{ ref('statutory_rules') }}
),

business_day as (
    select as_of from {{ ref('stg_night__business_day') }}
),

streets as (
    {{ street_spellings() }}
),

industry_classes as (
    select
        digits,
        section_code
    from {{ ref('industries') }}
    where level = 'class'
),

known_items as (
    select
        items.*,
        business_day.as_of
    from items
    cross join business_day
    where not coalesce(items.received_on > business_day.as_of, false)
),

-- Which period runs for the item, and from which day. A complaint has to be decided upon first;
-- once accepted, what is due is the end of the mediation.
periods as (
    select
        *,
        case
            when item_kind = 'complaint' and accepted_on is not null then 'complaint_mediation'
            when item_kind = 'complaint' then 'complaint_acceptance'
            when item_kind = 'report' then 'report_verification'
            when item_kind = 'consultation' then 'consultation_reply'
        end as rule_id,
        case
            when item_kind = 'complaint' and accepted_on is not null then accepted_on
            else received_on
        end as starts_on
    from known_items
),

ruled as (
    select
        periods.*,
        rules.day_kind,
        rules.days + coalesce(extensions.days, 0) as days
    from periods
    left join rules
        on
            periods.rule_id = rules.rule_id
            and {{ is_in_force('rules', 'periods.starts_on') }}
    left join rules as extensions
        on
            periods.item_kind = 'report'
            and periods.is_extended
            and extensions.rule_id = 'report_extension'
            and {{ is_in_force('extensions', 'periods.starts_on') }}
),

dated as (
    {{ with_due_date('ruled') }}
),

judged as (
    select
        *,
        coalesce(closed_on <= as_of, false) as is_closed,
        due_on <= as_of as is_due,
        {{ days_between('received_on', 'closed_on') }} as days_to_closing
    from dated
)

select
    judged.item_no,
    judged.submission_no,
    judged.item_kind,
    judged.channel,
    judged.received_on,
    judged.accepted_on,
    judged.closed_on,
    judged.status,
    judged.due_on,
    judged.is_due_provisional,
    judged.is_closed,
    judged.is_due,
    judged.is_due and judged.is_closed as is_closed_when_due,
    judged.is_due and judged.is_closed and judged.closed_on <= judged.due_on as is_closed_on_time,
    case when judged.is_closed then cast(judged.days_to_closing as integer) end as handling_days,
    industry_classes.section_code as industry_section_code,
    streets.area_code,
    judged.extract_id,
    judged.row_number
from judged
left join streets on judged.street = streets.street
left join industry_classes on judged.industry_code = industry_classes.digits
