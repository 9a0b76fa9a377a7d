with known as (
    {{ known_rows('brand_certificates__certificates', 'issued_on', {'withdrawn_on': none}, [
        'certificate_no', 'firm_uscc', 'certificate_kind', 'valid_until'
    ]) }}
)

select
    certificate_no,
    firm_uscc,
    certificate_kind,
    issued_on,
    valid_until,
    withdrawn_on,
    cast(
        row_number() over (
            partition by firm_uscc order by issued_on nulls last, certificate_no nulls last
        ) as integer
    ) as issue_number,
    area_code,
    extract_id,
    row_number
from known
