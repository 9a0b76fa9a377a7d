-- One row per source table: the day that its rows are judged on. Source tables that one
-- indicator is made from are judged on one day, the earliest to which they have spoken; else the
-- two parts of a rate would be of two days.
with

judged_together as (
    {{ compile_judged_together(read_indicators()) }}
),

states as (
    select * from {{ ref('stg_night__extract_states') }}
)

select
    states.source_table,
    min(peers.data_through) as as_of
from states
left join judged_together on states.source_table = judged_together.source_table
left join states as peers
    on coalesce(judged_together.judged_with, states.source_table) = peers.source_table
group by states.source_table
