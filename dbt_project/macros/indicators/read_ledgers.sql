{#- The ledgers that carry a semantic model, by its name, in alphabetical order. `area` is the
    column expression of the dimension named area_code, none when the ledger has no such
    dimension: its figures are then stated for the district only. `figures_from` is the first day of
    its figures. -#}
{% macro read_ledgers() %}
    {% set ledgers = {} %}
    {% for model in graph.semantic_models.values() | sort(attribute='name') %}
        {% set dimensions = {} %}
        {% for dimension in model.dimensions %}
            {% do dimensions.update({dimension.name: {
                'type': dimension.type, 'expression': dimension.expr or dimension.name
            }}) %}
        {% endfor %}
        {% set entities = {} %}
        {% for entity in model.entities %}
            {% do entities.update({entity.name: entity.expr or entity.name}) %}
            {% if entity.type == 'primary' %}
                {% do dimensions.update({'__primary_entity': entity.name}) %}
            {% endif %}
        {% endfor %}
        {% set primary_entity = dimensions.pop('__primary_entity', model.primary_entity) %}
        {% do ledgers.update({model.name: {
            'name': model.name,
            'label': model.label or model.name,
            'model': model.node_relation.alias,
            'relation': model.node_relation.relation_name,
            'schema': model.node_relation.schema_name,
            'primary_entity': primary_entity,
            'entities': entities,
            'dimensions': dimensions,
            'area': dimensions['area_code'].expression if 'area_code' in dimensions else none,
            'figures_from': model.config.meta.get('figures_from', var('figures_from')) | string,
            'judged_columns': read_judged_columns(model),
            'sources': read_upstream_sources(model.depends_on.nodes, {}) | unique | sort,
        }}) %}
    {% endfor %}
    {{ return(ledgers) }}
{% endmacro %}


{#- The columns of a ledger that its YAML marks with `config.meta.judged: true`. -#}
{% macro read_judged_columns(model) %}
    {% set names = [] %}
    {% for node_id in model.depends_on.nodes if node_id in graph.nodes %}
        {% for column in graph.nodes[node_id].columns.values() if column.config.meta.get('judged') %}
            {% do names.append(column.name) %}
        {% endfor %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}


{#- First day of any figures: where the calendar begins. -#}
{% macro read_earliest_figures_from() %}
    {% set first_days = [var('figures_from')] %}
    {% if execute %}
        {% do first_days.extend(read_ledgers().values() | map(attribute='figures_from')) %}
    {% endif %}
    {{ return(first_days | min) }}
{% endmacro %}


{#- The source tables (`<source>__<table>`) from which the given nodes are made, however far up. -#}
{% macro read_upstream_sources(node_ids, seen) %}
    {% set found = [] %}
    {% for node_id in node_ids if node_id not in seen %}
        {% do seen.update({node_id: true}) %}
        {% if node_id in graph.sources %}
            {% set source_table = graph.sources[node_id] %}
            {#- Without a contract it is what the night itself writes. -#}
            {% if 'dialect' in source_table.config.meta %}
                {% do found.append(source_table.source_name ~ '__' ~ source_table.name) %}
            {% endif %}
        {% elif node_id in graph.nodes %}
            {% do found.extend(
                read_upstream_sources(graph.nodes[node_id].depends_on.nodes or [], seen)
            ) %}
        {% endif %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{#- The measures of all ledgers by name: ledger, aggregation, expression, time dimension. -#}
{% macro read_measures(ledgers) %}
    {% set measures = {} %}
    {% for model in graph.semantic_models.values() %}
        {% for measure in model.measures %}
            {% set time = measure.agg_time_dimension or (model.defaults or {}).agg_time_dimension %}
            {% set is_stock = measure.non_additive_dimension is not none %}
            {% do measures.update({measure.name: {
                'measure': measure.name,
                'ledger': model.name,
                'aggregation': measure.agg,
                'expression': measure.expr or measure.name,
                'percentile': (measure.agg_params or {}).percentile,
                'time': time,
                'time_expression': ledgers[model.name].dimensions[time].expression,
                'is_additive': measure.agg in ['sum', 'count', 'sum_boolean'],
                'is_stock': is_stock,
                'time_key': time ~ ('_day' if is_stock else '_month'),
            }}) %}
        {% endfor %}
    {% endfor %}
    {{ return(measures) }}
{% endmacro %}
