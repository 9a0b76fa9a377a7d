{#- The periods that run for an item. What ends an acceptance is the decision either way; whoever
    withdraws a complaint need not be told of it any more. -#}
{% set unextended = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{% set periods = {
    'acceptance': {'rule': "'complaint_acceptance'", 'kind': 'complaint', 'from': 'received_on',
                   'ended': 'coalesce(accepted_on, closed_on)', 'extension': unextended},
    'acceptance_notice': {
        'rule': "'complaint_acceptance_notice'", 'kind': 'complaint', 'from': 'notice_from',
        'ended': "least(notified_on, case when status = 'withdrawn' then closed_on end)",
        'extension': unextended,
    },
    'mediation': {'rule': "'complaint_mediation'", 'kind': 'complaint', 'from': 'accepted_on',
                  'ended': 'closed_on', 'extension': unextended},
    'verification': {'rule': "case when restarted_on is null then 'report_verification'"
                             " else 'report_restart' end",
                     'kind': 'report', 'from': 'verified_from', 'ended': 'closed_on',
                     'extension': "case when is_extended then 'report_extension' end"},
    'reply': {'rule': "'consultation_reply'", 'kind': 'consultation', 'from': 'received_on',
              'ended': 'closed_on', 'extension': unextended},
} -%}
with

industry_classes as (
    select
        digits,
        section_code
    from {{ ref('industries') }}
    where level = 'class'
),

received as (
    {{ known_rows('complaints__items', 'received_on', {
        'accepted_on': none, 'notified_on': none, 'supplemented_on': none, 'closed_on': none,
        'status': 'closed_on',
    }, ['item_no', 'submission_no', 'item_kind', 'channel', 'is_extended', 'industry_code']) }}
),

restart as (
    select min(valid_from) as valid_from
    from {{ ref('statutory_rules') }}
    where rule_id = 'report_restart'
),

-- Before the first complaint that carries a day of notice the source did not keep it: whether those
-- were told in time is not known, and not "no".
first_notice as (
    select min(received_on) as received_on
    from received
    where item_kind = 'complaint' and notified_on is not null
),

-- The source states how an item stands now; as of a day before it was closed, it was open. That a
-- verification was extended is said without a day, and taken as known from the start. New facts
-- that come once the report is decided upon, or came before the law said so, restart nothing.
stated as (
    select
        received.item_no,
        received.submission_no,
        received.item_kind,
        received.channel,
        received.received_on,
        received.accepted_on,
        received.notified_on,
        received.supplemented_on,
        received.closed_on,
        received.is_extended,
        received.industry_code,
        received.area_code,
        received.as_of,
        received.extract_id,
        received.row_number,
        case
            when received.status is not null then received.status
            when received.accepted_on is not null then 'in_progress'
            else 'pending'
        end as status,
        case
            when
                received.supplemented_on >= restart.valid_from
                and received.supplemented_on
                <= coalesce(received.closed_on, received.supplemented_on)
                then received.supplemented_on
        end as restarted_on
    from received
    cross join restart
),

items as (
    select
        stated.*,
        coalesce(stated.restarted_on, stated.received_on) as verified_from,
        case when stated.received_on >= first_notice.received_on then stated.received_on end
            as notice_from
    from stated
    cross join first_notice
),

-- Few days begin the periods of many items: each rule is dated once a day, not once an item.
starts as (
    {%- for period in periods.values() %}
    select
        {{ period.rule }} as rule_id,
        {{ period.from }} as starts_on,
        {{ period.extension }} as extension_rule_id,
        0 as added_days
    from items
    where item_kind = '{{ period.kind }}' and {{ period.from }} is not null
    {{ 'union' if not loop.last }}
    {%- endfor %}
),

ruled as (
    {{ with_days_of_rule('starts') }}
),

deadlines as (
    {{ with_due_date('ruled') }}
),

-- Joined by equality alone: with a condition on the items beside it, each is compared with each.
dated as (
    select
        {%- for name, period in periods.items() %}
        {{ name }}.due_on as {{ name }}_due_on,
        {{ name }}.is_due_provisional as is_{{ name }}_due_provisional,
        {{ name }}.due_on <= items.as_of as is_{{ name }}_due,
        coalesce(
            {{ name }}.due_on <= items.as_of and {{ period.ended }} <= {{ name }}.due_on, false
        ) as is_{{ name }}_on_time,
        {%- endfor %}
        items.*
    from items
    {% for name, period in periods.items() -%}
    left join deadlines as {{ name }}
        on
            items.{{ period.from }} = {{ name }}.starts_on
            and case when items.item_kind = '{{ period.kind }}' then {{ period.rule }} end
            = {{ name }}.rule_id
            and {{ period.extension }} is not distinct from {{ name }}.extension_rule_id
    {% endfor %}
),

-- What is due is the end of the item. A complaint has to be decided upon first; once accepted, it
-- is the end of the mediation.
due as (
    select
        *,
        {%- for column in ['due_on', 'is_due_provisional'] %}
        case
            when item_kind = 'complaint' and accepted_on is null
                then {{ column | replace('due', 'acceptance_due', 1) }}
            when item_kind = 'complaint' then {{ column | replace('due', 'mediation_due', 1) }}
            when item_kind = 'report' then {{ column | replace('due', 'verification_due', 1) }}
            when item_kind = 'consultation' then {{ column | replace('due', 'reply_due', 1) }}
        end as {{ column }},
        {%- endfor %}
        coalesce(closed_on <= as_of, false) as is_closed,
        {{ days_between('received_on', 'closed_on') }} as days_to_closing
    from dated
)

select
    due.item_no,
    due.submission_no,
    due.item_kind,
    due.channel,
    due.received_on,
    due.accepted_on,
    due.notified_on,
    due.supplemented_on,
    due.closed_on,
    due.status,
    due.due_on,
    due.is_due_provisional,
    due.is_closed,
    due.due_on <= due.as_of as is_due,
    due.due_on <= due.as_of and due.is_closed as is_closed_when_due,
    due.due_on <= due.as_of and due.is_closed and due.closed_on <= due.due_on
        as is_closed_on_time,
    {%- for name in ['acceptance', 'acceptance_notice', 'mediation', 'verification'] %}
    due.{{ name }}_due_on,
    due.is_{{ name }}_due_provisional,
    due.is_{{ name }}_due,
    due.is_{{ name }}_on_time,
    {%- endfor %}
    case when due.is_closed then cast(due.days_to_closing as integer) end as handling_days,
    industry_classes.section_code as industry_section_code,
    due.area_code,
    due.extract_id,
    due.row_number
from due
left join industry_classes on due.industry_code = industry_classes.digits
