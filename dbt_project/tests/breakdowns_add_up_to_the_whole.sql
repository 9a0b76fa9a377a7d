-- A returned row is an undivided count, sum or stock that its breakdown values do not add up to.
-- The gate asks this of what is published; here the small cells it does not see are in the sum.
with figures as (
    select figures.*
    from {{ ref('indicator_figures') }} as figures
    inner join {{ ref('indicators') }} as indicators
        on figures.indicator_id = indicators.indicator_id
    where indicators.kind in ('count', 'sum', 'stock')
),

divided as (
    select
        indicator_id,
        period_grain,
        period_end,
        area_code,
        breakdown,
        sum(value) as value
    from figures
    where breakdown <> 'total'
    group by indicator_id, period_grain, period_end, area_code, breakdown
)

select
    whole.indicator_id,
    whole.period_grain,
    whole.period_end,
    whole.area_code,
    divided.breakdown,
    whole.value as whole,
    divided.value as divided
from figures as whole
inner join divided
    on
        whole.indicator_id = divided.indicator_id
        and whole.period_grain = divided.period_grain
        and whole.period_end = divided.period_end
        and whole.area_code = divided.area_code
where
    whole.breakdown = 'total'
    and whole.value <> divided.value
