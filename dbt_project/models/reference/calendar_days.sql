-- One row per day: the frozen calendar, continued for two years past its last day by plain
-- weekdays, which are marked as not announced. Deadlines that land there are provisional.
with frozen as (
    select * from {{ ref('working_days') }}
),

last_day as (
    select
        max(calendar_date) as frozen_to,
        max(working_day_number) as working_day_number
    from frozen
),

steps as (
    select cast(number as integer) as days_past from {{ numbers(1, 731) }}
),

continued as (
    select
        {{ add_days('last_day.frozen_to', 'steps.days_past') }} as calendar_date,
        last_day.working_day_number as numbered_before
    from last_day
    cross join steps
),

estimated as (
    select
        calendar_date,
        {{ is_weekday('calendar_date') }} as is_working_day,
        numbered_before + sum(case when {{ is_weekday('calendar_date') }} then 1 else 0 end)
            over (order by calendar_date nulls last rows unbounded preceding) as working_day_number
    from continued
)

select
    calendar_date,
    is_working_day,
    working_day_number,
    true as is_announced
from frozen

union all

select
    calendar_date,
    is_working_day,
    cast(working_day_number as integer) as working_day_number,
    false as is_announced
from estimated
