{#- Small cells. In the metrics whose meta says `suppress_small_cells: true`, a count of 1 or 2 in one
    street and one breakdown value is not stated, since it may be recognised as a person. Nor may it
    be recomputed from the total of its street or of its breakdown value: where a line of the table
    (streets x breakdown values of one metric, period and breakdown) leaves a hidden cell to be
    worked out, the next smallest cell of the line is hidden as well, by street and by value in
    turn. A table that is not settled after these rounds hides all its street cells.

    Limits. A line with a single cell that is not 0 is told by its total, which stays. Tables are
    guarded one by one: differences between periods (a quarter less its months), between metrics (all
    items less complaints) and between breakdowns are not. What leaves the bureau should therefore
    hold one grain and one breakdown of a metric. Rates follow the counts that they are made of. -#}
{% macro select_suppressed_cells(figures, indicator_inputs, rounds=2) -%}
with

marked_0 as (
    select
        figures.indicator_id,
        figures.period_grain,
        figures.period_end,
        figures.area_code,
        figures.breakdown,
        figures.breakdown_value,
        figures.value,
        figures.value < 3 as is_suppressed
    from {{ figures }} as figures
    inner join {{ indicator_inputs }} as guarded
        on figures.indicator_id = guarded.indicator_id and guarded.hides_small_cells
    where
        figures.breakdown <> 'total'
        and figures.area_code <> '{{ var("district_code") }}'
        and figures.value > 0
),
{% for number in range(1, 2 * rounds + 1) %}
marked_{{ number }} as (
    {{ select_complement('marked_' ~ (number - 1), line_of_round(number)) | indent(4) }}
),
{% endfor %}
unsettled as (
    select
        *,
        not is_suppressed
        and (
            {{ is_recoverable('area_code') | indent(12) }}
            or {{ is_recoverable('breakdown_value') | indent(12) }}
        ) as is_unsettled
    from marked_{{ 2 * rounds }}
)

select
    indicator_id,
    period_grain,
    period_end,
    area_code,
    breakdown,
    breakdown_value
from (
    select
        *,
        bool_or(is_unsettled) over (
            partition by indicator_id, period_grain, period_end, breakdown
        ) as is_of_unsettled_table
    from unsettled
) as judged
where is_suppressed or is_of_unsettled_table
{%- endmacro %}


{% macro line_of_round(number) -%}
    {{ 'area_code' if number % 2 else 'breakdown_value' }}
{%- endmacro %}


{#- One round along one side of the tables: hide the smallest open cell of each line that needs it. -#}
{% macro select_complement(marked, line) -%}
select
    indicator_id,
    period_grain,
    period_end,
    area_code,
    breakdown,
    breakdown_value,
    value,
    is_suppressed
    or (
        {{ is_recoverable(line) | indent(8) }}
        and row_number() over (
            partition by
                indicator_id, period_grain, period_end, breakdown, {{ line }}, is_suppressed
            order by value nulls last, area_code nulls last, breakdown_value nulls last
        ) = 1
    ) as is_suppressed
from {{ marked }}
{%- endmacro %}


{#- Whether a line's total tells what is hidden in it: one cell, or several that are all 1. -#}
{% macro is_recoverable(line) -%}
    {%- set over = 'over (partition by indicator_id, period_grain, period_end, breakdown, ' ~ line ~ ')' -%}
coalesce(
    count(case when is_suppressed then 1 end) {{ over }} = 1
    or sum(case when is_suppressed then value end) {{ over }}
    = count(case when is_suppressed then 1 end) {{ over }},
    false
)
{%- endmacro %}
