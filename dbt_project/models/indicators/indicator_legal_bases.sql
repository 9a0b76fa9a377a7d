{#- One row per indicator and citation that it rests on, in the order of its declaration. -#}
{%- set declared = read_indicators() -%}
{%- set rows = [] -%}
{%- for indicator in declared.indicators.values() -%}
    {%- for basis_id in indicator.meta.legal_bases -%}
        {%- do rows.append([indicator.id, loop.index, basis_id]) -%}
    {%- endfor -%}
{%- endfor -%}
{{ inline_rows(['indicator_id', 'ordinal', 'basis_id'], rows) }}
