{#- What dbt's semantic layer declares, in the plain form that the indicators' SQL is compiled from.
    Everything is read from dbt's graph at execution, so a new ledger with its semantic model, or a
    new metric, is taken up without a change here. Three dictionaries:

      ledgers     semantic model -> relation, primary entity, dimensions, area, sources
      inputs      input id -> one aggregate over one ledger: measure, filter, time, breakdowns
      indicators  metric -> input ids, breakdowns, grains, sources, catalogue entries

    A simple metric is its own input. The parts of a ratio are the inputs of the metrics that it
    names, unless the ratio filters them further: then they are inputs of their own. -#}
{% macro read_indicators() %}
    {% if not execute %}{{ return({'ledgers': {}, 'inputs': {}, 'indicators': {}}) }}{% endif %}
    {#- One graph serves all models of a run: what was read from it is kept beside it. #}
    {% if 'read_indicators' not in graph %}
        {% do graph.update({'read_indicators': read_graph()}) %}
    {% endif %}
    {{ return(graph.read_indicators) }}
{% endmacro %}


{% macro read_graph() %}
    {% set declared = {
        'ledgers': read_ledgers(), 'inputs': {}, 'indicators': {}, 'metrics': read_metrics()
    } %}
    {% set measures = read_measures(declared.ledgers) %}
    {% for metric in declared.metrics.values() %}
        {% do declared.indicators.update({metric.name: read_indicator(metric, declared, measures)}) %}
    {% endfor %}
    {% for indicator in declared.indicators.values() %}
        {% do spread_breakdowns(indicator, declared) %}
    {% endfor %}
    {{ return(declared) }}
{% endmacro %}


{#- One indicator; its inputs are added to declared.inputs on the way. -#}
{% macro read_indicator(metric, declared, measures) %}
    {% set own_filters = read_filters(metric.filter) %}
    {% set indicator = {
        'id': metric.name,
        'type': metric.type,
        'meta': metric.config.meta,
        'label': metric.label,
        'grains': metric.config.meta.get('grains', ['month', 'quarter', 'year', 'ytd']),
        'breakdowns': metric.config.meta.get('breakdowns', []),
        'provisional_when': metric.config.meta.get('provisional_when'),
        'numerator': none,
        'denominator': none,
    } %}
    {% if metric.type == 'simple' %}
        {% do indicator.update({'input': read_input(metric.name, metric, [], declared, measures)}) %}
    {% else %}
        {% for part in ['numerator', 'denominator'] %}
            {% set named = metric.type_params[part] %}
            {% set filters = own_filters + read_filters(named.filter) %}
            {% set input_id = metric.name ~ '__' ~ part if filters else named.name %}
            {% set input = read_input(
                input_id, declared.metrics[named.name], filters, declared, measures
            ) %}
            {% do indicator.update({part: input}) %}
        {% endfor %}
    {% endif %}
    {{ return(indicator) }}
{% endmacro %}


{#- The id of the input that aggregates a simple metric's measure under its filters. -#}
{% macro read_input(input_id, metric, more_filters, declared, measures) %}
    {% set named = metric.type_params.measure %}
    {% set measure = measures[named.name] %}
    {% set ledger = declared.ledgers[measure.ledger] %}
    {% set templates = read_filters(metric.filter) + read_filters(named.filter) + more_filters %}
    {% set filter = translate_filters(templates, ledger, measure) %}
    {% do declared.inputs.update({input_id: dict(
        measure,
        id=input_id,
        filter=filter,
        condition=condition_of(measure, filter),
        templates=templates,
        sources=metric.config.meta.get('source_tables', ledger.sources),
        counts_events=measure.is_additive and not measure.is_stock
            and not refers_to_judgment(measure, filter, ledger),
        amount=measure.expression if measure.aggregation == 'sum' else none,
        measured=none if measure.is_additive else
            [measure.time_expression, measure.expression, filter] | join(' | '),
        breakdowns=[],
        grains=[],
    )}) %}
    {{ return(input_id) }}
{% endmacro %}


{#- Whether an input says how things stand on the day of judgment (closed, due), and not only what
    happened: such an input cannot be taken for an earlier day from the same rows. -#}
{% macro refers_to_judgment(measure, filter, ledger) %}
    {% set text = [measure.expression, measure.time_expression, filter] | join(' ') %}
    {% for column in ledger.judged_columns if modules.re.search('\\b' ~ column ~ '\\b', text) %}
        {{ return(true) }}
    {% endfor %}
    {{ return(false) }}
{% endmacro %}


{#- Which rows an additive input counts or adds up; empty when it is all of them. -#}
{% macro condition_of(measure, filter) %}
    {% set conditions = [filter] if filter else [] %}
    {% if measure.aggregation == 'sum_boolean' %}
        {% do conditions.append('(' ~ measure.expression ~ ')') %}
    {% elif measure.aggregation == 'count' and measure.expression not in ['1', '*'] %}
        {% do conditions.append('(' ~ measure.expression ~ ' is not null)') %}
    {% endif %}
    {{ return(conditions | join(' and ')) }}
{% endmacro %}


{#- Tell the inputs of an indicator at which breakdowns and grains they are needed. -#}
{% macro spread_breakdowns(indicator, declared) %}
    {% set needed = [indicator.get('input'), indicator.numerator, indicator.denominator] %}
    {% if indicator.provisional_when %}
        {% do needed.append(indicator.provisional_when) %}
    {% endif %}
    {% for input_id in needed | reject('none') %}
        {% set input = declared.inputs[input_id] %}
        {% do input.update({
            'breakdowns': (input.breakdowns + indicator.breakdowns) | unique | list,
            'grains': (input.grains + indicator.grains) | unique | list,
        }) %}
    {% endfor %}
{% endmacro %}


{#- The metrics by name, in alphabetical order, so that the same declarations give the same SQL. -#}
{% macro read_metrics() %}
    {% set metrics = {} %}
    {% for metric in graph.metrics.values() | sort(attribute='name') %}
        {% do metrics.update({metric.name: metric}) %}
    {% endfor %}
    {{ return(metrics) }}
{% endmacro %}
