-- One row per day, from the first day of any figures to the end of the century: MetricFlow's
-- calendar, and the months of the published periods.
with days as (
    select
        {{ add_days("cast('" ~ read_earliest_figures_from() ~ "' as date)", 'steps.number') }}
            as date_day
    from {{ numbers(0, 75000) }} as steps
)

select date_day
from days
where date_day < cast('2101-01-01' as date)
