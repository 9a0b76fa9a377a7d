"""Deliveries of any size for measuring, made by DuckDB alone, in the form of their contracts.

One scale is one province: 20 million complaints, 5 million market entities, 1 million penalty cases
and 0.2 million pledged rights in 60 months. All is drawn by arithmetic on the row's number, so that
a scale is the same on each machine, and streams: no table is held. The other source tables are the
demo bureau's, as small as it makes them. What belongs here: the files and what changes in them.
What does not: what is measured.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb

from demo.delivery import Delivery, deliver
from pipelines.settings import PROJECT_ROOT
from pipelines.sources.contracts import read_contracts
from pipelines.sources.sessions import load_scanner
from pipelines.sql_text import literal

BEGAN = date(2020, 1, 1)
MONTHS = 60
LAST_DAY = date(2025, 1, 15)
"""Files of months end with December 2024; the platform speaks to this day."""
_DAYS = (LAST_DAY - BEGAN).days + 1

COMPLAINTS = "complaints/complaints.sqlite"
REGISTRATIONS = "registrations/registrations_{month}.csv"
CASES = f"penalty_cases/penalty_cases_{LAST_DAY:%Y%m%d}.jsonl"
PLEDGES = f"ip_pledges/知识产权质押登记_{LAST_DAY:%Y%m%d}.xlsx"


@dataclass(frozen=True)
class Size:
    """How many rows of each kind a scale has."""

    complaints: int
    entities: int
    cases: int
    rights: int

    @classmethod
    def of(cls, scale: float) -> Size:
        """The rows of a scale, some of each kind at least."""
        rows = (20_000_000, 5_000_000, 1_000_000, 200_000)
        return cls(*(max(600, round(count * scale)) for count in rows))

    @property
    def events(self) -> int:
        """Of the register: four establishments to a change and a deregistration."""
        return self.entities * 6 // 4

    @property
    def rows(self) -> int:
        """All of them."""
        return self.complaints + self.events + self.cases + self.rights


MACROS = f"""
create macro drawn(i, salt, sides) as (hash(i * 1000 + salt) % sides)::bigint;
create macro day_of(i, n) as date '{BEGAN}' + (i * {_DAYS} // n)::integer;
-- Only what happened by the last day is known.
create macro by_then(day) as if(day <= date '{LAST_DAY}', day, null);
create macro street_of(i) as 330108001 + drawn(i, 1, 3);
create macro industry_of(i) as ['5292', '6432', '6210', '5176', '7040'][1 + drawn(i, 2, 5)];
create macro person_of(i) as '张' || chr((20000 + drawn(i, 3, 5000))::integer) || i % 997;
create macro phone_of(i) as (13000000000 + drawn(i, 4, 999999999))::varchar;
-- A credit code by GB 32100 of an organisation code of eight digits, with its check by GB 11714.
create macro weighed(digits, weights) as list_sum(list_transform(
    list_zip(string_split(digits, ''), weights), pair -> pair[1]::bigint * pair[2]));
create macro organisation_of(n) as printf('%08d', n);
create macro organisation_check(digits) as '0X987654321'[
    (1 + weighed(digits, [3, 7, 9, 10, 5, 8, 4, 2]) % 11)::bigint];
create macro code_check(digits, checked) as '0123456789ABCDEFGHJKLMNPQRTUWXY'[(1 + (31 - (
    weighed(digits, [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30])
    + 28 * if(checked = 'X', 29, try_cast(checked as bigint))) % 31) % 31)::bigint];
create macro with_checks(digits, checked) as digits || checked || code_check(digits, checked);
create macro code_of(kind, n) as with_checks(
    '9' || kind || '330108' || organisation_of(n), organisation_check(organisation_of(n)));
"""

ITEMS = """
select
    ['TS', 'JB', 'ZX'][kind + 1] || strftime(received_at, '%Y%m%d') || printf('%08d', i) as item_no,
    '1330108' || strftime(received_at, '%Y%m%d') || printf('%08d', i) as submission_no,
    ['投诉', '举报', '咨询'][kind + 1] as item_kind,
    ['电话', '互联网', '来人', '来函'][1 + drawn(i, 5, 4)] as channel,
    received_at,
    if(kind = 0, accepted_on, null) + interval 9 hour as accepted_at,
    null as notified_at,
    null as supplemented_at,
    closed_on + interval 17 hour as closed_at,
    case
        when closed_on is not null then ['达成调解', '不予立案', '已答复'][kind + 1]
        when kind = 0 and accepted_on is null then '待受理'
        else '处理中'
    end as status,
    0 as is_extended,
    street_of(i) as street_code,
    industry_of(i) as industry_code,
    code_of(1, 10000000 + drawn(i, 6, {entities})) as respondent_uscc,
    person_of(i) as complainant_name,
    phone_of(i) as complainant_phone,
    null as complainant_id_number,
    person_of(i) || '(联系电话' || phone_of(i) || ')反映商品质量问题，要求退款' || i % 9973
        as content,
    coalesce(
        closed_on + interval 17 hour, if(kind = 0, accepted_on, null) + interval 9 hour, received_at
    ) as updated_at
from (
    select
        i,
        kind,
        received_at,
        by_then(received_at::date + drawn(i, 7, 6)::integer + 1) as accepted_on,
        by_then(received_at::date + drawn(i, 8, 45)::integer + 8) as closed_on
    from (
        select
            i,
            -- Of ten, six complaints, three reports and a question.
            [0, 0, 0, 0, 0, 0, 1, 1, 1, 2][1 + drawn(i, 9, 10)] as kind,
            day_of(i, {complaints}) + interval 8 hour
            + to_minutes(drawn(i, 10, 600)) as received_at
        from range({complaints}) as rows_of(i)
    )
)
"""

# Of six events in a row the fifth changes the first entity; the sixth ends an older one, each once.
EVENTS = """
select
    'DJ' || strftime(day, '%Y%m%d') || printf('%08d', i) as 业务流水号,
    if(place < 4, '设立', if(place = 4, '变更', '注销')) as 业务类型,
    day as 核准日期,
    code_of(1 + entity % 2, 10000000 + entity) as 统一社会信用代码,
    '杭州市滨江区第' || entity || '号' || if(entity % 2 = 0, '科技有限公司', '商行')
        as 市场主体名称,
    if(entity % 2 = 0, '企业', '个体工商户') as 市场主体类别,
    '' as 企业类型,
    industry_of(entity) as 行业代码,
    [1, 10, 50, 100, 500][1 + drawn(entity, 11, 5)] || '万元' as 注册资本,
    '餐饮服务,会议及展览服务' as 经营范围,
    person_of(entity) as 法定代表人,
    phone_of(entity) as 联系电话,
    '浙江省杭州市滨江区江陵路' || entity % 1999 || '号' as 住所,
    ['西兴街道', '长河街道', '浦沿街道'][street_of(entity) - 330108000] as 所属街道,
    '杭州市滨江区市场监督管理局' as 登记机关
from (
    select
        i,
        i % 6 as place,
        case
            when i % 6 < 4 then i
            when i % 6 = 4 then i - 4
            else 6 * (i // 6 // 4) + i // 6 % 4
        end as entity,
        date '{began}' + (i * {days} // {events})::integer as day
    from range({events}) as rows_of(i)
    where day between date '{first}' and date '{last}'
)
"""

CASES_OF = """
select
    '杭滨市监案〔' || year(filed_on) || '〕' || printf('%07d', i) || '号' as case_no,
    filed_on,
    '普通程序' as procedure,
    ['食品', '药品', '广告', '知识产权', '价格', '其他'][1 + drawn(i, 12, 6)] as case_field,
    '对商品作虚假或者引人误解的宣传案' as cause,
    street_of(i)::varchar as street_code,
    [{{
        'kind': '企业', 'uscc': code_of(1, 10000000 + drawn(i, 13, {entities})),
        'name': '杭州市滨江区第' || i || '号商行', 'id_number': null, 'phone': phone_of(i)
    }}] as parties,
    false as is_panel_reviewed,
    false as is_extended,
    null::integer as further_extension_days,
    null::integer as excluded_days,
    if(decided_on is null, [], [{{
        'decision_no': '杭滨市监罚处〔' || year(decided_on) || '〕' || printf('%07d', i) || '号',
        'kind': '行政处罚', 'decided_on': decided_on, 'penalty_types': ['罚款'],
        'fine_yuan': (1000 + drawn(i, 14, 50000))::decimal(18, 2),
        'confiscated_gains_yuan': 0::decimal(18, 2), 'confiscated_goods_yuan': 0::decimal(18, 2),
        'statutory_floor_yuan': 500::decimal(18, 2),
        'collected_yuan': (1000 + drawn(i, 14, 50000))::decimal(18, 2),
        'published_on': by_then(decided_on + 5)
    }}]) as decisions,
    strftime(coalesce(decided_on, filed_on) + interval 16 hour, '%Y-%m-%d %H:%M:%S') as updated_at
from (
    select
        i,
        day_of(i, {cases}) as filed_on,
        by_then(day_of(i, {cases}) + drawn(i, 15, 60)::integer + 10) as decided_on
    from range({cases}) as rows_of(i)
)
"""

RIGHTS = """
select
    '浙滨知质' || year(day) || '第' || printf('%06d', i) || '号', day::varchar,
    '杭州第' || i || '号科技有限公司', code_of(1, 10000000 + drawn(i, 16, {entities})),
    '杭州高科技融资担保有限公司',
    ['西兴街道', '长河街道', '浦沿街道'][street_of(i) - 330108000],
    ['专利权', '商标权'][1 + drawn(i, 17, 2)], 'ZL' || printf('%012d', i), '一种方法及系统',
    100 + drawn(i, 18, 900), '担保金额'
from (select i, day_of(i, {rights}) as day from range({rights}) as rows_of(i))
"""

_ITEMS_TABLE = """
create table items (
    item_no text not null, submission_no text not null, item_kind text not null, channel text,
    received_at text not null, accepted_at text, notified_at text, supplemented_at text,
    closed_at text, status text not null, is_extended integer, street_code text not null,
    industry_code text, respondent_uscc text, complainant_name text, complainant_phone text,
    complainant_id_number text, content text, updated_at text not null, primary key (item_no))
"""


def write_deliveries(sources: Path, size: Size, memory_limit: str) -> None:
    """Write the four large deliveries, in place of what a small demo bureau delivers of them."""
    for large in (COMPLAINTS, "registrations/*", "penalty_cases/*", "ip_pledges/*"):
        for path in sources.glob(large):
            path.unlink()
    with duckdb.connect(config={"threads": 2, "memory_limit": memory_limit}) as session:
        session.execute(MACROS)
        _write_complaints(session, sources / COMPLAINTS, size)
        _write_registrations(session, sources, size)
        cases = CASES_OF.format(entities=size.entities, cases=size.cases)
        session.execute(f"copy ({cases}) to {literal(str(sources / CASES))} (format json)")
        rights = session.execute(RIGHTS.format(entities=size.entities, rights=size.rights))
        contract = read_contracts(PROJECT_ROOT / "dbt_project")["ip_pledges__pledged_rights"]
        deliver(sources / PLEDGES, [Delivery(contract, rights.fetchall())])


def change_complaints(sources: Path, size: Size, day: date, *, recent: bool) -> int:
    """Change one complaint of a hundred on a day, late ones or of all; how many."""
    # A twentieth of sixty months are the last three.
    late = f"rowid > {size.complaints * 19 // 20} and rowid % 5 = 0"
    chosen = late if recent else "rowid % 100 = 7"
    with closing(sqlite3.connect(sources / COMPLAINTS)) as database, database:
        changed = database.execute(
            f"update items set channel = '来函', updated_at = '{day} 10:00:00' where {chosen}"
        )
        return changed.rowcount


def _write_complaints(session: duckdb.DuckDBPyConnection, path: Path, size: Size) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute(_ITEMS_TABLE)
        database.commit()
    load_scanner(session, "sqlite_scanner")
    session.execute(f"attach {literal(str(path))} as platform (type sqlite)")
    columns = ", ".join(
        f"strftime({name}, '%Y-%m-%d %H:%M:%S')" if name.endswith("_at") else name
        for (name,) in session.execute(
            "select column_name from duckdb_columns() where database_name = 'platform'"
        ).fetchall()
    )
    items = ITEMS.format(complaints=size.complaints, entities=size.entities)
    session.execute(f"insert into platform.items select {columns} from ({items})")
    session.execute("detach platform")
    with closing(sqlite3.connect(path)) as database:
        database.execute("create index items_updated_at on items (updated_at)")
        database.commit()


def _write_registrations(session: duckdb.DuckDBPyConnection, sources: Path, size: Size) -> None:
    """A file a month, written as UTF-8 and then as the registry's system writes."""
    aside = sources / "registrations" / ".aside"
    firsts = [date(BEGAN.year + n // 12, n % 12 + 1, 1) for n in range(MONTHS + 1)]
    days = (firsts[-1] - BEGAN).days
    for first, after in pairwise(firsts):
        events = EVENTS.format(
            began=BEGAN, days=days, events=size.events, first=first,
            last=after - timedelta(days=1),
        )  # fmt: skip
        session.execute(f"copy ({events}) to {literal(str(aside))} (format csv, header)")
        path = sources / REGISTRATIONS.format(month=f"{first:%Y%m}")
        with (
            aside.open(encoding="utf-8", newline="") as made,
            path.open("w", encoding="gb18030", newline="") as delivered,
        ):
            while text := made.read(1 << 20):
                delivered.write(text)
    aside.unlink()
