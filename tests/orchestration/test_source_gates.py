"""One source never stops the bureau at its gate: it is held and told, and the night goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from pipelines.errors import ContractError, StorageError
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.orchestration import gate_checks
from pipelines.orchestration.night import Night
from pipelines.quality.alerts import queue_digests, queue_operator_message
from pipelines.quality.incidents import Incident, list_closed_since, list_open
from pipelines.quality.suites import Rule, RuleMeta
from pipelines.quality.verdicts import read_verdicts
from pipelines.sources.extracts import Extract
from pipelines.sources.row_files import quarantine_path
from tests.interrupted_query import TimeIsOver, run_interrupted
from tests.quality.landed import contract, land, layout_in, registration

EVENTS = contract("registrations__events")
BROKEN_RULE = Rule(
    type="unexpected_rows_expectation",
    kwargs={"unexpected_rows_query": 'select cast("市场主体名称" as integer) from {batch}'},
    severity="critical",
    meta=RuleMeta(id="broken", level="row", owner="registration", meaning="坏规则"),
)
SECRET = "欧阳修竹13812345678"


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    """A night with the project's declarations; what is landed is not written in manifests."""
    layout, settings = layout_in(tmp_path / "warehouse")
    opened = Night("n", date(2025, 1, 15), datetime.now(UTC), settings, layout, is_synthetic=True)
    landed: list[Extract] = []
    monkeypatch.setattr(gate_checks, "list_extracts", lambda *_: list(landed))
    monkeypatch.setattr(gate_checks, "prove_the_wiring", lambda _: None)
    opened.landed = landed  # type: ignore[attr-defined]
    return opened


def deliver(night: Night, *rows: dict[str, str | None]) -> Extract:
    landed: list[Extract] = night.landed  # type: ignore[attr-defined]
    number = len(landed) + 1
    landed.append(land(night.layout, EVENTS, rows, version=number, sequence=number))
    return landed[-1]


def judge(night: Night) -> dg.AssetCheckResult:
    check = gate_checks.extract_gate(EVENTS)
    answer = check.node_def.compute_fn.decorated_fn(night)  # type: ignore[attr-defined]
    assert isinstance(answer, dg.AssetCheckResult)
    return answer


def incidents(layout: Layout) -> dict[tuple[str, str], Incident]:
    """Open incidents by (owner, rule)."""
    with open_operations(layout.operations) as operations:
        return {(i.owner, i.rule_id): i for i in list_open(operations)}


def _damage_the_file(night: Night, extract: Extract) -> None:
    extract.data_path.write_bytes(b"PAR1" + SECRET.encode())


def _break_a_rule(night: Night, extract: Extract) -> None:
    suite = night.suites[EVENTS.id]
    rules = (*suite.expectations, BROKEN_RULE)
    night.suites[EVENTS.id] = suite.model_copy(update={"expectations": rules})


@pytest.mark.parametrize("spoil", [_damage_the_file, _break_a_rule])
def test_an_error_while_judging_holds_the_tables_new_extracts_and_the_night_goes_on(
    night: Night, spoil: Callable[[Night, Extract], None]
) -> None:
    first = deliver(night, registration(1))
    assert judge(night).passed
    suites = dict(night.suites)
    second = deliver(night, *(registration(n, 市场主体名称=SECRET) for n in (1, 2)))
    content = second.data_path.read_bytes()
    spoil(night, second)

    answer = judge(night)
    assert (answer.passed, answer.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert night.accepted(EVENTS.id) == [first.extract_id]
    told = incidents(night.layout)
    assert set(told) == {("operator", "gate_raised"), ("registration", "delivery_is_not_judged")}
    said = told["operator", "gate_raised"].message
    assert "GateError，pipelines.quality" in said
    assert not any(part in f"{told}{answer.metadata}" for part in (SECRET, "13812345678"))

    night.suites.update(suites)
    second.data_path.write_bytes(content)
    judge(night)
    assert night.accepted(EVENTS.id) == [first.extract_id, second.extract_id]
    assert incidents(night.layout) == {}


def test_no_verdict_of_a_broken_gate_is_recorded(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the error comes after the verdicts, while the incidents are settled."""

    def fail(*_: object, **__: object) -> None:
        raise KeyError("quarantine")

    deliver(night, registration(1))
    monkeypatch.setattr(gate_checks, "settle_extracts", fail)
    assert not judge(night).passed
    with open_operations(night.layout.operations) as operations:
        assert read_verdicts(operations, EVENTS.id) == {}
    assert "KeyError，pipelines.orchestration.gate_checks 第" in (
        incidents(night.layout)["operator", "gate_raised"].message
    )


@pytest.mark.parametrize("kind", [ContractError, StorageError])
def test_what_all_share_still_stops_the_night(
    night: Night, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise kind("shared")

    monkeypatch.setattr(gate_checks, "judge_extracts", fail)
    with pytest.raises(kind, match="shared"):
        judge(night)


def test_a_table_without_an_accepted_extract_warns_and_is_told(night: Night) -> None:
    assert (judge(night).passed, judge(night).severity) == (False, dg.AssetCheckSeverity.WARN)
    rule = ("registration", "table_has_an_accepted_extract")
    (nothing,) = incidents(night.layout).values()
    assert "registrations/registrations_{period}.csv" in nothing.message

    deliver(night)
    assert judge(night).severity == dg.AssetCheckSeverity.WARN
    held = incidents(night.layout)
    assert set(held) == {rule, ("registration", "delivery_is_not_empty")}
    assert "没有一份合格" in held[rule].message
    assert held[rule].incident_id == nothing.incident_id

    deliver(night, registration(1))
    assert judge(night).passed
    assert incidents(night.layout) == {}


def test_the_check_says_what_was_expected_what_was_found_and_in_how_many_rows(
    night: Night,
) -> None:
    deliver(night, registration(1), registration(2, 核准日期="2099-01-01"))
    warned = judge(night)
    said = str(warned.description)
    assert f"{EVENTS.label}（registrations__events）: expected new extracts to satisfy" in said
    assert "“核准日期”不合理或晚于报送日期" in said
    assert "registrations_202412.csv，1行）" in said
    assert "Of 2 rows 1 can be used, 1 are quarantined, 0 are duplicates." in said
    assert "outcome" not in warned.metadata
    assert "got none to judge." in str(judge(night).description)


def test_a_gate_that_holds_an_extract_says_so_each_night_until_it_is_replaced(
    night: Night,
) -> None:
    deliver(night)
    for _ in range(2):
        held = judge(night)
        assert held.metadata["outcome"].value == "held"
        assert "Held: " in str(held.description)
        assert "No extract is in use" in str(held.description)
    deliver(night, registration(1))
    free = judge(night)
    assert "outcome" not in free.metadata
    assert "Held" not in str(free.description)


def test_a_gate_that_cannot_answer_is_held_and_says_why(night: Night) -> None:
    _damage_the_file(night, deliver(night, registration(1)))
    answer = judge(night)
    assert answer.metadata["outcome"].value == "held"
    assert "检查程序出错" in str(answer.description)


def test_the_operators_digest_has_the_broken_gate_below_why_the_night_failed(
    night: Night,
) -> None:
    extract = deliver(night, registration(1))
    extract.data_path.write_bytes(b"")
    judge(night)
    with open_operations(night.layout.operations) as operations:
        for stage in ("ledgers", ""):
            night_id = stage or "released"
            if stage:
                queue_operator_message(
                    operations, night_id=night_id, business_date=night.business_date, stage=stage,
                    message="dbt: 失败", has_release=True,
                )  # fmt: skip
            told = queue_digests(
                operations, night_id=night_id, business_date=night.business_date,
                since=night.started_at.isoformat(), stewards={}, labels={EVENTS.id: "登记"},
                layout=night.layout,
            )  # fmt: skip
            assert told == ["operator"]
        failed, released = (
            row["body"] for row in operations.execute("select body from outbox order by message_id")
        )
    assert failed.index("dbt: 失败") < failed.index("检查程序出错")
    assert "重新报送整份文件" not in released
    assert "登记" in released


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"PAR1")])
def test_a_spoiled_list_of_quarantined_rows_is_written_anew_and_told(
    night: Night, spoil: Callable[[Path], object]
) -> None:
    """No figure is computed with the rows that it would let through."""
    rows = [registration(n) for n in range(30)]
    extract = deliver(night, *rows, registration(99, 核准日期="昨天"))
    judge(night)
    path = quarantine_path(night.layout, EVENTS.id, extract.extract_id)
    content = path.read_bytes()
    spoil(path)
    judge(night)
    assert path.read_bytes() == content
    with open_operations(night.layout.operations) as operations:
        (closed,) = [
            incident
            for incident in list_closed_since(operations, night.started_at.isoformat())
            if incident.rule_id == "quarantine_damaged"
        ]
    assert closed.owner == "operator"
    assert extract.extract_id in closed.message
    verdict = night.verdicts(EVENTS.id)[extract.extract_id]
    judge(night)
    assert night.verdicts(EVENTS.id)[extract.extract_id] == verdict, "judged once, not each night"


def test_an_extract_whose_list_is_spoiled_is_used_only_once_it_is_judged_again(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("x")

    extract = deliver(night, registration(1))
    judge(night)
    quarantine_path(night.layout, EVENTS.id, extract.extract_id).unlink()
    monkeypatch.setattr(gate_checks, "judge_extracts", fail)
    judge(night)
    assert night.accepted(EVENTS.id) == []


def test_an_interrupted_gate_is_no_broken_one(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told of a rule that was only asked too late."""
    deliver(night, registration(1))
    monkeypatch.setattr(gate_checks, "judge_extracts", run_interrupted)
    with pytest.raises(TimeIsOver):
        judge(night)
    assert incidents(night.layout) == {}
