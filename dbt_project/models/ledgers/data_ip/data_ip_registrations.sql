with known as (
    {{ known_rows(
        'data_ip__registrations', 'registered_on', {'cancelled_on': none},
        ['certificate_no', 'data_kind'],
    ) }}
)

select
    certificate_no,
    registered_on,
    data_kind,
    cancelled_on,
    area_code,
    extract_id,
    row_number
from known
