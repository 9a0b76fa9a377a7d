select as_of
from {{ source('night', 'business_day') }}
