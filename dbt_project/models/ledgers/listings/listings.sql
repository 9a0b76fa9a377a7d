with known as (
    {{ known_rows('listings__entries', 'listed_on', {'delisted_on': none}, [
        'source_table', 'entry_no', 'listing_kind', 'is_green', 'turnover_yuan'
    ], of_lists=true) }}
)

select
    source_table,
    entry_no,
    listing_kind,
    listed_on,
    delisted_on,
    cast(is_green as boolean) as is_green,
    turnover_yuan,
    -- 超 is more than the amount, not the amount itself.
    coalesce(turnover_yuan > {{ var('large_turnover_yuan') }}, false) as has_large_turnover,
    area_code,
    extract_id,
    row_number
from known
