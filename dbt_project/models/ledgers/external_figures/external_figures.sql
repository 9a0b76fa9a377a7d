with known as (
    {{ known_rows('external_figures__statements', 'published_on', has_street=false) }}
),

-- A later document replaces an earlier one. Two of the same day agree (the gate of the extract sees
-- to it), so that their titles only settle which of them is named.
ranked as (
    select
        *,
        row_number() over (
            partition by figure_name, period_end_on
            order by published_on desc nulls last, document_title asc nulls last
        ) as place
    from known
)

select
    figure_name,
    period_end_on,
    stated_value,
    bound,
    document_title,
    issued_by,
    published_on,
    -- Of a year's statements (half-year, year) its figure is the last.
    period_end_on = max(period_end_on) over (
        partition by figure_name, date_trunc('year', period_end_on)
    ) as is_last_of_year,
    extract_id,
    row_number
from ranked
where place = 1
