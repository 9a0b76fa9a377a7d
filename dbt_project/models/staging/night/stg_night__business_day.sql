select
    as_of,
    release_id,
    is_synthetic
from {{ source('night', 'business_day') }}
