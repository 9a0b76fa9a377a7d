{#- First day of the first month of the figures, as a date. -#}
{% macro first_month() -%}
    cast('{{ var("figures_from") }}' as date)
{%- endmacro %}
