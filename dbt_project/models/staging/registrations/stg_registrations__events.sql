-- One row per delivered registration event; names, phones and addresses go no further. A class of
-- branches is a kind and a branch; a capital is an amount and its currency.
with staged as (
    {{ stage('registrations', 'events') }}
),

-- Many events state the same capital: each text is read once, not once an event.
capitals as (
    select
        registered_capital,
        {{ parse_capital_amount('registered_capital') }} as registered_capital_amount,
        {{ parse_capital_currency_code('registered_capital') }} as registered_capital_currency_code
    from (select distinct registered_capital from staged) as written
)

select
    staged.*,
    replace(staged.entity_class, '_branch', '') as declared_entity_kind,
    coalesce(staged.entity_class like '%_branch', false) as is_branch,
    capitals.registered_capital_amount,
    capitals.registered_capital_currency_code
from staged
left join capitals on staged.registered_capital = capitals.registered_capital
