"""The gate of the extracts: bad rows go to quarantine, bad extracts are held, every row counted."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import ContractError, GateError
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.quality import gates
from pipelines.quality.engine import open_engine, validate
from pipelines.quality.gate_database import fill_gate_database, open_gate_database
from pipelines.quality.gates import judge_extracts
from pipelines.quality.suites import Rule, RuleMeta, Suite
from pipelines.quality.validation import RuleOutcome, carry_out
from pipelines.quality.verdicts import Verdict, read_verdicts, record_verdicts, select_unjudged
from pipelines.settings import Settings
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract
from pipelines.sources.row_files import quarantine_path
from tests.quality.landed import (
    case,
    complaint,
    contract,
    land,
    layout_in,
    pledge,
    quarantined,
    registration,
)

EVENTS = contract("registrations__events")
NIGHT = date(2025, 1, 15)


def judge(
    layout: Layout,
    settings: Settings,
    suite: Suite,
    *extracts: Extract,
    table: SourceTable = EVENTS,
    history: Sequence[Extract] = (),
) -> list[Verdict]:
    return judge_extracts(
        table,
        extracts,
        suite,
        layout=layout,
        settings=settings,
        history=history,
    )


def months(layout: Layout, count: int, rows: int = 12, **changes: str | None) -> list[Extract]:
    """Monthly files from January 2023."""
    landed = []
    for number in range(count):
        year, month = 2023 + number // 12, number % 12 + 1
        first = date(year, month, 1)
        events = [
            registration(number * 1000 + i, **{"核准日期": first.isoformat()} | changes)
            for i in range(rows)
        ]
        landed.append(
            land(
                layout,
                EVENTS,
                events,
                slot=f"{year}{month:02d}",
                sequence=number + 1,
                covers=(first, date(year, month, 28)),
            )
        )
    return landed


@pytest.fixture
def suite(suites: dict[str, Suite]) -> Suite:
    """The suite of the registration events."""
    return suites["registrations__events"]


def test_a_bad_row_is_quarantined_with_its_reason_and_the_rest_is_loaded(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    rows = [registration(i) for i in range(30)] + [registration(99, 业务类型="开业")]
    extract = land(layout, EVENTS, rows)
    (verdict,) = judge(layout, settings, suite, extract)
    counts = (verdict.rows_delivered, verdict.rows_loaded, verdict.rows_quarantined)
    assert (verdict.verdict, counts) == ("accepted", (31, 30, 1))
    path = quarantine_path(layout, EVENTS.id, extract.extract_id)
    line = duckdb.sql(f"select * from read_parquet('{path}')").fetchall()
    description = [c[0] for c in duckdb.sql(f"select * from read_parquet('{path}')").description]
    reasons = ["_row_number", "rule_id", "column_name", "owner", "severity", "meaning"]
    assert description == [*reasons, *(c.name for c in EVENTS.columns)]
    assert line[0][:5] == (32, "event_kind_is_known", "业务类型", "registration", "critical")


def test_a_row_that_fails_two_rules_has_two_lines_and_counts_once(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    rows = [registration(i) for i in range(30)]
    rows.append(registration(99, 业务类型="开业", 所属街道="闻堰街道"))
    extract = land(layout, EVENTS, rows)
    (verdict,) = judge(layout, settings, suite, extract)
    lines = [(32, "event_kind_is_known"), (32, "street_is_a_street")]
    assert (quarantined(layout, extract), verdict.rows_quarantined) == (lines, 1)


def test_rows_refused_by_landing_are_merged_into_the_quarantine(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    refusal = {"rule_id": "field_count", "meaning": "列数不符", "业务流水号": None}
    rows = [registration(i) for i in range(30)]
    extract = land(layout, EVENTS, rows, rejected=[refusal], duplicates=2)
    (verdict,) = judge(layout, settings, suite, extract)
    assert quarantined(layout, extract) == [(32, "field_count")]
    assert (verdict.rows_delivered, verdict.rows_loaded, verdict.rows_duplicate) == (33, 30, 2)
    assert verdict.findings[0].owner == "registration"


def test_rows_of_records_longer_than_lines_carry_both_numbers(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    """In the findings and in the quarantine, for rows that landed and rows that could not."""
    refusal = {"rule_id": "field_count", "meaning": "列数不符", "业务流水号": None}
    rows = [registration(i) for i in range(30)] + [registration(99, 业务类型="开业")]
    extract = land(layout, EVENTS, rows, rejected=[refusal], lines_each=3)
    (verdict,) = judge(layout, settings, suite, extract)
    found = {f.rule_id: f.first_rows for f in verdict.findings}
    assert found == {"event_kind_is_known": ((32, 94),), "field_count": ((33, 97),)}
    path = quarantine_path(layout, EVENTS.id, extract.extract_id)
    assert duckdb.sql(
        f"select _row_number, _line_number from read_parquet('{path}') order by all"
    ).fetchall() == [(32, 94), (33, 97)]


def test_a_warning_leaves_its_rows_in_and_is_told(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    extract = land(layout, EVENTS, [registration(1, 行业代码="65")])
    (verdict,) = judge(layout, settings, suite, extract)
    found = [(f.rule_id, f.severity, f.first_rows) for f in verdict.findings]
    assert (verdict.rows_loaded, quarantined(layout, extract)) == (1, [])
    assert found == [("industry_code_has_four_digits", "warning", (2,))]


def test_a_capital_that_cannot_be_read_is_told_with_its_row(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    """It is null in the ledger and would drop out of any sum unseen."""
    written = ["1000(万香港元)", "50万贝壳", "12345", None]
    extract = land(layout, EVENTS, [registration(n, 注册资本=w) for n, w in enumerate(written)])
    (verdict,) = judge(layout, settings, suite, extract)
    found = [(f.rule_id, f.severity, f.first_rows) for f in verdict.findings]
    assert found == [("capital_is_readable", "warning", (3, 4))]
    assert verdict.rows_loaded == 4


def test_a_clean_extract_has_an_empty_quarantine_file(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    extract = land(layout, EVENTS, [registration(1)])
    judge(layout, settings, suite, extract)
    assert quarantine_path(layout, EVENTS.id, extract.extract_id).exists()
    assert quarantined(layout, extract) == []


def test_twenty_five_extracts_are_judged_in_one_pass(
    layout: Layout, settings: Settings, suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[int] = []

    def counted(
        database: duckdb.DuckDBPyConnection, tables: list[str], rules: list[Rule], **options: object
    ) -> dict[str, list[RuleOutcome]]:
        passes.append(len(tables))
        return carry_out(database, tables, rules, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(gates, "carry_out", counted)
    extracts = months(layout, 25)
    verdicts = judge(layout, settings, suite, *extracts)
    assert [v.verdict for v in verdicts] == ["accepted"] * 25
    # The union; of each extract alone nothing, for their rows are counted in one query.
    assert passes == [1, 0]


def test_a_rule_of_a_whole_table_judges_each_extract_by_itself(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    """Also one that counts no rows: the union of all would fail them all, or none."""
    meta = RuleMeta(id="kinds_are_given", level="table", owner="registration", meaning="缺类型")
    proportion = Rule(
        type="expect_column_proportion_of_non_null_values_to_be_between",
        kwargs={"column": "市场主体类别", "min_value": 0.5},
        severity="critical",
        meta=meta,
    )
    suite = suite.model_copy(update={"expectations": (*suite.expectations, proportion)})
    good, *_ = months(layout, 1)
    rows = [registration(9000 + n, 市场主体类别=None) for n in range(12)]
    bare = land(layout, EVENTS, rows, slot="202302", sequence=2)
    empty = land(layout, EVENTS, [], slot="202303", sequence=3)
    verdicts = judge(layout, settings, suite, good, bare, empty)
    assert [v.reason for v in verdicts] == [None, "kinds_are_given", "delivery_is_not_empty"]


def test_the_extract_whose_rows_cannot_be_read_is_named(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    extracts = months(layout, 3)
    extracts[1].data_path.write_bytes(b"no parquet")
    with pytest.raises(GateError, match=rf"{extracts[1].extract_id}: expected landed rows"):
        judge(layout, settings, suite, *extracts)


def test_only_the_guilty_extract_is_held(layout: Layout, settings: Settings, suite: Suite) -> None:
    extracts = months(layout, 6)
    short = land(
        layout, EVENTS, [registration(9000)], slot="202307", sequence=7,
        covers=(date(2023, 7, 1), date(2023, 7, 31)),
    )  # fmt: skip
    verdicts = judge(layout, settings, suite, *extracts, short)
    assert [v.verdict for v in verdicts] == ["accepted"] * 6 + ["held"]
    assert verdicts[6].reason == "volume_is_not_too_low"
    assert verdicts[6].message == (
        "市场主体登记事项（registrations/registrations_202307.csv）整批未采用："
        "文件的日均行数不到以往各月中位数的三成，疑似导出不完整，请核对后重新报送"
    )


def test_many_short_months_do_not_become_the_measure_of_one_another(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    """Five of eight: their median would be theirs, were those that are held not left out."""
    extracts = [
        land(
            layout, EVENTS, [registration(month * 1000 + n) for n in range(rows)],
            slot=f"2023{month:02d}", sequence=month,
            covers=(date(2023, month, 1), date(2023, month, 28)),
        )
        for month, rows in enumerate((100, 100, 100, 4, 4, 4, 4, 4), start=1)
    ]  # fmt: skip
    verdicts = judge(layout, settings, suite, *extracts)
    assert [v.reason for v in verdicts] == [None] * 3 + ["volume_is_not_too_low"] * 5


def test_a_warning_about_a_whole_delivery_is_told_and_holds_nothing(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    long = land(
        layout, EVENTS, [registration(9000 + n) for n in range(60)], slot="202307", sequence=7,
        covers=(date(2023, 7, 1), date(2023, 7, 28)),
    )  # fmt: skip
    verdict = judge(layout, settings, suite, *months(layout, 6), long)[-1]
    assert verdict.is_accepted
    assert [f.rule_id for f in verdict.findings] == ["volume_is_not_too_high"]


def test_an_empty_extract_among_full_ones_is_held(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    empty = land(layout, EVENTS, [], slot="202303", sequence=3)
    verdicts = judge(layout, settings, suite, *months(layout, 2), empty)
    assert [v.reason for v in verdicts] == [None, None, "delivery_is_not_empty"]


def test_an_empty_extract_alone_is_held_and_no_error(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    """A rule on a column has nothing to count then, and failed on that."""
    (verdict,) = judge(layout, settings, suite, land(layout, EVENTS, []))
    assert verdict.reason == "delivery_is_not_empty"


def test_a_shorter_redelivery_is_held_against_the_version_accepted_before(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    first = land(layout, EVENTS, [registration(i) for i in range(20)])
    second = land(layout, EVENTS, [registration(i) for i in range(17)], version=2, sequence=2)
    (verdict,) = judge(layout, settings, suite, second, history=[first])
    assert verdict.reason == "delivery_is_not_shorter"


def versions(layout: Layout, *counts: int) -> list[Extract]:
    """Versions of one month with so many rows each."""
    return [
        land(layout, EVENTS, [registration(i) for i in range(rows)], version=n, sequence=n)
        for n, rows in enumerate(counts, start=1)
    ]


@pytest.mark.parametrize(
    ("counts", "held"),
    [
        ((100, 90), set()),
        ((100, 89), {2}),
        # What is held is no measure: else the second short delivery would pass by the first.
        ((100, 80, 80), {2, 3}),
        ((100, 0, 80, 100), {2, 3}),
        # A tenth less each time is a third less after four.
        ((100, 92, 85, 100), {3}),
    ],
)
def test_versions_judged_in_one_pass_are_measured_by_those_accepted_before(
    layout: Layout, settings: Settings, suite: Suite, counts: tuple[int, ...], held: set[int]
) -> None:
    """As after a change of the suite, which judges all of them anew."""
    verdicts = judge(layout, settings, suite, *versions(layout, *counts))
    assert {n for n, v in enumerate(verdicts, start=1) if not v.is_accepted} == held


def test_a_version_held_for_its_bad_rows_is_no_measure_of_the_next(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    bad = [registration(i, 所属街道="闻堰街道") for i in range(200)]
    held = land(layout, EVENTS, bad, version=1, sequence=1)
    good = [registration(i) for i in range(100)]
    verdicts = judge(
        layout, settings, suite, held, land(layout, EVENTS, good, version=2, sequence=2)
    )
    assert [v.reason for v in verdicts] == ["too_many_bad_rows", None]


def test_a_list_may_shrink_over_the_years_but_not_within_a_month(
    layout: Layout, settings: Settings, suites: dict[str, Suite]
) -> None:
    table = contract("ip_pledges__pledged_rights")
    rows = [pledge(str(n), "1") for n in range(100)]
    days = (date(2024, 12, 10), date(2025, 1, 8), date(2025, 1, 15), date(2025, 2, 20))
    extracts = [
        land(layout, table, rows[:count], slot="all", version=n, sequence=n, written_on=day)
        for n, (count, day) in enumerate(zip((100, 92, 88, 83), days, strict=True), start=1)
    ]
    verdicts = judge(layout, settings, suites[table.id], *extracts, table=table)
    # The third has 88 of 92, and of the 100 of 36 days before; the fourth 83 of 88.
    assert [v.verdict for v in verdicts] == ["accepted"] * 4
    close = [replace(e, origin_modified_ns=extracts[0].origin_modified_ns) for e in extracts[:3]]
    verdicts = judge(layout, settings, suites[table.id], *close, table=table)
    assert [v.reason for v in verdicts] == [None, None, "delivery_is_not_shorter"]


def test_a_month_that_has_only_begun_is_measured_by_its_days(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    extracts = months(layout, 6, rows=56)
    begun = land(
        layout, EVENTS, [registration(i, 核准日期="2023-07-05") for i in range(15)], slot="202307",
        sequence=7, covers=(date(2023, 7, 1), date(2023, 7, 31)), written_on=date(2023, 7, 10),
    )  # fmt: skip
    assert [v.verdict for v in judge(layout, settings, suite, *extracts, begun)][-1] == "accepted"


@pytest.mark.parametrize(
    ("rows", "bad", "is_held"),
    [
        (200, 9, False),  # under at_least_rows (10), within the share
        (200, 10, False),  # exactly 5 %
        (200, 11, True),  # one above
        (199, 10, True),  # 5.03 %, and exactly at_least_rows
        (20, 9, False),  # 45 %, and one below at_least_rows
        (20, 10, True),
    ],
)
def test_the_limits_of_what_may_be_bad_are_kept_to_the_row(
    layout: Layout, settings: Settings, suite: Suite, rows: int, bad: int, is_held: bool
) -> None:
    allowed = suite.meta.max_quarantine_share
    assert (allowed.value, allowed.at_least_rows) == (0.05, 10)
    street = {True: "闻堰街道", False: "西兴街道"}
    extract = land(layout, EVENTS, [registration(i, 所属街道=street[i < bad]) for i in range(rows)])
    (verdict,) = judge(layout, settings, suite, extract)
    assert (verdict.reason == "too_many_bad_rows") is is_held
    assert verdict.rows_quarantined == (rows if is_held else bad)


def test_an_extract_of_mostly_bad_rows_is_held_and_every_row_has_its_reason(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    rows = [registration(i, 所属街道="闻堰街道" if i % 2 else "西兴街道") for i in range(40)]
    extract = land(layout, EVENTS, rows)
    (verdict,) = judge(layout, settings, suite, extract)
    assert (verdict.verdict, verdict.reason) == ("held", "too_many_bad_rows")
    assert (verdict.rows_loaded, verdict.rows_quarantined) == (0, 40)
    assert len({row for row, _ in quarantined(layout, extract)}) == 40


def test_an_extract_that_is_held_already_is_not_held_for_its_share_as_well(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    short = Rule(
        type="expect_table_row_count_to_be_between",
        kwargs={"max_value": 39},
        severity="critical",
        meta=RuleMeta(id="is_short", level="table", owner="registration", meaning="超过39行"),
    )
    suite = suite.model_copy(update={"expectations": (*suite.expectations, short)})
    rows = [registration(i, 所属街道="闻堰街道") for i in range(40)]
    (verdict,) = judge(layout, settings, suite, land(layout, EVENTS, rows))
    assert verdict.reason == "is_short"
    assert [f.rule_id for f in verdict.findings] == ["is_short", "street_is_a_street"]


def test_a_few_bad_rows_of_a_small_extract_do_not_hold_it(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    rows = [registration(1), registration(2, 所属街道="闻堰街道")]
    (verdict,) = judge(layout, settings, suite, land(layout, EVENTS, rows))
    assert (verdict.verdict, verdict.rows_quarantined) == ("accepted", 1)


def test_rows_that_the_manifest_does_not_know_are_refused(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    extract = land(layout, EVENTS, [registration(1), registration(2)])
    lying = replace(extract, rows_delivered=3, rows_landed=3)
    with pytest.raises(GateError, match="accounted for"):
        judge(layout, settings, suite, lying)


def test_a_landed_file_that_is_gone_is_an_error_and_no_verdict(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    extract = land(layout, EVENTS, [registration(1)])
    extract.data_path.unlink()
    with pytest.raises(GateError, match=extract.extract_id):
        judge(layout, settings, suite, extract)


def test_a_row_rule_that_names_no_rows_is_an_error(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    nameless = suite.expectations[1].model_copy(
        update={"kwargs": {"unexpected_rows_query": 'select "业务类型" from {batch}'}}
    )
    broken = suite.model_copy(update={"expectations": (nameless,)})
    with pytest.raises(GateError, match="_row_number"):
        judge(layout, settings, broken, land(layout, EVENTS, [registration(1)]))


def test_functions_that_the_database_does_not_take_are_a_broken_contract(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    broken = suite.model_copy(update={"functions": "create macro (;"})
    with pytest.raises(ContractError, match=r"_functions\.sql"):
        judge(layout, settings, broken, land(layout, EVENTS, [registration(1)]))


def test_a_warehouse_whose_name_is_a_pattern_reads_its_own_files_only(
    tmp_path: Path, suite: Suite
) -> None:
    layout, settings = layout_in(tmp_path / "w[ab]*")
    extract = land(layout, EVENTS, [registration(1)])
    decoy = tmp_path / "wa"
    shutil.copytree(tmp_path / "w[ab]*", decoy)
    (verdict,) = judge(layout, settings, suite, extract)
    assert verdict.rows_loaded == 1


def _latest_day_judged(
    layout: Layout, settings: Settings, suite: Suite, extract: Extract
) -> list[str]:
    """Days of the extract's rows that pass the gate."""
    judge(layout, settings, suite, extract)
    path = quarantine_path(layout, EVENTS.id, extract.extract_id)
    rows = duckdb.sql(
        f"select \"核准日期\" from read_parquet('{extract.data_path}') where _row_number not in"
        f" (select _row_number from read_parquet('{path}')) order by all"
    ).fetchall()
    return [day for (day,) in rows]


DAYS = [f"2025-01-{day}" for day in range(13, 18)]
AT_NIGHT = datetime(2025, 1, 14, 17, tzinfo=UTC)
"""In Shanghai it is the 15th by then."""


@pytest.mark.parametrize(
    ("origin_modified_ns", "last"),
    [
        (int(datetime(2025, 1, 13, 16, 0, tzinfo=UTC).timestamp()) * 10**9, "2025-01-14"),
        (0, "2025-01-15"),  # a database has no file: the day it was read
        (int(datetime(2099, 1, 1, tzinfo=UTC).timestamp()) * 10**9, "2025-01-15"),
    ],
    ids=["written", "database", "clock ahead"],
)
def test_a_day_is_judged_by_the_delivery_and_not_by_the_night(
    layout: Layout, settings: Settings, suite: Suite, origin_modified_ns: int, last: str
) -> None:
    """A night for any other day then reaches the same verdict."""
    extract = land(layout, EVENTS, [registration(i, 核准日期=day) for i, day in enumerate(DAYS)])
    dated = replace(extract, landed_at=AT_NIGHT, origin_modified_ns=origin_modified_ns)
    assert _latest_day_judged(layout, settings, suite, dated) == [d for d in DAYS if d <= last]


def test_extracts_to_be_judged_know_their_history(layout: Layout) -> None:
    *earlier, last = months(layout, 4, rows=28)
    with duckdb.connect() as connection:
        fill_gate_database(connection, EVENTS, [last], functions="", history=earlier)
        found = connection.execute(
            "select slot, earlier_slots, usual_rows_per_day, previous_version_rows"
            " from gate.extracts"
        ).fetchall()
    assert found == [("202304", 3, 1.0, None)]


def test_verdicts_survive_and_only_unjudged_extracts_are_judged_again(
    layout: Layout, settings: Settings, suite: Suite
) -> None:
    extracts = months(layout, 2, 行业代码="65")
    verdicts = judge(layout, settings, suite, extracts[0])
    assert verdicts[0].findings
    with open_operations(layout.operations) as operations:
        record_verdicts(operations, verdicts)
    with open_operations(layout.operations) as operations:
        known = read_verdicts(operations, EVENTS.id)
    assert select_unjudged(extracts, known, suite.hash) == [extracts[1]]
    assert select_unjudged(extracts, known, "another suite") == extracts
    assert known[extracts[0].extract_id] == verdicts[0]


BAD_ROWS: dict[str, list[tuple[dict[str, str | None], str]]] = {
    "registrations__events": [
        (registration(2), "key_is_unique"),
        (registration(2, 市场主体类别="个体工商户"), "key_is_unique"),
        (registration(3, 业务类型="开业"), "event_kind_is_known"),
        (registration(5, 核准日期="2025-01-16"), "occurred_on_is_plausible"),
        (registration(7, 统一社会信用代码="91330108MA27XF6Q9"), "uscc_is_a_credit_code"),
        (registration(8, 统一社会信用代码="91330108MA27XF6I92"), "uscc_is_a_credit_code"),
        (registration(10, 统一社会信用代码="91330108MA27XF6Q91"), "uscc_is_a_credit_code"),
        # The last character is right for the first 17; the organisation digit is not.
        (registration(11, 统一社会信用代码="91330108MA27XF6Q8Y"), "uscc_is_a_credit_code"),
        (registration(12, 所属街道="闻堰街道"), "street_is_a_street"),
        (registration(13, 所属街道=None), "street_is_a_street"),
        (registration(14, 市场主体类别="有限责任公司"), "entity_class_is_known"),
    ],
    "complaints__items": [
        (complaint(3), "key_is_unique"),
        (complaint(3, channel="来函"), "key_is_unique"),
        (complaint(4, item_kind="信访", status="撤回"), "item_kind_is_known"),
        (complaint(5, status="搁置"), "status_is_known"),
        (complaint(6, received_at="2025-01-16 00:00:00", accepted_at=None, closed_at=None,
                   status="处理中"), "received_on_is_plausible"),
        (complaint(7, closed_at="2024-12-01 09:00:00"), "closed_on_is_in_order"),
        (complaint(8, accepted_at="2024-12-01 09:00:00"), "accepted_on_is_in_order"),
        (complaint(9, street_code="330109001"), "street_is_a_street"),
        (complaint(10, closed_at="2025-01-16 00:00:00"), "closed_on_is_plausible"),
        (complaint(11, accepted_at="2025-01-16 00:00:00"), "accepted_on_is_plausible"),
        (complaint(12, updated_at="2099-01-01 00:00:00"), "updated_at_is_plausible"),
        (complaint(13, supplemented_at="2024-12-01 09:00:00"),
         "supplemented_on_is_in_order"),
        (complaint(14, supplemented_at="2025-01-16 00:00:00"), "supplemented_on_is_plausible"),
        (complaint(15, notified_at="2024-12-02 08:59:59"), "notified_on_is_in_order"),
        (complaint(16, notified_at="2025-01-16 00:00:00"), "notified_on_is_plausible"),
    ],
    "ip_pledges__pledged_rights": [
        (pledge("C", "1"), "key_is_unique"),
        (pledge("C", "1", 权利类型="商标权"), "key_is_unique"),
        (pledge("D", "1", 登记日期="2025-01-16"), "registered_on_is_plausible"),
        (pledge("E", "1", 权利类型="植物新品种"), "right_kind_is_known"),
        (pledge("F", "1", 金额类型="评估价"), "amount_kind_is_known"),
        (pledge("G", "1", **{"质押金额(万元)": "-5"}), "pledge_yuan_is_not_below_minimum"),
        (pledge("K", "1", **{"质押金额(万元)": "1000000000000"}), "pledge_yuan_is_in_range"),
        (pledge("I", "1", 所属街道="闻堰街道"), "street_is_a_street"),
        (pledge("J", "1"), "rows_of_a_contract_agree"),
        (pledge("J", "2", **{"质押金额(万元)": "7"}), "rows_of_a_contract_agree"),
    ],
    "penalty_cases__cases": [
        (case(2), "key_is_unique"),
        (case(2, decisions=None), "key_is_unique"),
        (case(3, filed_on="2025-01-16", decisions=None), "filed_on_is_plausible"),
        (case(4, case_field="其它"), "case_field_is_known"),
        (case(5, party_kind="单位"), "party_kind_is_known"),
        (case(6, street_code=None), "street_is_a_street"),
        (case(7, decisions='{"a": 1}'), "decisions_are_readable"),
        (case(8, decisions='[{"decision_no": "D8", "kind": "警告", "decided_on": "2024-12-01"}]'),
         "decision_is_identified"),
        (case(9, decisions='[{"kind": "行政处罚", "decided_on": "2024-12-01"}]'),
         "decision_is_identified"),
        (case(10, decisions='[{"decision_no": "E", "kind": "行政处罚",'
              ' "decided_on": "2024-10-31"}]'), "decided_on_is_plausible"),
        (case(11, decisions='[{"decision_no": "F", "kind": "行政处罚",'
              ' "decided_on": "2024-12-01", "fine_yuan": -1}]'), "amounts_are_not_negative"),
        (case(12, decisions='[{"decision_no": "G", "kind": "行政处罚",'
              ' "decided_on": "2024-12-01", "fine_yuan": "若干"}]'), "amounts_are_not_negative"),
        (case(13), "decision_no_is_unique"),
        (case(14, decisions='[{"decision_no": "D13", "kind": "行政处罚",'
              ' "decided_on": "2024-12-01"}]'), "decision_no_is_unique"),
        (case(15, decisions='[{"decision_no": "H", "kind": "行政处罚", "decided_on": "2024-12-01",'
              ' "penalty_types": ["警告", "训诫"]}]'), "penalty_types_are_known"),
        (case(16, decisions='[{"decision_no": "I", "kind": "行政处罚", "decided_on": "2024-12-01",'
              ' "published_on": "2024-11-30"}]'), "published_on_is_plausible"),
        (case(17, decisions='[{"decision_no": "J", "kind": "行政处罚", "decided_on": "2024-12-01",'
              ' "published_on": "2025-01-16"}]'), "published_on_is_plausible"),
        (case(18, excluded_days="-1"), "excluded_days_is_not_below_minimum"),
        (case(19, excluded_days="36501"), "excluded_days_is_not_above_maximum"),
        (case(26, further_extension_days="-1"), "further_extension_days_is_not_below_minimum"),
        (case(27, further_extension_days="36501", is_extended="true"),
         "further_extension_days_is_not_above_maximum"),
        # What the ledger's own casts cannot read stopped the release there.
        (case(20, decisions='[{"decision_no": "M", "kind": "行政处罚",'
              ' "decided_on": "2024年12月1日"}]'), "decided_on_is_plausible"),
        (case(21, decisions='[{"decision_no": "N", "kind": "行政处罚 ",'
              ' "decided_on": "2024-12-01"}]'), "decision_is_identified"),
        (case(22, decisions='[{"decision_no": "O", "kind": "行政处罚",'
              ' "decided_on": "2024-12-01", "fine_yuan": "5,000"}]'), "amounts_are_not_negative"),
        (case(23, decisions='[{"decision_no": "P", "kind": "行政处罚",'
              ' "decided_on": "2024-12-01", "fine_yuan": 1e17}]'), "amounts_are_not_negative"),
        (case(25, procedure="简易"), "procedure_is_known"),
        (case(24, decisions='[{"decision_no": "Q", "kind": "移送",'
              ' "decided_on": "2024-12-01"}]'), "decision_is_identified"),
    ],
}  # fmt: skip
GOOD_ROWS = {
    "registrations__events": [
        registration(900),
        registration(901, 统一社会信用代码="91330108ma27xf6q92", 注册资本="5,000(万美元)"),
        registration(902, 行业代码=None, 市场主体类别=None, 所属街道="330108003", 注册资本=None),
        registration(903, 核准日期="2025-01-15"),
    ],
    "complaints__items": [
        complaint(900),
        complaint(901, accepted_at=None, closed_at=None, status="待受理"),
        complaint(902, closed_at="2024-12-02 09:00:00", respondent_uscc="91330108MA27XF6Q92"),
        complaint(903, item_kind="举报", accepted_at=None, status="不再另行处理"),
        complaint(904, item_kind="举报", accepted_at=None, status="无管辖权告知"),
        complaint(905, item_kind="举报", accepted_at=None, status="立案",
                  supplemented_at="2025-01-15 23:59:59"),
        complaint(906, notified_at="2025-01-15 23:59:59"),
    ],
    "ip_pledges__pledged_rights": [
        pledge("Y", "1"),
        pledge("Y", "2", 权利类型="数据知识产权"),
        pledge("Z", "1", **{"质押金额(万元)": "0"}),
        pledge("W", "1", 金额类型="最高债权额"),
    ],
    "penalty_cases__cases": [
        case(900), case(901, decisions=None), case(902, decisions="[]"), case(903, party_kind=None),
        case(904, is_extended="true", further_extension_days="10", excluded_days="3",
             decisions='[{"decision_no": "K", "kind": "行政处罚", "decided_on": "2024-12-01",'
             ' "penalty_types": ["警告"], "published_on": null}, {"decision_no": "L",'
             ' "kind": "减轻处罚", "decided_on": "2024-12-01", "penalty_types": ["罚款"],'
             ' "published_on": "2025-01-15"}]'),
        case(909, procedure="普通程序"), case(910, procedure="简易程序"),
        *(case(number, decisions=f'[{{"decision_no": "R{number}", "kind": "{kind}",'
               ' "decided_on": "2024-12-01"}]')
          for number, kind in enumerate(
              ["不予处罚", "违法事实不能成立", "移送其他行政机关", "移送司法机关"], start=905)),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_ROWS)
def test_each_row_rule_catches_its_bad_row_and_no_good_one(
    name: str, layout: Layout, settings: Settings, suites: dict[str, Suite]
) -> None:
    good, bad = GOOD_ROWS[name], BAD_ROWS[name]
    table, suite = contract(name), suites[name]
    lenient = suite.meta.max_quarantine_share.model_copy(update={"value": 1.0})
    suite = suite.model_copy(
        update={"meta": suite.meta.model_copy(update={"max_quarantine_share": lenient})}
    )
    extract = land(layout, table, [*good, *(row for row, _ in bad)])
    (verdict,) = judge(layout, settings, suite, extract, table=table)
    first = len(good) + 2
    expected = sorted((first + number, rule) for number, (_, rule) in enumerate(bad))
    assert quarantined(layout, extract) == expected
    assert verdict.rows_loaded == len(good)
    assert [f.rule_id for f in verdict.findings if f.severity == "warning"] == []
    critical = {r.meta.id for r in suite.rules("row") if r.severity == "critical"}
    assert critical == {rule for _, rule in bad}, "every critical row rule has its bad row"


@pytest.mark.parametrize("name", BAD_ROWS)
def test_our_counts_are_those_of_great_expectations_own_expectation(
    name: str, layout: Layout, settings: Settings, suites: dict[str, Suite]
) -> None:
    """It asks twice a rule what we ask once a table."""
    table, suite = contract(name), suites[name]
    extract = land(layout, table, [*GOOD_ROWS[name], *(row for row, _ in BAD_ROWS[name])])
    rules = [rule for rule in suite.expectations if rule.query is not None]
    with open_gate_database(layout.build, table, settings) as connection:
        fill_gate_database(connection, table, [extract], functions=suite.functions, history=())
        ours = carry_out(connection, [suite.table], rules)[suite.table]
        from great_expectations.expectations.expectation_configuration import (
            ExpectationConfiguration,
        )

        with open_engine(connection, 1, "1GB") as engine:
            theirs = validate(
                engine,
                suite.table,
                [
                    ExpectationConfiguration(
                        type=rule.type, kwargs=rule.kwargs, meta={"at": number}
                    )
                    for number, rule in enumerate(rules)
                ],
                {"result_format": "BASIC"},
            )
    told = {
        result.expectation_config.meta["at"]: (result.success, result.result["observed_value"])  # type: ignore[union-attr]
        for result in theirs
    }
    assert {n: (o.success, o.rows_affected) for n, o in enumerate(ours)} == told
    assert sum(not success for success, _ in told.values()) >= len({r for _, r in BAD_ROWS[name]})
