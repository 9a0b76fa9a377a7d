{#- The one value of a group, null when its rows hold two; rows without a value do not object. -#}
{% macro agreed(column) -%}
    case when min({{ column }}) = max({{ column }}) then min({{ column }}) end
{%- endmacro %}
