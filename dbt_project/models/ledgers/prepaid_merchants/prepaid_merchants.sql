with known as (
    {{ known_rows(ref('stg_prepaid_merchants__merchants'), 'listed_on') }}
)

select
    merchant_no,
    trade,
    listed_on,
    case when delisted_on <= as_of then delisted_on end as delisted_on,
    case when covered_on <= as_of then covered_on end as covered_on,
    area_code,
    extract_id,
    row_number
from known
