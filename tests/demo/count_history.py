"""What had happened by a day, counted from the delivered files one record at a time.

Written with the standard library and openpyxl, apart from our SQL and from the generator, so that
agreement means something. The files are read once; any day can then be asked for. What does not
belong here: what a record counts in (`history_marks`), registers (`count_registers`), or comparing
with a release (`tests.night.test_history`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.demo.delivered import (
    DATABASE,
    STOCKS,
    complaint_items,
    good_registrations,
    penalty_cases,
    pledge_contracts,
)
from tests.demo.history_marks import (
    NEW,
    NOT_YET_DUE,
    Mark,
    judged_case,
    judged_item,
    movements_of,
    pledged,
    registered,
)
from tests.demo.statutory_terms import divide_half_up, read_instant_day

DISTRICT = "330108"

RATES = {
    "closure_rate": ("items_closed", "items_received"),
    "due_closure_rate": ("items_closed_when_due", "items_due"),
    "on_time_closure_rate": ("items_closed_on_time", "items_due"),
    "acceptance_on_time_rate": ("acceptance in time", "acceptance due"),
    "acceptance_notice_on_time_rate": ("acceptance_notice in time", "acceptance_notice due"),
    "mediation_on_time_rate": ("mediation in time", "mediation due"),
    "verification_on_time_rate": ("verification in time", "verification due"),
    "case_decision_on_time_rate": ("decision in time", "decision due"),
    "penalty_publication_on_time_rate": ("publication in time", "publication due"),
}
"""Each rate with what it divides by what."""

COUNTED = {
    "new_market_entities", *NEW, "deregistered_entities", "ip_pledge_contracts", "pledge_amount",
    "data_ip_pledge_amount", "items_received", "complaints_received", "reports_received",
    "consultations_received", "complaints_and_reports_received", "items_closed", "items_due",
    "items_not_yet_due",
    "items_closed_when_due", "items_closed_on_time", "cases_filed", "major_cases",
    "panel_reviewed_cases", "penalty_decisions_made", "penalty_amount", "lenient_cases",
    "lenient_amount_waived", "cases_without_violation", *NOT_YET_DUE.values(),
}  # fmt: skip
"""What is added up over months."""

INDICATORS = COUNTED | RATES.keys() | set(STOCKS)


@dataclass(frozen=True)
class History:
    """Everything that was delivered, with its days."""

    registrations: list[Mark]
    movements: list[Mark]
    """Entities that came (1) or went (-1), in the street that they came in."""
    pledges: list[Mark]
    items: list[dict[str, Any]]
    cases: list[dict[str, Any]]

    @classmethod
    def read(cls, sources: Path) -> History:
        """Read the files of a demo bureau."""
        events = list(good_registrations(sources))
        return cls(
            registrations=[mark for row in events for mark in registered(row)],
            movements=list(movements_of(events)),
            pledges=[mark for contract in pledge_contracts(sources) for mark in pledged(contract)],
            items=complaint_items(sources / DATABASE),
            cases=penalty_cases(sources),
        )

    def by(self, as_of: date) -> Counts:
        """What had happened by a day."""
        counts = Counts()
        counts.add(mark for mark in (*self.registrations, *self.pledges) if mark.day <= as_of)
        counts.add_movements(mark for mark in self.movements if mark.day <= as_of)
        for item in self.items:
            counts.add(judged_item(item, as_of))
        for case in self.cases:
            counts.add(judged_case(case, as_of))
        return counts


class Counts:
    """The figures of one day, by period and area."""

    def __init__(self) -> None:
        self._added: dict[tuple[str, date, str], Decimal] = defaultdict(Decimal)
        self._moved: dict[tuple[str, date, str], Decimal] = defaultdict(Decimal)

    def add(self, marks: Iterable[Mark]) -> None:
        """Count what is added up, in its month, its street and the district."""
        for name, day, street, amount in marks:
            month = day.replace(day=1)
            self._added[name, month, DISTRICT] += amount
            if street is not None:
                self._added[name, month, street] += amount

    def add_movements(self, marks: Iterable[Mark]) -> None:
        """Count what comes and goes."""
        for name, day, street, amount in marks:
            for area in (DISTRICT, street):
                if area is not None:
                    self._moved[name, day, area] += amount

    def cells(self) -> Iterator[tuple[str, date, str]]:
        """Indicator, first day of the month and area of whatever was counted or added up."""
        return (cell for cell, amount in self._added.items() if cell[0] in COUNTED and amount)

    def figure(self, indicator: str, start: date, end: date, area: str) -> Decimal | None:
        """The figure of a period, both days included; of a rate without anything to divide, None.

        A stock is that of the period's last day, or of the last day that there is.
        """
        if indicator in STOCKS:
            moved = (
                amount
                for (name, day, place), amount in self._moved.items()
                if name == indicator and place == area and day <= end
            )
            return sum(moved, Decimal(0))
        if indicator in RATES:
            part, whole = (self._sum(name, start, end, area) for name in RATES[indicator])
            return divide_half_up(int(part), int(whole)) if whole else None
        return self._sum(indicator, start, end, area)

    def _sum(self, name: str, start: date, end: date, area: str) -> Decimal:
        months = ((y, m) for y in range(start.year, end.year + 1) for m in range(1, 13))
        firsts = (date(year, month, 1) for year, month in months)
        return sum(
            (self._added.get((name, m, area), Decimal(0)) for m in firsts if start <= m <= end),
            Decimal(0),
        )


def count_years(sources: Path, years: range, as_of: date) -> dict[tuple[str, int], Decimal]:
    """Every figure of the district that the four large systems count up to, by name and year."""
    history = History.read(sources)
    counts, figures = history.by(as_of), {}
    for year in years:
        for name in INDICATORS:
            figure = counts.figure(name, date(year, 1, 1), date(year, 12, 31), DISTRICT)
            if figure is not None:
                figures[name, year] = figure
        median, p90 = _handling_days(history.items, year, as_of)
        figures["median_handling_days", year], figures["p90_handling_days", year] = median, p90
    return figures


def _handling_days(items: list[dict[str, Any]], year: int, as_of: date) -> tuple[Decimal, Decimal]:
    """The median and the nine-tenths quantile from receipt to closure."""
    days = sorted(
        (closed - received).days
        for item in items
        if (received := read_instant_day(item["received_at"])) and received.year == year
        if (closed := read_instant_day(item["closed_at"])) and closed <= as_of
    )
    middle = days[len(days) // 2] + days[(len(days) - 1) // 2]
    ninth = next(d for place, d in enumerate(days, start=1) if place * 10 >= len(days) * 9)
    return Decimal(middle) / 2, Decimal(ninth)
