-- A returned row is a cell whose month does not begin with what the month before ended with, whose
-- flows do not lead from its opening to its closing, or whose stock is below zero.
with stocks as (
    select
        *,
        lag(closing) over (
            partition by area_code, entity_kind, industry_section_code
            order by month_end_on
        ) as closing_before
    from {{ ref('entity_stocks') }}
)

select
    month_end_on,
    area_code,
    entity_kind,
    industry_section_code,
    closing_before,
    opening,
    closing
from stocks
where
    opening <> closing_before
    or closing <> opening + established + moved_in - deregistered - revoked - moved_out
    or closing < 0
