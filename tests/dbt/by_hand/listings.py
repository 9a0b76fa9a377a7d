"""The listings by hand: entries of several lists, and who holds a status at each month's end."""

from __future__ import annotations

LISTINGS = """
create table ledgers.listings as
select * from (values
    ('listings__live_commerce_sites', 'L1', 'live_base', date '2024-02-29', '330108001')
) as given (source_table, entry_no, listing_kind, listed_on, area_code);
"""

# Taken at each month's end of 2024; the base of street 330108001 is there from 29 February on, and
# a room that is not green stands beside it in every month.
LISTING_STOCKS = """
create table ledgers.listing_stocks as
with months as (
    select last_day(date '2024-01-01' + to_months(cast(n as integer))) as month_end_on
    from range(13) as t (n)
)
select month_end_on, 'listings__live_commerce_sites' as source_table, entry_no, listing_kind,
    is_green, has_large_turnover, area_code
from months
cross join (values
    ('L1', date '2024-02-29', 'live_base', true, false, '330108001'),
    ('L2', date '2024-01-01', 'live_room', false, true, '330108002')
) as entries (entry_no, listed_on, listing_kind, is_green, has_large_turnover, area_code)
where listed_on <= month_end_on;
"""

STATEMENTS = (LISTINGS, LISTING_STOCKS)
