{#- Text to typed values. Landing writes dates, numbers and booleans in one spelling; what still does
    not cast becomes null and never an error, because a cast error of the engine quotes the cell. The
    gates before and the tests after decide what a null means. -#}

{#- dbt.safe_cast is a plain cast on DuckDB and on Spark, so it is dispatched anew. -#}
{% macro try_cast(expression, type) -%}
    {{ return(adapter.dispatch('try_cast')(expression, type)) }}
{%- endmacro %}

{% macro default__try_cast(expression, type) -%}
    try_cast({{ expression }} as {{ type }})
{%- endmacro %}

{#- Timestamp by the bureau's clock to its calendar date; no zone is ever applied. -#}
{% macro date_of_timestamp(expression) -%}
    cast({{ try_cast(expression, 'timestamp') }} as date)
{%- endmacro %}

{#- The sender's word to ours; a word that is not listed becomes null. -#}
{% macro recode(expression, words) -%}
    case {{ expression }}
        {%- for word, code in words.items() %}
        when '{{ word }}' then '{{ code }}'
        {%- endfor %}
    end
{%- endmacro %}
