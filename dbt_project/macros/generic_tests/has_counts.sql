{#- A returned row is a group whose number of rows is not the one declared, or not declared at all. -#}
{% test has_counts(model, by, counts, where='true') %}
    with declared as (
        {%- for name, number in counts.items() %}
        select '{{ name }}' as group_name, {{ number }} as row_count{{ ' union all' if not loop.last }}
        {%- endfor %}
    ),

    found as (
        select cast({{ by }} as {{ dbt.type_string() }}) as group_name, count(*) as row_count
        from {{ model }}
        where {{ where }}
        group by {{ by }}
    )

    select
        coalesce(declared.group_name, found.group_name) as group_name,
        declared.row_count as declared_count,
        found.row_count as found_count
    from declared
    full outer join found on declared.group_name = found.group_name
    where coalesce(declared.row_count, -1) <> coalesce(found.row_count, -1)
{% endtest %}
