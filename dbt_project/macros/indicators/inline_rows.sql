{#- A select of the given rows, which are lists of text, booleans or none. Columns that hold only
    text stay typed when there is no row at all. -#}
{% macro inline_rows(columns, rows) -%}
    {%- if rows -%}
select *
from (
    values
        {%- for row in rows %}
    ({% for value in row %}{{ inline_value(value) }}{{ ', ' if not loop.last }}{% endfor %})
        {{- ',' if not loop.last }}
        {%- endfor %}
) as listed ({{ columns | join(', ') }})
    {%- else -%}
select
        {%- for column in columns %}
    cast(null as string) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
where false
    {%- endif -%}
{%- endmacro %}


{% macro inline_value(value) -%}
    {%- if value is none -%}
        cast(null as string)
    {%- elif value is boolean or value is number -%}
        {{ value | string | lower }}
    {%- else -%}
        {{ dbt.string_literal(dbt.escape_single_quotes(value | string)) }}
    {%- endif -%}
{%- endmacro %}
