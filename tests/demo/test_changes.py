"""What systems do after a delivery: months delivered anew, items that live on."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from demo.bureau import write_demo
from demo.changes import advance_complaints, redeliver_registrations
from pipelines.errors import SettingsError
from pipelines.sources.synthetic import read_marker
from tests.demo.delivered import (
    complaint_items,
    count_complaints,
    count_registrations,
    flaw_of,
    registration_rows,
)
from tests.demo.statutory_terms import count_terms

YEARS = range(2023, 2026)
DATABASE = Path("complaints/complaints.sqlite")


def _by_number(path: Path) -> dict[str, list[str]]:
    return {row[0]: row for row in registration_rows(path) if flaw_of(row) is None}


def test_month_delivered_anew_differs_as_announced(tmp_path: Path) -> None:
    """Changed rows keep their number, added and withdrawn ones are named, the rest stays."""
    summary = write_demo(tmp_path, scale=0.05)
    path = tmp_path / "registrations" / "registrations_202405.csv"
    before = _by_number(path)
    flaws = Counter(map(flaw_of, registration_rows(path)))
    again = redeliver_registrations(tmp_path, 202405, changed=3, added=2, withdrawn=1)
    after = _by_number(path)
    assert set(after) - set(before) == set(again.added)
    assert set(before) - set(after) == set(again.withdrawn)
    assert {n for n in before.keys() & after.keys() if before[n] != after[n]} == set(again.changed)
    assert (len(again.changed), len(again.added), len(again.withdrawn)) == (3, 2, 1)
    changed_flaws = Counter(map(flaw_of, registration_rows(path)))
    assert {**flaws, None: 0} == {**changed_flaws, None: 0}
    counted = count_registrations(tmp_path, YEARS)
    expected = summary.truth["new_market_entities", 2024] + again.new_market_entities
    assert counted["new_market_entities", 2024] == expected


def test_month_may_be_delivered_anew_again(tmp_path: Path) -> None:
    """Each delivery brings rows of its own."""
    write_demo(tmp_path, scale=0.02)
    first = redeliver_registrations(tmp_path, 202403, changed=1)
    second = redeliver_registrations(tmp_path, 202403, changed=1)
    rows = _by_number(first.path)
    assert set(first.added) | set(second.added) <= set(rows)
    codes = [rows[number][3] for number in (*first.added, *second.added)]
    assert len(set(codes)) == 4


def test_only_a_delivered_month_is_delivered_anew(tmp_path: Path) -> None:
    """A month that is not there, or a folder that is no demo, is refused."""
    with pytest.raises(SettingsError, match="expected a demo"):
        redeliver_registrations(tmp_path, 202403)
    write_demo(tmp_path, scale=0.02)
    with pytest.raises(SettingsError, match="expected a delivered month, got 202603"):
        redeliver_registrations(tmp_path, 202603)


def test_platform_moves_on(tmp_path: Path) -> None:
    """New items come, open ones change with a newer stamp, closed ones stay as they were."""
    write_demo(tmp_path, scale=0.05)
    before = {item["item_no"]: item for item in complaint_items(tmp_path / DATABASE)}
    advance = advance_complaints(tmp_path, date(2025, 2, 20))
    after = {item["item_no"]: item for item in complaint_items(tmp_path / DATABASE)}
    new = [item for number, item in after.items() if number not in before]
    assert len(new) == advance.inserted > 100
    assert min(item["received_at"] for item in new) > "2025-01-15 23:59:59"
    touched = {number for number in before if after[number] != before[number]}
    assert len(touched) == advance.updated
    assert set(advance.closed) <= touched
    for number in touched:
        assert before[number]["closed_at"] is None
        assert "2025-01-15 23:59:59" < after[number]["updated_at"] < "2025-02-21"
    late = {n for n in touched if after[n]["closed_at"] is not None}
    assert late == set(advance.closed)
    marker = read_marker(tmp_path)
    assert marker is not None
    assert marker.end == date(2025, 2, 20)


def test_truth_follows_the_platform(tmp_path: Path) -> None:
    """Day by day or in one stride, the promise is what the table then counts up to."""
    write_demo(tmp_path, scale=0.03)
    for day in (date(2025, 1, 16), date(2025, 1, 31), date(2025, 4, 5)):
        advance = advance_complaints(tmp_path, day)
        terms = count_terms(complaint_items(tmp_path / DATABASE), [], YEARS, day)
        counted = count_complaints(tmp_path, YEARS, day) | terms
        assert advance.truth == {key: counted[key] for key in advance.truth}
        assert advance.truth.keys() >= count_complaints(tmp_path, YEARS, day).keys()
        assert advance.truth["due_closure_rate", 2024] == 1


def test_platform_does_not_move_back(tmp_path: Path) -> None:
    """The last date itself is refused too."""
    write_demo(tmp_path, scale=0.02)
    with pytest.raises(SettingsError, match="expected a day after 2025-01-15"):
        advance_complaints(tmp_path, date(2025, 1, 15))
