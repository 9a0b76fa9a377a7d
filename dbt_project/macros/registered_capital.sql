{#- Registered capital as registries write it: 50万人民币, 5,000(万美元), 100.5万元人民币, 3000000元.
    A bare number is refused (null): some registries mean yuan by it and some ten thousand yuan. -#}

{#- ISO 4217 codes, and after each its Chinese names as registries spell them; also of what went into
    the euro, which old entries keep. Plain text: the gate's functions import it as well. -#}
{% macro _capital_currencies() -%}
    CNY 人民币
    USD 美元 美金
    HKD 港元 港币 香港元 港圆
    EUR 欧元
    JPY 日元 日圆 日本元
    GBP 英镑
    SGD 新加坡元 新元 新币
    AUD 澳大利亚元 澳元 澳币
    CAD 加拿大元 加元 加币
    CHF 瑞士法郎
    KRW 韩元 韩国元 韩圆 韩国圆
    TWD 新台币 台币 台湾元
    MOP 澳门元 澳门币
    NZD 新西兰元 纽元
    SEK 瑞典克朗
    NOK 挪威克朗
    DKK 丹麦克朗
    MYR 林吉特 马来西亚林吉特 马来西亚元 马币
    THB 泰铢 泰国铢
    PHP 菲律宾比索
    IDR 印尼盾 印度尼西亚盾 印尼卢比
    VND 越南盾
    INR 印度卢比
    PKR 巴基斯坦卢比
    RUB 卢布 俄罗斯卢布
    ZAR 兰特 南非兰特
    MXN 墨西哥比索
    BRL 巴西雷亚尔
    TRY 土耳其里拉
    SAR 沙特里亚尔
    AED 阿联酋迪拉姆
    PLN 波兰兹罗提
    HUF 匈牙利福林
    CZK 捷克克朗
    ILS 以色列谢克尔 以色列新谢克尔
    KWD 科威特第纳尔
    EGP 埃及镑
    KZT 哈萨克斯坦坚戈 坚戈
    MNT 蒙古图格里克
    MMK 缅元 缅甸元
    KHR 柬埔寨瑞尔
    LAK 老挝基普
    BND 文莱元
    LKR 斯里兰卡卢比
    BDT 孟加拉塔卡
    NPR 尼泊尔卢比
    DEM 德国马克 马克
    FRF 法国法郎
    ITL 意大利里拉
    NLG 荷兰盾
    BEF 比利时法郎
    ATS 奥地利先令
{%- endmacro %}

{% macro _capital_multiples() -%}
    亿 100000000 千万 10000000 百万 1000000 十万 100000 万 10000 千 1000
{%- endmacro %}

{% macro _multiple_cases() -%}
    {%- for name, factor in _capital_multiples().split() | batch(2) %} when '{{ name }}' then {{ factor }}{% endfor -%}
{%- endmacro %}

{#- Full-width digits are made plain; separators, brackets and blanks dropped. -#}
{% macro _plain_capital(expression) -%}
    translate({{ expression }}, '０１２３４５６７８９．,，()（） 　', '0123456789.')
{%- endmacro %}

{#- Part 1 number, 2 multiple (亿, 万 …), 3 元 for the domestic currency, 4 currency by name. -#}
{% macro _capital_pattern() -%}
    {%- set multiples = _capital_multiples().split() | batch(2) | map('first') | join('|') -%}
    {%- set names = [] -%}
    {%- for line in _capital_currencies().splitlines() %}{% do names.extend(line.split()[1:]) %}{% endfor -%}
    ^([0-9]+(?:[.][0-9]+)?)({{ multiples }})?(元)?({{ names | join('|') }})?元?$
{%- endmacro %}

{% macro _capital_part(expression, part) -%}
    regexp_extract({{ _plain_capital(expression) }}, '{{ _capital_pattern() }}', {{ part }})
{%- endmacro %}

{#- Whether it can be read: a number alone says neither multiple nor currency. -#}
{% macro is_capital_readable(expression) -%}
    regexp_full_match({{ _plain_capital(expression) }}, '{{ _capital_pattern() }}')
    and not regexp_full_match({{ _plain_capital(expression) }}, '[0-9]+([.][0-9]+)?')
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
                {%- for line in _capital_currencies().splitlines() %}
                {%- for name in line.split()[1:] %}
                when '{{ name }}' then '{{ line.split()[0] }}'
                {%- endfor %}
                {%- endfor %}
            end
        when {{ _capital_part(expression, 2) }} <> '' or {{ _capital_part(expression, 3) }} <> ''
            then 'CNY'
    end
{%- endmacro %}
