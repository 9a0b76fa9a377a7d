with known as (
    {{ known_rows(ref('stg_data_ip__registrations'), 'registered_on') }}
)

select
    certificate_no,
    registered_on,
    data_kind,
    case when cancelled_on <= as_of then cancelled_on end as cancelled_on,
    area_code,
    extract_id,
    row_number
from known
