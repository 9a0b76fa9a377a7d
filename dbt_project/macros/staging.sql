{#- Staging compiled from the contract: what its columns declare under `as`, `words`, `times`,
    `if_empty` and `day_only`. -#}

{#- The staged rows of one source table: each column that has a name under `as`, cast to its type, and
    where the row came from. What does not cast, or is no word of the contract, is null. -#}
{% macro stage(source_name, table_name) -%}
    {%- set relation = source(source_name, table_name) -%}
    {{ select_staged(read_staged_columns(source_name, table_name), {}, relation) }}
{%- endmacro %}


{#- The staged rows of several lists that share a register, one under the other; `source_table` says
    which list a row is from, and a column that a list does not have is null in its rows. -#}
{% macro stage_lists(source_name, table_names) -%}
    {%- set staged, types = {}, {} -%}
    {%- for table_name in table_names -%}
        {%- do staged.update({table_name: read_staged_columns(source_name, table_name)}) -%}
        {%- for name, column in staged[table_name].items() %}{% do types.update({name: staged_type(column)}) %}{% endfor -%}
    {%- endfor -%}
    {%- for table_name in table_names %}
    {{ select_staged(
        staged[table_name], types, source(source_name, table_name), source_name ~ '__' ~ table_name
    ) }}
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{% macro select_staged(columns, types, relation, source_table=none) -%}
    select
        {%- if source_table %}
        '{{ source_table }}' as source_table,
        {%- endif %}
        {%- for name in (types or columns) | sort %}
        {% if name in columns -%}
            {{ staged_expression(columns[name]) }} as {{ name }},
        {%- else -%}
            cast(null as {{ types[name] }}) as {{ name }},
        {%- endif %}
        {%- endfor %}
        _extract_id as extract_id,
        _row_number as row_number
    from {{ relation }}
{%- endmacro %}


{#- The columns of a contract that have a name under `as`, by that name. dbt's graph holds the contract
    at execution only; before, while dbt parses, there are none. -#}
{% macro read_staged_columns(source_name, table_name) %}
    {% set columns = {} %}
    {% if not execute %}{{ return(columns) }}{% endif %}
    {% for node in graph.sources.values() %}
        {% if node.source_name == source_name and node.name == table_name %}
            {% for column in node.columns.values() if 'as' in column.config.meta %}
                {% do columns.update({column.config.meta['as']: column}) %}
            {% endfor %}
        {% endif %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}


{#- Amounts and other decimals keep two places; a code in place of a word is text. -#}
{% macro staged_type(column) %}
    {% if column.config.meta.day_only %}{{ return('date') }}{% endif %}
    {% set types = {'date': 'date', 'timestamp': 'timestamp', 'integer': 'bigint',
                    'decimal': 'decimal(20, 2)', 'boolean': 'boolean'} %}
    {{ return(types.get(column.data_type, 'string')) }}
{% endmacro %}


{#- Credit codes are capitals, whatever the sender types. -#}
{% macro staged_expression(column) %}
    {% set meta = column.config.meta %}
    {% set said = adapter.quote(column.name) %}
    {% if 'if_empty' in meta %}{% set said = "coalesce(" ~ said ~ ", '" ~ meta.if_empty ~ "')" %}{% endif %}
    {% if 'words' in meta %}{{ return(recode(said, meta.words)) }}{% endif %}
    {% if 'times' in meta %}
        {% set exact = try_cast(said, 'decimal(22, 6)') ~ ' * cast(' ~ meta.times ~ ' as decimal(10, 0))' %}
        {{ return(try_cast(exact, staged_type(column))) }}
    {% endif %}
    {% if meta.day_only %}{{ return(date_of_timestamp(said)) }}{% endif %}
    {% if meta['as'].endswith('uscc') %}{{ return('upper(' ~ said ~ ')') }}{% endif %}
    {{ return(said if column.data_type == 'text' else try_cast(said, staged_type(column))) }}
{% endmacro %}
