{#- One row per indicator and source table that it is made from. -#}
{%- set declared = read_indicators() -%}
{%- set rows = [] -%}
{%- for indicator in declared.indicators.values() -%}
    {%- for source_table in sources_of_indicator(indicator, declared) -%}
        {%- do rows.append([indicator.id, source_table]) -%}
    {%- endfor -%}
{%- endfor -%}
{{ inline_rows(['indicator_id', 'source_table'], rows) }}
