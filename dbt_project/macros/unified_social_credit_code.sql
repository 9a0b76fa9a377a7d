{#- Unified social credit code (统一社会信用代码), GB 32100-2015, with GB 11714 inside. -#}

{#- True when all 18 characters agree with the standard: its checks, and the entity category under
    market regulation. Expects capitals. -#}
{% macro is_credit_code_valid(code) -%}
    (
        {{ has_credit_code_checks(code) }}
        and (
            substr({{ code }}, 1, 1) <> '9' or substr({{ code }}, 2, 1) in ('1', '2', '3', '9')
        )
    )
{%- endmacro %}

{#- True when alphabet, registering authority, area digits, the organisation code's own check
    character (positions 9 to 17, GB 11714) and the check character modulo 31 are right. Expects
    capitals. The gates ask this too (expectations/_functions.sql), so it is plain Jinja. -#}
{% macro has_credit_code_checks(code) -%}
    {%- set alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY' -%}
    {%- set organisation_alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ' -%}
    {%- set weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28] -%}
    {%- set organisation_weights = [3, 7, 9, 10, 5, 8, 4, 2] -%}
    coalesce(
        length({{ code }}) = 18
        and translate({{ code }}, '{{ alphabet }}', '') = ''
        and substr({{ code }}, 1, 1) in (
            '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'N', 'Y'
        )
        and translate(substr({{ code }}, 3, 6), '0123456789', '') = ''
        and substr({{ code }}, 17, 1) = substr(
            '0X987654321',
            1 + mod(
                {%- for weight in organisation_weights %}
                {{ weight }} * (instr('{{ organisation_alphabet }}', substr({{ code }}, {{ loop.index + 8 }}, 1)) - 1)
                {{- ' +' if not loop.last }}
                {%- endfor %},
                11
            ),
            1
        )
        and substr({{ code }}, 18, 1) = substr(
            '{{ alphabet }}',
            1 + mod(
                31 - mod(
                    {%- for weight in weights %}
                    {{ weight }} * (instr('{{ alphabet }}', substr({{ code }}, {{ loop.index }}, 1)) - 1)
                    {{- ' +' if not loop.last }}
                    {%- endfor %},
                    31
                ),
                31
            ),
            1
        ),
        false
    )
{%- endmacro %}

{#- Kind of entity by the category after authority 9; null for any other code. -#}
{% macro entity_kind_of_credit_code(code) -%}
    case substr({{ code }}, 1, 2)
        when '91' then 'enterprise'
        when '92' then 'individual_household'
        when '93' then 'cooperative'
    end
{%- endmacro %}
