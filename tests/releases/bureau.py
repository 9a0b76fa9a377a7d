"""A small bureau after dbt has run: a build database and a dbt manifest, made by hand.

Thirteen indicators of four sections, by month and year, for the district and its three streets,
from 2023-01 to 2025-01; the values follow from simple formulas, so tests can count along.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipelines.compute.build import PARQUET_FORM
from pipelines.compute.store import KeptTable, ResultStore
from pipelines.hashing import hash_file
from pipelines.layout import Layout
from pipelines.metrics.ledger_labels import Label
from pipelines.releases.build import build_release
from pipelines.releases.manifest import draft_release, seal_release
from pipelines.settings import Settings

AS_OF = date(2025, 1, 15)
RELEASE_ID = "2025-01-15-0123456789ab"
DEFINITIONS = "d" * 64
PSEUDONYM = "p1_0a1b2c3d_00112233445566778899aabbccddeeff"

EXTRACTS = [
    {
        "table": "complaints__items",
        "extract_id": "20250115.v001.aaaaaaaa",
        "sha256": "a" * 64,
        "rows_delivered": 12,
        "rows_loaded": 9,
        "rows_quarantined": 2,
        "rows_duplicate": 1,
    },
    {
        "table": "registrations__events",
        "extract_id": "202412.v001.bbbbbbbb",
        "sha256": "b" * 64,
        "rows_delivered": 9,
        "rows_loaded": 9,
        "rows_quarantined": 0,
        "rows_duplicate": 0,
    },
]

# indicator_id, label, unit, unit_label, kind, owner, ledger, is_main, display_scale, base per month
INDICATORS = [
    ("new_market_entities", "新设经营主体", "entity", "家", "count", "registration",
     "registrations", True, "家", 2000),
    ("new_enterprises", "新设企业", "entity", "家", "count", "registration", "registrations",
     True, "家", 1700),
    ("active_entities", "在册经营主体", "entity", "家", "stock", "registration", "entity_stocks",
     True, "万家", 150000),
    ("complaints_received", "投诉接收量", "item", "件", "count", "consumer_protection",
     "complaints", False, "件", 6000),
    ("complaints_and_reports_received", "投诉举报接收量", "item", "件", "count",
     "consumer_protection", "complaints", True, "万件", 8800),
    ("due_closure_rate", "应办结率", "ratio", "%", "ratio", "consumer_protection", "complaints",
     True, "%", 0),
    ("median_handling_days", "办理天数中位数", "day", "天", "median", "consumer_protection",
     "complaints", False, "天", 9),
    ("pledge_amount", "知识产权质押金额", "yuan", "元", "sum", "intellectual_property",
     "ip_pledges", True, "亿元", 120000000),
    ("data_ip_pledge_amount", "数据知识产权质押金额", "yuan", "元", "sum",
     "intellectual_property", "ip_pledges", True, "万元", 9000000),
    ("cases_filed", "立案数", "case", "件", "count", "enforcement", "penalty_cases", True,
     "件", 18),
    ("penalty_amount", "罚没金额", "yuan", "元", "sum", "enforcement", "penalty_decisions", True,
     "万元", 210000),
    ("lenient_amount_waived", "从轻减免金额", "yuan", "元", "sum", "enforcement",
     "penalty_decisions", False, "万元", 340000),
    ("suppressed_cases", "已抑制示例", "case", "件", "count", "enforcement", "penalty_cases",
     False, "件", 1),
]  # fmt: skip

_TABLES = """
create schema indicators; create schema ledgers; create schema night; create schema reference;
create schema staging;

create table indicators.indicators as
select indicator_id, label_zh, indicator_id as label_en, unit, unit_label, kind, owner,
    label_zh || '，按登记机关的管辖列统计。' as definition,
    1::integer as version, ledger,
    ''::varchar as breakdowns, is_main, display_scale
from declared;

create table indicators.indicator_legal_bases as
select indicator_id, 1::integer as ordinal, 'entities' as basis_id from declared;

create table reference.legal_bases as
select 'entities' as basis_id, date '2022-03-01' as valid_from, null::date as valid_to,
    '市场主体登记管理条例' as title, '国务院令第746号' as number, '第二条' as article,
    'text' as mark, '以营利为目的从事经营活动' as words, null::varchar as note,
    null::varchar as question;

create table indicators.indicator_values as
with areas as (
    select unnest(['330108', '330108001', '330108002', '330108003']) as area_code,
        unnest([1, 2, 3, 6]) as parts
), periods as (
    select 'month' as period_grain, m::date as period_start,
        (m + interval 1 month - interval 1 day)::date as period_end, 1 as months
    from range(date '2023-01-01', date '2025-02-01', interval 1 month) as r(m)
    union all
    select 'year', make_date(y, 1, 1), make_date(y, 12, 31), 12 from range(2023, 2025) as r(y)
    union all
    select 'ytd', date '2025-01-01', date '2025-01-15', 1
)
select d.indicator_id, p.period_grain, p.period_start, p.period_end, a.area_code,
    'total' as breakdown, 'total' as breakdown_value,
    (case
        when d.indicator_id = 'suppressed_cases' then null
        when d.kind = 'ratio' then 1 - (year(p.period_start) = 2023)::int * 0.0125
        when d.kind = 'median' then d.base + (a.parts - 1) * 0.5
        when d.kind = 'stock' then (d.base + 1000 * (year(p.period_end) - 2023)) // a.parts
        else d.base * p.months * (100 + 5 * (year(p.period_start) - 2023)) // 100 // a.parts
    end)::decimal(24, 6) as value,
    null::decimal(24, 6) as numerator, null::decimal(24, 6) as denominator,
    case
        when d.indicator_id = 'suppressed_cases' then 'suppressed'
        when d.ledger = 'complaints' and p.period_start = date '2024-12-01' then 'stale'
        when p.period_end > date '2025-01-15' then 'provisional'
        else 'final'
    end as status,
    b.as_of
from declared as d, areas as a, periods as p, night.business_day as b;

create table indicators.indicator_comparisons as
select v.* exclude (numerator, denominator, status, as_of),
    y.value as year_before_value,
    (case when i.kind = 'ratio' then v.value - y.value
        when y.value > 0 then v.value / y.value - 1 end)::decimal(24, 6) as change_on_year,
    null::decimal(24, 6) as period_before_value, null::decimal(24, 6) as change_on_period,
    v.as_of
from indicators.indicator_values as v
join indicators.indicators as i using (indicator_id)
left join indicators.indicator_values as y
    on y.indicator_id = v.indicator_id and y.period_grain = v.period_grain
    and y.area_code = v.area_code and y.period_start = v.period_start - interval 1 year;

create table ledgers.registrations as
select 'E' || i as event_no, date '2024-01-01' + (i % 300)::int as occurred_on,
    (i * 1.5)::decimal(20, 2) as registered_capital_yuan, '330108001' as area_code,
    '202412.v001.bbbbbbbb' as extract_id, i::bigint as row_number
from range(9) as r(i);

create table ledgers.complaints as
select 'C' || i as item_no, ? as contact_pseudonym, 'complaint' as item_kind,
    (i * 0.5)::double as weight, date '2024-12-01' + i::int as received_on
from range(9) as r(i);

create table reference.areas as
select * from (values ('330108', '滨江区'), ('330108001', '西兴街道'),
    ('330108002', '长河街道'), ('330108003', '浦沿街道')) as v(area_code, area_name);

create table staging.stg_complaints__items as select 'never published' as free_text;
"""

STEWARDS = """
registration: {name_zh: 登记注册科, owns: 登记}
consumer_protection: {name_zh: 消费者权益保护科, owns: 投诉举报}
intellectual_property: {name_zh: 知识产权科, owns: 质押}
enforcement: {name_zh: 综合执法队, owns: 案件}
"""

PUBLISHED = {
    "indicators.indicators": [
        "indicator_id", "label_zh", "label_en", "unit", "unit_label", "kind", "owner",
        "definition", "version", "ledger", "breakdowns", "is_main", "display_scale",
    ],
    "indicators.indicator_legal_bases": ["indicator_id", "ordinal", "basis_id"],
    "reference.legal_bases": [
        "basis_id", "valid_from", "valid_to", "title", "number", "article", "mark", "words",
        "note", "question",
    ],
    "indicators.indicator_values": [
        "indicator_id", "period_grain", "period_start", "period_end", "area_code", "breakdown",
        "breakdown_value", "value", "numerator", "denominator", "status", "as_of", "release_id",
    ],
    "indicators.indicator_comparisons": [
        "indicator_id", "period_grain", "period_start", "period_end", "area_code", "breakdown",
        "breakdown_value", "value", "year_before_value", "change_on_year", "period_before_value",
        "change_on_period", "as_of",
    ],
    "ledgers.registrations": [
        "event_no", "occurred_on", "registered_capital_yuan", "area_code", "extract_id",
        "row_number",
    ],
    "ledgers.complaints": ["item_no", "item_kind", "received_on"],
    "reference.areas": ["area_code", "area_name"],
}  # fmt: skip


def make_layout(warehouse: Path) -> Layout:
    """An installation in a scratch folder."""
    project = warehouse.parent / "project"
    return Layout(warehouse=warehouse, project=project, sources=warehouse / "sources")


def make_settings(layout: Layout, *, threads: int = 2) -> Settings:
    """The settings of that installation, whatever the environment says."""
    return Settings(warehouse=layout.warehouse, project=layout.project, threads=threads)


def write_build(layout: Layout) -> None:
    """Write what a finished dbt run leaves: the build database and dbt's manifest."""
    layout.build.mkdir(parents=True, exist_ok=True)
    layout.build_database.unlink(missing_ok=True)
    with duckdb.connect(str(layout.build_database)) as connection:
        connection.execute(
            "create schema night;"
            "create table night.business_day(as_of date);"
            "create table night.extract_states(source_table varchar, data_through date,"
            " stale_from date, reason varchar)"
        )
        connection.execute("insert into night.business_day values (?)", [AS_OF])
        connection.execute(
            "insert into night.extract_states values"
            " ('registrations__events', date '2024-12-31', null, null),"
            " ('complaints__items', date '2024-12-14', date '2024-12-15',"
            " '2025-01-15 的数据缺少“状态”列，已暂缓使用。')"
        )
        connection.execute(
            "create temp table declared (indicator_id varchar, label_zh varchar, unit varchar,"
            " unit_label varchar, kind varchar, owner varchar, ledger varchar, is_main boolean,"
            " display_scale varchar, base bigint)"
        )
        connection.executemany(
            "insert into declared values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", INDICATORS
        )
        for statement in _TABLES.replace("create schema night;", "").split(";\n"):
            connection.execute(statement, [PSEUDONYM] if "?" in statement else [])
    write_dbt_manifest(layout, PUBLISHED)
    layout.expectations.mkdir(parents=True, exist_ok=True)
    (layout.expectations / "_stewards.yml").write_text(STEWARDS, encoding="utf-8")


DESCRIPTION = "GB/T 2260 code"


def write_dbt_manifest(layout: Layout, published: dict[str, Any]) -> None:
    """Write the part of dbt's manifest.json that a release reads."""
    nodes: dict[str, Any] = {
        "model.zhibiao.stg_complaints__items": {
            "resource_type": "model", "schema": "staging", "name": "stg_complaints__items",
            "alias": "stg_complaints__items", "config": {"meta": {}},
        }
    }  # fmt: skip
    for name, columns in published.items():
        schema, table = name.split(".")
        kind = "seed" if schema == "reference" else "model"
        nodes[f"{kind}.zhibiao.{table}"] = {
            "resource_type": kind,
            "schema": schema,
            "name": table,
            "alias": table,
            "description": f"One row per {table}; it's declared.",
            "columns": {column: _describe(column) for column in columns},
            "config": {"meta": {"published": True}},
        }
    sources = {
        f"source.zhibiao.{source}.{table}": {
            "source_name": source,
            "name": table,
            "config": {"meta": {"label": label}},
        }
        for source, table, label in (
            ("complaints", "items", "投诉举报咨询"),
            ("registrations", "events", "市场主体登记事项"),
        )
    }
    layout.dbt_target.mkdir(parents=True, exist_ok=True)
    layout.dbt_manifest.write_text(
        json.dumps({"nodes": nodes, "sources": sources}), encoding="utf-8"
    )


def _describe(column: str) -> dict[str, Any]:
    meta = {"of_the_release": True} if column == "release_id" else {}
    return {"name": column, "description": DESCRIPTION, "config": {"meta": meta}}


LABELS = {"registrations": {"entity_kind": Label("主体类型", {"enterprise": "企业"})}}


def build(
    layout: Layout,
    *,
    release_id: str = RELEASE_ID,
    business_date: date = AS_OF,
    is_synthetic: bool = True,
    extracts: Sequence[Mapping[str, object]] = EXTRACTS,
    threads: int = 2,
    store: ResultStore | None = None,
    definitions: str = DEFINITIONS,
) -> Path:
    """Build the release of the small bureau, unsealed."""
    draft = draft_release(
        release_id=release_id,
        as_of=business_date,
        is_synthetic=is_synthetic,
        definitions=definitions,
        extracts=extracts,
        gates=[{"suite": "indicator_values", "passed": 12, "failed": 0}],
    )
    settings = make_settings(layout, threads=threads)
    return build_release(
        layout,
        draft,
        files=write_tables(layout),
        store=store or ResultStore(layout, business_date),
        labels=LABELS,
        settings=settings,
    )


def write_tables(layout: Layout) -> dict[str, KeptTable]:
    """Each table of the build database as a file, sorted as a night writes it."""
    if not (layout.dbt_manifest.exists() and layout.build_database.exists()):
        return {}
    nodes = json.loads(layout.dbt_manifest.read_bytes())["nodes"].values()
    published = {
        f"{node['schema']}.{node['name']}": list(node.get("columns", ())) for node in nodes
    }
    files = {}
    with duckdb.connect(str(layout.build_database), read_only=True) as connection:
        for schema, table in connection.execute(
            "select schema_name, table_name from duckdb_tables()"
            " where schema_name not in ('night', 'main')"
        ).fetchall():
            name = f"{schema}.{table}"
            there = [row[0] for row in connection.execute(f"describe {name}").fetchall()]
            first = [column for column in published.get(name, ()) if column in there]
            columns = ", ".join([*first, *(column for column in there if column not in first)])
            path = layout.build / f"{name}.parquet"
            written = connection.execute(
                f"copy (select {columns} from {name} order by all asc nulls last)"
                f" to '{path}' ({PARQUET_FORM})"
            ).fetchall()
            files[name] = KeptTable(hash_file(path), path, written[0][0])
    return files


def build_sealed(
    layout: Layout, *, release_id: str = RELEASE_ID, business_date: date = AS_OF
) -> Path:
    """Build and seal the release of the small bureau, without a report."""
    building = build(layout, release_id=release_id, business_date=business_date)
    seal_release(layout, building)
    return building
