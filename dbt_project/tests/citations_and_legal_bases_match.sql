-- A returned row is a basis that a metric or a rule names and legal_bases does not have, one that
-- has no row yet on the day the rule begins, or one that nothing names and nobody would read.
with named as (
    select
        basis_id,
        cast(null as date) as needed_from
    from {{ ref('indicator_legal_bases') }}

    union all

    select
        basis_id,
        valid_from as needed_from
    from {{ ref('statutory_rules') }}
),

known as (
    select
        basis_id,
        -- Empty is since before all our data.
        min(coalesce(valid_from, cast('1900-01-01' as date))) as known_from
    from {{ ref('legal_bases') }}
    group by basis_id
)

select
    named.basis_id as named_basis_id,
    known.basis_id as known_basis_id,
    named.needed_from,
    known.known_from
from named
full outer join known on named.basis_id = known.basis_id
where
    named.basis_id is null
    or known.basis_id is null
    or named.needed_from < known.known_from
