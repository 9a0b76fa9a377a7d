-- One row per person, role and unit. The pseudonym of the identity number goes no further: one
-- number for one person, within this delivery, tells who holds two roles.
with staged as (
    {{ stage('special_equipment', 'role_holders') }}
)

select
    holding_no,
    unit_no,
    case when person_no is not null then dense_rank() over (order by person_no nulls last) end
        as person_no,
    equipment_kind,
    role,
    held_from,
    held_until,
    extract_id,
    row_number
from staged
