{#- Deadlines as joins on the calendar. The day on which a period starts is not counted, so n working
    days after it is the day whose running number is n above the number of the start; a start on a
    day off carries the number of the working day before it, and comes out right. -#}

{#- Every row of `relation` (columns starts_on date, days integer, day_kind working|calendar) with
    due_on and is_due_provisional. A due date past the last announced day counts plain weekdays from
    there and is provisional; due_on is null when the start lies outside the announced calendar. -#}
{% macro with_due_date(relation) -%}
    select
        {{ relation }}.*,
        case
            when {{ relation }}.day_kind = 'calendar'
                then cast(
                    {{ dbt.dateadd('day', relation ~ '.days', relation ~ '.starts_on') }} as date
                )
            else due_days.calendar_date
        end as due_on,
        {{ relation }}.day_kind = 'working' and not due_days.is_announced as is_due_provisional
    from {{ relation }}
    left join {{ ref('calendar_days') }} as start_days
        on {{ relation }}.starts_on = start_days.calendar_date and start_days.is_announced
    left join {{ ref('calendar_days') }} as due_days
        on
            start_days.working_day_number + {{ relation }}.days = due_days.working_day_number
            and due_days.is_working_day
{%- endmacro %}

{#- Join condition: the row of statutory_rules in force on the day the period starts. -#}
{% macro is_in_force(rules, starts_on) -%}
    {{ starts_on }} >= {{ rules }}.valid_from
    and {{ starts_on }} <= coalesce({{ rules }}.valid_to, cast('9999-12-31' as date))
{%- endmacro %}
