{#- A model's schema is exactly what is configured: staging, ledgers, indicators, reference. dbt
    would put the target's schema before it; there is one target, and the names are published. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
