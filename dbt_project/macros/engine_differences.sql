{#- What DuckDB and Spark spell differently and no other file's subject covers. -#}

{#- A relation of one column `number`, the integers from first to last. -#}
{% macro numbers(first, last) -%}
    {{ return(adapter.dispatch('numbers')(first, last)) }}
{%- endmacro %}

{% macro default__numbers(first, last) -%}
    (select unnest(generate_series({{ first }}, {{ last }})) as number)
{%- endmacro %}

{% macro spark__numbers(first, last) -%}
    (select explode(sequence({{ first }}, {{ last }})) as number)
{%- endmacro %}

{#- In a select list: its row once for each integer from `first` to `last`, which is not below it. -#}
{% macro each_number(first, last) -%}
    {{ return(adapter.dispatch('each_number')(first, last)) }}
{%- endmacro %}

{% macro default__each_number(first, last) -%}
    unnest(generate_series({{ first }}, {{ last }}))
{%- endmacro %}

{% macro spark__each_number(first, last) -%}
    explode(sequence({{ first }}, {{ last }}))
{%- endmacro %}

{#- True from Monday to Friday. -#}
{% macro is_weekday(day) -%}
    {{ return(adapter.dispatch('is_weekday')(day)) }}
{%- endmacro %}

{% macro default__is_weekday(day) -%}
    isodow({{ day }}) <= 5
{%- endmacro %}

{% macro spark__is_weekday(day) -%}
    dayofweek({{ day }}) between 2 and 6
{%- endmacro %}

{#- A date so many days after another; before it when the number is negative. -#}
{% macro add_days(day, number) -%}
    {{ return(adapter.dispatch('add_days')(day, number)) }}
{%- endmacro %}

{% macro default__add_days(day, number) -%}
    cast({{ day }} + cast({{ number }} as integer) as date)
{%- endmacro %}

{% macro spark__add_days(day, number) -%}
    date_add({{ day }}, cast({{ number }} as int))
{%- endmacro %}

{#- The same day so many months later, or the last one of a month that does not have it. -#}
{% macro add_months(day, number) -%}
    {{ return(adapter.dispatch('add_months')(day, number)) }}
{%- endmacro %}

{% macro default__add_months(day, number) -%}
    cast({{ day }} + to_months(cast({{ number }} as integer)) as date)
{%- endmacro %}

{% macro spark__add_months(day, number) -%}
    add_months({{ day }}, cast({{ number }} as int))
{%- endmacro %}

{#- Days from one date to another, negative when it lies before. -#}
{% macro days_between(first, last) -%}
    {{ return(adapter.dispatch('days_between')(first, last)) }}
{%- endmacro %}

{% macro default__days_between(first, last) -%}
    date_diff('day', {{ first }}, {{ last }})
{%- endmacro %}

{% macro spark__days_between(first, last) -%}
    datediff({{ last }}, {{ first }})
{%- endmacro %}

{#- The last value of an expression that is not null, as a window function without its window. -#}
{% macro last_known(expression) -%}
    {{ return(adapter.dispatch('last_known')(expression)) }}
{%- endmacro %}

{% macro default__last_known(expression) -%}
    last_value({{ expression }} ignore nulls)
{%- endmacro %}

{% macro spark__last_known(expression) -%}
    last_value({{ expression }}, true)
{%- endmacro %}
