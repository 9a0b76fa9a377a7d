-- A returned row is a count or a sum of a quarter, a year or a year to date that is not the sum of
-- its months. The gate asks this of what is published; here the small cells are in the sum.
with figures as (
    select figures.*
    from {{ ref('indicator_figures') }} as figures
    inner join {{ ref('indicators') }} as indicators
        on figures.indicator_id = indicators.indicator_id
    where indicators.kind in ('count', 'sum')
)

select
    longer.indicator_id,
    longer.period_grain,
    longer.period_end,
    longer.area_code,
    longer.breakdown,
    longer.breakdown_value,
    longer.value,
    sum(months.value) as value_of_months
from figures as longer
inner join figures as months
    on
        longer.indicator_id = months.indicator_id
        and longer.area_code = months.area_code
        and longer.breakdown = months.breakdown
        and longer.breakdown_value = months.breakdown_value
        and months.period_grain = 'month'
        and months.period_end between longer.period_start and longer.period_end
where longer.period_grain <> 'month'
group by
    longer.indicator_id,
    longer.period_grain,
    longer.period_end,
    longer.area_code,
    longer.breakdown,
    longer.breakdown_value,
    longer.value
having longer.value <> sum(months.value)
