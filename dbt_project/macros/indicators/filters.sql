{#- The where clauses of a filter as dbt's graph holds it: none, or a list under where_filters. -#}
{% macro read_filters(filter) %}
    {% set templates = [] %}
    {% for where in (filter or {}).get('where_filters', []) %}
        {% do templates.append(where.where_sql_template) %}
    {% endfor %}
    {{ return(templates) }}
{% endmacro %}


{#- Several where clauses as one condition in the ledger's columns; empty without any. -#}
{% macro translate_filters(templates, ledger, measure) %}
    {% set translated = [] %}
    {% for template in templates %}
        {% do translated.append(translate_filter(template, ledger, measure)) %}
    {% endfor %}
    {{ return(translated | join(' and ')) }}
{% endmacro %}


{#- Whether the filters refer to nothing but the given dimensions: then they can be decided where
    only these columns are left. -#}
{% macro refers_only_to(templates, ledger, dimensions) %}
    {% for template in templates %}
        {% set text = namespace(rest=template) %}
        {% for dimension in dimensions %}
            {% set reference = 'Dimension\(\s*[\'"]' ~ ledger.primary_entity ~ '__' ~ dimension ~ '[\'"]\s*\)' %}
            {% set text.rest = modules.re.sub('\{\{\s*' ~ reference ~ '\s*\}\}', '', text.rest) %}
        {% endfor %}
        {% if '{{' in text.rest %}{{ return(false) }}{% endif %}
    {% endfor %}
    {{ return(true) }}
{% endmacro %}


{#- One where clause in the ledger's columns: `Dimension('item__kind')` becomes the
    dimension's expression. MetricFlow renders the same references itself. -#}
{% macro translate_filter(template, ledger, measure) %}
    {% set translated = namespace(text=template) %}
    {% set pattern = '\{\{\s*(Dimension|TimeDimension|Entity)\(([^()]*)\)\s*\}\}' %}
    {% for found in modules.re.finditer(pattern, template) %}
        {% set arguments = modules.re.findall('[\'"]([^\'"]*)[\'"]', found.group(2)) %}
        {% set column = translate_reference(found.group(1), arguments, ledger, measure) %}
        {% set translated.text = translated.text | replace(found.group(0), column) %}
    {% endfor %}
    {{ return('(' ~ translated.text ~ ')') }}
{% endmacro %}


{#- The column expression that a reference of a filter stands for. -#}
{% macro translate_reference(kind, arguments, ledger, measure) %}
    {% set name = arguments[0] %}
    {% if kind == 'Entity' %}{{ return(ledger.entities[name]) }}{% endif %}
    {% if name == 'metric_time' %}
        {% set expression = measure.time_expression %}
    {% else %}
        {% set expression = ledger.dimensions[name[(ledger.primary_entity ~ '__') | length:]].expression %}
    {% endif %}
    {% if kind == 'TimeDimension' and arguments | length > 1 and arguments[1] != 'day' %}
        {{ return("date_trunc('" ~ arguments[1] ~ "', " ~ expression ~ ")") }}
    {% endif %}
    {{ return(expression) }}
{% endmacro %}
