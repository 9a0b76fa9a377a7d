with stock_days as (
    {{ stock_days('special_equipment__units') }}
),

obliged as (
    select
        stock_days.month_end_on,
        stock_days.stock_on,
        units.unit_no,
        units.unit_kind,
        units.area_code
    from {{ ref('equipment_units') }} as units
    inner join stock_days
        on
            units.obliged_from <= stock_days.stock_on
            and coalesce(units.obliged_until >= stock_days.stock_on, true)
),

staffed as (
    select
        obliged.month_end_on,
        obliged.unit_no,
        obliged.unit_kind,
        obliged.area_code,
        cast(count(*) filter (where holders.role = 'director') as integer) as director_count,
        cast(count(*) filter (where holders.role = 'officer') as integer) as officer_count
    from obliged
    left join {{ ref('stg_special_equipment__role_holders') }} as holders
        on
            obliged.unit_no = holders.unit_no
            and obliged.stock_on >= holders.held_from
            and coalesce(obliged.stock_on <= holders.held_until, true)
    group by obliged.month_end_on, obliged.unit_no, obliged.unit_kind, obliged.area_code
)

select
    month_end_on,
    unit_no,
    unit_kind,
    director_count,
    officer_count,
    director_count > 0 and officer_count > 0 as is_staffed,
    area_code
from staffed
