"""The listings by hand: entries of several lists, and who holds a status at each month's end."""

from __future__ import annotations

# Each kind has an entry on the last day of January 2024 and one on the last of February, in two
# streets; some in February stand in no known street and count in the district only. What is next
# to it on the list, and what has no day, is not counted.
LISTINGS = """
create table ledgers.listings as
select
    'listings__' || list as source_table,
    'entry-' || row_number() over () as entry_no,
    listing_kind,
    cast(listed as date) as listed_on,
    area_code
from (
    select list, kind as listing_kind, listed, area_code
    from (values
        ('consumer_sites', 'demonstration_canteen'),
        ('consumer_sites', 'trusted_farm_market'),
        ('consumer_sites', 'common_prosperity_stall'),
        ('consumer_sites', 'trusted_consumption_unit'),
        ('talents', 'live_streamer'),
        ('talents', 'internet_marketer'),
        ('talents', 'advertising_expert')
    ) as kinds (list, kind)
    cross join (values
        ('2024-01-31', '330108001'), ('2024-02-29', '330108002'), (null, '330108001')
    ) as entries (listed, area_code)
    union all
    values
        ('consumer_sites', 'trusted_business_area', '2024-03-01', '330108003'),
        ('consumer_sites', 'trusted_business_area', '2024-02-29', '330108003'),
        ('consumer_sites', 'trusted_consumption_unit', '2024-02-29', null),
        ('talents', 'internet_marketer', '2024-02-29', '330108001'),
        ('live_commerce_sites', 'live_base', '2024-02-29', '330108001')
) as rows (list, listing_kind, listed, area_code);
"""

# Taken at each month's end from January 2024 to the month of the business date.
LISTING_STOCKS = """
create table ledgers.listing_stocks as
with months as (
    select last_day(date '2024-01-01' + to_months(cast(n as integer))) as month_end_on
    from range(13) as t (n)
)
select month_end_on, 'listings__' || list as source_table, entry_no, listing_kind,
    is_green, has_large_turnover, '33010800' || street as area_code
from months
cross join (values
    ('live_commerce_sites', 'L1', '2024-02-29', null, 'live_base', true, false, 1),
    ('live_commerce_sites', 'L2', '2024-01-01', null, 'live_room', false, true, 2),
    ('live_commerce_sites', 'L3', '2024-01-01', null, 'live_room', true, false, 1),
    ('live_commerce_sites', 'L4', '2024-02-29', null, 'live_room', true, true, 1),
    ('live_commerce_sites', 'L5', '2024-01-31', null, 'live_brand', null, true, 3),
    ('live_commerce_sites', 'L6', '2024-01-31', null, 'live_brand', true, false, 3),
    ('live_commerce_sites', 'L8', '2024-02-29', null, 'live_brand', null, true, 3),
    ('live_commerce_sites', 'L7', '2024-01-31', null, 'live_base', false, false, 2),
    ('platform_enterprises', 'P1', '2024-01-31', '2024-02-29', 'sales_platform', null, false, 1),
    ('platform_enterprises', 'P2', '2024-02-29', null, 'sales_platform', null, false, 2),
    ('platform_enterprises', 'P3', '2024-02-01', null, 'finance_platform', null, true, null),
    ('innovative_devices', 'D1', '2024-02-29', null, 'class_3_device', null, false, 1),
    ('innovative_devices', 'D2', '2024-01-31', null, 'class_2_device', null, false, 1)
) as entries
    (list, entry_no, listed, delisted, listing_kind, is_green, has_large_turnover, street)
where
    cast(listed as date) <= month_end_on
    and coalesce(cast(delisted as date) > month_end_on, true);
"""

STATEMENTS = (LISTINGS, LISTING_STOCKS)
