-- One row per figure: an indicator in a period, an area and a breakdown value. What is published is
-- indicator_values, which leaves out small cells.
{% set district = "'" ~ var('district_code') ~ "'" %}
with

business_day as (
    select * from {{ ref('stg_night__business_day') }}
),

monthly_measures as (
    select * from {{ ref('monthly_measures') }}
),

period_statistics as (
    select * from {{ ref('period_statistics') }}
),

indicator_inputs as (
    select * from {{ ref('indicator_inputs') }}
),

indicator_cells as (
    select * from {{ ref('indicator_cells') }}
),

counted_inputs as (
    select distinct
        base_input as input_id,
        has_streets
    from indicator_inputs
    where is_counted
),

-- The day that an input is judged on: that of the indicators that it is for. They agree, since what
-- one indicator is made from is judged on one day.
input_days as (
    select
        parts.input_id,
        min(days.as_of) as as_of
    from (
        select
            indicator_id,
            base_input as input_id
        from indicator_inputs
        union
        select
            indicator_id,
            numerator_input as input_id
        from indicator_inputs
    ) as parts
    inner join {{ ref('indicator_sources') }} as sources
        on parts.indicator_id = sources.indicator_id
    inner join {{ ref('stg_night__source_days') }} as days
        on sources.source_table = days.source_table
    group by parts.input_id
),

-- A stock is not added over months: its value is that of the last month of the period, or of the
-- month that it was last taken in.
months_of_periods as (
    select
        monthly_measures.*,
        periods.period_grain,
        periods.period_start,
        periods.period_end
    from monthly_measures
    inner join {{ ref('indicator_periods') }} as periods
        on monthly_measures.month = periods.period_month
    cross join business_day
    left join input_days
        on monthly_measures.input_id = input_days.input_id
    where
        not monthly_measures.is_stock
        or monthly_measures.month = {{ truncate_to_month(
            'least(periods.period_end, coalesce(input_days.as_of, business_day.as_of))'
        ) }}
),

-- The district holds every row, also one whose street is not known.
added_up as (
    select
        input_id,
        period_grain,
        period_start,
        period_end,
        {{ district }} as area_code,
        breakdown,
        breakdown_value,
        sum(value) as value
    from months_of_periods
    group by input_id, period_grain, period_start, period_end, breakdown, breakdown_value
    union all
    select
        input_id,
        period_grain,
        period_start,
        period_end,
        area_code,
        breakdown,
        breakdown_value,
        sum(value) as value
    from months_of_periods
    where area_code <> {{ district }}
    group by
        input_id, period_grain, period_start, period_end, area_code, breakdown, breakdown_value
),

-- Those of an input with streets, and of one without.
areas as (
    {%- for has_streets in ['true', 'false'] %}
    select
        {{ district }} as area_code,
        {{ has_streets }} as has_streets
    union all
    {%- endfor %}
    select distinct
        area_code,
        true as has_streets
    from monthly_measures
    where area_code <> {{ district }}
),

periods as (
    select distinct
        period_grain,
        period_start,
        period_end
    from {{ ref('indicator_periods') }}
),

aggregated as (
    select * from added_up
    union all
    select * from period_statistics
),

-- A month without a row is a count or a stock of 0; whether it was delivered is asked below.
undivided as (
    select
        counted_inputs.input_id,
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        areas.area_code,
        'total' as breakdown,
        'total' as breakdown_value,
        coalesce(aggregated.value, 0) as value
    from counted_inputs
    cross join periods
    inner join areas
        on counted_inputs.has_streets = areas.has_streets
    left join aggregated
        on
            counted_inputs.input_id = aggregated.input_id
            and periods.period_grain = aggregated.period_grain
            and periods.period_end = aggregated.period_end
            and areas.area_code = aggregated.area_code
            and aggregated.breakdown = 'total'
),

cells as (
    select * from undivided
    union all
    select * from aggregated
    where
        breakdown <> 'total'
        or input_id not in (select counted_inputs.input_id from counted_inputs)
),

-- The cells of a ratio are those of its denominator. An indicator begins on a 1 January, which no
-- period reaches across.
computed as (
    select
        indicator_inputs.indicator_id,
        indicator_inputs.is_ratio,
        base.period_grain,
        base.period_start,
        base.period_end,
        base.area_code,
        base.breakdown,
        base.breakdown_value,
        base.value as base_value,
        case when indicator_inputs.is_ratio then coalesce(numerators.value, 0) end as numerator,
        coalesce(provisional.value > 0, false) as is_open,
        coverage.as_of,
        coverage.is_stale,
        coverage.is_late,
        true as is_covered
    from indicator_inputs
    inner join cells as base
        on indicator_inputs.base_input = base.input_id
    inner join indicator_cells
        on
            indicator_inputs.indicator_id = indicator_cells.indicator_id
            and base.period_grain = indicator_cells.period_grain
            and base.breakdown = indicator_cells.breakdown
    inner join {{ ref('indicator_coverage') }} as coverage
        on
            indicator_inputs.indicator_id = coverage.indicator_id
            and base.period_grain = coverage.period_grain
            and base.period_start = coverage.period_start
            and base.period_end = coverage.period_end
            and coverage.is_covered
    left join cells as numerators
        on
            indicator_inputs.numerator_input = numerators.input_id
            and base.period_grain = numerators.period_grain
            and base.period_end = numerators.period_end
            and base.area_code = numerators.area_code
            and base.breakdown = numerators.breakdown
            and base.breakdown_value = numerators.breakdown_value
    left join cells as provisional
        on
            indicator_inputs.provisional_input = provisional.input_id
            and base.period_grain = provisional.period_grain
            and base.period_end = provisional.period_end
            and base.area_code = provisional.area_code
            and base.breakdown = provisional.breakdown
            and base.breakdown_value = provisional.breakdown_value
    where base.period_start >= indicator_inputs.figures_from
),

-- What was never delivered is not 0: of such a period no number is stated, and no breakdown.
never_delivered as (
    select
        indicator_inputs.indicator_id,
        indicator_inputs.is_ratio,
        coverage.period_grain,
        coverage.period_start,
        coverage.period_end,
        areas.area_code,
        'total' as breakdown,
        'total' as breakdown_value,
        null as base_value,
        null as numerator,
        false as is_open,
        coverage.as_of,
        coverage.is_stale,
        coverage.is_late,
        false as is_covered
    from indicator_inputs
    inner join {{ ref('indicator_coverage') }} as coverage
        on indicator_inputs.indicator_id = coverage.indicator_id and not coverage.is_covered
    inner join indicator_cells
        on
            indicator_inputs.indicator_id = indicator_cells.indicator_id
            and coverage.period_grain = indicator_cells.period_grain
            and indicator_cells.breakdown = 'total'
    inner join areas
        on indicator_inputs.has_streets = areas.has_streets
    where coverage.period_start >= indicator_inputs.figures_from
),

figures as (
    select * from computed
    union all
    select * from never_delivered
),

final as (
    select
        figures.indicator_id,
        figures.period_grain,
        figures.period_start,
        figures.period_end,
        figures.area_code,
        figures.breakdown,
        figures.breakdown_value,
        cast(
            case
                when figures.is_ratio
                    then {{ divide_half_up('figures.numerator', 'figures.base_value') }}
                else figures.base_value
            end as decimal(24, 6)
        ) as value,
        cast(figures.numerator as decimal(24, 6)) as numerator,
        cast(case when figures.is_ratio then figures.base_value end as decimal(24, 6))
            as denominator,
        case
            when not figures.is_covered then 'missing'
            when figures.is_stale or (figures.is_open and figures.is_late) then 'stale'
            when figures.is_open or figures.period_end > figures.as_of then 'provisional'
            else 'final'
        end as status,
        coalesce(figures.as_of, business_day.as_of) as as_of
    from figures
    cross join business_day
)

select * from final
