-- One row per day, from the first day of any figures to the end of the century: MetricFlow's
-- calendar, and the months of the published periods.
select cast(date_day as date) as date_day
from (
    {{ dbt.date_spine(
        datepart='day',
        start_date="cast('" ~ read_earliest_figures_from() ~ "' as date)",
        end_date="cast('2101-01-01' as date)",
    ) }}
) as days
