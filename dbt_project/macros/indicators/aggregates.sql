{#- The pieces that monthly_measures and period_statistics are both written with. -#}


{#- The ledgers that have inputs of one sort, each with its inputs: a list of pairs. -#}
{% macro group_inputs(declared, is_additive) %}
    {% set groups = [] %}
    {% for ledger in declared.ledgers.values() %}
        {% set inputs = declared.inputs.values() | selectattr('ledger', 'equalto', ledger.name)
            | selectattr('is_additive', 'equalto', is_additive) | sort(attribute='id') %}
        {% if inputs %}
            {% do check_ledger_is_built(ledger) %}
            {% do groups.append((ledger, inputs)) %}
        {% endif %}
    {% endfor %}
    {{ return(groups) }}
{% endmacro %}


{#- The distinct values of an attribute of the inputs, each with a column name after the first input
    that has it; inputs without one are left out. -#}
{% macro name_distinct(inputs, attribute, prefix) %}
    {% set names = {} %}
    {% for input in inputs if input[attribute] and input[attribute] not in names %}
        {% do names.update({input[attribute]: prefix ~ input.id}) %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}


{#- The breakdowns that some input of the list is needed at, in alphabetical order. -#}
{% macro read_input_breakdowns(inputs) %}
    {% set names = [] %}
    {% for input in inputs %}
        {% do names.extend(input.breakdowns) %}
    {% endfor %}
    {{ return(names | unique | sort) }}
{% endmacro %}


{#- The rows of a ledger with the day that they are judged on (judgment_day): that of the list that a row
    came from, where a ledger holds several; a ledger without a source is judged on the business day.
    -#}
{% macro select_from_judged(ledger) -%}
from {{ ledger.relation }}
    {%- if 'source_table' in ledger.dimensions and ledger.sources %}
left join (
    select
        source_table as judged_source_table,
        as_of as judgment_day
    from {{ ref('stg_night__source_days') }}
) as judged
    on {{ ledger.dimensions['source_table'].expression }} = judged.judged_source_table
    {%- else %}
cross join (
    select coalesce(
        (
            select min(as_of) from {{ ref('stg_night__source_days') }}
            where source_table in ('{{ ledger.sources | join("', '") }}')
        ),
        (select as_of from {{ ref('stg_night__business_day') }})
    ) as judgment_day
) as judged
    {%- endif %}
{%- endmacro %}


{#- The month of an event; of one that lies after the day of judgment, none: it has not happened. -#}
{% macro month_of_event(day) -%}
    case when {{ day }} <= judgment_day then {{ truncate_to_month(day) }} end
{%- endmacro %}


{#- The same day a year before the day of judgment. -#}
{% macro year_before(day) -%}
    {{ add_months(day, -12) }}
{%- endmacro %}


{% macro truncate_to_month(day) -%}
    cast(date_trunc('month', {{ day }}) as date)
{%- endmacro %}


{#- First day of the month that lies so many months before the given day's. -#}
{% macro months_before(day, months) -%}
    {{ add_months(truncate_to_month(day), -months) }}
{%- endmacro %}


{#- A dimension as the code of a breakdown value; rows without one are counted as unknown. -#}
{% macro code_of(expression) -%}
    coalesce(cast({{ expression }} as string), 'unknown')
{%- endmacro %}


{#- Under grouping sets over columns by_<breakdown>: which breakdown a row belongs to, ... -#}
{% macro name_breakdown(breakdowns) -%}
    {{ choose_breakdown(breakdowns, names=true) }}
{%- endmacro %}


{#- ... and its value. -#}
{% macro value_breakdown(breakdowns) -%}
    {{ choose_breakdown(breakdowns, names=false) }}
{%- endmacro %}


{% macro choose_breakdown(breakdowns, names) -%}
    {%- if breakdowns -%}
case
    {%- for breakdown in breakdowns %}
    when grouping(by_{{ breakdown }}) = 0 then {{ "'" ~ breakdown ~ "'" if names else code_of('by_' ~ breakdown) }}
    {%- endfor %}
    else 'total'
end
    {%- else -%}
'total'
    {%- endif -%}
{%- endmacro %}


{#- The column of the input that a row of `wanted` names. -#}
{% macro choose_input_column(relation, inputs) -%}
case wanted.input_id
    {%- for input in inputs %}
    when '{{ input.id }}' then cast({{ relation }}.{{ input.id }} as decimal(38, 6))
    {%- endfor %}
end
{%- endmacro %}


{#- The first so many columns, to group by: where they are compiled, they have no names to repeat. -#}
{% macro ordinals(count) -%}
    {{ range(1, count + 1) | join(', ') }}
{%- endmacro %}


{#- The last step of a compiled model: all results under one another. -#}
{% macro union_of(names) %}

final as (
    {%- for name in names %}
    select * from {{ name }}
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
)

select * from final
{%- endmacro %}


{#- A select that reads rows of one ledger only. Between these marks a night takes it for a table of its
    own, `cells.<name>`, so that another ledger's change does not scan this one again. -#}
{% macro as_part(name, select) -%}
-- part: {{ name }}
{{ select }}
-- end of part
{%- endmacro %}
