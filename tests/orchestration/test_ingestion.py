"""The landing asset: what one source does is told and never ends the night."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from pipelines.errors import SourceUnavailableError
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.orchestration.ingestion import landing_asset
from pipelines.orchestration.night import Night
from pipelines.quality.alerts import queue_digests
from pipelines.quality.incidents import list_open
from pipelines.quality.stewards import Steward
from tests.sources.bureau import NIGHT, Bureau, csv_contract, csv_text

DECEMBER = "people/人员_202412.csv"


@pytest.fixture
def bureau(tmp_path: Path) -> Bureau:
    """An installation with one good month."""
    bureau = Bureau(tmp_path)
    bureau.drop(DECEMBER, csv_text([["1", "张三", "2024-12-01", "1"]]))
    return bureau


def open_a_night(bureau: Bureau) -> Night:
    """A night that only lands."""
    settings = bureau.settings
    now = datetime.now(UTC)
    return Night("n", NIGHT, now, settings, Layout.of(settings), is_synthetic=False)


def visit(bureau: Bureau) -> Night:
    """A night that only lands; what it holds."""
    night = open_a_night(bureau)
    landing_asset(csv_contract())(night=night)
    return night


def visit_for_its_answer(bureau: Bureau) -> dg.MaterializeResult[None]:
    """What the step of the table says of itself."""
    answer = landing_asset(csv_contract())(night=open_a_night(bureau))
    assert isinstance(answer, dg.MaterializeResult)
    return answer


def open_rules(bureau: Bureau) -> set[str]:
    """The rules of all open incidents."""
    with open_operations(bureau.layout.operations) as operations:
        return {incident.rule_id for incident in list_open(operations)}


def test_a_visit_that_breaks_off_is_told_and_leaves_open_what_is_open(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source that was not looked at has mended nothing."""
    bureau.drop("people/人员_202411.csv", b"cut off")
    assert [held.reason for held in visit(bureau).held] == ["truncated"]
    with monkeypatch.context() as patched:
        patched.setattr("pipelines.sources.connectors.delimited.discover_files", None)
        assert [held.reason for held in visit(bureau).held] == ["unforeseen"]
        assert open_rules(bureau) == {"truncated", "unforeseen"}
    assert [held.reason for held in visit(bureau).held] == ["truncated"]
    assert open_rules(bureau) == {"truncated"}


@pytest.mark.parametrize(
    ("spoil", "outcome"),
    [
        (None, None),
        (SourceUnavailableError("people: expected an answer, got none."), "away"),
        (KeyError("unforeseen"), "held"),
    ],
)
def test_a_visit_says_when_its_source_is_away_or_a_delivery_is_held(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, spoil: Exception | None, outcome: str | None
) -> None:
    def fail(*_: object, **__: object) -> None:
        assert spoil is not None
        raise spoil

    if spoil:
        monkeypatch.setattr("pipelines.sources.connectors.delimited.discover_files", fail)
    said = visit_for_its_answer(bureau).metadata or {}
    assert said.get("outcome") == outcome


def test_a_source_that_is_away_is_told_by_what_was_found(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steward reads that it hung, and not that nobody could connect."""

    def hang(*arguments: object, **options: object) -> None:
        raise SourceUnavailableError("hung", found_zh="在 600 秒内没有答完")

    monkeypatch.setattr("pipelines.orchestration.ingestion.land_table", hang)
    (held,) = visit(bureau).held
    assert held.message_zh == "人员的来源系统在 600 秒内没有答完，沿用上次的数据；恢复后自动补取"
    assert open_rules(bureau) == {"source_unavailable"}


def told(bureau: Bureau, night: Night) -> dict[str, str]:
    """What each steward and the operator would be told of a night."""
    with open_operations(bureau.layout.operations) as operations:
        queue_digests(
            operations,
            night_id=night.night_id,
            business_date=NIGHT,
            since=night.started_at.isoformat(),
            stewards={"registration": Steward(key="registration", name_zh="登记注册科", owns="x")},
            labels={},
            layout=bureau.layout,
        )
        rows = operations.execute("select steward, body from outbox").fetchall()
        operations.execute("delete from outbox")
        return {row["steward"]: row["body"] for row in rows}


def test_damage_in_landing_is_told_to_steward_and_operator(bureau: Bureau) -> None:
    """As mended when the source still has it; as open, each night, while it has not."""
    night = visit(bureau)
    (extract,) = bureau.extracts(csv_contract())
    extract.data_path.unlink()
    night = visit(bureau)
    assert (night.held, open_rules(bureau)) == ([], set())
    bodies = told(bureau, night)
    assert set(bodies) == {"registration", "operator"}
    for body in bodies.values():
        assert "三、已解决的问题" in body
        assert extract.extract_id in body
        assert "data.parquet 缺失或内容与入库时不符" in body

    (again,) = bureau.extracts(csv_contract())
    again.data_path.unlink()
    (bureau.layout.sources / DECEMBER).unlink()
    for _ in range(2):
        night = visit(bureau)
        assert [held.reason for held in night.held] == ["landing_damaged"]
        assert open_rules(bureau) == {"landing_damaged", "landing_damaged_on_disk"}
        assert all("请运行人员从备份恢复" in body for body in told(bureau, night).values())

    bureau.drop(DECEMBER, csv_text([["1", "张三", "2024-12-01", "1"]]))
    assert (visit(bureau).held, open_rules(bureau)) == ([], set())


def test_damage_is_told_also_when_the_source_is_away(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    def be_away(*_: object, **__: object) -> None:
        raise SourceUnavailableError("x: expected an answer, got none. Wait.")

    visit(bureau)
    (extract,) = bureau.extracts(csv_contract())
    extract.data_path.unlink()
    monkeypatch.setattr("pipelines.sources.landing.Retry.call", be_away)
    reasons = [held.reason for held in visit(bureau).held]
    assert reasons == ["source_unavailable", "landing_damaged"]
