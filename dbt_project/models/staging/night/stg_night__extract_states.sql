select
    source_table,
    data_through,
    stale_from,
    reason
from {{ source('night', 'extract_states') }}
