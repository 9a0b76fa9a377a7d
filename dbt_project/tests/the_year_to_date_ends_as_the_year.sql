-- A returned row is a figure of a year that differs from its year to date in December. The two are
-- computed apart, whatever the kind of figure.
select
    years.indicator_id,
    years.period_end,
    years.area_code,
    years.breakdown,
    years.breakdown_value,
    years.value,
    to_date.value as value_to_date
from {{ ref('indicator_figures') }} as years
inner join {{ ref('indicator_figures') }} as to_date
    on
        years.indicator_id = to_date.indicator_id
        and years.period_end = to_date.period_end
        and years.area_code = to_date.area_code
        and years.breakdown = to_date.breakdown
        and years.breakdown_value = to_date.breakdown_value
where
    years.period_grain = 'year'
    and to_date.period_grain = 'ytd'
    and years.value is distinct from to_date.value
