"""The records add up to the published totals, counted by anyone from the delivered files."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demo.bureau import DemoSummary, write_demo
from demo.complaint_lives import items_known
from demo.scene import Scene
from demo.totals import PUBLISHED_2024, read_totals
from pipelines.reports.published_figures import read_published_figures
from tests.demo.count_history import count_years
from tests.demo.count_registers import count_registers
from tests.demo.delivered import (
    DATABASE,
    complaint_items,
    write_totals,
)
from tests.demo.landed import Landed
from tests.demo.statutory_terms import first_day_to_verify

YEARS = range(2023, 2026)
AS_OF = date(2025, 1, 15)

COUNTS = (
    "new_market_entities", "new_enterprises", "items_received", "cases_filed", "major_cases",
    "lenient_cases", "panel_reviewed_cases",
)  # fmt: skip
AMOUNTS = {
    "penalty_amount": Decimal("0.01"),
    "lenient_amount_waived": Decimal("0.01"),
    "data_ip_pledge_amount": Decimal(100),
}
"""The step in which each amount is delivered."""


def _expected(scale: float) -> dict[tuple[str, int], Decimal]:
    """The published totals as many times smaller, each count rounded half up and one at least."""
    stated = {
        figure.indicator_id: figure.number.scaleb({"万": 4, "亿": 8}.get(figure.unit[0], 0))
        for figure in read_published_figures(PUBLISHED_2024)
    }
    size = Decimal(str(scale))
    counts = {name: (stated[name] * size).quantize(Decimal(1), ROUND_HALF_UP) for name in COUNTS}
    amounts = {
        name: (stated[name] * size / step).quantize(Decimal(1), ROUND_HALF_UP) * step
        for name, step in AMOUNTS.items()
    }
    least = {name: max(count, Decimal(1)) for name, count in counts.items()}
    return {(name, 2024): value for name, value in {**least, **amounts}.items()}


def _assert_calibrated(sources: Path, scale: float) -> dict[tuple[str, int], Decimal]:
    """The records add up to what was published; what they count up to besides."""
    counted = count_years(sources, YEARS, AS_OF)
    expected = _expected(scale)
    assert {key: counted[key] for key in expected} == expected
    assert counted["due_closure_rate", 2024] == 1
    return counted


@pytest.mark.parametrize(
    ("seed", "scale"), [(1, 0.02), (7, 0.043)], ids=["smallest", "another seed and scale"]
)
def test_records_of_any_seed_and_scale_add_up_to_what_was_published(
    tmp_path: Path, seed: int, scale: float
) -> None:
    """The promise does not hang on the default ones."""
    summary = write_demo(tmp_path / "sources", seed=seed, scale=scale)
    _assert_calibrated(summary.sources, scale)


def test_records_follow_the_rules_of_april_2026(tmp_path: Path) -> None:
    """Repeated reports are not handled again; those with new facts are verified anew."""
    start, end = date(2026, 1, 1), date(2026, 8, 31)
    summary = write_demo(tmp_path / "sources", scale=0.1, start=start, end=end)
    counted = count_years(summary.sources, range(2026, 2027), end)
    assert counted["due_closure_rate", 2026] == 1
    items = complaint_items(summary.sources / DATABASE)
    repeated = [item["received_at"] for item in items if item["status"] == "不再另行处理"]
    assert repeated != []
    assert min(repeated) >= "2026-04-15"
    assert any(
        item["supplemented_at"] and first_day_to_verify(item).isoformat() > item["received_at"][:10]
        for item in items
    )


def test_what_is_closed_in_the_last_hours_had_happened_by_then() -> None:
    """One complainant of this bureau was told in them, too, of what would end late."""
    end = date(2024, 11, 29)
    items = items_known(Scene.of(2, read_totals(None, Decimal(1)), date(2024, 9, 1), end))
    for step in ("received", "accepted", "extended", "supplemented", "told"):
        assert not (items[step] > items["closed"]).any(), step
    assert not (items["closed"] >= np.datetime64(end) + 1).any()


def test_everything_due_is_closed_but_not_everything_on_time(demo: DemoSummary) -> None:
    """The published 100 % is the due closure rate; the two others lie below."""
    counted = _assert_calibrated(demo.sources, 0.05)
    assert Decimal("0.95") < counted["on_time_closure_rate", 2024] < Decimal("0.99")
    assert counted["closure_rate", 2024] < 1


def test_large_registers_shrink_with_the_bureau_and_short_lists_do_not(
    landed: dict[str, Landed],
) -> None:
    """A twentieth of four meetings would be none."""
    rows: Any = {table: found.rows for table, found in landed.items()}
    counted = count_registers(rows, date(2024, 1, 1), AS_OF)
    assert counted["ccc_exemptions", 2024] == 26
    assert counted["firm_service_visits", 2024] == 75
    assert counted["group_law_studies", 2024] == 4
    assert counted["brand_certified_firms", 2024] == 38


def test_another_bureaus_totals_come_out_as_well(tmp_path: Path) -> None:
    """The totals are a file, not a property of the generator."""
    totals = tmp_path / "totals.csv"
    write_totals(totals, {
        "new_market_entities": "3100", "new_enterprises": "900", "data_ip_pledge_amount": "0.25",
        "complaints_and_reports_received": "0.42", "items_received": "4400", "cases_filed": "60",
        "penalty_amount": "81.07", "major_cases": "9", "lenient_cases": "4",
        "lenient_amount_waived": "12.5", "panel_reviewed_cases": "3",
    })  # fmt: skip
    summary = write_demo(tmp_path / "sources", totals=totals, start=date(2024, 1, 1), scale=1)
    counted = count_years(summary.sources, range(2024, 2026), AS_OF)
    assert counted["new_enterprises", 2024] == 900
    assert counted["new_market_entities", 2024] == 3100
    # 4400 less the usual share of consultations would be 4345, but 0.42 万 is at most 4249.
    assert counted["complaints_and_reports_received", 2024] == 4249
    assert counted["penalty_amount", 2024] == Decimal("810700.00")
    assert counted["lenient_amount_waived", 2024] == Decimal("125000.00")
    assert counted["data_ip_pledge_amount", 2024] == Decimal("25000000.00")
