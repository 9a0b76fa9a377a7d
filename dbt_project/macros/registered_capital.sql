{#- Registered capital as registries write it: 50万人民币, 5,000(万美元), 100.5万元人民币, 3000000元.
    A bare number is refused (null): some registries mean yuan by it and some ten thousand yuan. -#}

{% macro _capital_currencies() -%}
    {{ return({
        '人民币': 'CNY', '美元': 'USD', '港元': 'HKD', '港币': 'HKD', '欧元': 'EUR', '日元': 'JPY',
        '英镑': 'GBP', '新加坡元': 'SGD', '澳大利亚元': 'AUD', '澳元': 'AUD', '加拿大元': 'CAD',
        '加元': 'CAD', '瑞士法郎': 'CHF', '韩元': 'KRW', '新台币': 'TWD', '台币': 'TWD',
        '澳门元': 'MOP',
    }) }}
{%- endmacro %}

{#- Full-width digits are made plain; separators, brackets and blanks dropped.
    Part 1 number, 2 multiple (亿, 万), 3 元 for the domestic currency, 4 currency by name. -#}
{% macro _capital_part(expression, part) -%}
    {%- set pattern -%}
        ^([0-9]+(?:[.][0-9]+)?)(亿|万)?(元)?({{ _capital_currencies().keys() | join('|') }})?元?$
    {%- endset -%}
    regexp_extract(
        translate({{ expression }}, '０１２３４５６７８９．,，()（） 　', '0123456789.'),
        '{{ pattern | trim }}',
        {{ part }}
    )
{%- endmacro %}

{#- Amount in units of its own currency, decimal(20,2); null when it does not parse. -#}
{% macro parse_capital_amount(expression) -%}
    case
        when {{ parse_capital_currency_code(expression) }} is not null
            then
                {{ try_cast(
                    try_cast(_capital_part(expression, 1), 'decimal(22,6)')
                    ~ " * cast(case " ~ _capital_part(expression, 2)
                    ~ " when '亿' then 100000000 when '万' then 10000 else 1 end as decimal(10,0))",
                    'decimal(20,2)',
                ) }}
    end
{%- endmacro %}

{#- ISO 4217 code; 万 or 元 without a currency's name is yuan. -#}
{% macro parse_capital_currency_code(expression) -%}
    case
        {%- for name, code in _capital_currencies().items() %}
        when {{ _capital_part(expression, 4) }} = '{{ name }}' then '{{ code }}'
        {%- endfor %}
        when {{ _capital_part(expression, 2) }} <> '' or {{ _capital_part(expression, 3) }} <> ''
            then 'CNY'
    end
{%- endmacro %}
