with stock_days as (
    {{ stock_days('prepaid_merchants__merchants') }}
),

merchants as (
    {{ rows_by_month(ref('prepaid_merchants'), 'listed_on', 'delisted_on') }}
)

select
    stock_days.month_end_on,
    merchants.merchant_no,
    merchants.trade,
    coalesce(merchants.covered_on <= stock_days.stock_on, false) as is_covered,
    merchants.area_code
from merchants
inner join stock_days
    on
        merchants.month_end_on = stock_days.month_end_on
        and merchants.listed_on <= stock_days.stock_on
        and coalesce(merchants.delisted_on > stock_days.stock_on, true)
