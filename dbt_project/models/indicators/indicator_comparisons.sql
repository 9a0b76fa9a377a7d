-- One row per figure, beside the same figure a year before (同比), in the preceding period (环比),
-- and the whole that it is a part of. Periods are matched by the calendar month they end in, so
-- that no month loses its 31st or 29th. A period that is not over is compared with the same days
-- of the year before, or with nothing. Before a year lies the year before: it has no preceding
-- period of its own. A change is relative; between two rates it is their difference (percentage
-- points as a fraction). All is taken from published values, small cells left out, and of
-- running periods from whole streets only: what stands here tells no more than they do.
{% set district = "'" ~ var('district_code') ~ "'" %}
with

figures as (
    select
        indicator_values.*,
        indicators.kind,
        indicator_values.period_end > indicator_values.as_of as is_unfinished,
        {{ truncate_to_month('indicator_values.period_end') }} as last_month,
        {{ months_before('indicator_values.period_end', 12) }} as month_year_before,
        case indicator_values.period_grain
            when 'month' then {{ months_before('indicator_values.period_end', 1) }}
            when 'quarter' then {{ months_before('indicator_values.period_end', 3) }}
        end as month_period_before
    from {{ ref('indicator_values') }} as indicator_values
    inner join {{ ref('indicators') }} as indicators
        on indicator_values.indicator_id = indicators.indicator_id
),

-- A breakdown value is a part of the total of its area, a street of the district.
wholes as (
    select
        indicator_id,
        period_grain,
        period_start,
        period_end,
        area_code,
        value
    from figures
    where breakdown = 'total'
),

bases as (
    select
        figures.*,
        wholes.value as whole_value,
        case when figures.is_unfinished then to_the_day.value else year_before.value end
            as year_before_value,
        case when not figures.is_unfinished then period_before.value end as period_before_value
    from figures
    left join {{ ref('year_before_to_the_day') }} as to_the_day
        on
            {#- One equality: a further condition on the left side alone makes it a nested loop. #}
            case when figures.breakdown = 'total' then figures.indicator_id end
            = to_the_day.indicator_id
            and figures.period_grain = to_the_day.period_grain
            and figures.period_start = to_the_day.period_start
            and figures.period_end = to_the_day.period_end
            and figures.area_code = to_the_day.area_code
    left join figures as year_before
        on
            figures.indicator_id = year_before.indicator_id
            and figures.period_grain = year_before.period_grain
            and figures.area_code = year_before.area_code
            and figures.breakdown = year_before.breakdown
            and figures.breakdown_value = year_before.breakdown_value
            and figures.month_year_before = year_before.last_month
    left join figures as period_before
        on
            figures.indicator_id = period_before.indicator_id
            and figures.period_grain = period_before.period_grain
            and figures.area_code = period_before.area_code
            and figures.breakdown = period_before.breakdown
            and figures.breakdown_value = period_before.breakdown_value
            and figures.month_period_before = period_before.last_month
    left join wholes
        on
            figures.indicator_id = wholes.indicator_id
            and figures.period_grain = wholes.period_grain
            and figures.period_start = wholes.period_start
            and figures.period_end = wholes.period_end
            and wholes.area_code = case
                when figures.breakdown <> 'total' then figures.area_code
                when figures.area_code <> {{ district }} then {{ district }}
            end
),

final as (
    select
        indicator_id,
        period_grain,
        period_start,
        period_end,
        area_code,
        breakdown,
        breakdown_value,
        value,
        year_before_value,
        {{ change_since('year_before_value') }} as change_on_year,
        period_before_value,
        {{ change_since('period_before_value') }} as change_on_period,
        {{ share_of('whole_value') }} as share -- noqa: RF04
    from bases
)

select * from final
