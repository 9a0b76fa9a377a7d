"""Where the last night stands: running, interrupted, failed, released, and what is held."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.operations import open_operations
from pipelines.orchestration.lease import hold_lease
from tests.cli.conftest import Command
from tests.night.bureau import Bureau

TABLE = "registrations__events"
LATE = "registrations/registrations_202412.csv"


def _begin_a_night(warehouse: Path, outcome: str | None = None) -> None:
    now = datetime.now(UTC).isoformat()
    with open_operations(warehouse / "operations.sqlite") as operations:
        operations.execute(
            "insert into nights (night_id, business_date, started_at, ended_at, outcome, message)"
            " values ('n1', '2025-01-15', ?, ?, ?, ?)",
            [now, now if outcome else None, outcome, "ledgers: expected x" if outcome else None],
        )
        operations.execute("insert into stages values ('n1', 'ledgers', ?, 'failed', 1.26)", [now])


def _refuse(warehouse: Path) -> None:
    held = warehouse / "landing" / "registrations" / "events" / "_held" / "202412.0df8e848.json"
    held.parent.mkdir(parents=True)
    delivery = {
        "source_table": TABLE,
        "origin": LATE,
        "slot": "202412",
        "reason": "truncated",
        "message_zh": "文件末尾没有换行",
    }
    refusal = {
        "delivery": delivery,
        "sha256": "0df8e848",
        "reading_fingerprint": "f",
        "modified_ns": 1,
        "size": 5,
    }
    held.write_text(json.dumps(refusal))


def _hold_at_the_gate(warehouse: Path, *, is_open: bool) -> None:
    now = datetime.now(UTC).isoformat()
    with open_operations(warehouse / "operations.sqlite") as operations:
        operations.execute(
            "insert into verdicts values (?, '202411.v002.aa', 'h', 'held', 'volume', '行数过少',"
            " 5, 5, 0, 0, ?, 'registrations/registrations_202411.csv', '[]', '', '')",
            [TABLE, now],
        )
        operations.execute(
            "insert into incidents (subject, rule_id, severity, owner, message, extract_id,"
            " opened_at, last_seen_at, closed_at)"
            " values (?, 'volume', 'critical', 'registration', '行数过少', '202411.v002.aa',"
            " ?, ?, ?)",
            [TABLE, now, now, None if is_open else now],
        )


def _read(zhibiao: Command, code: int) -> dict[str, list[dict[str, Any]]]:
    answer = zhibiao("status", "--format", "json")
    assert answer.code == code, answer.err
    said: dict[str, list[dict[str, Any]]] = json.loads(answer.out)
    return said


def test_a_night_in_progress_is_running_and_no_failure(zhibiao: Command, tmp_path: Path) -> None:
    _begin_a_night(tmp_path / "warehouse")
    with hold_lease(tmp_path / "warehouse" / "night.lock"):
        said = _read(zhibiao, 0)
    assert said["night"][0]["outcome"] == "running"
    assert said["stages"] == [{"stage": "ledgers", "outcome": "failed", "seconds": 1.3}]


def test_a_night_without_an_end_whose_lease_is_free_was_interrupted(
    zhibiao: Command, tmp_path: Path
) -> None:
    _begin_a_night(tmp_path / "warehouse")
    assert _read(zhibiao, 1)["night"][0]["outcome"] == "interrupted"


def test_a_failed_night_says_why_and_exits_with_one(zhibiao: Command, tmp_path: Path) -> None:
    _begin_a_night(tmp_path / "warehouse", "failed")
    night = _read(zhibiao, 1)["night"][0]
    assert (night["outcome"], night["message"]) == ("failed", "ledgers: expected x")


def test_a_delivery_refused_before_landing_is_listed_as_held(
    zhibiao: Command, tmp_path: Path
) -> None:
    _begin_a_night(tmp_path / "warehouse", "released")
    _refuse(tmp_path / "warehouse")
    assert _read(zhibiao, 0)["held extracts"] == [
        {"table": TABLE, "origin": LATE, "extract": None, "why": "文件末尾没有换行"}
    ]
    shown = zhibiao("status").out
    assert LATE in shown
    assert "文件末尾没有换行" in shown


def test_an_extract_held_by_its_gate_is_listed_until_its_incident_closes(
    zhibiao: Command, tmp_path: Path
) -> None:
    _begin_a_night(tmp_path / "warehouse", "released")
    _hold_at_the_gate(tmp_path / "warehouse", is_open=True)
    held = _read(zhibiao, 0)["held extracts"]
    assert [(row["extract"], row["why"]) for row in held] == [("202411.v002.aa", "行数过少")]


def test_a_held_extract_that_was_replaced_is_listed_no_more(
    zhibiao: Command, tmp_path: Path
) -> None:
    _begin_a_night(tmp_path / "warehouse", "released")
    _hold_at_the_gate(tmp_path / "warehouse", is_open=False)
    assert _read(zhibiao, 0)["held extracts"] == []


def test_after_a_released_night_every_section_is_there(
    zhibiao: Command, small_bureau: Bureau
) -> None:
    answer = zhibiao("status", "--format", "json", on=small_bureau)
    assert answer.code == 0
    said = json.loads(answer.out)
    assert list(said) == ["night", "stages", "freshness", "held extracts", "open incidents"]
    assert said["night"][0]["outcome"] == "released"
    assert said["night"][0]["current_release"] == small_bureau.current.resolve().name
    assert {stage["outcome"] for stage in said["stages"]} == {"done"}
    # An increment reaches as far as its last change; the others stand for the day.
    through = {state["data_through"] for state in said["freshness"]}
    assert "2025-01-15" in through
    assert all("2025-01-05" <= day <= "2025-01-15" for day in through)
    assert "registration" in {row["owner"] for row in said["open incidents"]}


def test_as_csv_each_section_is_a_list_below_its_title(
    zhibiao: Command, small_bureau: Bureau
) -> None:
    text = zhibiao("status", "--format", "csv", on=small_bureau).out
    sections = {
        part.splitlines()[0]: list(csv.DictReader(io.StringIO(part.split("\n", 1)[1])))
        for part in text.split("# ")[1:]
    }
    assert len(sections) == 5
    assert sections["night"][0]["outcome"] == "released"
    assert sections["held extracts"] == []
