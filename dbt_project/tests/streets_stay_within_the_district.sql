-- A returned row is a count or a stock whose streets hold more than the district. They may hold less:
-- a row whose street is not known is counted in the district only.
select
    figures.indicator_id,
    figures.period_grain,
    figures.period_end,
    figures.breakdown,
    figures.breakdown_value
from {{ ref('indicator_figures') }} as figures
inner join {{ ref('indicators') }} as indicators
    on figures.indicator_id = indicators.indicator_id
where indicators.kind in ('count', 'stock')
group by
    figures.indicator_id,
    figures.period_grain,
    figures.period_end,
    figures.breakdown,
    figures.breakdown_value
having
    sum(figures.value) filter (where figures.area_code <> '{{ var("district_code") }}')
    > sum(figures.value) filter (where figures.area_code = '{{ var("district_code") }}')
