{%- set arrivals = "('establishment', 'move_in')" %}
{%- set exits = "('deregistration', 'cancellation', 'move_out')" %}
{%- set flows = {
    'established': 'establishment',
    'moved_in': 'move_in',
    'restored': 'restoration',
    'deregistered': 'deregistration',
    'cancelled': 'cancellation',
    'revoked': 'revocation',
    'moved_out': 'move_out',
} %}
{%- set net =
    'established + moved_in + restored - deregistered - cancelled - revoked - moved_out'
%}
with events as (
    select
        *,
        -- Whether the entity is on the register afterwards; a revocation leaves that as it was.
        case
            when event_kind in {{ arrivals }} or event_kind = 'restoration' then true
            when event_kind in {{ exits }} then false
        end as is_on_register
    from {{ ref('registrations') }}
    where
        event_kind in {{ arrivals }}
        or event_kind in {{ exits }}
        or event_kind in ('restoration', 'revocation')
),

-- On one day an establishment comes first and a deregistration last, whatever their numbers.
ordered as (
    select
        *,
        row_number() over (
            partition by uscc
            order by
                occurred_on nulls last,
                case event_kind when 'establishment' then 0 when 'deregistration' then 2 else 1 end
                nulls last,
                event_no nulls last
        ) as place
    from events
),

sequenced as (
    select
        *,
        coalesce({{ last_known('is_on_register') }} over (
            partition by uscc
            order by place nulls last rows between unbounded preceding and 1 preceding
        ), false) as was_on_register
    from ordered
),

-- A life begins with each establishment or move-in of an entity that is not on the register. A
-- restoration continues the life that an exit had ended.
lives as (
    select
        *,
        sum(case when event_kind in {{ arrivals }} and not was_on_register then 1 else 0 end)
            over (partition by uscc order by place nulls last)
            as life_no
    from sequenced
),

continued as (
    select
        *,
        {%- for column in ['area_code', 'entity_kind', 'industry_section_code'] %}
        first_value({{ column }}) over (partition by uscc, life_no order by place nulls last)
            as life_{{ column }},
        {%- endfor %}
        coalesce(is_on_register <> was_on_register, false) as moves_registered,
        coalesce(
            max(case when event_kind = 'revocation' and was_on_register then 1 else 0 end) over (
                partition by uscc, life_no
                order by place nulls last rows between unbounded preceding and 1 preceding
            ),
            0
        ) = 1 as was_revoked
    from lives
),

-- Whoever is revoked leaves the active stock that day and by no other event, unless restored.
moving as (
    select
        *,
        not was_revoked
        and (moves_registered or (event_kind = 'revocation' and was_on_register)) as moves_active
    from continued
),

-- What moves a stock does so in the cell in which the life began: its own row may say another
-- street or industry, or none. An exit of an entity that is not on the register (or was never
-- delivered) and an entry of one that is move neither stock.
placed as (
    select
        event_kind,
        moves_registered,
        moves_active,
        cast(last_day(occurred_on) as date) as month_end_on,
        case when moves_registered or moves_active then life_area_code else area_code end
            as area_code,
        case when moves_registered or moves_active then life_entity_kind else entity_kind end
            as entity_kind,
        case
            when moves_registered or moves_active then life_industry_section_code
            else industry_section_code
        end as industry_section_code
    from moving
),

counted as (
    select
        *,
        count(*) as events
    from placed
    group by
        event_kind,
        moves_registered,
        moves_active,
        month_end_on,
        area_code,
        entity_kind,
        industry_section_code
),

stock_kinds as (
    select 'active' as stock_kind
    union all
    select 'registered' as stock_kind
),

monthly as (
    select
        stock_kinds.stock_kind,
        counted.month_end_on,
        counted.area_code,
        counted.entity_kind,
        counted.industry_section_code,
        {%- for name, kind in flows.items() %}
        coalesce(sum(counted.events) filter (
            where
            counted.event_kind = '{{ kind }}'
            and case
                when stock_kinds.stock_kind = 'active' then counted.moves_active
                else counted.moves_registered
            end
        ), 0) as {{ name }},
        {%- endfor %}
        coalesce(sum(counted.events) filter (
            where not counted.moves_registered and not counted.moves_active
        ), 0) as unmatched_events
    from counted
    cross join stock_kinds
    group by
        stock_kinds.stock_kind,
        counted.month_end_on,
        counted.area_code,
        counted.entity_kind,
        counted.industry_section_code
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
        stock_kinds.stock_kind,
        streets.area_code,
        entity_kinds.entity_kind,
        sections.industry_code as industry_section_code
    from ({{ district_streets() }}) as streets
    cross join {{ ref('industries') }} as sections
    cross join entity_kinds
    cross join stock_kinds
    where sections.level = 'section'

    union

    select
        stock_kind,
        area_code,
        entity_kind,
        industry_section_code
    from monthly
),

openings as (
    select
        stock_kind,
        area_code,
        entity_kind,
        industry_section_code,
        sum({{ net }}) as entities
    from monthly
    where month_end_on < {{ first_month() }}
    group by stock_kind, area_code, entity_kind, industry_section_code
),

flows as (
    select
        months.month_end_on,
        cells.stock_kind,
        cells.area_code,
        cells.entity_kind,
        cells.industry_section_code,
        coalesce(openings.entities, 0) as entities_before,
        {%- for name in flows %}
        coalesce(monthly.{{ name }}, 0) as {{ name }},
        {%- endfor %}
        coalesce(monthly.unmatched_events, 0) as unmatched_events
    from cells
    cross join months
    left join monthly
        on
            months.month_end_on = monthly.month_end_on
            and cells.stock_kind = monthly.stock_kind
            and cells.area_code = monthly.area_code
            and cells.entity_kind is not distinct from monthly.entity_kind
            and cells.industry_section_code is not distinct from monthly.industry_section_code
    left join openings
        on
            cells.stock_kind = openings.stock_kind
            and cells.area_code = openings.area_code
            and cells.entity_kind is not distinct from openings.entity_kind
            and cells.industry_section_code is not distinct from openings.industry_section_code
),

stocks as (
    select
        *,
        entities_before + coalesce(
            sum({{ net }}) over (
                partition by stock_kind, area_code, entity_kind, industry_section_code
                order by month_end_on nulls last
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as opening
    from flows
)

select
    month_end_on,
    stock_kind,
    area_code,
    entity_kind,
    industry_section_code,
    {%- for name in ['opening'] + flows.keys() | list + ['unmatched_events'] %}
    cast({{ name }} as bigint) as {{ name }},
    {%- endfor %}
    cast(opening + {{ net }} as bigint) as closing
from stocks
