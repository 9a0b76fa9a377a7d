{#- Quotient of two decimals with six places, rounded half away from zero, once, without floating
    point: DECIMAL / DECIMAL is DOUBLE on DuckDB. Null when the divisor is zero or a part is null.
    Both parts are scaled to whole millionths, so (2ab + b) // 2b rounds exactly; it holds up to
    10^18 millionths times 2 * 10^6 in 128 bits, that is for parts below 8 * 10^25. -#}
{% macro divide_half_up(dividend, divisor) -%}
    {{ return(adapter.dispatch('divide_half_up', 'zhibiao')(dividend, divisor)) }}
{%- endmacro %}


{% macro default__divide_half_up(dividend, divisor) -%}
    {%- set a = 'abs(cast(' ~ dividend ~ ' * 1000000 as hugeint))' -%}
    {%- set b = 'abs(cast(' ~ divisor ~ ' * 1000000 as hugeint))' -%}
    case
        when {{ divisor }} <> 0
            then cast(
                sign({{ dividend }}) * sign({{ divisor }})
                * ((2000000 * {{ a }} + {{ b }}) // (2 * {{ b }})) as decimal(38, 0)
            ) * cast(0.000001 as decimal(6, 6))
    end
{%- endmacro %}


{#- The change of `value` since a base: a difference for rates, else relative, and then null when
    the base is zero or below (such a base gives no rate). Null as well for ranks and bounds, which are
    stated and not measured. Expects the columns kind and value. -#}
{% macro change_since(base) -%}
    cast(
        case
            when kind in ('{{ stated_kinds() | join("', '") }}') then null
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
