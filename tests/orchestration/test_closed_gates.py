"""What ends a night names its rule, its table, the rows, the owner and what to do."""

from __future__ import annotations

from copy import copy
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import dagster as dg
import duckdb
import pytest

from pipelines.compute.build import Build, NodeResult
from pipelines.compute.compiled import CompiledProject, CompiledTable, DataTest
from pipelines.errors import GateError, SettingsError
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.orchestration import gate_checks
from pipelines.orchestration.failed_nodes import describe_failures, describe_test
from pipelines.orchestration.gate_checks import prove_the_wiring, table_gate
from pipelines.orchestration.lifecycle import open_night
from pipelines.orchestration.night import Night
from pipelines.orchestration.run import _refusal_of, what_stays
from pipelines.orchestration.sources_folder import require_sources
from pipelines.orchestration.steps import CLOSED_BY, Step, StepReporter
from pipelines.quality import buffered_dialect
from pipelines.quality.gate_sentences import describe_table_gate
from pipelines.quality.incidents import list_open
from pipelines.quality.rule_terms import Severity
from pipelines.quality.stewards import read_stewards
from pipelines.quality.suites import Rule, RuleMeta, Suite, SuiteMeta
from pipelines.quality.validation import CheckResult
from pipelines.settings import PROJECT_ROOT, Settings
from pipelines.sources.contracts import read_contracts
from tests.declared import our_suites

CONTRACTS = read_contracts(PROJECT_ROOT / "dbt_project")


def check(rule_id: str, severity: str, *, success: bool, rows: int | None = 3) -> CheckResult:
    return CheckResult(
        rule_id, "row", severity, success, f"{rule_id}有误", "consumer_protection", rows, 0.1
    )


def test_a_closed_gate_names_every_rule_that_closed_it_and_no_other() -> None:
    suite = our_suites()["complaints"]
    results = [
        check("a", "critical", success=False),
        check("b", "warning", success=False),
        check("c", "critical", success=True),
        check("d", "critical", success=False, rows=None),
    ]
    said = describe_table_gate(suite, results, read_stewards(PROJECT_ROOT / "expectations"))
    assert said.startswith(
        "投诉举报咨询台账（ledgers.complaints）: expected an open gate, got critical rules that"
        " fail: a（a有误，3行，负责：消费者权益保护科）；d（d有误，负责：消费者权益保护科）。"
    )
    assert "expectations/complaints.yml" in said


def test_an_open_gate_says_how_many_rules_hold_and_which_only_warn() -> None:
    suite = our_suites()["complaints"]
    stewards = read_stewards(PROJECT_ROOT / "expectations")
    passing = check("c", "critical", success=True)
    assert describe_table_gate(suite, [passing], stewards) == (
        "投诉举报咨询台账（ledgers.complaints）: expected 1 rules to hold, got no failure."
    )
    warned = describe_table_gate(suite, [check("b", "warning", success=False), passing], stewards)
    assert "expected 2 rules to hold, got 1 that warn: b（b有误，3行，负责：" in warned
    assert "The gate is open" in warned


def night_with_a_ledger(folder: Path, given: dict[str, str]) -> Night:
    """A night in whose build database a ledger has two rows, one without an item."""
    settings = Settings(warehouse=folder / "w", sources=folder / "s")
    night = Night("n", date(2025, 1, 15), datetime.now(UTC), settings, Layout.of(settings), True)
    night.layout.build.mkdir(parents=True)
    with duckdb.connect(str(night.layout.build_database)) as database:
        database.execute("create schema ledgers; create schema night")
        database.execute("create table ledgers.complaints as from values (1), (null) as t (item)")
        database.execute("create table night.business_day as select 1 as as_of")
    night.build = Build(CompiledProject(tables=()), night.store, night.layout, settings, given)
    return night


def ledger_suite(severity: Severity, **asked: Any) -> Suite:
    rule = Rule(
        **asked or NOT_NULL,
        severity=severity,
        meta=RuleMeta(id="has_item", level="row", owner="registration", meaning="缺少编号"),
    )
    meta = SuiteMeta(
        table="ledgers.complaints", label="投诉举报咨询台账", owner="consumer_protection"
    )
    return Suite(name="complaints", meta=meta, expectations=(rule,))


def ask(suite: Suite, night: Night) -> dg.AssetCheckResult:
    answer = table_gate(suite).node_def.compute_fn.decorated_fn(night)  # type: ignore[attr-defined]
    assert isinstance(answer, dg.AssetCheckResult)
    return answer


NOT_NULL = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "item"}}
AFTER_AS_OF = {
    "type": "unexpected_rows_expectation",
    "kwargs": {
        "unexpected_rows_query": "select * from {batch}"
        " where item > (select as_of from night.business_day)"
    },
}
GIVEN = {"ledgers.complaints": "its rows", "night.business_day": "its day"}


@pytest.mark.parametrize("severity", ["warning", "critical"])
def test_the_check_of_a_ledger_carries_its_sentence_and_counts_its_rows(
    tmp_path: Path, severity: Severity
) -> None:
    """Asked again of the same rows, it says the same without asking them."""
    night = night_with_a_ledger(tmp_path, GIVEN)
    first = ask(ledger_suite(severity), night)
    night.layout.build_database.unlink()
    for answer in (first, ask(ledger_suite(severity), night)):
        assert "has_item（缺少编号，1行，负责：" in str(answer.description)
        assert ("run the night again" in str(answer.description)) is (severity == "critical")
        assert (CLOSED_BY in answer.metadata) is (severity == "critical")
        assert answer.metadata["rows that fail"].value == 1


def later_night(night: Night, day: date, given: dict[str, str], *items: int) -> Night:
    """The same bureau on another day, its ledger with other rows, and what its keys say of them."""
    later = copy(night)
    later.business_date = day
    project = CompiledProject(tables=())
    later.build = Build(project, night.store, night.layout, night.settings, given)
    with duckdb.connect(str(night.layout.build_database)) as database:
        database.execute("update night.business_day set as_of = ?", [day.day])
        database.execute("delete from ledgers.complaints")
        database.execute("insert into ledgers.complaints select unnest(?)", [list(items)])
    return later


NIGHT = date(2025, 1, 15)
NEXT = date(2025, 1, 16)
BEFORE = date(2025, 1, 14)
DAY = "(select as_of from night.business_day)"
OTHER_DAY = GIVEN | {"night.business_day": "another day"}


def test_a_gate_is_asked_again_when_the_rows_have_changed(tmp_path: Path) -> None:
    night = night_with_a_ledger(tmp_path, GIVEN)
    suite = ledger_suite("critical", **AFTER_AS_OF)
    assert ask(suite, night).passed
    assert not ask(
        suite, later_night(night, NIGHT, GIVEN | {"ledgers.complaints": "other rows"}, 20)
    ).passed


@pytest.mark.parametrize(("day", "is_asked"), [(NIGHT, False), (NEXT, False), (BEFORE, True)])
def test_what_no_row_is_later_than_stays_so_on_a_later_day_only(
    tmp_path: Path, day: date, is_asked: bool
) -> None:
    night = night_with_a_ledger(tmp_path, GIVEN)
    suite = ledger_suite("critical", **AFTER_AS_OF)
    assert ask(suite, night).passed
    unseen = later_night(night, day, OTHER_DAY, 20)
    assert ask(suite, unseen).passed is not is_asked


def test_rows_that_were_too_late_are_asked_for_again_on_a_later_day(tmp_path: Path) -> None:
    night = night_with_a_ledger(tmp_path, GIVEN)
    suite = ledger_suite("critical", **AFTER_AS_OF)
    assert not ask(suite, later_night(night, NIGHT, GIVEN, 16)).passed
    assert not ask(suite, later_night(night, NIGHT, OTHER_DAY, 1)).passed
    assert ask(suite, later_night(night, NEXT, OTHER_DAY, 16)).passed


@pytest.mark.parametrize(
    ("item", "condition"),
    [
        (15, f"item < {DAY}"),
        (15, f"item > {DAY} or item < {DAY}"),
        (16, f"not (item > {DAY})"),
        (16, f"0 = (select count(*) from {{batch}} where item > {DAY})"),
    ],
)
def test_a_rule_that_asks_otherwise_of_the_day_is_asked_every_day(
    tmp_path: Path, item: int, condition: str
) -> None:
    query = f"select * from {{batch}} where {condition}"
    asked = {**AFTER_AS_OF, "kwargs": {"unexpected_rows_query": query}}
    night = night_with_a_ledger(tmp_path, GIVEN)
    suite = ledger_suite("critical", **asked)
    assert ask(suite, later_night(night, NIGHT, GIVEN, item)).passed
    assert not ask(suite, later_night(night, NEXT, OTHER_DAY, item)).passed


def test_a_gate_whose_rules_read_what_is_not_there_is_an_error_and_no_answer(
    tmp_path: Path,
) -> None:
    night = night_with_a_ledger(tmp_path, GIVEN)
    asked = {**AFTER_AS_OF, "kwargs": {"unexpected_rows_query": "select * from {batch}, a.b"}}
    for _ in range(2):
        with pytest.raises(GateError, match="has_item: expected a check that answers"):
            ask(ledger_suite("critical", **asked), night)


@dg.asset
def ledger() -> None:
    """A table with a gate."""


@dg.asset_check(asset=ledger, name="gate", blocking=True)
def gate() -> dg.AssetCheckResult:
    """Closed."""
    return dg.AssetCheckResult(passed=False, metadata={CLOSED_BY: "台账: expected x, got y."})


def test_the_reason_reaches_the_nights_message_and_each_listener() -> None:
    steps: list[Step] = []
    run_id = str(uuid4())
    job = dg.Definitions(
        assets=[ledger],
        asset_checks=[gate],
        jobs=[dg.define_asset_job("night", executor_def=dg.in_process_executor)],
    ).resolve_job_def("night")
    with dg.instance_for_test() as instance:
        instance.add_event_listener(run_id, StepReporter(steps.append))
        result = job.execute_in_process(instance=instance, run_id=run_id, raise_on_error=False)
    refusal = _refusal_of(result, "Nothing stays.")
    assert (str(refusal), refusal.exit_code) == (
        "ledger_gate: 台账: expected x, got y. Nothing stays.", 65,
    )  # fmt: skip
    (failed,) = [step for step in steps if step.state == "failed"]
    assert failed.message == "台账: expected x, got y."


def test_the_release_of_before_is_said_to_stay_only_when_there_is_one(tmp_path: Path) -> None:
    layout = Layout.of(Settings(warehouse=tmp_path, sources=tmp_path / "sources"))
    assert "There is no release yet" in what_stays(layout)
    (tmp_path / "releases" / "r").mkdir(parents=True)
    layout.current.symlink_to("releases/r")
    assert "stays current" in what_stays(layout)


KEY = DataTest(
    name="is_key_registrations_event_no",
    sql="select 1",
    reads=("ledgers.registrations",),
    subject="ledgers.registrations",
    meaning="主键 event_no 缺失或重复",
)


def test_a_failing_test_of_data_is_told_in_plain_words() -> None:
    sums = DataTest(
        name="months_add_up_to_longer_periods",
        sql="select 1",
        reads=("indicators.indicator_values",),
        subject="indicators.indicator_values",
        meaning="months add up to longer periods",
    )
    model = CompiledTable(name="ledgers.complaints", kind="table", sql="select 1", reads=())
    said = describe_failures(
        [
            NodeResult(KEY, "failed", rows=2),
            NodeResult(sums, "failed", rows=7),
            NodeResult(model, "error", message="Conversion Error: could not convert 13812345678"),
        ],
        {"registrations": "市场主体登记台账", "complaints": "投诉举报咨询台账"},
    )
    assert "市场主体登记台账（registrations）: 主键 event_no 缺失或重复，2行" in said
    assert "indicator_values: months add up to longer periods，7行" in said
    assert "投诉举报咨询台账（complaints）: model ended with an error" in said
    assert "13812345678" not in said


@pytest.mark.parametrize(("rows", "found"), [(0, "none"), (2, "2 rows")])
def test_a_test_of_data_says_what_it_expected_and_how_many_rows_it_found(
    rows: int, found: str
) -> None:
    outcome = NodeResult(KEY, "failed" if rows else "done", rows=rows)
    assert describe_test(outcome, KEY, {"registrations": "市场主体登记台账"}) == (
        "市场主体登记台账（registrations）: expected no row of: 主键 event_no 缺失或重复, "
        f"got {found}."
    )


@pytest.mark.parametrize("is_there", [True, False])
def test_an_absent_or_empty_sources_folder_ends_the_first_night_by_its_name(
    tmp_path: Path, is_there: bool
) -> None:
    settings = Settings(warehouse=tmp_path / "w", sources=tmp_path / "s")
    layout = Layout.of(settings)
    if is_there:
        settings.sources.mkdir()
    with (
        pytest.raises(SettingsError, match=r"ZHIBIAO_SOURCES") as caught,
        open_night(settings, "n", date(2025, 1, 15)),
    ):
        raise AssertionError("the night began")
    assert str(settings.sources) in str(caught.value)
    with open_operations(layout.operations) as operations:
        (night,) = operations.execute("select outcome, message from nights")
    assert night["outcome"] == "failed"
    assert str(settings.sources) in night["message"]
    (digest,) = layout.digests.glob("*-operator.md")
    assert "停在“启动”" in digest.read_text(encoding="utf-8")


def test_a_folder_that_is_away_later_is_told_to_the_operator_until_it_is_back(
    tmp_path: Path,
) -> None:
    settings = Settings(warehouse=tmp_path / "w", sources=tmp_path / "s")
    layout = Layout.of(settings)
    landed = layout.landing / "registrations" / "events" / "202412.v001.aa" / "manifest.json"
    landed.parent.mkdir(parents=True)
    landed.write_text("{}")
    with open_operations(layout.operations) as operations:
        require_sources(operations, layout, settings, CONTRACTS)
        (incident,) = list_open(operations, "operator")
        assert str(settings.sources) in incident.message
        settings.sources.mkdir()
        (settings.sources / "a.csv").write_text("x")
        require_sources(operations, layout, settings, CONTRACTS)
        assert list_open(operations) == []


def test_databases_alone_need_no_folder(tmp_path: Path) -> None:
    settings = Settings(
        warehouse=tmp_path / "w", sources=tmp_path / "s",
        connections={"complaints": "postgresql://r@h/d"},
    )  # fmt: skip
    with open_operations(Layout.of(settings).operations) as operations:
        one = {"complaints__items": CONTRACTS["complaints__items"]}
        require_sources(operations, Layout.of(settings), settings, one)
        assert list_open(operations) == []


def test_a_release_that_is_there_is_not_built_again_unless_from_scratch(tmp_path: Path) -> None:
    settings = Settings(warehouse=tmp_path / "w", sources=tmp_path / "s")
    for from_scratch, is_there in ((False, True), (True, False)):
        now = datetime.now(UTC)
        night = Night("n", date(2025, 1, 15), now, settings, Layout.of(settings), False)
        night.from_scratch = from_scratch
        night.release_id = "2025-01-15-0123456789ab"
        assert not night.is_published
        del night.is_published
        (night.layout.releases / night.release_id).mkdir(parents=True)
        assert night.is_published is is_there
        (night.layout.releases / night.release_id).rmdir()


def test_a_gate_is_asked_again_of_other_rows_and_by_other_rules(tmp_path: Path) -> None:
    """Also where no rule names the table: its kind says what is asked of a column."""
    night = night_with_a_ledger(tmp_path, GIVEN)
    assert not ask(ledger_suite("critical"), night).passed
    in_set = {
        "type": "expect_column_values_to_be_in_set",
        "kwargs": {"column": "item", "value_set": [1]},
    }
    assert ask(ledger_suite("critical", **in_set), night).passed
    with duckdb.connect(str(night.layout.build_database)) as database:
        database.execute("update ledgers.complaints set item = 2")
    given = GIVEN | {"ledgers.complaints": "other rows"}
    night.build = Build(
        CompiledProject(tables=()), night.store, night.layout, night.settings, given
    )
    assert ask(ledger_suite("critical"), night).passed
    assert not ask(ledger_suite("critical", **in_set), night).passed


def test_the_wiring_is_proved_once_for_what_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What failed is not kept as proved."""
    night = night_with_a_ledger(tmp_path, GIVEN)
    monkeypatch.delattr(buffered_dialect._BufferedContext, "post_exec")
    for _ in range(2):
        with pytest.raises(GateError):
            prove_the_wiring(night)
    monkeypatch.undo()
    prove_the_wiring(night)
    monkeypatch.delattr(buffered_dialect._BufferedContext, "post_exec")
    prove_the_wiring(night)
    monkeypatch.setattr(gate_checks, "installed", lambda: "another version")
    with pytest.raises(GateError):
        prove_the_wiring(night)
