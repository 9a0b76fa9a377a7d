{#- One row per indicator: what it is computed from, and what is said of it where it is. Its parts are
    inputs, see read_indicators; `base` is its measure, of a ratio the denominator. -#}
{%- set declared = read_indicators() -%}
{%- set rows = [] -%}
{%- for indicator in declared.indicators.values() -%}
    {%- set base = declared.inputs[indicator.denominator or indicator.input] -%}
    {%- set numerator = declared.inputs.get(indicator.numerator, base) -%}
    {%- set is_counted = base.is_additive or base.aggregation == 'count_distinct' -%}
    {%- do rows.append([
        indicator.id,
        indicator.numerator,
        base.id,
        indicator.provisional_when,
        indicator.type == 'ratio',
        base.is_stock,
        is_counted,
        is_counted and declared.ledgers[base.ledger].area is not none,
        [base, numerator] | map(attribute='counts_events') | min,
        indicator.type == 'simple' and indicator.meta.get('suppress_small_cells', false),
        ledgers_of(indicator, declared) | map(attribute='figures_from') | max,
    ]) -%}
{%- endfor -%}
select
    indicator_id,
    numerator_input,
    base_input,
    provisional_input,
    is_ratio,
    is_stock,
    is_counted,
    has_streets,
    counts_events,
    hides_small_cells,
    cast(figures_from as date) as figures_from
from (
    {{ inline_rows([
        'indicator_id', 'numerator_input', 'base_input', 'provisional_input', 'is_ratio', 'is_stock',
        'is_counted', 'has_streets', 'counts_events', 'hides_small_cells', 'figures_from'
    ], rows) | indent(4) }}
) as declared
