with known as (
    {{ known_rows('ccc_exemptions__applications', 'applied_on', {
        'handled_on': none, 'outcome': 'handled_on',
    }, ['application_no']) }}
)

select
    application_no,
    applied_on,
    handled_on,
    -- Before the day on which it was handled, an application is open.
    coalesce(outcome, 'open') as outcome,
    area_code,
    extract_id,
    row_number
from known
