"""The files are those that the contracts describe, with the oddities that real systems deliver."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import chinese_calendar
import openpyxl
import pytest
import stdnum.cn.ric
import stdnum.cn.uscc

from demo.bureau import DemoSummary, write_demo
from pipelines.settings import PROJECT_ROOT
from pipelines.sources.contracts import read_contracts
from tests.demo.delivered import (
    DATABASE,
    complaint_items,
    flaw_of,
    good_registrations,
    is_valid_code,
    penalty_cases,
    pledge_sheet,
    read_amount,
    read_day,
    registration_rows,
)
from tests.demo.personal_values import personal_samples
from tests.demo.statutory_terms import (
    PENAL,
    due_day,
    is_filed,
    last_day_to_decide,
    read_instant_day,
)

NOTHING = ("", "N/A", "-")
CONTRACTS = read_contracts(PROJECT_ROOT / "dbt_project")


def _column_names(table: str) -> list[str]:
    return [column.name for column in CONTRACTS[table].columns]


def _registry_files(demo: DemoSummary) -> list[Path]:
    return sorted((demo.sources / "registrations").iterdir())


def test_registry_delivers_one_file_a_month_from_the_opening_stock_on(demo: DemoSummary) -> None:
    """202212 holds what was on the register before; then every month up to the last, cut short."""
    names = [path.name for path in _registry_files(demo)]
    months = ["202212"] + [f"{y}{m:02d}" for y in (2023, 2024) for m in range(1, 13)] + ["202501"]
    assert names == [f"registrations_{month}.csv" for month in months]


def test_registry_columns_are_those_of_the_contract(demo: DemoSummary) -> None:
    """Same names, same order, in every file."""
    for path in _registry_files(demo):
        header = path.read_bytes().split(b"\r\n", 1)[0].decode("gb18030")
        assert header.split(",") == _column_names("registrations__events")


def test_registry_files_end_with_a_line_end(demo: DemoSummary) -> None:
    """A file without one counts as cut off."""
    assert all(path.read_bytes().endswith(b"\r\n") for path in _registry_files(demo))


def test_each_month_holds_the_events_of_that_month(demo: DemoSummary) -> None:
    """The first file reaches back to 1992, every other one stays within its month."""
    for path in _registry_files(demo):
        days = {row[2] for row in registration_rows(path) if flaw_of(row) is None}
        if path.stem.endswith("202212"):
            assert min(days) < "1995-01-01"
            assert max(days) < "2023-01-01"
        else:
            assert {day[:7].replace("-", "") for day in days} == {path.stem[-6:]}
            assert max(days) <= "2025-01-15"


def test_every_good_code_carries_both_check_digits(demo: DemoSummary) -> None:
    """Both checks (python-stdnum knows one), authority 9, the category of the entity's class."""
    categories = {"企业": "1", "外国": "1", "个体": "2", "农民": "3"}
    rows = list(good_registrations(demo.sources))
    assert len(rows) > 5000
    for row in rows:
        code = row[3].upper()
        assert is_valid_code(code)
        assert stdnum.cn.uscc.is_valid(code)
        assert code[0] == "9"
        assert code[1] == categories[row[5][:2]]


def test_one_entity_has_one_code(demo: DemoSummary) -> None:
    """No two establishments or moves bear the same code."""
    codes = [
        row[3].upper() for row in good_registrations(demo.sources) if row[1] in ("设立", "迁入")
    ]
    assert len(codes) == len(set(codes))


def test_codes_keep_areas_that_no_longer_exist(demo: DemoSummary) -> None:
    """The area of first registration stays, also after it was abolished in 2021."""
    areas = {row[3][2:8] for row in good_registrations(demo.sources)}
    assert {"330108", "330103", "330104", "330185"} <= areas


def test_broken_rows_are_extra_and_of_every_announced_kind(demo: DemoSummary) -> None:
    """Two rows of each kind of flaw, and nothing else is wrong with any row."""
    rows = [row for path in _registry_files(demo) for row in registration_rows(path)]
    flaws = Counter(flaw for row in rows if (flaw := flaw_of(row)) is not None)
    announced = {
        what.removeprefix("registrations__events: broken rows, "): count
        for what, count in demo.mistakes.items()
        if what.startswith("registrations__events: broken rows, ")
    }
    assert flaws == announced
    assert set(flaws.values()) == {2}
    assert len(rows) == demo.rows["registrations__events"]


def test_duplicate_rows_are_byte_identical(demo: DemoSummary) -> None:
    """A repeated event number repeats the whole row."""
    repeated = 0
    for path in _registry_files(demo):
        rows = [tuple(row) for row in registration_rows(path)]
        repeated += len(rows) - len(set(rows))
        assert len({row[0] for row in rows}) == len(set(rows))
    assert repeated == demo.mistakes["registrations__events: duplicate rows"] > 0


def test_capital_is_text_with_its_unit(demo: DemoSummary) -> None:
    """Every form is a number with a unit, some with commas, decimals or another currency."""
    form = re.compile(r"[\d,]+(\.\d+)?(万|\(万)?元?(人民币|美元\)|元|港元|欧元|\))?")
    given = {row[8] for row in good_registrations(demo.sources)} - {"", "N/A", "-"}
    assert all(form.fullmatch(text) for text in given)
    for part in ("万人民币", "(万美元)", ".5万元人民币", "0000元", ","):
        assert any(part in text for text in given), part


def test_the_enterprise_type_is_missing_in_most_rows(demo: DemoSummary) -> None:
    """In some 79 %; in which of three ways is told by the oddities."""
    missing = [row[6] in NOTHING for row in good_registrations(demo.sources)]
    assert 0.77 < sum(missing) / len(missing) < 0.81


def _oddities(sources: Path) -> Counter[str]:
    """How often each oddity of the four large systems occurs in the delivered files."""
    found: Counter[str] = Counter()
    for row in good_registrations(sources):
        found["enterprise type missing"] += row[6] in NOTHING
        found["N/A"] += "N/A" in row
        found["-"] += "-" in row
        found["scopes with a comma"] += "," in row[9]
        found["scopes with a line break"] += "\n" in row[9]
        found["lower-case codes"] += row[3] != row[3].upper()
        found["names outside GBK"] += row[4].encode("gbk", "replace").decode("gbk") != row[4]
    items = complaint_items(sources / DATABASE)
    found["further items of a submission"] = len(items) - len({i["submission_no"] for i in items})
    for item in items:
        closed = read_instant_day(item["closed_at"])
        found["still open"] += closed is None
        found["closed on a later day"] += bool(closed and item["received_at"][:10] < f"{closed}")
        found["closed after due"] += bool(closed and closed > due_day(item))
        found["extended reports"] += item["is_extended"]
        found["supplemented reports"] += item["supplemented_at"] is not None
    for right in pledge_sheet(sources)[3:]:
        found["total rows"] += right[0] == "合计"
        found["amounts as text"] += isinstance(right[9], str)
        found["further rights of a contract"] += right[0] is None
        kind = {datetime: "date cells", int: "bare serials", str: "text"}.get(type(right[1]))
        if kind:
            found[f"dates as {kind}"] += 1
    for case in penalty_cases(sources):
        decisions = case["decisions"]
        found["cases with two decisions"] += len(decisions) > 1
        found["cases without a decision"] += not decisions
        found["penalties on the spot"] += not is_filed(case)
        found["bare warnings"] += any(d["penalty_types"] == ["警告"] for d in decisions)
        others = {"违法事实不能成立", "移送其他行政机关", "移送司法机关"}
        found["no violation or transferred"] += any(d["kind"] in others for d in decisions)
    return found


@pytest.mark.parametrize("scale", [0.02, 0.05])
def test_every_oddity_occurs_at_any_size(tmp_path: Path, scale: float) -> None:
    """However small the bureau, each one is met."""
    summary = write_demo(tmp_path / "sources", scale=scale)
    found = _oddities(summary.sources)
    assert {what for what, count in found.items() if count == 0} == set()
    assert len(found) == 24
    assert min(summary.mistakes.values()) > 0


def test_complaint_table_is_that_of_the_contract(demo: DemoSummary) -> None:
    """Column names and their order; timestamps as text, the flag as an integer."""
    with closing(sqlite3.connect(demo.sources / DATABASE)) as database:
        columns = {row[1]: row[2] for row in database.execute("pragma table_info(items)")}
    assert list(columns) == _column_names("complaints__items")
    assert columns.pop("is_extended") == "INTEGER"
    assert set(columns.values()) == {"TEXT"}


def test_items_are_handled_in_order_and_on_working_days(demo: DemoSummary) -> None:
    """Accepted after receipt, closed after acceptance, changed last when closed; no weekends."""
    for item in complaint_items(demo.sources / DATABASE):
        steps = [
            item["received_at"], item["accepted_at"], item["supplemented_at"], item["closed_at"],
        ]  # fmt: skip
        known = [step for step in steps if step is not None]
        assert known == sorted(known)
        assert item["updated_at"] >= known[-1]
        if item["notified_at"] is not None:
            steps.append(item["notified_at"])
            assert (item["accepted_at"] or item["closed_at"]) <= item["notified_at"]
            assert item["notified_at"] <= min(item["closed_at"] or "9999", item["updated_at"])
        assert item["updated_at"] <= "2025-01-15 23:59:59"
        for step in steps[1:2] if item["item_kind"] == "咨询" else steps[1:]:
            assert step is None or chinese_calendar.is_workday(date.fromisoformat(step[:10]))


def test_status_agrees_with_what_happened(demo: DemoSummary) -> None:
    """Terminal states belong to closed items, and to the kind of item."""
    closing = {
        "投诉": {"不予受理", "达成调解", "终止调解", "撤回"},
        "举报": {"立案", "不予立案", "移送", "无管辖权告知"},
        "咨询": {"已答复"},
    }
    seen = set()
    for item in complaint_items(demo.sources / DATABASE):
        seen.add(item["status"])
        if item["closed_at"] is not None:
            assert item["status"] in closing[item["item_kind"]]
        elif item["item_kind"] == "投诉" and item["accepted_at"] is None:
            assert item["status"] == "待受理"
        else:
            assert item["status"] == "处理中"
        if item["status"] == "不予受理":
            assert item["accepted_at"] is None
    assert seen == {"待受理", "处理中"}.union(*closing.values())


def test_a_submission_may_carry_several_items(demo: DemoSummary) -> None:
    """Its items share the complainant and the instant of receipt."""
    by_submission: dict[str, list[dict[str, object]]] = {}
    for item in complaint_items(demo.sources / DATABASE):
        by_submission.setdefault(item["submission_no"], []).append(item)
    sizes = Counter(map(len, by_submission.values()))
    assert set(sizes) == {1, 2, 3}
    for items in by_submission.values():
        assert len({(item["received_at"], item["complainant_phone"]) for item in items}) == 1


def test_identity_numbers_pass_their_check(demo: DemoSummary) -> None:
    """Also the one that ends in X."""
    numbers = {
        item["complainant_id_number"] for item in complaint_items(demo.sources / DATABASE)
    } - {None}
    assert any(number.endswith("X") for number in numbers)
    assert all(stdnum.cn.ric.is_valid(number) for number in numbers)


def test_november_brings_more_complaints_than_february(demo: DemoSummary) -> None:
    """Seasons are those of commerce; Mondays bring more than Sundays."""
    days = [
        date.fromisoformat(item["received_at"][:10])
        for item in complaint_items(demo.sources / DATABASE)
    ]
    months, weekdays = Counter(d.month for d in days), Counter(d.weekday() for d in days)
    assert months[11] > 1.4 * months[2]
    assert weekdays[0] > 1.2 * weekdays[6]


def test_workbook_has_a_title_and_a_two_line_header(demo: DemoSummary) -> None:
    """A name stands in the second line, or is merged over both where there is no group."""
    title, groups, names, *_ = pledge_sheet(demo.sources)
    assert title[0].startswith("知识产权质押登记台账")
    assert groups[2] == "合同信息"
    assert groups[6] == "权利信息"
    header = [lower or upper for upper, lower in zip(groups, names, strict=True)]
    assert header == _column_names("ip_pledges__pledged_rights")
    assert names[0] is None
    assert names[1] is None


def test_contract_cells_are_merged_down_over_the_rights(demo: DemoSummary) -> None:
    """The rows of further rights have nothing but the right."""
    rows = pledge_sheet(demo.sources)[3:-1]
    contract_columns = (0, 1, 2, 3, 4, 5, 9, 10)
    for row in rows:
        given = {row[column] is not None for column in contract_columns}
        assert len(given) == 1
        assert None not in (row[6], row[7], row[8])
    (path,) = (demo.sources / "ip_pledges").iterdir()
    merged = {str(area) for area in openpyxl.load_workbook(path)["质押登记"].merged_cells.ranges}
    assert "A1:K1" in merged
    assert {"A2:A3", "B2:B3", "C2:F2", "G2:I2", "J2:K2"} <= merged


def test_total_row_adds_up(demo: DemoSummary) -> None:
    """The foot says 合计 and the sum of the contracts' amounts."""
    *rows, foot = pledge_sheet(demo.sources)[3:]
    assert foot[0] == "合计"
    amounts = [read_amount(row[9]) for row in rows if row[9] is not None]
    assert read_amount(foot[9]) == sum(amounts)


def test_pledge_dates_come_in_every_form(demo: DemoSummary) -> None:
    """Date cells, bare serials and four spellings as text; all within the demo."""
    cells = [row[1] for row in pledge_sheet(demo.sources)[3:-1] if row[1] is not None]
    assert {type(cell) for cell in cells} == {datetime, int, str}
    texts = [cell for cell in cells if isinstance(cell, str)]
    assert {re.sub(r"\d", "", text) for text in texts} == {"--", "//", "年月日", ".."}
    days = [read_day(cell) for cell in cells]
    assert days == sorted(days)
    assert date(2023, 1, 1) <= days[0] <= days[-1] <= date(2025, 1, 15)


def test_cases_are_one_object_a_line_with_amounts_to_the_fen(demo: DemoSummary) -> None:
    """Amounts are numbers with exactly two decimals, not strings."""
    (path,) = (demo.sources / "penalty_cases").iterdir()
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    amounts = re.findall(r'_yuan": ([^,}]+)', text)
    assert all(re.fullmatch(r"\d+\.\d\d|null", amount) for amount in amounts)
    names = set(_column_names("penalty_cases__cases")) - {
        "party_kind", "party_uscc", "party_name", "party_id_number",
    }  # fmt: skip
    for line in text.splitlines():
        assert set(json.loads(line)) == names | {"parties"}


def test_decisions_follow_filing_and_most_are_in_time(demo: DemoSummary) -> None:
    """And what was collected never exceeds what was decided."""
    late = 0
    for case in filter(is_filed, penalty_cases(demo.sources)):
        for decision in case["decisions"]:
            decided = date.fromisoformat(decision["decided_on"])
            assert decided > date.fromisoformat(case["filed_on"])
            late += decided > last_day_to_decide(case)
            imposed = decision["fine_yuan"] + decision["confiscated_gains_yuan"]
            assert Decimal(0) <= decision["collected_yuan"] <= imposed
    numbers = [d["decision_no"] for case in penalty_cases(demo.sources) for d in case["decisions"]]
    assert len(numbers) == len(set(numbers))
    assert late < len(numbers) / 10


def test_a_bare_warning_takes_nothing_and_is_not_published(demo: DemoSummary) -> None:
    decisions = [d for case in penalty_cases(demo.sources) for d in case["decisions"]]
    warnings = [d for d in decisions if d["penalty_types"] == ["警告"]]
    assert warnings
    assert {(d["fine_yuan"], d["confiscated_goods_yuan"], d["published_on"]) for d in warnings} == {
        (Decimal(0), Decimal(0), None)
    }


def test_a_penalty_on_the_spot_is_small_and_stands_beside_the_filed_cases(
    demo: DemoSummary,
) -> None:
    """A warning or up to 200 yuan, made on the day of the case, never published."""
    cases = penalty_cases(demo.sources)
    on_the_spot = [case for case in cases if not is_filed(case)]
    assert len(on_the_spot) > 3
    assert {case["procedure"] for case in cases} == {"普通程序", "简易程序", None}
    decisions = [(case, decision) for case in on_the_spot for decision in case["decisions"]]
    assert len(decisions) == len(on_the_spot)
    for case, decision in decisions:
        assert decision["decided_on"] == case["filed_on"]
        assert (decision["kind"], decision["published_on"]) == ("行政处罚", None)
        assert decision["fine_yuan"] <= 200
        assert set(decision["penalty_types"]) <= {"警告", "罚款"}
        assert bool(decision["fine_yuan"]) == ("罚款" in decision["penalty_types"])


def test_a_case_without_a_violation_takes_nothing_is_not_published_and_notes_a_floor(
    demo: DemoSummary,
) -> None:
    """The floor would be waived if the case counted as lenient."""
    decisions = [d for case in penalty_cases(demo.sources) for d in case["decisions"]]
    others = [d for d in decisions if d["kind"] not in (*PENAL, "不予处罚")]
    assert {d["kind"] for d in others} == {"违法事实不能成立"}
    amounts = ("fine_yuan", "confiscated_gains_yuan", "confiscated_goods_yuan", "collected_yuan")
    assert {d[name] for d in others for name in amounts} == {Decimal(0)}
    assert {d["published_on"] for d in others} == {None}
    assert {d["statutory_floor_yuan"] for d in others} == {Decimal(5000)}


def test_personal_samples_are_values_that_were_delivered(demo: DemoSummary) -> None:
    """Some 280 of them, from all kinds of system, each found in a delivered file."""
    samples = personal_samples(demo.sources)
    assert 220 <= len(samples) <= 280
    assert len(set(samples)) == len(samples)
    delivered = b"".join(path.read_bytes() for path in demo.sources.rglob("*") if path.is_file())
    for sample in samples:
        assert sample.encode() in delivered or sample.encode("gb18030") in delivered


def test_changes_are_delivered_after_the_establishment(demo: DemoSummary) -> None:
    """No entity is changed or gone before it came; an exit is followed by few kinds of event."""
    after = {
        "注销": {"撤销注销登记"},
        "迁出": set(),
        "吊销": {"注销", "撤销设立登记"},
        "撤销设立登记": {"恢复登记"},
        "恢复登记": set(),
        "撤销注销登记": set(),
    }
    seen: set[str] = set()
    lives: dict[str, list[tuple[str, str]]] = {}
    for row in good_registrations(demo.sources):
        lives.setdefault(row[3].upper(), []).append((row[2], row[1]))
    for events in lives.values():
        kinds = [kind for _, kind in sorted(events, key=lambda event: event[0])]
        assert kinds[0] in ("设立", "迁入")
        assert all(later in after.get(earlier, kinds) for earlier, later in pairwise(kinds))
        seen.update(kinds)
    assert seen >= after.keys() | {"撤销变更登记"}


def test_scopes_keep_commas_and_line_breaks_within_one_cell(demo: DemoSummary) -> None:
    """A cell with a line break is quoted, so that a line is not a record."""
    path = _registry_files(demo)[5]
    text = path.read_bytes().decode("gb18030", errors="replace")
    records = list(csv.reader(text.splitlines(keepends=True)))
    assert text.count("\n") > len(records)
    assert any("\n" in row[9] for row in records)
    assert any("," in row[9] for row in records)
