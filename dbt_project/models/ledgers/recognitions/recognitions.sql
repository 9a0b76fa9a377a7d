with known as (
    {{ known_rows('recognitions__items', 'recognised_on', has_street=false) }}
)

select
    recognition_no,
    programme,
    level,
    -- A firm is counted once, in whatever case its code was typed.
    holder_uscc,
    granted_by,
    recognised_on,
    extract_id,
    row_number
from known
