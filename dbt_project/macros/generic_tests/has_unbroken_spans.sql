{#- A returned row is a span of validity that ends before it begins, that does not begin on the day
    after the span before it, or that has no end although another follows; or the last span of its
    key, when it has an end: what is due would be unknown from then on. -#}
{% test has_unbroken_spans(model, key, valid_from='valid_from', valid_to='valid_to') %}
    with spans as (
        select
            {{ key }},
            {{ valid_from }},
            {{ valid_to }},
            lead({{ valid_from }}) over (
                partition by {{ key }} order by {{ valid_from }} nulls last
            ) as next_from
        from {{ model }}
    )

    select *
    from spans
    where
        {{ valid_to }} < {{ valid_from }}
        or (next_from is null and {{ valid_to }} is not null)
        or (
            next_from is not null
            and coalesce({{ add_days(valid_to, 1) }} <> next_from, true)
        )
{% endtest %}
