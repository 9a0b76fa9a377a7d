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


{% macro truncate_to_month(day) -%}
    cast(date_trunc('month', {{ day }}) as date)
{%- endmacro %}


{#- First day of the month that lies so many months before the given day's. -#}
{% macro months_before(day, months) -%}
    cast({{ dbt.dateadd('month', -months, truncate_to_month(day)) }} as date)
{%- endmacro %}


{#- A dimension as the code of a breakdown value; rows without one are counted as unknown. -#}
{% macro code_of(expression) -%}
    coalesce(cast({{ expression }} as varchar), 'unknown')
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
