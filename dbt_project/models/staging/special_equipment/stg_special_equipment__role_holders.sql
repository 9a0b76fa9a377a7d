-- One row per person, role and unit. The pseudonym of the identity number goes no further: one
-- number for one person, within this delivery, tells who holds two roles.
with staged as (
    {{ stage('special_equipment', 'role_holders') }}
)

select
    * replace (
        case when person_no is not null then dense_rank() over (order by person_no) end as person_no
    )
from staged
