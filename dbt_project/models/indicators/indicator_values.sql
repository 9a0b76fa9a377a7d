-- One row per figure, as it is published: indicator_figures without its small cells.
with

figures as (
    select * from {{ ref('indicator_figures') }}
),

indicator_inputs as (
    select * from {{ ref('indicator_inputs') }}
),

suppressed_counts as (
    {{ select_suppressed_cells('figures', 'indicator_inputs') | indent(4) }}
),

parts_of_rates as (
    {%- for part in ['numerator_input', 'base_input'] %}
    select
        indicator_id,
        {{ part }} as input_id
    from indicator_inputs
    where is_ratio
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

suppressed as (
    select * from suppressed_counts
    union
    select
        parts_of_rates.indicator_id,
        suppressed_counts.period_grain,
        suppressed_counts.period_end,
        suppressed_counts.area_code,
        suppressed_counts.breakdown,
        suppressed_counts.breakdown_value
    from suppressed_counts
    inner join parts_of_rates
        on suppressed_counts.indicator_id = parts_of_rates.input_id
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
        {%- for column in ['value', 'numerator', 'denominator'] %}
        case when suppressed.indicator_id is null then figures.{{ column }} end as {{ column }},
        {%- endfor %}
        case when suppressed.indicator_id is null then figures.status else 'suppressed' end
            as status,
        figures.as_of
    from figures
    left join suppressed
        on
            figures.indicator_id = suppressed.indicator_id
            and figures.period_grain = suppressed.period_grain
            and figures.period_end = suppressed.period_end
            and figures.area_code = suppressed.area_code
            and figures.breakdown = suppressed.breakdown
            and figures.breakdown_value = suppressed.breakdown_value
)

select * from final
