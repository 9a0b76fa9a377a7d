{#- One row per version of an indicator's definition. -#}
{%- set declared = read_indicators() -%}
{%- set rows = [] -%}
{%- for indicator in declared.indicators.values() -%}
    {%- for version in versions_of(indicator) -%}
        {%- do rows.append([
            indicator.id, version.version, version.get('valid_from'),
            unfold(version.change), unfold(version.change_en),
        ]) -%}
    {%- endfor -%}
{%- endfor -%}
select
    indicator_id,
    version,
    cast(valid_from as date) as valid_from,
    change_zh,
    change_en
from (
    {{ inline_rows(
        ['indicator_id', 'version', 'valid_from', 'change_zh', 'change_en'], rows
    ) | indent(4) }}
) as declared
