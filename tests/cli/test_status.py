"""Where the last night stands: running, interrupted, failed, released, and what is held."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.cli.status import _VERDICT_LINES
from pipelines.cli.status_screen import summarize_status
from pipelines.operations import open_operations
from pipelines.orchestration.lease import hold_lease
from tests.cli.conftest import Command
from tests.cli.terminal import ROWS, show_on_a_terminal
from tests.night.bureau import ZHIBIAO, Bureau

TABLE = "registrations__events"
LATE = "registrations/registrations_202412.csv"


def _begin_a_night(
    warehouse: Path, outcome: str | None = None, message: str = "ledgers: expected x"
) -> None:
    now = datetime.now(UTC).isoformat()
    with open_operations(warehouse / "operations.sqlite") as operations:
        operations.execute(
            "insert into nights (night_id, business_date, started_at, ended_at, outcome, message)"
            " values ('n1', '2025-01-15', ?, ?, ?, ?)",
            [now, now if outcome else None, outcome, message if outcome else None],
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
        "message": "文件末尾没有换行",
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


def _many(**said: Any) -> list[dict[str, Any]]:
    return [{name: f"{value}{n}" for name, value in said.items()} for n in range(100)]


def test_the_worst_of_nights_fits_on_one_screen_and_the_verdict_stands_last(
    zhibiao: Command, tmp_path: Path
) -> None:
    night = {
        "business_date": "2025-01-15", "started_at": "2025-01-15 23:59:00",
        "ended_at": "2025-01-16 00:20:00", "outcome": "failed", "message": "ledgers: 坏" * 200,
        "current_release": "2025-01-14-0123456789ab",
    }  # fmt: skip
    sections: dict[str, list[dict[str, Any]]] = {
        "night": [night],
        "stages": [
            {"stage": f"source__t{n}", "outcome": outcome, "seconds": 1.0}
            for n, outcome in enumerate(["done", "held", "away", "failed"] * 20)
        ],
        "freshness": _many(
            source="来源", data_through="2025-01-", stale_from="d", reason="晚" * 80
        ),
        "held extracts": _many(table="t", origin="文件" * 60, extract="e", why="缺少" * 60),
        "open incidents": _many(severity="critical", owner="owner_"),
    }
    lines, verdict = summarize_status(sections)
    assert len(lines) + _VERDICT_LINES < ROWS
    assert lines[0] == "night of 2025-01-15: 2025-01-15 23:59:00 to 2025-01-16 00:20:00"
    assert lines[1:5] == [
        "stages: 20 done, 20 held, 20 away, 20 failed",
        "  failed: landing source.t3",
        "  failed: landing source.t7",
        "  … 58 more",
    ]
    assert "sources: 100 to 2025-01-99, 100 of them late" in lines
    assert "held deliveries: 100" in lines
    assert "open incidents: 100, 0 of them critical" in lines
    assert verdict.startswith("failed, current is 2025-01-14-0123456789ab: ledgers: ")


def test_on_a_terminal_of_24_by_80_nothing_scrolls_away(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    _begin_a_night(bureau.warehouse, "failed", "ledgers: 主键缺失或重复，" * 60)
    _refuse(bureau.warehouse)
    _hold_at_the_gate(bureau.warehouse, is_open=True)
    shown = show_on_a_terminal([str(ZHIBIAO), "status"], bureau.environment, 80)
    assert shown.code == 1
    assert shown.last[0].startswith("night of 2025-01-15: ")
    assert shown.last[1:3] == ["stages: 1 failed", "  failed: computing the ledgers"]
    assert f"  {LATE}: 文件末尾没有换行" in shown.last
    assert shown.last[-_VERDICT_LINES].startswith("failed, there is no release yet: ledgers: ")
    assert shown.last[-1].endswith("…")


def test_all_of_it_is_listed_when_asked_and_to_programs_always(
    zhibiao: Command, tmp_path: Path
) -> None:
    _begin_a_night(tmp_path / "warehouse", "released")
    _hold_at_the_gate(tmp_path / "warehouse", is_open=True)
    short, long = zhibiao("status").out, zhibiao("status", "--all").out
    assert "202411.v002.aa" not in short
    assert "202411.v002.aa" in long
    assert "│ ledgers │ failed  │     1.3 │" in long
    assert zhibiao("status", "--format", "json").out == (
        zhibiao("status", "--all", "--format", "json").out
    )


def test_a_running_night_says_where_it_stands(zhibiao: Command, tmp_path: Path) -> None:
    _begin_a_night(tmp_path / "warehouse")
    with hold_lease(tmp_path / "warehouse" / "night.lock"):
        shown = zhibiao("status").out.splitlines()
    assert shown[-1] == (
        "running: 1 stages have ended, the last: computing the ledgers; there is no release yet"
    )


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
