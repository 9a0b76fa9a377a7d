{#- Registered capital as registries write it: 50万人民币, 5,000(万美元), 100.5万元人民币, 3000000元.
    A bare number is refused (null): some registries mean yuan by it and some ten thousand yuan. -#}

{#- Chinese names of ISO 4217 as registries spell them, and of what went into the euro, which old
    entries keep. `is_readable_capital` of expectations/_functions.sql knows the same names. -#}
{% macro _capital_currencies() -%}
    {{ return({
        '人民币': 'CNY', '美元': 'USD', '美金': 'USD', '港元': 'HKD', '港币': 'HKD', '香港元': 'HKD',
        '港圆': 'HKD', '欧元': 'EUR', '日元': 'JPY', '日圆': 'JPY', '日本元': 'JPY', '英镑': 'GBP',
        '新加坡元': 'SGD', '新元': 'SGD', '新币': 'SGD', '澳大利亚元': 'AUD', '澳元': 'AUD',
        '澳币': 'AUD', '加拿大元': 'CAD', '加元': 'CAD', '加币': 'CAD', '瑞士法郎': 'CHF',
        '韩元': 'KRW', '韩国元': 'KRW', '韩圆': 'KRW', '韩国圆': 'KRW', '新台币': 'TWD',
        '台币': 'TWD', '台湾元': 'TWD', '澳门元': 'MOP', '澳门币': 'MOP', '新西兰元': 'NZD',
        '纽元': 'NZD', '瑞典克朗': 'SEK', '挪威克朗': 'NOK', '丹麦克朗': 'DKK', '林吉特': 'MYR',
        '马来西亚林吉特': 'MYR', '马来西亚元': 'MYR', '马币': 'MYR', '泰铢': 'THB', '泰国铢': 'THB',
        '菲律宾比索': 'PHP', '印尼盾': 'IDR', '印度尼西亚盾': 'IDR', '印尼卢比': 'IDR', '越南盾': 'VND',
        '印度卢比': 'INR', '巴基斯坦卢比': 'PKR', '卢布': 'RUB', '俄罗斯卢布': 'RUB', '兰特': 'ZAR',
        '南非兰特': 'ZAR', '墨西哥比索': 'MXN', '巴西雷亚尔': 'BRL', '土耳其里拉': 'TRY', '沙特里亚尔': 'SAR',
        '阿联酋迪拉姆': 'AED', '波兰兹罗提': 'PLN', '匈牙利福林': 'HUF', '捷克克朗': 'CZK',
        '以色列谢克尔': 'ILS', '以色列新谢克尔': 'ILS', '科威特第纳尔': 'KWD', '埃及镑': 'EGP',
        '哈萨克斯坦坚戈': 'KZT', '坚戈': 'KZT', '蒙古图格里克': 'MNT', '缅元': 'MMK', '缅甸元': 'MMK',
        '柬埔寨瑞尔': 'KHR', '老挝基普': 'LAK', '文莱元': 'BND', '斯里兰卡卢比': 'LKR', '孟加拉塔卡': 'BDT',
        '尼泊尔卢比': 'NPR', '德国马克': 'DEM', '马克': 'DEM', '法国法郎': 'FRF', '意大利里拉': 'ITL',
        '荷兰盾': 'NLG', '比利时法郎': 'BEF', '奥地利先令': 'ATS',
    }) }}
{%- endmacro %}

{% macro _capital_multiples() -%}
    {{ return({
        '亿': 100000000, '千万': 10000000, '百万': 1000000, '十万': 100000, '万': 10000, '千': 1000,
    }) }}
{%- endmacro %}

{% macro _multiple_cases() -%}
    {%- for name, factor in _capital_multiples().items() %} when '{{ name }}' then {{ factor }}{% endfor -%}
{%- endmacro %}

{#- Full-width digits are made plain; separators, brackets and blanks dropped.
    Part 1 number, 2 multiple (亿, 万 …), 3 元 for the domestic currency, 4 currency by name. -#}
{% macro _capital_part(expression, part) -%}
    {%- set multiples = _capital_multiples().keys() | join('|') -%}
    {%- set currencies = _capital_currencies().keys() | join('|') -%}
    {%- set pattern -%}
        ^([0-9]+(?:[.][0-9]+)?)({{ multiples }})?(元)?({{ currencies }})?元?$
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
                    ~ " * cast(case " ~ _capital_part(expression, 2) ~ _multiple_cases()
                    ~ " else 1 end as decimal(10,0))",
                    'decimal(20,2)',
                ) }}
    end
{%- endmacro %}

{#- ISO 4217 code; 万 or 元 without a currency's name is yuan. -#}
{% macro parse_capital_currency_code(expression) -%}
    case
        when {{ _capital_part(expression, 4) }} <> ''
            then case {{ _capital_part(expression, 4) }}
                {%- for name, code in _capital_currencies().items() %}
                when '{{ name }}' then '{{ code }}'
                {%- endfor %}
            end
        when {{ _capital_part(expression, 2) }} <> '' or {{ _capital_part(expression, 3) }} <> ''
            then 'CNY'
    end
{%- endmacro %}
