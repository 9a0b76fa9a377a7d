select
    source_table,
    covers_from,
    covers_through,
    is_stale
from {{ source('night', 'covered_spans') }}
