{#- The rows of a staged relation that a ledger knows of: those whose day does not lie after the
    business date, with the business date beside them and, where the staged rows name a street, its
    area_code. A row without a day is kept: it is open, or its test will say so. -#}
{% macro known_rows(relation, day, has_street=true) -%}
    select
        staged.*,
        {%- if has_street %}
        streets.area_code,
        {%- endif %}
        business_day.as_of
    from {{ relation }} as staged
    cross join {{ ref('stg_night__business_day') }} as business_day
    {%- if has_street %}
    left join ({{ street_spellings() }}) as streets on staged.street = streets.street
    {%- endif %}
    where not coalesce(staged.{{ day }} > business_day.as_of, false)
{%- endmacro %}


{#- The days on which stocks are taken: the last of each month since the first day of figures; in the
    month of the business date that date itself, stated under the month's end. -#}
{% macro stock_days() -%}
    select
        cast(last_day({{ dbt.dateadd('month', 'steps.number', first_month()) }}) as date)
            as month_end_on,
        least(
            cast(last_day({{ dbt.dateadd('month', 'steps.number', first_month()) }}) as date),
            business_day.as_of
        ) as stock_on
    from {{ ref('stg_night__business_day') }} as business_day
    cross join {{ numbers(0, 1199) }} as steps
    where {{ dbt.dateadd('month', 'steps.number', first_month()) }} <= business_day.as_of
{%- endmacro %}
