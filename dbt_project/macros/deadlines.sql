{#- Deadlines as joins on the calendar. The day on which a period starts is not counted, so n working
    days after it is the day whose running number is n above the number of the start; a start on a
    day off carries the number of the working day before it, and comes out right. By the same number
    a last day that is a day off moves to the working day after it. -#}

{#- Every row of `relation` (columns starts_on date, days integer, day_kind as in statutory_rules)
    with due_on and is_due_provisional. A due date that hangs on days past the last announced one
    takes plain weekdays from there and is provisional. Plain calendar days hang on no calendar; the
    other kinds have no due_on when the start lies outside the announced one. -#}
{% macro with_due_date(relation) -%}
    {%- set days, starts_on = relation ~ '.days', relation ~ '.starts_on' -%}
    {%- set is_rolling = relation ~ ".day_kind in ('calendar_rolling', 'month_rolling')" -%}
    {%- set last_counted_day -%}
    case
        when {{ relation }}.day_kind = 'month_rolling' then {{ add_months(starts_on, days) }}
        else {{ add_days(starts_on, days) }}
    end
    {%- endset -%}
    select
        {{ relation }}.*,
        case
            when {{ relation }}.day_kind = 'calendar' then {{ last_counted_day | indent(12) }}
            else due_days.calendar_date
        end as due_on,
        {{ relation }}.day_kind <> 'calendar' and not due_days.is_announced as is_due_provisional
    from {{ relation }}
    left join {{ ref('calendar_days') }} as start_days
        on {{ starts_on }} = start_days.calendar_date and start_days.is_announced
    left join {{ ref('calendar_days') }} as last_days
        {#- One equality: a further condition on the left side alone makes it a nested loop. #}
        on
            case when {{ is_rolling }} then {{ last_counted_day | indent(12) }} end
            = last_days.calendar_date
    left join {{ ref('calendar_days') }} as due_days
        on
            due_days.is_working_day
            and due_days.working_day_number = case
                when start_days.calendar_date is null then null
                when {{ relation }}.day_kind = 'working'
                    then start_days.working_day_number + {{ days }}
                when last_days.is_working_day then last_days.working_day_number
                else last_days.working_day_number + 1
            end
{%- endmacro %}

{#- Every row of `relation` (columns rule_id, starts_on, extension_rule_id, added_days) with days and
    day_kind of the rules in force when the period starts. An extension that was approved is a rule
    of its own, null without one; where its days are a maximum, `granted_days` is the column that says
    how many were granted, and the maximum counts where it is null (`least` passes over nulls).
    added_days lie outside any rule (time that is not counted). -#}
{% macro with_days_of_rule(relation, granted_days=none) -%}
    {%- set extended = 'extensions.days' -%}
    {%- if granted_days -%}
        {%- set extended = 'least(extensions.days, ' ~ relation ~ '.' ~ granted_days ~ ')' -%}
    {%- endif %}
    select
        {{ relation }}.*,
        rules.day_kind,
        case
            when {{ relation }}.extension_rule_id is null then rules.days
            else rules.days + {{ extended }}
        end + {{ relation }}.added_days as days
    from {{ relation }}
    left join {{ ref('statutory_rules') }} as rules
        on
            {{ relation }}.rule_id = rules.rule_id
            and {{ is_in_force('rules', relation ~ '.starts_on') }}
    left join {{ ref('statutory_rules') }} as extensions
        on
            {{ relation }}.extension_rule_id = extensions.rule_id
            and {{ is_in_force('extensions', relation ~ '.starts_on') }}
{%- endmacro %}

{#- Join condition: the row of statutory_rules that counts on the day the period starts. -#}
{% macro is_in_force(rules, starts_on) -%}
    {{ rules }}.is_applied
    and {{ starts_on }} >= {{ rules }}.valid_from
    and {{ starts_on }} <= coalesce({{ rules }}.valid_to, cast('9999-12-31' as date))
{%- endmacro %}
