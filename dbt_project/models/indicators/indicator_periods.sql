-- One row per published period and month within it, from the first month of any indicator to the
-- period that holds the business date; of an indicator that begins later, indicator_figures leaves
-- the periods before out. Year to date (ytd) begins on 1 January and ends with each month in turn;
-- the current quarter and year are whole periods, and provisional until they are over.
with

months as (
    select distinct {{ truncate_to_month('spine.date_day') }} as month
    from {{ ref('time_spine') }} as spine
    inner join {{ ref('stg_night__business_day') }} as business_day
        on spine.date_day <= last_day(business_day.as_of)
),

periods as (
    select
        'month' as period_grain,
        month as period_start,
        last_day(month) as period_end,
        month as period_month
    from months
    union all
    select
        'quarter' as period_grain,
        cast(date_trunc('quarter', month) as date) as period_start,
        last_day({{ add_months("cast(date_trunc('quarter', month) as date)", 2) }}) as period_end,
        month as period_month
    from months
    union all
    select
        'year' as period_grain,
        cast(date_trunc('year', month) as date) as period_start,
        last_day({{ add_months("cast(date_trunc('year', month) as date)", 11) }}) as period_end,
        month as period_month
    from months
    union all
    select
        'ytd' as period_grain,
        cast(date_trunc('year', closing.month) as date) as period_start,
        last_day(closing.month) as period_end,
        months.month as period_month
    from months
    inner join months as closing
        on
            date_trunc('year', months.month) = date_trunc('year', closing.month)
            and months.month <= closing.month
)

select
    period_grain,
    period_start,
    cast(period_end as date) as period_end,
    period_month
from periods
