with known as (
    {{ known_rows('special_equipment__units', 'obliged_from') }}
)

select
    unit_no,
    unit_kind,
    equipment_kind,
    coalesce(officers_required, 1) as officers_required,
    coalesce(
        equipment_kind in ('crane', 'site_vehicle')
        and used_at in ('building_site', 'municipal_site'),
        false
    ) as is_supervised_elsewhere,
    obliged_from,
    obliged_until,
    area_code,
    extract_id,
    row_number
from known
