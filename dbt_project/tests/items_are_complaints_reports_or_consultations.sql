-- A returned row is a cell in which the three kinds of items do not make up all items, or in which
-- complaints and reports do not make up complaints and reports.
select
    period_grain,
    period_end,
    area_code
from {{ ref('indicator_figures') }}
where breakdown = 'total'
group by period_grain, period_end, area_code
having
    sum(value) filter (where indicator_id = 'items_received')
    <> sum(value) filter (
        where indicator_id in ('complaints_received', 'reports_received', 'consultations_received')
    )
    or sum(value) filter (where indicator_id = 'complaints_and_reports_received')
    <> sum(value) filter (where indicator_id in ('complaints_received', 'reports_received'))
    or sum(value) filter (where indicator_id = 'items_received')
    <> sum(value) filter (where indicator_id in ('items_due', 'items_not_yet_due'))
