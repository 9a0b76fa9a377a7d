with known as (
    {{ known_rows(ref('stg_activities__entries'), 'happened_on', has_street=false) }}
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
