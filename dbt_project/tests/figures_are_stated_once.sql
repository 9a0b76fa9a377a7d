-- A returned row is a figure that indicator_values states more than once.
select
    indicator_id,
    period_grain,
    period_start,
    period_end,
    area_code,
    breakdown,
    breakdown_value,
    count(*) as times
from {{ ref('indicator_values') }}
group by
    indicator_id,
    period_grain,
    period_start,
    period_end,
    area_code,
    breakdown,
    breakdown_value
having count(*) > 1
