"""The published totals of one year, which the demo's records are made to add up to.

Reads the facts as published (10.6 万件, 1.12 亿元) and turns them into what must be delivered at a
scale. No other part of the project may hold these values.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path

from pipelines.errors import SettingsError

CALIBRATED_YEAR = 2024
PUBLISHED_2024 = Path(__file__).with_name("totals_2024.csv")

_MULTIPLES = {"万": Decimal(10_000), "亿": Decimal(100_000_000)}
_CONSULTATION_SHARE = Decimal("0.0125")
"""Consultations among all items; what 10.6 万 of 107,328 leaves room for."""


@dataclass(frozen=True)
class Totals:
    """What the records of the calibrated year add up to, already scaled; amounts in fen."""

    entities: int
    enterprises: int
    data_ip_pledges: int
    complaints_and_reports: int
    items: int
    cases: int
    penalties: int
    major_cases: int
    lenient_cases: int
    waived: int
    panel_reviewed_cases: int

    @property
    def consultations(self) -> int:
        """Items that are neither complaint nor report."""
        return self.items - self.complaints_and_reports


def round_half_up(value: Decimal, step: Decimal = Decimal(1)) -> int:
    """How many steps the value has, rounded half up."""
    return int((value / step).to_integral_value(rounding=ROUND_HALF_UP))


@dataclass(frozen=True)
class _Published:
    """One published value in base units, with the half unit of its last digit."""

    value: Decimal
    half_unit: Decimal


def _read(path: Path) -> dict[str, _Published]:
    facts: dict[str, _Published] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.DictReader(lines):
                multiple = _MULTIPLES.get(row["unit"][:1], Decimal(1))
                stated = Decimal(row["value"])
                last_digit = Decimal(1).scaleb(int(stated.as_tuple().exponent))
                facts[row["indicator_id"]] = _Published(
                    stated * multiple, last_digit * multiple / 2
                )
    except (OSError, KeyError, TypeError, InvalidOperation, UnicodeDecodeError) as error:
        raise SettingsError(
            f"totals {path.name}: expected a CSV with indicator_id, value and unit, "
            f"got {type(error).__name__}. Copy the columns of {PUBLISHED_2024.name}."
        ) from None
    return facts


def read_totals(path: Path | None, scale: Decimal) -> Totals:
    """The totals of a file (the published ones of 2024 by default) at a scale.

    Raises:
        SettingsError: when a total is missing, or the totals contradict one another.
    """
    path = path or PUBLISHED_2024
    facts = _read(path)
    wanted = set(_read(PUBLISHED_2024))
    if missing := sorted(wanted - set(facts)):
        raise SettingsError(
            f"totals {path.name}: expected all of {sorted(wanted)}, got none for {missing}. "
            "Add a line for each."
        )

    def count(indicator_id: str) -> int:
        return round_half_up(facts[indicator_id].value * scale)

    def fen(indicator_id: str, step: int = 1) -> int:
        return round_half_up(facts[indicator_id].value * 100 * scale, Decimal(step)) * step

    totals = Totals(
        entities=count("new_market_entities"),
        enterprises=count("new_enterprises"),
        # The workbook states 万元 with two decimals: steps of 100 yuan.
        data_ip_pledges=fen("data_ip_pledge_amount", 10_000),
        complaints_and_reports=_complaints_and_reports(facts, scale),
        items=count("items_received"),
        cases=count("cases_filed"),
        penalties=fen("penalty_amount"),
        major_cases=count("major_cases"),
        lenient_cases=count("lenient_cases"),
        waived=fen("lenient_amount_waived"),
        panel_reviewed_cases=count("panel_reviewed_cases"),
    )
    _check(path, totals)
    return totals


def _complaints_and_reports(facts: dict[str, _Published], scale: Decimal) -> int:
    """All items less the usual share of consultations, within what the published value rounds."""
    items = facts["items_received"].value
    stated = facts["complaints_and_reports_received"]
    usual = items - (items * _CONSULTATION_SHARE).to_integral_value(rounding="ROUND_FLOOR")
    lowest = stated.value - stated.half_unit
    highest = stated.value + stated.half_unit - 1
    return round_half_up(min(max(usual, lowest), highest) * scale)


def _check(path: Path, totals: Totals) -> None:
    contradictions = [
        ("new_enterprises", totals.enterprises, "new_market_entities", totals.entities),
        (
            "complaints_and_reports_received",
            totals.complaints_and_reports,
            "items_received",
            totals.items,
        ),
        ("panel_reviewed_cases", totals.panel_reviewed_cases, "cases_filed", totals.cases),
        (
            "major_cases + lenient_cases",
            totals.major_cases + totals.lenient_cases,
            "cases_filed",
            totals.cases,
        ),
    ]
    for part, part_value, whole, whole_value in contradictions:
        if part_value > whole_value:
            raise SettingsError(
                f"totals {path.name}: expected {part} within {whole} ({whole_value}), "
                f"got {part_value}. Mend the file."
            )
