with known as (
    {{ known_rows('prepaid_merchants__merchants', 'listed_on', {
        'covered_on': none, 'delisted_on': none,
    }, ['merchant_no', 'trade']) }}
)

select
    merchant_no,
    trade,
    listed_on,
    delisted_on,
    covered_on,
    area_code,
    extract_id,
    row_number
from known
