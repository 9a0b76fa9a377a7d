"""The published totals of one year, which the demo's records are made to add up to.

Reads the facts as published (10.6 万件, 1.12 亿元) and turns them into what must be delivered at a
scale. No other part of the project may hold these values.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path

from pipelines.errors import SettingsError

CALIBRATED_YEAR = 2024
PUBLISHED_2024 = Path(__file__).with_name("published_2024.csv")

_MULTIPLES = {"万": Decimal(10_000), "亿": Decimal(100_000_000)}
_CONSULTATION_SHARE = Decimal("0.0125")
"""Consultations among all items; what 10.6 万 of 107,328 leaves room for."""


_SHRINKING = frozenset(
    {
        "ccc_exemptions",
        "contract_trustworthy_firms",
        "data_ip_registrations",
        "equipment_users_staffed",
        "firm_service_visits",
        "internet_marketers_certified",
        "public_opinion_handled",
        "reconsiderations_new",
        "trusted_consumption_units",
    }
)
"""Registers that are as many times smaller as the bureau; the others are short as they are."""
_STAFFING_RATES = ("equipment_producers_staffing_rate", "equipment_users_staffing_rate")
_ALWAYS_WHOLE = (
    "food_failure_report_rate",
    "food_disposal_rate",
    "food_publication_rate",
)
"""Rates that the demo's records can only bring to 100 %."""


@dataclass(frozen=True)
class Fact:
    """One published value in base units, with the half unit of its last digit."""

    value: Decimal
    half_unit: Decimal


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
    scale: Decimal = Decimal(1)
    facts: Mapping[str, Fact] = field(default_factory=dict, repr=False)
    """Every published value by indicator, not scaled."""

    def stated(self, indicator_id: str) -> Decimal:
        """A published value as it stands: a rank, a bound, a rate, hours."""
        return self.facts[indicator_id].value

    def count(self, indicator_id: str) -> int:
        """How many entries a register shall have; lists kept by hand do not shrink."""
        value = self.facts[indicator_id].value
        if self.scale < 1 and indicator_id not in _SHRINKING:
            return int(value)
        return max(round_half_up(value * self.scale), min(int(value), 1))

    def whole_of(self, part: int, rate_id: str) -> int:
        """Of how many a part is the published share (in per cent)."""
        return round_half_up(part * 100 / self.facts[rate_id].value)

    def part_of(self, wholes: Iterable[int], rate_id: str) -> tuple[int, int]:
        """The first of the wholes that has a part with the published share, and that part.

        Raises:
            SettingsError: when none has, at the published precision.
        """
        fact, tried = self.facts[rate_id], []
        step = fact.half_unit * 2
        for whole in wholes:
            part = round_half_up(whole * fact.value / 100)
            share = Decimal(part * 100) / whole if whole else fact.value
            if part <= whole and round_half_up(share, step) * step == fact.value:
                return whole, part
            tried.append(whole)
        raise SettingsError(
            f"totals, {rate_id}: expected a share that some of {max(tried)} can be, "
            f"got {fact.value} %. Mend the totals file."
        )

    @property
    def consultations(self) -> int:
        """Items that are neither complaint nor report."""
        return self.items - self.complaints_and_reports


def round_half_up(value: Decimal, step: Decimal = Decimal(1)) -> int:
    """How many steps the value has, rounded half up."""
    return int((value / step).to_integral_value(rounding=ROUND_HALF_UP))


def _finite(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite():
        raise InvalidOperation
    return value


def _read(path: Path) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.DictReader(lines):
                multiple = _MULTIPLES.get(row["unit"][:1], Decimal(1))
                stated = _finite(row["published"])
                last_digit = Decimal(1).scaleb(int(stated.as_tuple().exponent))
                facts[row["indicator_id"]] = Fact(stated * multiple, last_digit * multiple / 2)
    except (OSError, KeyError, TypeError, InvalidOperation, UnicodeDecodeError) as error:
        raise SettingsError(
            f"totals {path.name}: expected a CSV with indicator_id, published and unit, "
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
    if unusable := sorted(name for name, fact in facts.items() if fact.value < 0):
        raise SettingsError(
            f"totals {path.name}: expected values from 0 on, got another for "
            f"{', '.join(unusable)}. Mend the file."
        )
    if missing := sorted(wanted - set(facts)):
        raise SettingsError(
            f"totals {path.name}: expected all {len(wanted)} indicators of {PUBLISHED_2024.name}, "
            f"got none for {', '.join(missing)}. Add a line for each."
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
        scale=scale,
        facts=facts,
    )
    _check(path, totals)
    return totals


def _complaints_and_reports(facts: dict[str, Fact], scale: Decimal) -> int:
    """All items less the usual share of consultations, within what the published value rounds."""
    items = facts["items_received"].value
    stated = facts["complaints_and_reports_received"]
    usual = items - (items * _CONSULTATION_SHARE).to_integral_value(rounding="ROUND_FLOOR")
    lowest = stated.value - stated.half_unit
    highest = stated.value + stated.half_unit - 1
    return round_half_up(min(max(usual, lowest), highest) * scale)


def _check(path: Path, totals: Totals) -> None:
    parts = [
        ("new_enterprises", totals.enterprises, "new_market_entities", totals.entities),
        ("complaints_and_reports_received", totals.complaints_and_reports,
         "items_received", totals.items),
        ("panel_reviewed_cases", totals.panel_reviewed_cases, "cases_filed", totals.cases),
        ("major_cases + lenient_cases", totals.major_cases + totals.lenient_cases,
         "cases_filed", totals.cases),
        *_register_parts(totals),
    ]  # fmt: skip
    for part, part_value, whole, whole_value in parts:
        if part_value > whole_value:
            raise SettingsError(
                f"totals {path.name}: expected {part} within {whole} ({whole_value}), "
                f"got {part_value}. Mend the file."
            )
    for rate in _STAFFING_RATES:
        _check_staffing(path, totals, rate)
    for rate in _ALWAYS_WHOLE:
        if totals.stated(rate) != 100:
            raise SettingsError(
                f"totals {path.name}: expected {rate} to be 100, the only value that the demo can "
                f"deliver, got {totals.stated(rate)}. Mend the file."
            )


def _check_staffing(path: Path, totals: Totals, rate: str) -> None:
    """The rate must be that of whole units: 24 staffed can be 96 % but not 97 %."""
    stated, step = totals.facts[rate].value, totals.facts[rate].half_unit * 2
    staffed = int(totals.stated(rate.replace("staffing_rate", "staffed")))
    obliged = totals.whole_of(staffed, rate) if 0 < stated <= 100 else 0
    if not obliged or round_half_up(Decimal(staffed * 100) / obliged, step) * step != stated:
        raise SettingsError(
            f"totals {path.name}: expected a {rate} that {staffed} staffed units can be, "
            f"got {stated}. Mend the file."
        )


def _register_parts(totals: Totals) -> list[tuple[str, int, str, int]]:
    """Parts of the registers and the wholes that they may not exceed."""
    new_firms, firms, new, certificates = (
        totals.count(indicator)
        for indicator in (
            "brand_certified_firms_new",
            "brand_certified_firms",
            "brand_certificates_new",
            "brand_certificates",
        )
    )
    return [
        ("brand_certified_firms_new", new_firms, "brand_certificates_new", new),
        ("brand_certified_firms_new", new_firms, "brand_certified_firms", firms),
        ("brand_certificates_new", new, "brand_certificates", certificates),
        ("brand_certified_firms - brand_certified_firms_new", firms - new_firms,
         "brand_certificates - brand_certificates_new", certificates - new),
    ]  # fmt: skip
