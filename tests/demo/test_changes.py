"""What systems do after a delivery: months delivered anew, items that live on."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

from demo.bureau import DemoSummary, write_demo
from tests.demo.changes import redeliver_registrations
from tests.demo.count_history import count_years
from tests.demo.delivered import (
    DATABASE,
    complaint_items,
    flaw_of,
    registration_rows,
)

YEARS, END = range(2023, 2026), date(2025, 1, 15)


def _by_number(path: Path) -> dict[str, list[str]]:
    return {row[0]: row for row in registration_rows(path) if flaw_of(row) is None}


def test_month_delivered_anew_differs_as_announced(tmp_path: Path) -> None:
    """Changed rows keep their number, added and withdrawn ones are named, the rest stays."""
    write_demo(tmp_path, scale=0.05)
    path = tmp_path / "registrations" / "registrations_202405.csv"
    before = _by_number(path)
    flaws = Counter(map(flaw_of, registration_rows(path)))
    counted = count_years(tmp_path, YEARS, END)["new_market_entities", 2024]
    again = redeliver_registrations(tmp_path, 202405, changed=3, added=2, withdrawn=1)
    after = _by_number(path)
    assert set(after) - set(before) == set(again.added)
    assert set(before) - set(after) == set(again.withdrawn)
    assert {n for n in before.keys() & after.keys() if before[n] != after[n]} == set(again.changed)
    assert (len(again.changed), len(again.added), len(again.withdrawn)) == (3, 2, 1)
    changed_flaws = Counter(map(flaw_of, registration_rows(path)))
    assert {**flaws, None: 0} == {**changed_flaws, None: 0}
    expected = counted + again.new_market_entities
    assert count_years(tmp_path, YEARS, END)["new_market_entities", 2024] == expected
    second = redeliver_registrations(tmp_path, 202405, changed=1)
    rows = _by_number(path)
    codes = {rows[number][3] for number in (*again.added, *second.added)}
    assert len(codes) == 4


def test_platform_moves_on(demo: DemoSummary, tmp_path: Path) -> None:
    """To a later day new items come, open ones change with a newer stamp, closed ones stay."""
    later = write_demo(tmp_path, scale=0.05, end=date(2025, 2, 20))
    before = {item["item_no"]: item for item in complaint_items(demo.sources / DATABASE)}
    after = {item["item_no"]: item for item in complaint_items(later.sources / DATABASE)}
    new = [item for number, item in after.items() if number not in before]
    assert len(new) > 100
    assert min(item["received_at"] for item in new) > "2025-01-15 23:59:59"
    touched = {number for number in before if after[number] != before[number]}
    # Who was due is closed in the last hours, however long it would have taken.
    touched -= {n for n in touched if (before[n]["closed_at"] or "") > "2025-01-15"}
    assert len(touched) > 100
    for number in touched:
        assert before[number]["closed_at"] is None
        assert "2025-01-15 23:59:59" < after[number]["updated_at"] < "2025-02-21"
    counted = count_years(later.sources, YEARS, later.marker.end)
    assert counted["due_closure_rate", 2024] == counted["due_closure_rate", 2025] == 1
