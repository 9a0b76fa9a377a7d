-- One row per figure, beside the same figure a year before (同比) and in the preceding period (环比).
-- Periods are matched by the calendar month they end in, so that no month loses its 31st or 29th.
-- A change is relative; between two rates it is their difference (percentage points, as a fraction).
with

figures as (
    select
        indicator_values.*,
        indicators.kind,
        {{ truncate_to_month('indicator_values.period_end') }} as last_month
    from {{ ref('indicator_values') }} as indicator_values
    inner join {{ ref('indicators') }} as indicators
        on indicator_values.indicator_id = indicators.indicator_id
),

bases as (
    select
        figures.*,
        year_before.value as year_before_value,
        period_before.value as period_before_value
    from figures
    {%- set months_between = {
        'year_before': '12',
        'period_before': "case figures.period_grain"
            ~ " when 'month' then 1 when 'quarter' then 3 when 'year' then 12 end",
    } %}
    {%- for base, months in months_between.items() %}
    left join figures as {{ base }}
        on
            figures.indicator_id = {{ base }}.indicator_id
            and figures.period_grain = {{ base }}.period_grain
            and figures.area_code = {{ base }}.area_code
            and figures.breakdown = {{ base }}.breakdown
            and figures.breakdown_value = {{ base }}.breakdown_value
            and {{ base }}.last_month = cast(
                {{ dbt.dateadd('month', '-(' ~ months ~ ')', 'figures.last_month') }} as date
            )
    {%- endfor %}
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
        cast({{ change_since('year_before_value') | indent(8) }} as decimal(24, 6)) as change_on_year,
        period_before_value,
        cast({{ change_since('period_before_value') | indent(8) }} as decimal(24, 6)) as change_on_period
    from bases
)

select * from final
order by
    indicator_id,
    period_grain,
    period_start,
    period_end,
    area_code,
    breakdown,
    breakdown_value
