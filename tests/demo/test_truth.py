"""The figures that the writer promises are those that anyone counts from the delivered files."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from demo.bureau import DemoSummary, write_demo
from demo.complaint_items import COMPLAINT, DAY, NEVER, Items
from demo.working_days import day_number, to_date
from tests.demo.delivered import complaint_items, count_everything, write_totals
from tests.demo.statutory_terms import first_day_to_verify, last_day_to_mediate

YEARS = range(2023, 2026)
AS_OF = date(2025, 1, 15)

PUBLISHED_2024 = {
    "new_market_entities": Decimal(25_284),
    "new_enterprises": Decimal(20_755),
    "data_ip_pledge_amount": Decimal("112000000.00"),
    "items_received": Decimal(107_328),
    "cases_filed": Decimal(223),
    "penalty_amount": Decimal("2558900.00"),
    "major_cases": Decimal(56),
    "lenient_cases": Decimal(29),
    "lenient_amount_waived": Decimal("4100200.00"),
    "panel_reviewed_cases": Decimal(12),
    "due_closure_rate": Decimal(1),
}


def test_truth_is_what_independent_readers_count(demo: DemoSummary) -> None:
    """Every indicator and year, at a twentieth of the size."""
    counted = count_everything(demo.sources, YEARS, AS_OF)
    assert {key: demo.truth[key] for key in counted} == counted


@pytest.mark.parametrize(
    ("seed", "scale"), [(1, 0.02), (7, 0.043)], ids=["smallest", "another seed and scale"]
)
def test_truth_holds_for_other_seeds_and_scales(tmp_path: Path, seed: int, scale: float) -> None:
    """The promise does not hang on the default seed or scale."""
    summary = write_demo(tmp_path / "sources", seed=seed, scale=scale)
    counted = count_everything(summary.sources, YEARS, AS_OF)
    assert {key: summary.truth[key] for key in counted} == counted


def test_truth_holds_under_the_rules_of_april_2026(tmp_path: Path) -> None:
    """Repeated reports are not handled again; those with new facts are verified anew."""
    start, end = date(2026, 1, 1), date(2026, 8, 31)
    summary = write_demo(tmp_path / "sources", scale=0.1, start=start, end=end)
    counted = count_everything(summary.sources, range(2026, 2027), end)
    assert {key: summary.truth[key] for key in counted} == counted
    items = complaint_items(summary.sources / "complaints" / "complaints.sqlite")
    repeated = [item["received_at"] for item in items if item["status"] == "不再另行处理"]
    assert repeated != []
    assert min(repeated) >= "2026-04-15"
    assert any(
        item["supplemented_at"] and first_day_to_verify(item).isoformat() > item["received_at"][:10]
        for item in items
    )


def test_counts_scale_with_the_bureau(demo: DemoSummary) -> None:
    """A twentieth of each published count, rounded half up, and of each amount."""
    assert demo.truth["new_market_entities", 2024] == 1264
    assert demo.truth["new_enterprises", 2024] == 1038
    assert demo.truth["items_received", 2024] == 5366
    assert demo.truth["cases_filed", 2024] == 11
    assert demo.truth["penalty_amount", 2024] == Decimal("127945.00")
    assert demo.truth["data_ip_pledge_amount", 2024] == Decimal("5600000.00")
    assert demo.truth["ccc_exemptions", 2024] == 26
    assert demo.truth["firm_service_visits", 2024] == 75


def test_short_lists_do_not_shrink_with_the_bureau(demo: DemoSummary) -> None:
    """A twentieth of four meetings would be none."""
    assert demo.truth["group_law_studies", 2024] == 4
    assert demo.truth["brand_certified_firms", 2024] == 38


def test_everything_due_is_closed_but_not_everything_on_time(demo: DemoSummary) -> None:
    """The published 100 % is the due closure rate; the two others lie below."""
    assert demo.truth["due_closure_rate", 2024] == 1
    assert Decimal("0.95") < demo.truth["on_time_closure_rate", 2024] < Decimal("0.99")
    assert demo.truth["closure_rate", 2024] < 1


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
    counted = count_everything(summary.sources, range(2024, 2026), AS_OF)
    assert counted["new_enterprises", 2024] == 900
    assert counted["new_market_entities", 2024] == 3100
    # 4400 less the usual share of consultations would be 4345, but 0.42 万 is at most 4249.
    assert counted["complaints_and_reports_received", 2024] == 4249
    assert counted["penalty_amount", 2024] == Decimal("810700.00")
    assert counted["lenient_amount_waived", 2024] == Decimal("125000.00")
    assert counted["data_ip_pledge_amount", 2024] == Decimal("25000000.00")
    assert counted == {key: summary.truth[key] for key in counted}


def test_complaints_are_due_by_the_rule_of_the_day_they_were_accepted() -> None:
    """Each day of the half years around the change to 60 days, against the rules' text."""
    days = np.arange(day_number(date(2024, 1, 1)), day_number(date(2025, 1, 1)))
    at, never, none = days * DAY, np.full_like(days, NEVER), np.zeros_like(days)
    items = Items(
        numbers=none, submissions=none, kinds=none + COMPLAINT, received=at, accepted=at,
        told=never, extended=never, supplemented=never, closed=never, outcomes=none,
        respondents=none, streets=none, industries=none,
    )  # fmt: skip
    due = [to_date(day) for day in items.due_days().tolist()]
    assert due == [last_day_to_mediate(to_date(day)) for day in days.tolist()]
