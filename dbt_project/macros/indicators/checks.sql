{#- What only the building itself can find out; the declarations are checked in pipelines/metrics. -#}


{#- Stop the compilation; the message reads like every message of the project. -#}
{% macro refuse(subject, expected, got, remedy) %}
    {% do exceptions.raise_compiler_error(
        subject ~ ': expected ' ~ expected ~ ', got ' ~ got ~ '. ' ~ remedy
    ) %}
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
