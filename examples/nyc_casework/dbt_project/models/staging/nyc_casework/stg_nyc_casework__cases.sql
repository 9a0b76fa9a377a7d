-- One row per case. The rows of a case differ in its place only; the one that names a borough is
-- taken.
select
    unique_key as case_no,
    cast(opendate as date) as opened_on,
    cast(closedate as date) as closed_on,
    lower(borough) as borough,
    complaint_type,
    _extract_id as extract_id,
    _row_number as row_number
from {{ source('nyc_casework', 'cases') }}
qualify
    row_number() over (
        partition by unique_key
        order by borough nulls last, council_dist nulls last, _row_number
    ) = 1
