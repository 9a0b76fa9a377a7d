{%- set entries = "('establishment', 'move_in')" %}
{%- set exits = "('deregistration', 'revocation', 'move_out')" %}
with events as (
    select
        *,
        event_kind in {{ entries }} as is_entry
    from {{ ref('registrations') }}
    where event_kind in {{ entries }} or event_kind in {{ exits }}
),

-- What the entity's event before this one says. On one day an establishment comes first and a
-- deregistration last, whatever their numbers.
sequenced as (
    select
        *,
        coalesce(lag(is_entry) over entity_life, false) as is_registered_before,
        lag(area_code) over entity_life as area_code_before,
        lag(entity_kind) over entity_life as entity_kind_before,
        lag(industry_section_code) over entity_life as industry_section_code_before
    from events
    window entity_life as (
        partition by uscc
        order by
            occurred_on,
            case event_kind when 'establishment' then 0 when 'deregistration' then 2 else 1 end,
            event_no
    )
),

-- An exit leaves the cell in which the entity was entered: its own row may say another street or
-- industry, or none. An exit of an entity that is not on the register (a deregistration after a
-- revocation, or of an entity never delivered) and an entry of one that is do not move the stock.
movements as (
    select
        event_kind,
        is_entry <> is_registered_before as moves_stock,
        cast(last_day(occurred_on) as date) as month_end_on,
        case when is_entry or not is_registered_before then area_code else area_code_before end
            as area_code,
        case when is_entry or not is_registered_before then entity_kind else entity_kind_before end
            as entity_kind,
        case
            when is_entry or not is_registered_before then industry_section_code
            else industry_section_code_before
        end as industry_section_code
    from sequenced
),

monthly as (
    select
        month_end_on,
        area_code,
        entity_kind,
        industry_section_code,
        {%- for name, kind in {
            'established': 'establishment',
            'moved_in': 'move_in',
            'deregistered': 'deregistration',
            'revoked': 'revocation',
            'moved_out': 'move_out',
        }.items() %}
        count(*) filter (where moves_stock and event_kind = '{{ kind }}') as {{ name }},
        {%- endfor %}
        count(*) filter (where not moves_stock) as unmatched_events
    from movements
    group by month_end_on, area_code, entity_kind, industry_section_code
),

months as (
    {{ stock_days('registrations__events') }}
),

entity_kinds as (
    select 'enterprise' as entity_kind
    union all
    select 'individual_household' as entity_kind
    union all
    select 'cooperative' as entity_kind
),

cells as (
    select
        streets.area_code,
        entity_kinds.entity_kind,
        sections.industry_code as industry_section_code
    from {{ ref('areas') }} as streets
    cross join {{ ref('industries') }} as sections
    cross join entity_kinds
    where
        streets.level = 'street'
        and streets.parent_code = '{{ var("district_code") }}'
        and sections.level = 'section'

    union

    select
        area_code,
        entity_kind,
        industry_section_code
    from monthly
),

openings as (
    select
        area_code,
        entity_kind,
        industry_section_code,
        sum(established + moved_in - deregistered - revoked - moved_out) as entities
    from monthly
    where month_end_on < {{ first_month() }}
    group by area_code, entity_kind, industry_section_code
),

flows as (
    select
        months.month_end_on,
        cells.area_code,
        cells.entity_kind,
        cells.industry_section_code,
        coalesce(openings.entities, 0) as entities_before,
        {%- for name in ['established', 'moved_in', 'deregistered', 'revoked', 'moved_out'] %}
        coalesce(monthly.{{ name }}, 0) as {{ name }},
        {%- endfor %}
        coalesce(monthly.unmatched_events, 0) as unmatched_events
    from cells
    cross join months
    left join monthly
        on
            months.month_end_on = monthly.month_end_on
            and cells.area_code = monthly.area_code
            and cells.entity_kind is not distinct from monthly.entity_kind
            and cells.industry_section_code is not distinct from monthly.industry_section_code
    left join openings
        on
            cells.area_code = openings.area_code
            and cells.entity_kind is not distinct from openings.entity_kind
            and cells.industry_section_code is not distinct from openings.industry_section_code
),

stocks as (
    select
        *,
        entities_before + coalesce(
            sum(established + moved_in - deregistered - revoked - moved_out) over (
                partition by area_code, entity_kind, industry_section_code
                order by month_end_on
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as opening
    from flows
)

select
    month_end_on,
    area_code,
    entity_kind,
    industry_section_code,
    {%- for name in [
        'opening', 'established', 'moved_in', 'deregistered', 'revoked', 'moved_out',
        'unmatched_events',
    ] %}
    cast({{ name }} as bigint) as {{ name }},
    {%- endfor %}
    cast(
        opening + established + moved_in - deregistered - revoked - moved_out as bigint
    ) as closing
from stocks
