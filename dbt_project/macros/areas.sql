{#- A relation street -> area_code of the district's streets, by code and by name: registries and
    workbooks deliver either. -#}
{% macro street_spellings() -%}
    {%- for spelling in ['area_code', 'area_name'] %}
    select {{ spelling }} as street, area_code
    from {{ ref('areas') }}
    where level = 'street' and parent_code = '{{ var("district_code") }}'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
