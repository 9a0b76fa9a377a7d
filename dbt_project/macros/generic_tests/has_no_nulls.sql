{#- A returned row lacks a value in one of the columns; one scan for all of them. -#}
{% test has_no_nulls(model, columns) %}
    select *
    from {{ model }}
    where {% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
