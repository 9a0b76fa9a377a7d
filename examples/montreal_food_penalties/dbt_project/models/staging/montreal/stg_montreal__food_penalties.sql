-- One row per offence with a conviction; owners and addresses go no further.
select
    id_poursuite as case_no,
    cast(date as date) as committed_on,
    cast(date_jugement as date) as judged_on,
    cast(montant as decimal(20, 2)) as fine_dollars,
    categorie as category,
    _extract_id as extract_id,
    _row_number as row_number
from {{ source('montreal', 'food_penalties') }}
