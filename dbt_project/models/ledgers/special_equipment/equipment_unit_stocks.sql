with stock_days as (
    {{ stock_days('special_equipment__units') }}
),

holders as (
    select
        *,
        -- Where the delivery names no kind at all, nobody can be named for lifts.
        count(equipment_kind) over () > 0 as are_kinds_named
    from {{ ref('stg_special_equipment__role_holders') }}
),

units as (
    {{ rows_by_month(ref('equipment_units'), 'obliged_from', 'obliged_until') }}
),

obliged as (
    select
        stock_days.month_end_on,
        stock_days.stock_on,
        units.unit_no,
        units.unit_kind,
        units.equipment_kind,
        units.officers_required,
        units.area_code
    from units
    inner join stock_days
        on
            units.month_end_on = stock_days.month_end_on
            and units.obliged_from <= stock_days.stock_on
            and coalesce(units.obliged_until >= stock_days.stock_on, true)
    where not units.is_supervised_elsewhere
),

-- One row per obligation and person who holds a role for it on the day. A holder counts for the
-- kind that is named, one of the whole unit for every kind but lifts; an obligation of no kind
-- takes all holders of the unit.
persons as (
    select
        obliged.month_end_on,
        obliged.unit_no,
        obliged.unit_kind,
        obliged.equipment_kind,
        obliged.officers_required,
        obliged.area_code,
        -- Without an identity number each holding is taken as a person of its own.
        coalesce('person ' || cast(holders.person_no as string), holders.holding_no) as person,
        coalesce(bool_or(holders.role = 'director'), false) as is_director,
        coalesce(bool_or(holders.role = 'officer'), false) as is_officer
    from obliged
    inner join holders
        on
            obliged.unit_no = holders.unit_no
            and obliged.stock_on >= holders.held_from
            and coalesce(obliged.stock_on <= holders.held_until, true)
            and case
                when obliged.equipment_kind is null then true
                when holders.equipment_kind is null
                    then obliged.equipment_kind <> 'lift' or not holders.are_kinds_named
                else obliged.equipment_kind = holders.equipment_kind
            end
    group by
        obliged.month_end_on,
        obliged.unit_no,
        obliged.unit_kind,
        obliged.equipment_kind,
        obliged.officers_required,
        obliged.area_code,
        coalesce('person ' || cast(holders.person_no as string), holders.holding_no)
),

-- And every obligation once without a person: one that nobody fills counts none. They are added and
-- not joined from the left, which DuckDB would do by comparing every obligation with every holder.
counted as (
    select
        month_end_on,
        unit_no,
        unit_kind,
        equipment_kind,
        officers_required,
        area_code,
        is_director,
        is_officer
    from persons
    union all
    select
        month_end_on,
        unit_no,
        unit_kind,
        equipment_kind,
        officers_required,
        area_code,
        false as is_director,
        false as is_officer
    from obliged
),

-- At a maker of boilers the director may not double as an officer.
staffed as (
    select
        month_end_on,
        unit_no,
        unit_kind,
        equipment_kind,
        officers_required,
        area_code,
        cast(count(*) filter (where is_director) as integer) as director_count,
        cast(count(*) filter (
            where
            is_officer
            and not (
                is_director
                and unit_kind = 'producer'
                and coalesce(equipment_kind = 'boiler', false)
            )
        ) as integer) as officer_count
    from counted
    group by month_end_on, unit_no, unit_kind, equipment_kind, officers_required, area_code
)

select
    month_end_on,
    unit_no,
    unit_kind,
    equipment_kind,
    officers_required,
    director_count,
    officer_count,
    director_count > 0 and officer_count >= officers_required as is_staffed,
    area_code
from staffed
