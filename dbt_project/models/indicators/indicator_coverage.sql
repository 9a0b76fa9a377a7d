-- One row per indicator and published period: the day that the figure is as of, and what its
-- sources say of the period. Covered is a period whose every day, up to the day of the figure,
-- lies in a delivery in use; a stock stands on all deliveries since the first. A year to date is
-- not reached before its last month has begun, for the month is in its name.
with

business_day as (
    select as_of from {{ ref('stg_night__business_day') }}
),

indicators as (
    select * from {{ ref('indicator_inputs') }}
),

sources as (
    select
        indicator_sources.indicator_id,
        indicator_sources.source_table,
        states.stale_from,
        days.as_of
    from {{ ref('indicator_sources') }} as indicator_sources
    left join {{ ref('stg_night__extract_states') }} as states
        on indicator_sources.source_table = states.source_table
    left join {{ ref('stg_night__source_days') }} as days
        on indicator_sources.source_table = days.source_table
),

-- Without a source there is nothing that could be wanting.
judged as (
    select
        indicators.indicator_id,
        indicators.is_stock,
        case
            when count(sources.source_table) = 0 then min(business_day.as_of)
            else min(sources.as_of)
        end as as_of,
        min(sources.stale_from) as stale_from
    from indicators
    cross join business_day
    left join sources on indicators.indicator_id = sources.indicator_id
    group by indicators.indicator_id, indicators.is_stock
),

periods as (
    select distinct
        period_grain,
        period_start,
        period_end
    from {{ ref('indicator_periods') }}
),

-- The days that a figure stands on.
wanted as (
    select
        judged.indicator_id,
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        judged.as_of,
        judged.stale_from,
        judged.is_stock,
        case
            when periods.period_grain = 'ytd' then {{ truncate_to_month('periods.period_end') }}
            else periods.period_start
        end <= judged.as_of as is_reached,
        least(periods.period_end, judged.as_of) as last_day
    from judged
    cross join periods
),

spans as (
    select
        source_table,
        covers_from,
        covers_through,
        is_stale,
        min(covers_from) over (partition by source_table) as first_day
    from {{ ref('stg_night__covered_spans') }}
),

-- Stocks and flows of one source ask for the same periods many times; each is answered once.
asked as (
    select distinct
        sources.source_table,
        wanted.is_stock,
        wanted.period_start,
        wanted.last_day
    from wanted
    inner join sources on wanted.indicator_id = sources.indicator_id
    where wanted.is_reached
),

common_days as (
    select
        asked.source_table,
        asked.is_stock,
        asked.period_start,
        asked.last_day,
        spans.is_stale,
        spans.covers_through,
        case when asked.is_stock then spans.first_day else asked.period_start end as first_wanted,
        spans.covers_from
    from asked
    inner join spans
        on
            asked.source_table = spans.source_table
            and asked.last_day >= spans.covers_from
            and case when asked.is_stock then spans.first_day else asked.period_start end
            <= spans.covers_through
),

answers as (
    select
        source_table,
        is_stock,
        period_start,
        last_day,
        sum(
            {{ days_between(
                'greatest(covers_from, first_wanted)', 'least(covers_through, last_day)'
            ) }} + 1
        ) = {{ days_between('min(first_wanted)', 'last_day') }} + 1 as is_covered,
        bool_or(is_stale) as is_stale
    from common_days
    group by source_table, is_stock, period_start, last_day
),

final as (
    select
        wanted.indicator_id,
        wanted.period_grain,
        wanted.period_start,
        wanted.period_end,
        wanted.as_of,
        wanted.is_reached
        and coalesce(bool_and(coalesce(answers.is_covered, sources.source_table is null)), true)
            as is_covered,
        coalesce(bool_or(answers.is_stale), false)
        or coalesce(wanted.stale_from <= wanted.period_end, false) as is_stale,
        wanted.stale_from is not null as is_late
    from wanted
    left join sources on wanted.indicator_id = sources.indicator_id
    left join answers
        on
            sources.source_table = answers.source_table
            and wanted.is_stock = answers.is_stock
            and wanted.period_start = answers.period_start
            and wanted.last_day = answers.last_day
    group by
        wanted.indicator_id,
        wanted.period_grain,
        wanted.period_start,
        wanted.period_end,
        wanted.as_of,
        wanted.is_reached,
        wanted.stale_from
)

select
    indicator_id,
    period_grain,
    period_start,
    period_end,
    as_of,
    coalesce(is_covered, false) as is_covered,
    is_stale,
    is_late
from final
