-- One row per case. The rows of a case differ in its place only; the one that names a borough is
-- taken.
select
    unique_key as case_no,
    cast(opendate as date) as opened_on,
    -- A case that is closed after the day of judgment is open on it.
    case when cast(closedate as date) <= days.as_of then cast(closedate as date) end as closed_on,
    lower(borough) as borough,
    complaint_type,
    _extract_id as extract_id,
    _row_number as row_number
from {{ source('nyc_casework', 'cases') }}
inner join {{ ref('stg_night__source_days') }} as days
    on days.source_table = 'nyc_casework__cases'
qualify
    row_number() over (
        partition by unique_key
        order by borough nulls last, council_dist nulls last, _row_number
    ) = 1
