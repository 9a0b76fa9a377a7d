"""The suites of the shared registers: what only one list knows is caught, and good rows pass."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.layout import Layout
from pipelines.quality.gates import judge_extracts
from pipelines.quality.suites import Suite
from pipelines.quality.validation import check_table
from pipelines.settings import Settings
from tests.quality.landed import Row, contract, land, quarantined

NIGHT = date(2025, 1, 15)
DAY = "2024-12-31"
RANK = {"数据项": "新设企业全市位次", "所属期末": DAY, "性质": "准确数", "发布日期": "2025-01-10",
        "发布单位": "市局", "数值": "1"}  # fmt: skip

# Source table, its key, a good row, what the bad row changes, the rule that must catch it.
CASE = {"applied_on": "2024-11-01", "accepted_on": "2024-11-05", "notified_on": "2024-11-06",
        "is_extended": "false"}  # fmt: skip

CAUGHT: list[tuple[str, str, Row, Row, str]] = [
    ("activities__publications", "编号",
     {"类型": "学习法律法规规章", "文号": "国令778", "日期": DAY},
     {"文号": None}, "law_has_its_number"),
    ("activities__training_events", "编号", {"类型": "网络学法", "学时": "1.5", "日期": DAY},
     {"学时": None}, "online_study_has_hours"),
    ("activities__public_opinion", "舆情编号",
     {"处置状态": "妥善处置", "发现日期": DAY, "处置完成日期": DAY},
     {"处置完成日期": None}, "handled_opinion_has_its_day"),
    ("recognitions__items", "编号",
     {"项目": "守合同重信用企业", "等级": "市级", "统一社会信用代码": "91330108MA27XF6Q92",
      "认定日期": DAY},
     {"统一社会信用代码": None}, "trustworthy_firm_has_its_code"),
    ("ccc_exemptions__applications", "application_no",
     {"outcome": "准予免办", "street_code": "330108001", "applied_on": DAY, "handled_on": DAY,
      "updated_at": f"{DAY} 09:00:00"},
     {"handled_on": None}, "decided_application_has_its_day"),
    ("reconsiderations__cases", "case_no", CASE, {"notified_on": "2024-11-04"},
     "notified_on_is_in_order"),
    ("external_figures__statements", "文件名称", RANK, {"性质": "不超过"}, "rank_is_exact"),
    ("external_figures__statements", "文件名称", RANK,
     {"数值": "9" * 30, "性质": "不超过", "数据项": "法律知识竞赛平均分"},
     "stated_value_is_in_range"),
    ("external_figures__statements", "文件名称", RANK, {"数值": "1.5", "发布日期": "2025-01-11"},
     "rank_is_exact"),
]  # fmt: skip


@pytest.mark.parametrize(("table_id", "key", "good", "change", "rule"), CAUGHT)
def test_what_could_not_be_counted_is_quarantined(
    layout: Layout,
    settings: Settings,
    suites: dict[str, Suite],
    table_id: str,
    key: str,
    good: Row,
    change: Row,
    rule: str,
) -> None:
    table = contract(table_id)
    rows = [{**good, key: f"K{number}"} for number in range(30)]
    extract = land(layout, table, [*rows, {**good, key: "K99", **change}])
    judge_extracts(table, [extract], suites[table_id], layout=layout, settings=settings)
    assert quarantined(layout, extract) == [(32, rule)]


SAMPLE = {"检验项目": "铅", "抽检性质": "监督抽检", "所属街道": "西兴街道", "抽样日期": DAY}
HEARING = {"instance": "一审", "hearing_no": "1", "filed_on": "2024-12-30"}


@pytest.mark.parametrize(
    ("table_id", "key", "good", "other", "rule"),
    [
        ("food_samples__test_results", "抽样编号", SAMPLE,
         {"检验项目": "镉", "抽样日期": "2024-12-30"}, "rows_of_a_sample_agree"),
        ("food_samples__test_results", "抽样编号", SAMPLE,
         {"检验项目": "镉", "所属街道": "长河街道"}, "rows_of_a_sample_agree"),
        ("litigations__hearings", "case_no", HEARING,
         {"hearing_no": "2", "filed_on": DAY}, "rows_of_an_instance_agree"),
    ],
)  # fmt: skip
def test_rows_of_one_item_that_contradict_one_another_are_set_aside_and_stop_no_ledger(
    layout: Layout,
    settings: Settings,
    suites: dict[str, Suite],
    table_id: str,
    key: str,
    good: Row,
    other: Row,
    rule: str,
) -> None:
    table = contract(table_id)
    rows = [{**good, key: f"K{number}"} for number in range(60)]
    extract = land(layout, table, [*rows, {**good, **other, key: "K59"}])
    judge_extracts(table, [extract], suites[table_id], layout=layout, settings=settings)
    assert quarantined(layout, extract) == [(61, rule), (62, rule)]


@pytest.mark.parametrize(
    ("accepted_on", "notified_on", "verdict", "findings"),
    [
        ("2024-12-25", None, "held", [("days_of_notice_are_delivered", "critical"),
                                      ("accepted_cases_are_notified", "warning")]),
        ("2024-12-25", "2025-01-15", "accepted", [("accepted_cases_are_notified", "warning")]),
        ("2024-12-26", None, "accepted", []),  # twenty days ago: the notice may be on its way
    ],
)  # fmt: skip
def test_cases_without_any_day_of_notice_are_held_and_not_counted_as_none(
    layout: Layout,
    settings: Settings,
    suites: dict[str, Suite],
    accepted_on: str,
    notified_on: str | None,
    verdict: str,
    findings: list[tuple[str, str]],
) -> None:
    """Of two cases accepted on one day the first has a notice or none has."""
    table = contract("reconsiderations__cases")
    case: Row = {**CASE, "accepted_on": accepted_on, "notified_on": None}
    rows: list[Row] = [
        {**case, "case_no": "K1", "notified_on": notified_on},
        {**case, "case_no": "K2"},
    ]
    extract = land(layout, table, rows)
    (judged,) = judge_extracts(table, [extract], suites[table.id], layout=layout, settings=settings)
    assert judged.verdict == verdict
    assert [(f.rule_id, f.severity) for f in judged.findings] == findings


def test_an_extension_beyond_the_maximum_is_told(
    layout: Layout, settings: Settings, suites: dict[str, Suite]
) -> None:
    """It counts with thirty days."""
    table = contract("reconsiderations__cases")
    rows: list[Row] = [
        {**CASE, "case_no": f"K{days}", "is_extended": "true", "extension_days": days}
        for days in ("30", "31", None)
    ]
    extract = land(layout, table, rows)
    (judged,) = judge_extracts(table, [extract], suites[table.id], layout=layout, settings=settings)
    found = [(f.rule_id, f.severity, f.first_rows) for f in judged.findings]
    assert found == [("extension_is_within_the_maximum", "warning", (3,))]
    assert judged.rows_loaded == 3


def test_two_documents_of_one_day_that_disagree_are_both_set_aside(
    layout: Layout, settings: Settings, suites: dict[str, Suite]
) -> None:
    """The document of the day before holds until they are corrected."""
    table = contract("external_figures__statements")
    rows = [{**RANK, "文件名称": f"K{n}", "发布日期": "2025-01-09"} for n in range(40)]
    rows += [{**RANK, "文件名称": "A"}, {**RANK, "文件名称": "B", "数值": "2"}]
    extract = land(layout, table, rows)
    judge_extracts(table, [extract], suites[table.id], layout=layout, settings=settings)
    rule = "documents_of_one_day_agree"
    assert quarantined(layout, extract) == [(42, rule), (43, rule)]


LEDGERS = """
create schema night;
create table night.business_day as select date '2025-01-15' as as_of;
create schema ledgers;
create table ledgers.activities as select * from (values
    ('activities__publications', 'A1', 'case_explanation', date '2025-01-15', null::decimal, 'e'),
    ('activities__training_events', 'A1', 'online_law_study', date '2025-01-15', 0, 'e'),
    ('activities__public_opinion', 'A1', 'open_opinion', null, null, 'e'),
    ('activities__decisions_reviewed', 'A1', 'major_contract', null, null, 'e')
) as t (source_table, entry_no, activity_kind, happened_on, hours, extract_id);
create table ledgers.recognitions as select
    'G1' as recognition_no, 'staff_honour' as programme, 'provincial' as level,
    date '2025-01-15' as recognised_on, 'e' as extract_id;
create table ledgers.external_figures as select
    'new_enterprises_city_rank' as figure_name, date '2025-12-31' as period_end_on,
    1 as stated_value, 'exact' as bound, '通报' as document_title, '市局' as issued_by,
    date '2025-01-15' as published_on, 'e' as extract_id;
"""


@pytest.mark.parametrize(
    ("ledger", "change", "caught"),
    [
        ("activities", "", set()),
        ("activities", "update {table} set happened_on = null where entry_no = 'A1'",
         {"happened_on_is_given"}),
        ("activities", "update {table} set happened_on = '2025-01-16'",
         {"happened_on_is_not_after_as_of"}),
        ("activities", "update {table} set source_table = 'activities__decisions_reviewed'",
         {"key_is_unique"}),
        ("recognitions", "", set()),
        ("recognitions", "update {table} set level = null", {"level_is_given"}),
        ("external_figures", "", set()),
        ("external_figures", "update {table} set document_title = null",
         {"document_title_is_given"}),
        ("external_figures", "update {table} set published_on = '2025-01-16', stated_value = -1",
         {"published_on_is_not_after_as_of", "stated_value_is_not_negative"}),
    ],
)  # fmt: skip
def test_a_register_that_cannot_be_right_is_not_released(
    tmp_path: Path, suites: dict[str, Suite], ledger: str, change: str, caught: set[str]
) -> None:
    database = tmp_path / "build.duckdb"
    suite = suites[ledger]
    with duckdb.connect(str(database)) as connection:
        connection.execute(LEDGERS + change.format(table=suite.table))
    results = check_table(database, suite.table, suite)
    assert {result.rule_id for result in results if result.blocks} == caught
