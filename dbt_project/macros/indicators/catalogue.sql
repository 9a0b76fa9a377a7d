{#- What the catalogue says of an indicator, in words; no row of a ledger is read here. -#}


{#- What a value is: as the metric says, where the measure does not tell. -#}
{% macro kind_of(indicator, declared) %}
    {% if indicator.meta.get('kind') %}{{ return(indicator.meta.kind) }}{% endif %}
    {% if indicator.type == 'ratio' %}{{ return('ratio') }}{% endif %}
    {% set input = declared.inputs[indicator.input] %}
    {% if input.is_stock %}{{ return('stock') }}{% endif %}
    {{ return({'sum_boolean': 'count', 'count_distinct': 'distinct'}.get(input.aggregation, input.aggregation)) }}
{% endmacro %}


{#- The versions of a definition, the first of which needs no word. -#}
{% macro versions_of(indicator) %}
    {% set first = {'version': 1, 'change': '首版', 'change_en': 'First version'} %}
    {{ return([first] + (indicator.meta.get('versions') or [])) }}
{% endmacro %}


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


{#- The ledgers behind an indicator; that of the numerator, or of the measure, comes first. -#}
{% macro ledgers_of(indicator, declared) %}
    {% set ledgers = [] %}
    {% for input_id in [indicator.numerator or indicator.input, indicator.denominator] if input_id %}
        {% do ledgers.append(declared.ledgers[declared.inputs[input_id].ledger]) %}
    {% endfor %}
    {{ return(ledgers) }}
{% endmacro %}
