{#- The staged rows of a source table that have come to pass: those whose day does not lie after the day
    that the source has spoken to (as_of, beside each row), with every later event taken back, and,
    where the rows name a street, its area_code. A row without a day is kept: it is open, or its test
    will say so.

    `events` says of each column that only a later event fills what that event is: its own day for a
    date (none is named), the day on which a result was known for a result. `of_lists` is for a
    register of several lists: each row is judged on the day of its own list. Where there are events,
    `others` are the columns that are wanted beside them, their day and the row's place. -#}
{% macro known_rows(
    source_table, day, events={}, others=[], has_street=true, of_lists=false
) -%}
    {%- do check_events('stg_' ~ source_table, day, events) -%}
    select
        {%- for column in [day] + others + ['extract_id', 'row_number'] if events %}
        staged.{{ column }},
        {%- else %}
        staged.*,
        {%- endfor %}
        {%- for column, event in events.items() %}
        case
            when not coalesce(cast(staged.{{ event or column }} as date) > days.as_of, false)
                then staged.{{ column }}
        end as {{ column }},
        {%- endfor %}
        {%- if has_street %}
        streets.area_code,
        {%- endif %}
        days.as_of
    from {{ ref('stg_' ~ source_table) }} as staged
    inner join {{ ref('stg_night__source_days') }} as days
        on {{ 'staged.source_table' if of_lists else "'" ~ source_table ~ "'" }} = days.source_table
    {%- if has_street %}
    left join ({{ street_spellings() }}) as streets on staged.street = streets.street
    {%- endif %}
    where not coalesce(cast(staged.{{ day }} as date) > days.as_of, false)
{%- endmacro %}


{#- A date of the contract that nobody names would be known before it came. Those that the contract says
    may lie ahead are no events. dbt's graph holds contracts at execution only, and never in a unit
    test. -#}
{% macro check_events(staging_model, day, events) %}
    {% set models = graph.get('nodes', {}).values() | selectattr('name', 'equalto', staging_model) %}
    {% for source_id in (models | list)[:1] | map(attribute='depends_on.nodes') | first | default([]) %}
        {% for column in graph.sources[source_id].columns.values() if 'as' in column.config.meta %}
            {% set name = column.config.meta['as'] %}
            {% set is_event = column.data_type in ['date', 'timestamp']
                and not column.config.meta.get('may_lie_ahead') %}
            {% if is_event and name != day and name not in events %}
                {% do refuse(
                    'known_rows of ' ~ staging_model, 'the event ' ~ name ~ ' of its contract', 'none',
                    "Add it to events, or declare may_lie_ahead where it is a date and no event."
                ) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
{% endmacro %}


{#- The days on which stocks of a source table are taken: the last of each month since the first day of
    figures; in the month of the day that the source has spoken to, that day, stated under the month's
    end. Without a source table, those of every source table. -#}
{% macro stock_days(source_table=none) -%}
    select
        days.source_table,
        cast(last_day({{ add_months(first_month(), 'steps.number') }}) as date)
            as month_end_on,
        least(
            cast(last_day({{ add_months(first_month(), 'steps.number') }}) as date),
            days.as_of
        ) as stock_on
    from {{ ref('stg_night__source_days') }} as days
    cross join {{ numbers(0, 1199) }} as steps
    where
        {{ add_months(first_month(), 'steps.number') }} <= days.as_of
        {%- if source_table %}
        and days.source_table = '{{ source_table }}'
        {%- endif %}
{%- endmacro %}


{#- The rows of a relation once for each month in which a stock may hold them: from the month of
    `first_day` to that of `last_day`, or without one to the last of the CTE `stock_days`, which they
    are joined to by `month_end_on`. So no row is compared with months that it never saw. Whether it
    was there on the very day is for the join to say. -#}
{% macro rows_by_month(relation, first_day, last_day) -%}
    select
        of_months.*,
        cast(last_day({{ add_months(first_month(), 'of_months.number') }}) as date) as month_end_on
    from (
        select
            spans.*,
            {{ each_number('spans.first_number', 'spans.last_number') }} as number
        from (
            select
                *,
                greatest({{ months_since_first(first_day) }}, 0) as first_number,
                {{ months_since_first(
                    'coalesce(' ~ last_day ~ ', (select max(stock_days.stock_on) from stock_days))'
                ) }} as last_number
            from {{ relation }}
        ) as spans
        where spans.first_number <= spans.last_number
    ) as of_months
{%- endmacro %}
