"""The night of the ledgers by hand, and the regular fill of the months that no row is written for.

What belongs here: what every ledger written by hand starts from. What does not: a ledger.
"""

from __future__ import annotations

from pipelines.sources.contracts import read_contracts
from tests.dbt.build_database import DBT_PROJECT

AS_OF = "2025-01-15"

LATE = {
    "ip_pledges__pledged_rights": "十二月文件被搁置",
    "listings__talents": "名单未更新",
}
"""Lists that reach to the end of November only."""

_STATES = ",\n".join(
    f"('{table}', date '2024-11-30', date '2024-12-01', '{LATE[table]}')"
    if table in LATE
    else f"('{table}', date '{AS_OF}', null, null)"
    for table in read_contracts(DBT_PROJECT)
)

NIGHT = f"""
create schema night;
create table night.business_day as
    select date '{AS_OF}' as as_of;
create table night.extract_states as
    select * from (values {_STATES}) as states (source_table, data_through, stale_from, reason);
create table night.covered_spans as
    select source_table, date '1900-01-01' as covers_from, data_through as covers_through,
        false as is_stale
    from night.extract_states;
create schema ledgers;
"""

# Months that hold hand-written rows only; the fill leaves them alone.
IS_FILLED = """
not (month(day) <= 3 and year(day) in (2023, 2024)) and not (year(day) = 2024 and month(day) = 12)
"""

# Every ninth day is the last of its month, so that each 29th, 30th and 31st is met.
FILL = f"""
create temporary view fill as
with numbered as (
    select i, date '2023-01-01' + cast(i * 5 % 745 as integer) as near from range(900) as t (i)
),
dated as (
    select i, case when i % 9 = 0 then last_day(near) else near end as day from numbered
)
select
    i,
    day,
    case i % 4 when 3 then null else '33010800' || (1 + i // 5 % 3) end as area_code,
    case i % 7 when 0 then null else chr(65 + cast(i // 3 % 5 as integer)) end
        as industry_section_code
from dated
where {IS_FILLED} and day <= date '{AS_OF}';
"""
