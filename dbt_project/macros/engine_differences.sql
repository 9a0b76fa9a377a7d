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

{#- True from Monday to Friday. -#}
{% macro is_weekday(day) -%}
    {{ return(adapter.dispatch('is_weekday')(day)) }}
{%- endmacro %}

{% macro default__is_weekday(day) -%}
    isodow({{ day }}) <= 5
{%- endmacro %}

{% macro spark__is_weekday(day) -%}
    weekday({{ day }}) <= 4
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
