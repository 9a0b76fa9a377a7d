{#- What is due of a failed sample, from which day its period runs, and the day that ends it. -#}
{% set duties = {
    'report': {'rule': 'food_failure_report', 'from': 'result_received_on', 'done': 'reported'},
    'disposal': {'rule': 'food_disposal', 'from': 'result_received_on', 'done': 'disposed'},
    'publication': {'rule': 'food_publication', 'from': 'disposed_on', 'done': 'published'},
} -%}
with

known as (
    {{ known_rows('food_samples__test_results', 'sampled_on', {
        'result_received_on': none, 'verdict': 'result_received_on',
        'reported_on': none, 'disposed_on': none, 'published_on': none,
    }, ['sample_no', 'sampling_kind']) }}
),

-- One sample has many test items, and fails with the first of them that fails; its periods run from
-- that result. Where the items name two days for a later step, the step was done on the last.
samples as (
    select
        sample_no,
        as_of,
        {{ agreed('sampling_kind') }} as sampling_kind,
        {{ agreed('sampled_on') }} as sampled_on,
        {{ agreed('area_code') }} as area_code,
        coalesce(bool_or(verdict = 'failed'), false) as is_failed,
        cast(count(*) as integer) as item_count,
        coalesce(
            min(result_received_on) filter (where verdict = 'failed'), min(result_received_on)
        ) as result_received_on,
        {%- for duty in duties.values() %}
        max({{ duty.done }}_on) as {{ duty.done }}_on,
        {%- endfor %}
        max(extract_id) as extract_id,
        min(row_number) as row_number
    from known
    group by sample_no, as_of
),

starts as (
    {%- for duty in duties.values() %}
    select
        '{{ duty.rule }}' as rule_id,
        {{ duty.from }} as starts_on,
        cast(null as {{ dbt.type_string() }}) as extension_rule_id,
        0 as added_days
    from samples
    where is_failed and {{ duty.from }} is not null
    {{ 'union' if not loop.last }}
    {%- endfor %}
),

ruled as (
    {{ with_days_of_rule('starts') }}
),

deadlines as (
    {{ with_due_date('ruled') }}
)

select
    samples.sample_no,
    samples.sampling_kind,
    samples.sampled_on,
    samples.is_failed,
    samples.item_count,
    samples.result_received_on,
    {%- for name, duty in duties.items() %}
    samples.{{ duty.done }}_on,
    {{ name }}.due_on as {{ name }}_due_on,
    coalesce({{ name }}.due_on <= samples.as_of, false) as is_{{ name }}_due,
    coalesce({{ name }}.due_on <= samples.as_of and samples.{{ duty.done }}_on is not null, false)
        as is_{{ duty.done }}_when_due,
    {%- endfor %}
    samples.area_code,
    samples.extract_id,
    samples.row_number
from samples
{% for name, duty in duties.items() -%}
left join deadlines as {{ name }}
    on
        case when samples.is_failed then samples.{{ duty.from }} end = {{ name }}.starts_on
        and {{ name }}.rule_id = '{{ duty.rule }}'
{% endfor %}
