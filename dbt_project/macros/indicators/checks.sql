{#- What the declarations must satisfy before any SQL is compiled from them. -#}


{#- Stop the compilation; the message reads like every message of the project. -#}
{% macro refuse(subject, expected, got, remedy) %}
    {% do exceptions.raise_compiler_error(
        subject ~ ': expected ' ~ expected ~ ', got ' ~ got ~ '. ' ~ remedy
    ) %}
{% endmacro %}


{#- The catalogue publishes these for every indicator: none may be missing, kind must be known. -#}
{% macro check_metric_meta(metric) %}
    {% set meta = metric.config.meta %}
    {% set required = [
        'label_en', 'unit', 'unit_label', 'kind', 'owner', 'definition', 'definition_en',
        'legal_bases', 'version'
    ] %}
    {% set missing = required | reject('in', meta) | list %}
    {% if missing %}
        {% do refuse(
            'metric ' ~ metric.name, 'config.meta with ' ~ required | join(', '),
            'none of ' ~ missing | join(', '), 'Add what is missing beside the metric.'
        ) %}
    {% endif %}
    {% set kinds = ['count', 'sum', 'stock', 'ratio', 'median', 'percentile', 'distinct'] + stated_kinds() %}
    {% if meta.kind not in kinds or (meta.kind == 'ratio') != (metric.type == 'ratio') %}
        {% do refuse(
            'metric ' ~ metric.name, 'a kind among ' ~ kinds | join(', ')
            ~ ' that goes with its type ' ~ metric.type, meta.kind, 'Mend config.meta.kind.'
        ) %}
    {% endif %}
    {% do check_versions(metric) %}
    {% set bases = meta.legal_bases %}
    {% if bases is string or not bases or bases | unique | list | length != bases | length %}
        {% do refuse(
            'metric ' ~ metric.name, 'config.meta.legal_bases listing ids of seeds/legal_bases.csv, each once',
            bases, 'Name what it rests on; a record of the bureau is a row there as well.'
        ) %}
    {% endif %}
    {% if meta.get('suppress_small_cells') and meta.kind not in ['count', 'ratio'] %}
        {% do refuse(
            'metric ' ~ metric.name, 'suppress_small_cells on a kind count', meta.kind,
            'Leave it out: only counts have small cells, and rates follow their counts.'
        ) %}
    {% endif %}
{% endmacro %}


{#- What is stated rather than measured: a place among others, or a bound. -#}
{% macro stated_kinds() %}
    {{ return(['rank', 'upper_bound', 'lower_bound']) }}
{% endmacro %}


{#- A definition that was changed says what was changed, and since when. -#}
{% macro check_versions(metric) %}
    {% set meta = metric.config.meta %}
    {% set versions = meta.get('versions', [{'version': 1}]) %}
    {% set listed = versions | map(attribute='version') | list %}
    {% set said = [] %}
    {% for version in versions[1:] if version.valid_from and version.change and version.change_en %}
        {% do said.append(version.version) %}
    {% endfor %}
    {% if listed != range(1, (meta.version | int) + 1) | list or said != listed[1:] %}
        {% do refuse(
            'metric ' ~ metric.name, 'config.meta.versions listing 1 to ' ~ meta.version
            ~ ' with valid_from, change and change_en', listed | join(', '),
            'Say what each version changed, and since when.'
        ) %}
    {% endif %}
{% endmacro %}


{% macro check_aggregation(model, measure) %}
    {% set subject = 'measure ' ~ measure.name ~ ' of semantic model ' ~ model.name %}
    {% set known = ['sum', 'count', 'sum_boolean', 'median', 'percentile', 'count_distinct', 'min', 'max'] %}
    {% if measure.agg not in known %}
        {% do refuse(
            subject, 'agg among ' ~ known | join(', '), measure.agg,
            'Use one of these; an average is a ratio of a sum and a count.'
        ) %}
    {% endif %}
    {% if measure.agg == 'percentile' and not measure.agg_params.use_discrete_percentile %}
        {% do refuse(
            subject, 'agg_params.use_discrete_percentile: true', 'a continuous percentile',
            'Set it: interpolation is done in floating point, and no published figure may be.'
        ) %}
    {% endif %}
    {% set stock = measure.non_additive_dimension %}
    {% if stock and (
        measure.agg != 'sum' or stock.window_choice != 'max' or stock.window_groupings
    ) %}
        {% do refuse(
            subject, 'agg sum with non_additive_dimension.window_choice max and no window_groupings',
            'agg ' ~ measure.agg ~ ', window_choice ' ~ stock.window_choice
            ~ ', window_groupings [' ~ stock.window_groupings | join(', ') ~ ']',
            'A stock is stated at the last day of its period; declare it so.'
        ) %}
    {% endif %}
{% endmacro %}


{% macro check_measure(metric, named, measures) %}
    {% if not named or named.name not in measures %}
        {% do refuse(
            'metric ' ~ metric.name, 'type_params.measure naming a measure of a semantic model',
            (named or {}).get('name', 'none'), 'Declare the measure beside its ledger and name it.'
        ) %}
    {% endif %}
    {% if named.fill_nulls_with %}
        {% do refuse(
            'metric ' ~ metric.name, 'fill_nulls_with 0 or none', named.fill_nulls_with,
            'Leave it out: counts and sums are 0 in a period without rows.'
        ) %}
    {% endif %}
{% endmacro %}


{% macro check_ratio_part(metric, part, named, metrics) %}
    {% if not named or named.name not in metrics or metrics[named.name].type != 'simple' %}
        {% do refuse(
            'metric ' ~ metric.name, part ~ ' naming a simple metric', (named or {}).get('name', 'none'),
            'Declare the ' ~ part ~ ' as a simple metric and name it.'
        ) %}
    {% endif %}
    {% if named.offset_window or named.offset_to_grain %}
        {% do refuse(
            'metric ' ~ metric.name, part ~ ' of the same period', 'an offset',
            'Leave it out: changes over time are in indicator_comparisons.'
        ) %}
    {% endif %}
{% endmacro %}


{% macro check_provisional_when(indicator, declared) %}
    {% set named = declared.indicators.get(indicator.provisional_when) %}
    {% if not named or not named.get('input') or not declared.inputs[named.input].is_additive %}
        {% do refuse(
            'metric ' ~ indicator.id, 'provisional_when naming a metric that counts or sums',
            indicator.provisional_when, 'Name the metric whose value above 0 makes this provisional.'
        ) %}
    {% endif %}
{% endmacro %}


{% macro check_breakdown(indicator, breakdown, ledger) %}
    {% set known = [] %}
    {% for name, dimension in ledger.dimensions.items() %}
        {% if dimension.type == 'categorical' and name not in ['area_code', 'total'] %}
            {% do known.append(name) %}
        {% endif %}
    {% endfor %}
    {% if breakdown not in known %}
        {% do refuse(
            'metric ' ~ indicator.id, 'breakdowns among the categorical dimensions of ledger '
            ~ ledger.name ~ ' (' ~ known | join(', ') ~ '; areas are always there)', breakdown,
            'Correct config.meta.breakdowns, or declare the dimension in the semantic model.'
        ) %}
    {% endif %}
{% endmacro %}


{#- Indicators read the ledgers through the graph and not through ref(), so dbt does not order them:
    they are a second invocation. Say so rather than fail in the database. -#}
{% macro check_ledger_is_built(ledger) %}
    {% if flags.WHICH in ['run', 'build'] and not adapter.get_relation(
        database=target.database, schema=ledger.schema, identifier=ledger.model
    ) %}
        {% do refuse(
            'ledger ' ~ ledger.model, 'the table ' ~ ledger.relation, 'none',
            'Build the ledgers first, then the indicators: dbt build --select ledgers.'
        ) %}
    {% endif %}
{% endmacro %}


{#- The first day of figures as text; a quarter or a year needs all its months. -#}
{% macro check_figures_from(first_day, subject, place) %}
    {% if not modules.re.fullmatch('(19|20)\d\d-01-01', first_day | string) %}
        {% do refuse(
            subject, 'the first day of a year, like 2023-01-01', first_day,
            'Mend it in ' ~ place ~ ': the figures of a year need all its months.'
        ) %}
    {% endif %}
    {{ return(first_day | string) }}
{% endmacro %}
