-- One row per delivered registration event; names, phones and addresses go no further. A class of
-- branches is a kind and a branch; a capital is an amount and its currency.
with staged as (
    {{ stage('registrations', 'events') }}
)

select
    *,
    replace(entity_class, '_branch', '') as declared_entity_kind,
    coalesce(entity_class like '%_branch', false) as is_branch,
    {{ parse_capital_amount('registered_capital') }} as registered_capital_amount,
    {{ parse_capital_currency_code('registered_capital') }} as registered_capital_currency_code
from staged
