with known as (
    {{ known_rows(ref('stg_ccc_exemptions__applications'), 'applied_on') }}
)

select
    application_no,
    applied_on,
    case when handled_on <= as_of then handled_on end as handled_on,
    outcome,
    area_code,
    extract_id,
    row_number
from known
