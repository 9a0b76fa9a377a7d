{#- The streets of the district: area_code, area_name. -#}
{% macro district_streets() -%}
    select area_code, area_name
    from {{ ref('areas') }}
    where level = 'street' and parent_code = '{{ var("district_code") }}'
{%- endmacro %}

{#- A relation street -> area_code of the district's streets, by code and by name: registries and
    workbooks deliver either. -#}
{% macro street_spellings() -%}
    {%- for spelling in ['area_code', 'area_name'] %}
    select {{ spelling }} as street, area_code
    from ({{ district_streets() }}) as streets
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
