{#- One row per indicator: the catalogue, as declared beside the metrics. -#}
{%- set declared = read_indicators() -%}
{%- set required = ['label_en', 'unit', 'owner', 'definition', 'definition_en'] -%}
{%- set notes = ['ambiguity', 'ambiguity_en', 'reported_as'] -%}
{%- set rows = [] -%}
{%- for indicator in declared.indicators.values() -%}
    {%- set display = indicator.meta.get('display', {}) -%}
    {%- set unit_label = indicator.meta.get('unit_label') or var('units')[indicator.meta.unit] -%}
    {%- set ledger = ledgers_of(indicator, declared)[0] -%}
    {%- set row = [indicator.id, indicator.label] -%}
    {%- for column in required %}{% do row.append(unfold(indicator.meta[column])) %}{% endfor -%}
    {%- for column in notes %}{% do row.append(unfold(indicator.meta.get(column, ''))) %}{% endfor -%}
    {%- do rows.append(row + [
        unit_label,
        kind_of(indicator, declared),
        versions_of(indicator) | length,
        ledger.model,
        ledger.label,
        formula_of(indicator, declared),
        filter_of(declared.inputs[indicator.input]) if indicator.input else '',
        declared.inputs[indicator.input or indicator.denominator].time_expression,
        indicator.breakdowns | join(', '),
        display.get('main', false),
        display.get('scale', unit_label),
        display.get('order', 999),
    ]) -%}
{%- endfor -%}
{{ inline_rows(
    ['indicator_id', 'label_zh'] + required + notes
    + ['unit_label', 'kind', 'version', 'ledger', 'ledger_label', 'formula', 'filter',
       'time_column', 'breakdowns', 'is_main', 'display_scale', 'sort_order'], rows
) }}
