{#- First day of the first month of the figures, as a date. -#}
{% macro first_month() -%}
    cast('{{ var("figures_from") }}' as date)
{%- endmacro %}

{#- The months from the first one of the figures to that of a day; negative before it. -#}
{% macro months_since_first(day) -%}
    (year({{ day }}) - year({{ first_month() }})) * 12 + month({{ day }}) - month({{ first_month() }})
{%- endmacro %}
