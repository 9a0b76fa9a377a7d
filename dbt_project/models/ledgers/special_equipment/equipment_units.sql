with known as (
    {{ known_rows('special_equipment__units', 'obliged_from') }}
)

select
    unit_no,
    unit_kind,
    obliged_from,
    obliged_until,
    area_code,
    extract_id,
    row_number
from known
