{#- One row per indicator, grain and breakdown that is published. -#}
{%- set declared = read_indicators() -%}
{%- set rows = [] -%}
{%- for indicator in declared.indicators.values() -%}
    {%- for grain in indicator.grains -%}
        {%- for breakdown in ['total'] + indicator.breakdowns -%}
            {%- do rows.append([indicator.id, grain, breakdown]) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endfor -%}
{{ inline_rows(['indicator_id', 'period_grain', 'breakdown'], rows) }}
