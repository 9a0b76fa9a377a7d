with events as (
    {{ known_rows('registrations__events', 'occurred_on') }}
),

industry_classes as (
    select
        digits,
        section_code
    from {{ ref('industries') }}
    where level = 'class'
)

select
    events.event_no,
    events.uscc,
    events.event_kind,
    events.occurred_on,
    -- The registry's class column first; the code's own category where it is empty. The type text
    -- (企业类型) is missing in most rows of a real registry and never classifies.
    coalesce(events.declared_entity_kind, {{ entity_kind_of_credit_code('events.uscc') }})
        as entity_kind,
    events.is_branch,
    events.industry_code,
    industry_classes.section_code as industry_section_code,
    events.area_code,
    events.registered_capital_amount,
    events.registered_capital_currency_code,
    case
        when events.registered_capital_currency_code = 'CNY' then events.registered_capital_amount
    end as registered_capital_yuan,
    {{ is_credit_code_valid('events.uscc') }} as is_code_valid,
    events.extract_id,
    events.row_number
from events
left join industry_classes on events.industry_code = industry_classes.digits
