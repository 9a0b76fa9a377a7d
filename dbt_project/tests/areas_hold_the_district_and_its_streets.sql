-- A returned row is what seeds/areas.csv lacks for the district of var district_code: its own row,
-- a street of it, or a street whose code does not begin with that of the area it lies in.
with streets as (
    select
        area_code,
        parent_code
    from {{ ref('areas') }}
    where level = 'street'
),

wanted as (
    select
        'district' as lacking,
        count(*) as found
    from {{ ref('areas') }}
    where area_code = '{{ var("district_code") }}' and level in ('district', 'county')

    union all

    select
        'streets' as lacking,
        count(*) as found
    from streets
    where parent_code = '{{ var("district_code") }}'
)

select lacking
from wanted
where found = 0

union all

select area_code as lacking
from streets
where substring(area_code, 1, 6) <> parent_code
