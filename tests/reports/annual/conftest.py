"""Fixtures of the annual report's tests: a release with marks, rendered once."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from tests.reports.annual.reading import Files, render

# A stale year, a suppressed month, a rate with its parts, a place from a bulletin, an order.
MARKED = """
alter table indicators add column ambiguity varchar default '';
alter table indicators add column ledger_label varchar default '台账';
insert into labels
select unnest(['registrations', 'complaints', 'ip_pledges', 'penalty_cases']), 'occurred_on', null,
    '核准日期';
insert into labels values ('registrations', 'is_branch', null, '是否分支机构');
alter table indicators add column formula varchar default 'count(*)';
alter table indicators add column filter varchar default '';
alter table indicators add column time_column varchar default 'occurred_on';
alter table indicators add column sort_order integer default 999;
update indicators set sort_order = 1 where indicator_id = 'new_enterprises';
update indicators set filter = 'entity_kind = ''enterprise''', ledger_label = '登记台账',
    ambiguity = '年报未写明是否含分支机构。'
where indicator_id = 'new_enterprises';
update indicators set formula = 'cases_filed / new_enterprises'
where indicator_id = 'due_closure_rate';
update indicator_values set numerator = 71250, denominator = 75000
where indicator_id = 'due_closure_rate' and period_grain = 'year'
    and period_start = '2024-01-01' and area_code = '330108';
update indicator_values set status = 'stale'
where indicator_id = 'complaints_and_reports_received' and period_grain = 'year'
    and period_start = '2024-01-01';
update indicator_values set status = 'suppressed', value = null
where indicator_id = 'new_enterprises' and period_start = '2024-03-01';
insert into indicators by name
select * replace ('city_rank' as indicator_id, '全市位次' as label_zh, 'rank' as kind,
    '位' as unit_label, '位' as display_scale, 'external_figures' as ledger, true as is_main,
    2 as sort_order, '外部数据登记' as ledger_label, 'max(figure)' as formula)
from indicators where indicator_id = 'new_enterprises';
insert into indicator_legal_bases values ('city_rank', 1, 'entities');
create table external_figures as
select 'city_rank' as figure_name, date '2024-12-31' as period_end_on, '市局通报' as document_title,
    '市市场监督管理局' as issued_by, date '2025-01-10' as published_on, true as is_last_of_year;
insert into indicator_values by name
select * replace ('city_rank' as indicator_id, 1 as value)
from indicator_values where indicator_id = 'cases_filed' and period_grain = 'year';
insert into indicator_comparisons by name
select * replace ('city_rank' as indicator_id, 1 as value, 2 as year_before_value,
    -0.5 as change_on_year)
from indicator_comparisons where indicator_id = 'cases_filed' and period_grain = 'year';
"""


@pytest.fixture(scope="session")
def marked_release(built_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a release with figures of every status; only read."""
    database = tmp_path_factory.mktemp("annual") / "indicators.duckdb"
    shutil.copy(built_release / "indicators.duckdb", database)
    with duckdb.connect(str(database)) as connection:
        connection.execute(MARKED)
    return database


@pytest.fixture
def database(marked_release: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copy(marked_release, tmp_path / "indicators.duckdb"))


@pytest.fixture(scope="session")
def report(marked_release: Path) -> Files:
    """The files of that release's report of 2024."""
    return render(marked_release)
