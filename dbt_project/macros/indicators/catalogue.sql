{#- Relations made of the declarations alone: no row of a ledger is read here. -#}


{#- One row per indicator, what is published about it. -#}
{% macro compile_catalogue(declared) -%}
    {%- set meta_columns = [
        'label_en', 'unit', 'unit_label', 'kind', 'owner', 'definition', 'definition_en'
    ] -%}
    {%- set notes = ['ambiguity', 'ambiguity_en', 'reported_as'] -%}
    {%- set rows = [] -%}
    {%- for indicator in declared.indicators.values() -%}
        {%- set display = indicator.meta.get('display', {}) -%}
        {%- set ledger = ledgers_of(indicator, declared)[0] -%}
        {%- set row = [indicator.id, indicator.label] -%}
        {%- for column in meta_columns %}{% do row.append(unfold(indicator.meta[column])) %}{% endfor -%}
        {%- for column in notes %}{% do row.append(unfold(indicator.meta.get(column, ''))) %}{% endfor -%}
        {%- do rows.append(row + [
            indicator.meta.version,
            ledger.model,
            ledger.label,
            formula_of(indicator, declared),
            filter_of(declared.inputs[indicator.input]) if indicator.input else '',
            declared.inputs[indicator.input or indicator.denominator].time_expression,
            indicator.breakdowns | join(', '),
            display.get('main', false),
            display.get('scale', indicator.meta.unit_label),
            display.get('order', 999),
        ]) -%}
    {%- endfor -%}
    {{ inline_rows(
        ['indicator_id', 'label_zh'] + meta_columns + notes
        + ['version', 'ledger', 'ledger_label', 'formula', 'filter', 'time_column', 'breakdowns',
           'is_main', 'display_scale', 'sort_order'], rows
    ) }}
{%- endmacro %}


{#- How a value is made, as it would be written in SQL over the ledger; a ratio names its parts. -#}
{% macro formula_of(indicator, declared) %}
    {% if indicator.input %}
        {{ return(aggregate_of(declared.inputs[indicator.input])) }}
    {% endif %}
    {% set parts = [] %}
    {% for part in [indicator.numerator, indicator.denominator] %}
        {% set input = declared.inputs[part] %}
        {% do parts.append(
            part if part in declared.indicators
            else aggregate_of(input) ~ ' filter (where ' ~ filter_of(input) ~ ')'
        ) %}
    {% endfor %}
    {{ return(parts | join(' / ')) }}
{% endmacro %}


{% macro aggregate_of(input) %}
    {% if input.aggregation in ['sum_boolean', 'count'] %}{{ return('count(*)') }}{% endif %}
    {% if input.aggregation == 'count_distinct' %}
        {{ return('count(distinct ' ~ input.expression ~ ')') }}
    {% endif %}
    {% if input.aggregation == 'percentile' %}
        {{ return('percentile(' ~ input.percentile ~ ', ' ~ input.expression ~ ')') }}
    {% endif %}
    {{ return(input.aggregation ~ '(' ~ input.expression ~ ')') }}
{% endmacro %}


{#- Which rows count, without the brackets that only the compiler needs. -#}
{% macro filter_of(input) %}
    {% set condition = input.condition if input.is_additive else input.filter %}
    {% set bare = modules.re.sub('\s+', ' ', condition) %}
    {% set outermost = modules.re.fullmatch('\(((?:[^()]|\([^()]*\))*)\)', bare) %}
    {{ return(outermost.group(1) if outermost else bare) }}
{% endmacro %}


{#- A text as it was meant: YAML folds lines with a blank, which Chinese sentences do not have between
    their signs, nor after their punctuation, whatever follows. -#}
{% macro unfold(text) %}
    {% set wide = '[\u2014\u2018-\u201d\u2026\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]' %}
    {% set punctuation = '[\u3000-\u303f\uff00-\uffef]' %}
    {% set folds = '(?<=' ~ wide ~ ') (?=' ~ wide ~ ')|(?<=' ~ punctuation ~ ') ' %}
    {{ return(modules.re.sub(folds, '', text | string | trim)) }}
{% endmacro %}


{#- One row per indicator and citation, in the order of its declaration. -#}
{% macro compile_indicator_legal_bases(declared) -%}
    {%- set rows = [] -%}
    {%- for indicator in declared.indicators.values() -%}
        {%- for basis_id in indicator.meta.legal_bases -%}
            {%- do rows.append([indicator.id, loop.index, basis_id]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ inline_rows(['indicator_id', 'ordinal', 'basis_id'], rows) }}
{%- endmacro %}


{#- One row per version of a definition. One that is still the first needs no list of them. -#}
{% macro compile_versions(declared) -%}
    {%- set rows = [] -%}
    {%- for indicator in declared.indicators.values() -%}
        {%- for version in indicator.meta.get(
            'versions', [{'version': 1, 'change': '首版', 'change_en': 'First version'}]
        ) -%}
            {%- do rows.append([
                indicator.id, version.version, version.get('valid_from'),
                unfold(version.change), unfold(version.change_en),
            ]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ inline_rows(['indicator_id', 'version', 'valid_from', 'change_zh', 'change_en'], rows) }}
{%- endmacro %}


{#- One row per indicator: the inputs that it is computed from, whether it is a stock, whether it can
    be stated for an earlier day from the same rows, and the first day of its figures; of a ratio
    across two ledgers, the later of theirs. -#}
{% macro compile_indicator_inputs(declared) -%}
    {%- set rows = [] -%}
    {%- for indicator in declared.indicators.values() -%}
        {%- set base = declared.inputs[indicator.denominator or indicator.input] -%}
        {%- set events = [base] -%}
        {%- if indicator.numerator %}{% do events.append(declared.inputs[indicator.numerator]) %}{% endif -%}
        {%- do rows.append([
            indicator.id, indicator.numerator, base.id,
            indicator.provisional_when, indicator.type == 'ratio', base.is_stock,
            events | rejectattr('is_additive') | list == []
            and events | selectattr('is_stock') | list == []
            and events | selectattr('is_judged') | list == [],
            ledgers_of(indicator, declared) | map(attribute='figures_from') | max,
        ]) -%}
    {%- endfor -%}
    {{ inline_rows([
        'indicator_id', 'numerator_input', 'base_input', 'provisional_input', 'is_ratio', 'is_stock',
        'counts_events', 'figures_from'
    ], rows) }}
{%- endmacro %}


{#- One row per indicator and grain, or per indicator and breakdown, that is published. -#}
{% macro compile_indicator_grains(declared) -%}
    {%- set rows = [] -%}
    {%- for indicator in declared.indicators.values() -%}
        {%- for grain in indicator.grains %}{% do rows.append([indicator.id, grain]) %}{% endfor -%}
    {%- endfor -%}
    {{ inline_rows(['indicator_id', 'period_grain'], rows) }}
{%- endmacro %}


{% macro compile_indicator_breakdowns(declared) -%}
    {%- set rows = [] -%}
    {%- for indicator in declared.indicators.values() -%}
        {%- for breakdown in ['total'] + indicator.breakdowns -%}
            {%- do rows.append([indicator.id, breakdown]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ inline_rows(['indicator_id', 'breakdown'], rows) }}
{%- endmacro %}


{#- One row per indicator and source table that its inputs are made from. -#}
{% macro compile_indicator_sources(declared) -%}
    {%- set rows = [] -%}
    {%- for indicator in declared.indicators.values() -%}
        {%- for source_table in sources_of_indicator(indicator, declared) -%}
            {%- do rows.append([indicator.id, source_table]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ inline_rows(['indicator_id', 'source_table'], rows) }}
{%- endmacro %}


{#- One row per source table and each that it is judged together with, itself included: those that
    one indicator is made from, and whatever these share with others. -#}
{% macro compile_judged_together(declared) -%}
    {%- set groups = [] -%}
    {%- for indicator in declared.indicators.values() -%}
        {%- set merged = namespace(members=sources_of_indicator(indicator, declared)) -%}
        {%- for group in groups | list if group | select('in', merged.members) | list -%}
            {%- set merged.members = merged.members + group -%}
            {%- do groups.remove(group) -%}
        {%- endfor -%}
        {%- do groups.append(merged.members | unique | sort) -%}
    {%- endfor -%}
    {%- set rows = [] -%}
    {%- for group in groups -%}
        {%- for one in group -%}
            {%- for other in group %}{% do rows.append([one, other]) %}{% endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ inline_rows(['source_table', 'judged_with'], rows | sort) }}
{%- endmacro %}


{% macro sources_of_indicator(indicator, declared) %}
    {% set sources = [] %}
    {% for input_id in [indicator.numerator or indicator.input, indicator.denominator] if input_id %}
        {% do sources.extend(declared.inputs[input_id].sources) %}
    {% endfor %}
    {{ return(sources | unique | sort) }}
{% endmacro %}


{#- One row per input and source table that its rows come from. -#}
{% macro compile_input_sources(declared) -%}
    {%- set rows = [] -%}
    {%- for input in declared.inputs.values() -%}
        {%- for source_table in input.sources %}{% do rows.append([input.id, source_table]) %}{% endfor -%}
    {%- endfor -%}
    {{ inline_rows(['input_id', 'source_table'], rows) }}
{%- endmacro %}


{#- One row per input that counts or adds up, and so is 0 where there is nothing: whether its ledger
    knows streets. -#}
{% macro compile_counted_inputs(declared) -%}
    {%- set rows = [] -%}
    {%- for input in declared.inputs.values() if input.is_additive or input.aggregation == 'count_distinct' -%}
        {%- do rows.append([
            input.id, declared.ledgers[input.ledger].area is not none
        ]) -%}
    {%- endfor -%}
    {%- if rows -%}
        {{ inline_rows(['input_id', 'has_streets'], rows) }}
    {%- else -%}
        select cast(null as string) as input_id, false as has_streets where false
    {%- endif -%}
{%- endmacro %}


{#- The ledgers behind an indicator; that of the numerator, or of the measure, comes first. -#}
{% macro ledgers_of(indicator, declared) %}
    {% set ledgers = [] %}
    {% for input_id in [indicator.numerator or indicator.input, indicator.denominator] if input_id %}
        {% do ledgers.append(declared.ledgers[declared.inputs[input_id].ledger]) %}
    {% endfor %}
    {{ return(ledgers) }}
{% endmacro %}
