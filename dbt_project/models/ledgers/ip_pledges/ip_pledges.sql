with pledged_rights as (
    {{ known_rows('ip_pledges__pledged_rights', 'registered_on') }}
),

-- What belongs to the contract stands on each of its rows. Where the rows contradict one another,
-- no value is chosen: it is null, and the test for it names the contract.
contracts as (
    select
        contract_no,
        {{ agreed('registered_on') }} as registered_on,
        {{ agreed('amount_kind') }} as amount_kind,
        {{ agreed('pledge_yuan') }} as pledge_yuan,
        {{ agreed('area_code') }} as area_code,
        case when count(distinct right_kind) > 1 then 'mixed' else min(right_kind) end
            as right_kind,
        cast(count(*) as integer) as right_count,
        max(extract_id) as extract_id,
        min(row_number) as row_number
    from pledged_rights
    group by contract_no
)

select
    contracts.contract_no,
    contracts.registered_on,
    contracts.right_kind,
    contracts.right_count,
    contracts.amount_kind,
    contracts.pledge_yuan,
    contracts.area_code,
    contracts.extract_id,
    contracts.row_number
from contracts
