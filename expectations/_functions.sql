{%- from 'areas.sql' import street_spellings -%}
{%- from 'penalty_decisions.sql' import decision_fields -%}
{%- from 'registered_capital.sql' import is_capital_readable -%}
{%- from 'unified_social_credit_code.sql' import has_credit_code_checks -%}
-- A template (pipelines/quality/rule_functions.py): what the dbt project says is taken from there.
-- Functions that the rules of landed tables may call, for what a type cannot say: texts are trimmed
-- and not empty, or null (pipelines/quality/gate_database.py).

-- Whether a text has the form of a unified social credit code and both its check characters.
-- Lower case is the sender's habit, not an error. The list of one binds the code once: written out
-- 25 times, upper doubled the time.
create macro has_uscc_checks(written) as [
    {{ has_credit_code_checks('code') }}
    for code in [upper(written)]
][1];

-- Whether a street is one of the district's. Without a value it is null.
create macro is_street(written) as written in (select street from ({{ street_spellings() }}) as streets);

-- The decisions of a penalty case as a list of structs; null when the text is not such an array.
create macro penalty_decisions(written) as case
    when json_valid(written) and json_type(written) = 'ARRAY'
        then from_json(written, '[{
            {%- for field in decision_fields().split() %}
            "{{ field }}": {{ '["VARCHAR"]' if field == 'penalty_types' else '"VARCHAR"' }}{{ ',' if not loop.last }}
            {%- endfor %}
        }]')
end;

-- Registered capital as registries write it; what cannot be read is null in the ledger.
create macro is_readable_capital(written) as {{ is_capital_readable('written') }};
