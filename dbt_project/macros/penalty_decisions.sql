{#- The decisions nested in a case: one row per decision, every field still text. -#}

{#- Their names, with blanks between; `expectations/_functions.sql` takes them from here. -#}
{% macro decision_fields() -%}
    decision_no kind decided_on penalty_types fine_yuan confiscated_gains_yuan
    confiscated_goods_yuan statutory_floor_yuan collected_yuan published_on
{%- endmacro %}

{#- Whether the kinds of penalty (a JSON array as text) are a warning and nothing else. -#}
{% macro is_bare_warning(penalty_types) -%}
    coalesce(replace({{ penalty_types }}, ' ', '') = '["警告"]', false)
{%- endmacro %}

{#- Nothing imposed is zero; an amount that does not parse stays null, for the tests to find. -#}
{% macro yuan_or_zero(text) -%}
    case
        when coalesce(trim({{ text }}), '') = '' then 0 else {{ try_cast(text, 'decimal(20,2)') }}
    end
{%- endmacro %}

{#- `relation` has case_no and decisions (a JSON array as text); malformed JSON gives no rows. -#}
{% macro unnested_decisions(relation) -%}
    {{ return(adapter.dispatch('unnested_decisions')(relation)) }}
{%- endmacro %}

{% macro default__unnested_decisions(relation) -%}
    select
        {%- for field in decision_fields().split() %}
        decision ->> '$.{{ field }}' as {{ field }},
        {%- endfor %}
        case_no
    from (
        select
            case_no,
            unnest(try_cast(try_cast(decisions as json) as json [])) as decision
        from {{ relation }}
    )
{%- endmacro %}

{% macro spark__unnested_decisions(relation) -%}
    select
        {%- for field in decision_fields().split() %}
        decision.{{ field }},
        {%- endfor %}
        case_no
    from (
        select
            case_no,
            explode(from_json(
                decisions, 'array<struct<{{ decision_fields().split() | join(": string, ") }}: string>>'
            )) as decision
        from {{ relation }}
    )
{%- endmacro %}
