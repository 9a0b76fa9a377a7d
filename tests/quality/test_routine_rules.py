"""Routine rules: derived from a contract, or from a ledger's key and columns; what they catch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

import duckdb
import pytest

from pipelines.errors import ContractError
from pipelines.layout import Layout
from pipelines.metrics.ledger_labels import Label
from pipelines.quality.contract_rules import contract_rules
from pipelines.quality.gates import judge_extracts
from pipelines.quality.rule_functions import FUNCTIONS_FILE, read_functions
from pipelines.quality.suite_files import read_suites
from pipelines.quality.suites import MaxQuarantineShare, Rule, Suite
from pipelines.quality.validation import check_table
from pipelines.quality.verdicts import Verdict
from pipelines.settings import PROJECT_ROOT, Settings
from pipelines.sources.contracts import SourceTable
from tests.declared import our_suites
from tests.quality.landed import Row, contract, good_row, land, layout_in, quarantined

SITES = contract("listings__live_commerce_sites")
CERTIFICATES = contract("brand_certificates__certificates")
ROUTINE = [table_id for table_id, suite in our_suites().items() if suite.meta.routine == "contract"]
SPAN = (date(2024, 12, 1), date(2025, 1, 15))


def judge(
    folder: Path, table: SourceTable, suite: Suite, rows: list[Row]
) -> tuple[Layout, Verdict]:
    layout, settings = layout_in(folder)
    extract = land(layout, table, rows, slot="20250115", covers=SPAN)
    (verdict,) = judge_extracts(table, [extract], suite, layout=layout, settings=settings)
    return layout, verdict


def with_columns(table: SourceTable, **said: Mapping[str, object]) -> SourceTable:
    """A contract whose columns of these names say something more."""
    declared = table.model_dump(by_alias=True)
    for column in declared["columns"]:
        column.update(said.get(column["name"], {}))
    return SourceTable.model_validate(declared)


@pytest.mark.parametrize("table_id", ROUTINE)
def test_a_good_row_passes_every_rule_of_its_contract(
    tmp_path: Path, suites: dict[str, Suite], table_id: str
) -> None:
    table = contract(table_id)
    _, verdict = judge(tmp_path, table, suites[table_id], [good_row(table)])
    assert verdict.is_accepted
    assert (verdict.rows_loaded, verdict.rows_quarantined) == (1, 0)


def test_braces_in_the_names_and_words_of_a_sender_are_braces(tmp_path: Path) -> None:
    declared = SITES.model_dump(by_alias=True)
    declared["key"] = ["编号{0}"]
    for column in declared["columns"]:
        if column["name"] == "编号":
            column["name"] = "编号{0}"
        if column["name"] == "类型":
            column["name"], column["words"] = "类型{", {"直播{基地}": "base"}
    table = SourceTable.model_validate(declared)
    rules = tuple(Rule.model_validate(rule) for rule in contract_rules(table))
    suite = our_suites()[SITES.id].model_copy(update={"expectations": rules})
    rows: list[Row] = [
        good_row(table, **{"编号{0}": "1", "类型{": "直播{基地}"}),
        good_row(table, **{"编号{0}": "2", "类型{": "直播基地"}),
        good_row(table, **{"编号{0}": "3", "类型{": "直播{基地}", "退出日期": None}),
        good_row(table, **{"编号{0}": "3", "类型{": "直播{基地}"}),
    ]
    layout, settings = layout_in(tmp_path)
    extract = land(layout, table, rows, slot="20250115", covers=SPAN)
    (verdict,) = judge_extracts(table, [extract], suite, layout=layout, settings=settings)
    assert {row for row, _ in quarantined(layout, extract)} == {3, 4, 5}, verdict


def test_each_kind_of_bad_row_is_quarantined_with_its_rule(
    tmp_path: Path, suites: dict[str, Suite]
) -> None:
    bad: list[Row] = [
        good_row(SITES, 编号="1"),
        good_row(SITES, 编号="1", 退出日期=None),
        good_row(SITES, 编号="2", 类型="直播大楼"),
        good_row(SITES, 编号="3", 所属街道="四季青街道"),
        good_row(SITES, 编号="4", 所属街道=None),
        good_row(SITES, 编号="5", 认定日期="2025-01-16"),
        good_row(SITES, 编号="6", 退出日期="2024-12-04"),
        good_row(SITES, 编号="7", **{"年销售额(万元)": "-0.01"}),
    ]
    good: list[Row] = [
        good_row(SITES, 编号="8", 认定日期="2025-01-15", 退出日期=None),
        good_row(SITES, 编号="9", 退出日期="2024-12-05", **{"年销售额(万元)": None}),
    ]
    layout, settings = layout_in(tmp_path)
    extract = land(layout, SITES, [*bad, *good], slot="20250115", covers=SPAN)
    suite = suites[SITES.id]
    lenient = suite.model_copy(
        update={"meta": suite.meta.model_copy(update={"max_quarantine_share": share_of(1.0)})}
    )
    (verdict,) = judge_extracts(SITES, [extract], lenient, layout=layout, settings=settings)
    assert verdict.rows_loaded == len(good)
    assert quarantined(layout, extract) == [
        (2, "key_is_unique"),
        (3, "key_is_unique"),
        (4, "listing_kind_is_known"),
        (5, "street_is_a_street"),
        (6, "street_is_a_street"),
        (7, "delisted_on_is_in_order"),
        (7, "listed_on_is_plausible"),
        (8, "delisted_on_is_in_order"),
        (9, "turnover_yuan_is_not_below_minimum"),
    ]


def share_of(value: float) -> MaxQuarantineShare:
    return MaxQuarantineShare(value=value, reason="A table of nothing but bad rows, for this test.")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (["直播大楼"], "，实为“直播大楼”"),
        (["直播大楼", "直播大楼", "9"], "，实为“9”、“直播大楼”"),
        (["王小明"], "，实为其他内容"),
        (["王小明", "直播大楼"], "，实为“直播大楼”等"),
        (["直播间13812345678"], "，实为“直播间（号码已隐去）”"),
        ([f"直播{'很' * 90}长"], f"，实为“直播{'很' * 38}…”"),
        (["直播甲", "直播乙", "直播丙", "直播丁"], "，实为“直播丁”、“直播丙”、“直播乙”等"),
    ],
)
def test_what_was_found_in_place_of_a_word_is_told_unless_it_may_be_a_persons_name(
    tmp_path: Path, suites: dict[str, Suite], found: list[str], said: str
) -> None:
    rows: list[Row] = [
        good_row(SITES, 编号=str(number), 类型=word) for number, word in enumerate(found)
    ]
    _, verdict = judge(tmp_path, SITES, suites[SITES.id], rows)
    (finding,) = verdict.findings
    assert finding.meaning == f"“类型”应为直播基地、直播间或直播品牌{said}"


def test_only_a_column_of_few_words_may_be_quoted(tmp_path: Path) -> None:
    """Anything else may hold a name."""
    named = "id: named, meaning: 没有名称, found: 名称"
    rule = "type: expect_column_values_to_not_be_null, kwargs: {column: 名称}"
    with pytest.raises(ContractError, match=r"naming a column with `words`.*'名称'"):
        read_sites(tmp_path, "routine: contract", f"[{{{named}, {rule}}}]")


def test_a_date_that_may_lie_ahead_is_let_through_and_a_wrong_code_only_told(
    tmp_path: Path, suites: dict[str, Suite]
) -> None:
    row = good_row(CERTIFICATES, 有效期至="2027-12-04", 统一社会信用代码="91330108MA27XF6Q93")
    _, verdict = judge(tmp_path, CERTIFICATES, suites[CERTIFICATES.id], [row])
    assert verdict.rows_quarantined == 0
    assert [finding.rule_id for finding in verdict.findings] == ["firm_uscc_is_a_credit_code"]


@pytest.mark.parametrize("delivery", ["period", "full"])
def test_a_delivery_that_lost_more_than_a_tenth_is_held(
    tmp_path: Path, suites: dict[str, Suite], delivery: Literal["period", "full"]
) -> None:
    """A period cut from 9,531 to 100 rows was published as final."""
    table = SITES.model_copy(update={"delivery": delivery})
    rules = [Rule.model_validate(rule) for rule in contract_rules(table)]
    suite = suites[SITES.id].model_copy(update={"expectations": tuple(rules)})
    layout, settings = layout_in(tmp_path)
    rows = [good_row(table, 编号=str(number)) for number in range(20)]
    first, second = (
        land(layout, table, rows[:count], slot="2024", version=n, sequence=n, covers=SPAN)
        for n, count in ((1, 20), (2, 17))
    )
    for extract, history, reason in (
        (first, [], None), (second, [first], "delivery_is_not_shorter")
    ):  # fmt: skip
        (verdict,) = judge_extracts(
            table, [extract], suite, layout=layout, settings=settings, history=history
        )
        assert verdict.reason == reason


def test_the_days_between_which_a_date_is_plausible_are_the_contracts(tmp_path: Path) -> None:
    """The same bounds as in landing, also of a date that may lie ahead."""
    (tmp_path / "_stewards.yml").write_text("quality_and_standards: {name_zh: 科, owns: 名录}")
    (tmp_path / f"{CERTIFICATES.id}.yml").write_text(
        f"name: {CERTIFICATES.id}\nmeta: {{table: landing.{CERTIFICATES.id}, routine: contract}}"
    )
    (tmp_path / FUNCTIONS_FILE).write_text(read_functions(PROJECT_ROOT / "expectations"))
    table = with_columns(
        CERTIFICATES,
        发证日期={"earliest": "1900-01-01"},
        有效期至={"earliest": "1900-01-01", "latest": "2030-12-31"},
    )
    suite = read_suites(tmp_path, {table.id: table})[table.id]
    rows: list[Row] = [
        good_row(table, 证书编号=f"C{n}", 发证日期=issued, 有效期至=until)
        for n, (issued, until) in enumerate(
            [
                ("1899-12-31", "2024-12-04"),
                ("1900-01-01", "2030-12-31"),
                ("1900-01-01", "2031-01-01"),
                *[("2024-12-04", "2027-12-04")] * 20,
            ]
        )
    ]
    _, verdict = judge(tmp_path, table, suite, rows)
    assert verdict.rows_quarantined == 2
    found = {finding.rule_id: finding.rows_affected for finding in verdict.findings}
    assert found == {"issued_on_is_plausible": 1, "valid_until_is_plausible": 1}


NUMBERS: list[Mapping[str, object]] = [
    {"name": "编号", "data_type": "text"},
    {"name": "经度", "data_type": "decimal"},
    {"name": "余额(万元)", "data_type": "decimal", "minimum": "-10.5", "maximum": 1000},
    {"name": "人数", "data_type": "integer", "minimum": 0},
    {"name": "件数", "as": "cases", "data_type": "integer", "minimum": 0, "maximum": 9},
    {"name": "cases", "label": "另报件数", "data_type": "integer", "maximum": 9},
    {"name": "户数", "as": "entities", "data_type": "integer", "minimum": 0, "maximum": 10**15},
    {
        "name": "货值(万元)",
        "as": "goods",
        "data_type": "integer",
        "minimum": 0,
        "maximum": 10**12,
        "times": 10_000,
    },
]


def rules_of(fields: Sequence[Mapping[str, object]]) -> dict[str, str]:
    """Meaning by id of the rules of the columns of a full table."""
    table = SITES.model_dump(by_alias=True) | {"columns": fields, "key": ["编号"]}
    derived = contract_rules(SourceTable.model_validate(table))
    of_the_table = {"key_is_unique", "delivery_is_not_empty", "delivery_is_not_shorter"}
    said = {rule["meta"]["id"]: rule["meta"]["meaning"] for rule in derived}
    return {name: meaning for name, meaning in said.items() if name not in of_the_table}


def test_numbers_are_bounded_by_what_the_contract_asks_and_by_nothing_else() -> None:
    """A longitude may be negative; ids name the column, wherever it stands."""
    bounds = {
        "余额_万元_is_not_below_minimum": "“余额(万元)”小于 -10.5，请核对",
        "余额_万元_is_not_above_maximum": "“余额(万元)”大于 1000，请核对",
        "人数_is_not_below_minimum": "“人数”为负数，请核对",
        "cases_is_not_below_minimum": "“件数”为负数，请核对",
        "cases_is_not_above_maximum": "“件数”大于 9，请核对",
        "entities_is_not_below_minimum": "“户数”为负数，请核对",
        "entities_is_not_above_maximum": f"“户数”大于 {10**15}，请核对",
        "entities_is_in_range": "“户数”大得不可能，请核对",
        "delivered_cases_is_not_above_maximum": "“另报件数”大于 9，请核对",
        # In yuan the bound would not fit.
        "goods_is_not_below_minimum": "“货值(万元)”为负数，请核对",
        "goods_is_not_above_maximum": f"“货值(万元)”大于 {10**12}，请核对",
        "goods_is_in_range": "“货值(万元)”大得不可能，请核对",
    }
    assert rules_of(NUMBERS) == bounds
    assert rules_of(list(reversed(NUMBERS))) == bounds


def test_rows_beyond_a_bound_are_quarantined_also_when_the_number_is_very_long(
    tmp_path: Path, suites: dict[str, Suite]
) -> None:
    """Both bounds belong to what is allowed; an empty cell is not judged."""
    table = with_columns(SITES, **{"年销售额(万元)": {"minimum": "0.10", "maximum": "1000"}})
    (tmp_path / FUNCTIONS_FILE).write_text(read_functions(PROJECT_ROOT / "expectations"))
    (tmp_path / "_stewards.yml").write_text("platform_economy: {name_zh: 科, owns: 名录}")
    (tmp_path / f"{SITES.id}.yml").write_text(
        f"""
        name: {SITES.id}
        meta:
          table: landing.{SITES.id}
          routine: contract
          max_quarantine_share: {{value: 1, reason: A table of nothing but bad rows.}}
        """
    )
    suite = read_suites(tmp_path, {table.id: table})[table.id]
    amounts = ["0.10", "1000.00", None, "0.09", "-5", "1000.01", "9" * 38, "-" + "9" * 38]
    rows: list[Row] = [
        good_row(table, 编号=str(n), **{"年销售额(万元)": amount})
        for n, amount in enumerate(amounts)
    ]
    _, verdict = judge(tmp_path, table, suite, rows)
    found = {finding.rule_id: finding.rows_affected for finding in verdict.findings}
    assert found == {
        "turnover_yuan_is_not_below_minimum": 3,
        "turnover_yuan_is_not_above_maximum": 2,
    }


def test_a_word_that_only_the_routine_judges_needs_the_routine(tmp_path: Path) -> None:
    """Declared beside a suite that writes its rules out, it would do nothing."""
    (tmp_path / "_stewards.yml").write_text("platform_economy: {name_zh: 科, owns: 名录}")
    (tmp_path / f"{SITES.id}.yml").write_text(
        f"""
        name: {SITES.id}
        meta: {{table: landing.{SITES.id}}}
        expectations:
          - id: delivery_is_not_empty
            meaning: 太少
            level: table
            type: expect_table_row_count_to_be_between
            kwargs: {{min_value: 5}}
        """
    )
    with pytest.raises(ContractError, match=r"routine: contract.*年销售额\(万元\) \(minimum\)"):
        read_suites(tmp_path, {SITES.id: SITES})


def test_the_derived_rules_are_documented() -> None:
    """Each id, as a suite would have to spell it to take its place."""
    said = (PROJECT_ROOT / "docs" / "add-a-source.md").read_text(encoding="utf-8")
    for table_id in ROUTINE:
        table = contract(table_id)
        names = [c.as_ or c.name for c in table.columns]
        for rule in contract_rules(table):
            rule_id = rule["meta"]["id"]
            kind = next((rule_id[len(n) + 1 :] for n in names if rule_id.startswith(n + "_")), "")
            assert f"`{rule_id}`" in said or f"`<column>_{kind}`" in said, rule_id


def test_an_empty_delivery_is_held(tmp_path: Path, suites: dict[str, Suite]) -> None:
    _, verdict = judge(tmp_path, SITES, suites[SITES.id], [])
    assert not verdict.is_accepted


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Two good rows of a ledger of listings."""
    path = tmp_path / "build.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """
            create schema night; create schema ledgers; create schema reference;
            create table night.business_day as select date '2025-01-15' as as_of;
            create table reference.areas as
                select '330108001' as area_code, 'street' as level
                union all select '330108', 'district';
            create table ledgers.listings as
            select 'listings__talents' as source_table, 'T' || number as entry_no,
                'live_streamer' as listing_kind, date '2025-01-15' as listed_on,
                null::date as delisted_on, null::decimal(20, 2) as turnover_yuan,
                '330108001' as area_code, 'x' as extract_id
            from range(2) as numbers (number);
            """
        )
    return path


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("select 1", None),
        ("delete from ledgers.listings", "ledger_is_not_empty"),
        ("update ledgers.listings set entry_no = 'T0'", "key_is_unique"),
        ("update ledgers.listings set listing_kind = null", "listing_kind_is_given"),
        ("update ledgers.listings set listed_on = '2025-01-16'", "listed_on_is_not_after_as_of"),
        ("update ledgers.listings set turnover_yuan = -1", "turnover_yuan_is_not_negative"),
        ("update ledgers.listings set area_code = '330108'", "area_code_is_a_street"),
        ("update ledgers.listings set area_code = null", "area_code_is_a_street"),
    ],
)
def test_the_routine_of_a_ledger_stops_what_is_wrong(
    ledger: Path, suites: dict[str, Suite], settings: Settings, change: str, rule: str | None
) -> None:
    with duckdb.connect(str(ledger)) as connection:
        connection.execute(change)
    results = check_table(
        ledger,
        "ledgers.listings",
        suites["listings"],
        threads=settings.threads,
        memory_limit=settings.memory_limit,
    )
    failed = [result.rule_id for result in results if not result.success]
    assert failed == ([rule] if rule else [])


def read_ledger(folder: Path, more: str) -> Suite:
    """The suite of a ledger whose routine says more."""
    (folder / "_stewards.yml").write_text("statistics: {name_zh: 岗, owns: 台账}")
    (folder / "lists.yml").write_text(
        f"""
        name: lists
        meta:
          table: ledgers.lists
          label: 名录台账
          owner: statistics
          routine: {{key: [entry_no], {more}}}
        """
    )
    kinds = Label("类型", {"shop": "门店", "hall": "大厅"})
    labels = {"lists": {"entry_no": Label("编号"), "entry_kind": kinds}}
    return read_suites(folder, {}, labels)["lists"]


def test_a_ledger_holds_the_codes_that_have_words_beside_it(tmp_path: Path) -> None:
    empty, _, known = read_ledger(tmp_path, "known: [entry_kind]").expectations
    assert (empty.meta.id, known.meta.id) == ("ledger_is_not_empty", "entry_kind_is_known")
    assert known.query == """select * from {batch} where "entry_kind" not in ('hall', 'shop')"""
    assert known.meta.meaning == "名录台账的“类型”应为门店或大厅，请查入库口径"
    (key,) = read_ledger(tmp_path, "may_be_empty: true").expectations
    assert key.meta.id == "key_is_unique"


def test_codes_that_have_no_words_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"known: expected columns .* got entry_no"):
        read_ledger(tmp_path, "known: [entry_no]")


def test_a_rule_of_the_suite_takes_the_place_of_the_routine_one(tmp_path: Path) -> None:
    named = "id: delivery_is_not_empty, level: table, meaning: 太少"
    rule = "type: expect_table_row_count_to_be_between, kwargs: {min_value: 5}"
    suite = read_sites(tmp_path, "routine: contract", f"[{{{named}, {rule}}}]")
    (own,) = [r for r in suite.expectations if r.meta.id == "delivery_is_not_empty"]
    assert own.kwargs == {"min_value": 5}


def read_sites(folder: Path, meta: str, own: str = "[]") -> Suite:
    """The suite of the sites, with more said in its meta."""
    (folder / "_stewards.yml").write_text("platform_economy: {name_zh: 科, owns: 名录}")
    (folder / f"{SITES.id}.yml").write_text(
        f"""
        name: {SITES.id}
        meta: {{table: landing.{SITES.id}, {meta}}}
        expectations: {own}
        """
    )
    return read_suites(folder, {SITES.id: SITES})[SITES.id]


def test_a_suite_says_how_bad_a_derived_rule_is_and_the_sentence_follows(tmp_path: Path) -> None:
    """What is only told must not read like a refusal, nor a refusal as if nothing rested on it."""
    severities = "{listing_kind_is_known: warning, holder_uscc_is_a_credit_code: critical}"
    usual = read_sites(tmp_path, "routine: contract")
    other = read_sites(tmp_path, f"routine: contract, severities: {severities}")
    found = [
        (rule.meta.id, before.severity, rule.severity, before.meta.meaning, rule.meta.meaning)
        for before, rule in zip(usual.expectations, other.expectations, strict=True)
        if before != rule
    ]
    word = "“类型”应为直播基地、直播间或直播品牌"
    code = "“运营单位统一社会信用代码”不合编码规则"
    assert found == [
        ("listing_kind_is_known", "critical", "warning", word,
         f"{word}（其他内容统计时计入“未知”，请补正）"),
        ("holder_uscc_is_a_credit_code", "warning", "critical",
         f"{code}，不影响件数统计，请补正", f"{code}，请核对"),
    ]  # fmt: skip


OWN_STREETS = (
    '[{id: street_is_a_street, meaning: 街道有误, severity: warning, query: "from {batch}"}]'
)


@pytest.mark.parametrize(
    ("meta", "own", "said"),
    [
        ("routine: contract, severities: {kind_is_known: warning}", "[]", "got kind_is_known"),
        ("routine: contract, severities: {street_is_a_street: critical}", "[]", "which it is"),
        ("routine: contract, severities: {street_is_a_street: warning}", OWN_STREETS,
         "got street_is_a_street. A rule that is written out says its own"),
        ("severities: {street_is_a_street: warning}", OWN_STREETS, "says its own"),
    ],
)  # fmt: skip
def test_a_severity_without_an_effect_is_refused(
    tmp_path: Path, meta: str, own: str, said: str
) -> None:
    with pytest.raises(ContractError, match=said):
        read_sites(tmp_path, meta, own)


def test_a_routine_without_its_contract_is_refused(tmp_path: Path) -> None:
    (tmp_path / "_stewards.yml").write_text("statistics: {name_zh: 岗, owns: 台账}")
    (tmp_path / "a__b.yml").write_text("name: a__b\nmeta: {table: landing.a__b, routine: contract}")
    with pytest.raises(ContractError, match=r"expected a contract of landing\.a__b"):
        read_suites(tmp_path, {})
