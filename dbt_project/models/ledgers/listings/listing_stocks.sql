with stock_days as (
    {{ stock_days() }}
)

select
    stock_days.month_end_on,
    listings.source_table,
    listings.entry_no,
    listings.listing_kind,
    listings.is_green,
    listings.has_large_turnover,
    listings.area_code
from {{ ref('listings') }} as listings
inner join stock_days
    on
        listings.source_table = stock_days.source_table
        and listings.listed_on <= stock_days.stock_on
        and coalesce(listings.delisted_on > stock_days.stock_on, true)
