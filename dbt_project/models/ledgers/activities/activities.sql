with known as (
    {{ known_rows('activities__entries', 'happened_on', has_street=false, of_lists=true) }}
)

select
    source_table,
    entry_no,
    activity_kind,
    happened_on,
    level,
    field,
    document_no,
    hours,
    extract_id,
    row_number
from known
