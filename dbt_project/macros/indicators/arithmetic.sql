{#- Quotient of two decimals with six places, rounded half away from zero, once, without floating
    point: DECIMAL / DECIMAL is DOUBLE on DuckDB, and its sign() on Spark. Null when the divisor is zero or a part is null.
    Both parts are scaled to whole millionths, so (2ab + b) // 2b rounds exactly; it holds up to
    10^18 millionths times 2 * 10^6 in 128 bits, that is for parts below 8 * 10^25. -#}
{% macro divide_half_up(dividend, divisor) -%}
    {%- set a = whole_number('abs(' ~ dividend ~ ') * 1000000') -%}
    {%- set b = whole_number('abs(' ~ divisor ~ ') * 1000000') -%}
    case
        when {{ divisor }} <> 0
            then cast(
                case when ({{ dividend }} < 0) = ({{ divisor }} < 0) then 1 else -1 end
                * {{ whole_quotient('(2000000 * ' ~ a ~ ' + ' ~ b ~ ')', '(2 * ' ~ b ~ ')') }}
                as decimal(38, 0)
            ) * cast(0.000001 as decimal(6, 6))
    end
{%- endmacro %}


{#- A number without fraction as the widest whole number. -#}
{% macro whole_number(expression) -%}
    {{ return(adapter.dispatch('whole_number')(expression)) }}
{%- endmacro %}

{% macro default__whole_number(expression) -%}
    cast({{ expression }} as hugeint)
{%- endmacro %}

{% macro spark__whole_number(expression) -%}
    cast({{ expression }} as decimal(38, 0))
{%- endmacro %}


{#- How often one whole number, not below 0, is contained in another. -#}
{% macro whole_quotient(n, d) -%}
    {{ return(adapter.dispatch('whole_quotient')(n, d)) }}
{%- endmacro %}

{% macro default__whole_quotient(n, d) -%}
    ({{ n }} // {{ d }})
{%- endmacro %}

{#- Spark rounds a quotient; of what divides without rest there is nothing to round. -#}
{% macro spark__whole_quotient(n, d) -%}
    (({{ n }} - {{ n }} % {{ d }}) / {{ d }})
{%- endmacro %}


{#- The change of `value` since a base: a difference for rates, else relative, and then null when
    the base is zero or below (such a base gives no rate). Null as well for ranks and bounds, which are
    stated and not measured. Expects the columns kind and value. -#}
{% macro change_since(base) -%}
    cast(
        case
            when kind in ('rank', 'upper_bound', 'lower_bound') then null
            when kind = 'ratio' then value - {{ base }}
            when {{ base }} > 0
                then {{ divide_half_up('(value - ' ~ base ~ ')', base) }}
        end as decimal(24, 6)
    )
{%- endmacro %}


{#- The part of `value` in its whole; null when the whole is zero or below, or not known, and for
    kinds whose parts do not add up to it. Expects the columns kind and value. -#}
{% macro share_of(whole) -%}
    cast(
        case
            when kind in ('count', 'sum', 'stock') and {{ whole }} > 0
                then {{ divide_half_up('value', whole) }}
        end as decimal(24, 6)
    )
{%- endmacro %}
