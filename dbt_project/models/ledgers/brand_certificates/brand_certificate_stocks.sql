with stock_days as (
    {{ stock_days('brand_certificates__certificates') }}
),

certificates as (
    {{ rows_by_month(ref('brand_certificates'), 'issued_on', 'valid_until') }}
)

select
    stock_days.month_end_on,
    certificates.firm_uscc,
    cast(count(*) as integer) as certificate_count,
    -- A firm stands in one street, that of its newest certificate, or streets would not add up.
    max_by(certificates.area_code, certificates.issue_number) as area_code
from certificates
inner join stock_days
    on
        certificates.month_end_on = stock_days.month_end_on
        and certificates.issued_on <= stock_days.stock_on
        and certificates.valid_until >= stock_days.stock_on
        and coalesce(certificates.withdrawn_on > stock_days.stock_on, true)
group by stock_days.month_end_on, certificates.firm_uscc
