-- One row per undivided figure of a period that is not over on its day: its value for the same
-- days of the year before, so that a part of a period never stands beside a whole one. Only for
-- what happened (received, registered): how things stood a year ago (closed, due, in stock)
-- today's rows do not say.
{% set district = "'" ~ var('district_code') ~ "'" %}
with

indicator_inputs as (
    select * from {{ ref('indicator_inputs') }}
),

running as (
    select
        figures.indicator_id,
        figures.period_grain,
        figures.period_start,
        figures.period_end,
        figures.area_code,
        indicator_inputs.numerator_input,
        indicator_inputs.base_input,
        indicator_inputs.is_ratio,
        {{ months_before('figures.period_start', 12) }} as first_month,
        {{ months_before('figures.as_of', 12) }} as last_month
    from {{ ref('indicator_figures') }} as figures
    inner join indicator_inputs
        on figures.indicator_id = indicator_inputs.indicator_id
    -- The whole period of the year before must have been delivered.
    inner join {{ ref('indicator_figures') }} as year_before
        on
            figures.indicator_id = year_before.indicator_id
            and figures.period_grain = year_before.period_grain
            and figures.area_code = year_before.area_code
            and figures.breakdown = year_before.breakdown
            and {{ months_before('figures.period_end', 12) }}
            = {{ truncate_to_month('year_before.period_end') }}
    where
        figures.breakdown = 'total'
        and figures.period_end > figures.as_of
        and figures.status <> 'missing'
        and year_before.status <> 'missing'
        and indicator_inputs.counts_events
),

-- The district holds every row, also one whose street is not known.
measures as (
    select
        input_id,
        month,
        {{ district }} as area_code,
        value
    from {{ ref('monthly_measures') }}
    where breakdown = 'total' and is_to_the_day
    union all
    select
        input_id,
        month,
        area_code,
        value
    from {{ ref('monthly_measures') }}
    where breakdown = 'total' and is_to_the_day and area_code <> {{ district }}
),

parts as (
    select
        *,
        false as is_numerator,
        base_input as input_id
    from running
    union all
    select
        *,
        true as is_numerator,
        numerator_input as input_id
    from running
    where is_ratio
),

added_up as (
    select
        parts.indicator_id,
        parts.period_grain,
        parts.period_start,
        parts.period_end,
        parts.area_code,
        parts.is_ratio,
        coalesce(sum(measures.value) filter (where not parts.is_numerator), 0) as base_value,
        coalesce(sum(measures.value) filter (where parts.is_numerator), 0) as numerator
    from parts
    left join measures
        on
            parts.input_id = measures.input_id
            and parts.area_code = measures.area_code
            and parts.first_month <= measures.month
            and parts.last_month >= measures.month
    group by
        parts.indicator_id,
        parts.period_grain,
        parts.period_start,
        parts.period_end,
        parts.area_code,
        parts.is_ratio
)

select
    indicator_id,
    period_grain,
    period_start,
    period_end,
    area_code,
    cast(
        case
            when is_ratio then {{ divide_half_up('numerator', 'base_value') }}
            else base_value
        end as decimal(24, 6)
    ) as value
from added_up
