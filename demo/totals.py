"""The published totals of one year, which the demo's records are made to add up to.

Reads the facts as published (10.6 万件, 1.12 亿元) and turns them into what must be delivered at a
scale. No other part of the project may hold these values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from pipelines.errors import SettingsError
from pipelines.reports.formats import choose_scale
from pipelines.reports.published_figures import PublishedFigure, read_published_figures

CALIBRATED_YEAR = 2024
PUBLISHED_2024 = Path(__file__).with_name("published_2024.csv")

_CONSULTATION_SHARE = Decimal("0.0125")
"""Consultations among all items; what 10.6 万 of 107,328 leaves room for."""

_SHRINKING = {
    "cases_filed", "ccc_exemptions", "contract_trustworthy_firms", "data_ip_registrations",
    "equipment_users_staffed", "firm_service_visits", "internet_marketers_certified",
    "items_received", "lenient_cases", "major_cases", "new_enterprises", "new_market_entities",
    "panel_reviewed_cases", "public_opinion_handled", "reconsiderations_new",
    "trusted_consumption_units",
}  # fmt: skip
"""What is as many times smaller as the bureau; the other lists are short as they are."""
_PARTS = (
    ("new_enterprises", "new_market_entities"),
    ("panel_reviewed_cases", "cases_filed"),
    ("major_cases + lenient_cases", "cases_filed"),
    ("brand_certified_firms_new", "brand_certificates_new"),
    ("brand_certified_firms_new", "brand_certified_firms"),
    ("brand_certificates_new", "brand_certificates"),
    ("brand_certified_firms - brand_certified_firms_new",
     "brand_certificates - brand_certificates_new"),
)  # fmt: skip
"""What lies within what, else the totals contradict one another."""
_HELD = (
    ("brand_certificates", "brand_certified_firms"),
    ("brand_certificates - brand_certificates_new",
     "brand_certified_firms - brand_certified_firms_new"),
)  # fmt: skip
"""What somebody must hold, and who."""
_STAFFING_RATES = ("equipment_producers_staffing_rate", "equipment_users_staffing_rate")
_ALWAYS_WHOLE = ("food_failure_report_rate", "food_disposal_rate", "food_publication_rate")
"""Rates that the demo's records can only bring to 100 %."""


@dataclass(frozen=True)
class Fact:
    """One published value in base units, a rate in per cent; half a unit of its last digit."""

    value: Decimal
    half_unit: Decimal

    @classmethod
    def of(cls, figure: PublishedFigure) -> Fact:
        """What a line of the file says: 10.6 万件 is 106,000, give or take 500."""
        exponent = max(choose_scale(figure.plain_unit, "", "").exponent, 0)
        last_digit = Decimal(1).scaleb(exponent - figure.decimals)
        return cls(figure.number.scaleb(exponent), last_digit / 2)


@dataclass(frozen=True)
class Totals:
    """What the records of the calibrated year add up to, at a scale."""

    scale: Decimal
    facts: Mapping[str, Fact] = field(repr=False)
    """Every published value by indicator, not scaled."""

    def stated(self, indicator_id: str) -> Decimal:
        """A published value as it stands: a rank, a bound, a rate, hours."""
        return self.facts[indicator_id].value

    def count(self, indicator_id: str | int) -> int:
        """How many entries a register shall have; lists kept by hand do not shrink.

        A number stands for itself, where nothing is published.
        """
        if isinstance(indicator_id, int):
            return indicator_id
        value = self.stated(indicator_id)
        if self.scale < 1 and indicator_id not in _SHRINKING:
            return int(value)
        return max(round_half_up(value * self.scale), min(int(value), 1))

    def fen(self, indicator_id: str, step: int = 1) -> int:
        """An amount in fen, in whole steps."""
        fen = self.stated(indicator_id) * 100 * self.scale
        return round_half_up(fen, Decimal(step)) * step

    def whole_of(self, part: int, rate_id: str) -> int:
        """Of how many a part is the published share (in per cent)."""
        return round_half_up(part * 100 / self.stated(rate_id))

    def is_share(self, part: int, whole: int, rate_id: str) -> bool:
        """Whether a part has the published share, at the published precision."""
        fact, step = self.facts[rate_id], self.facts[rate_id].half_unit * 2
        share = Decimal(part * 100) / whole if whole else fact.value
        return part <= whole and round_half_up(share, step) * step == fact.value

    def part_of(self, wholes: Sequence[int], rate_id: str) -> tuple[int, int]:
        """The first of the wholes that has a part with the published share, and that part.

        Raises:
            SettingsError: when none has.
        """
        for whole in wholes:
            part = round_half_up(whole * self.stated(rate_id) / 100)
            if self.is_share(part, whole, rate_id):
                return whole, part
        raise SettingsError(
            f"totals, {rate_id}: expected a share that some of {max(wholes)} can be, "
            f"got {self.stated(rate_id)} %. Mend the totals file."
        )

    @property
    def complaints_and_reports(self) -> int:
        """All items less the usual share of consultations, within what the stated value rounds."""
        items = self.stated("items_received")
        stated = self.facts["complaints_and_reports_received"]
        usual = items - (items * _CONSULTATION_SHARE).to_integral_value(rounding="ROUND_FLOOR")
        lowest = stated.value - stated.half_unit
        highest = stated.value + stated.half_unit - 1
        return round_half_up(min(max(usual, lowest), highest) * self.scale)


def round_half_up(value: Decimal, step: Decimal = Decimal(1)) -> int:
    """How many steps the value has, rounded half up."""
    return int((value / step).to_integral_value(rounding=ROUND_HALF_UP))


def read_totals(path: Path | None, scale: Decimal) -> Totals:
    """The totals of a file (the published ones of 2024 by default) at a scale.

    Raises:
        SettingsError: when a total is missing, or the totals contradict one another.
    """
    path = path or PUBLISHED_2024
    facts = _read(path)
    wanted = _read(PUBLISHED_2024).keys()
    if unusable := sorted(name for name, fact in facts.items() if fact.value < 0):
        raise SettingsError(
            f"totals {path.name}: expected values from 0 on, got another for "
            f"{', '.join(unusable)}. Mend the file."
        )
    if missing := sorted(wanted - facts.keys()):
        raise SettingsError(
            f"totals {path.name}: expected all {len(wanted)} indicators of {PUBLISHED_2024.name}, "
            f"got none for {', '.join(missing)}. Add a line for each."
        )
    totals = Totals(scale, facts)
    _check(path, totals)
    return totals


def _read(path: Path) -> dict[str, Fact]:
    return {figure.indicator_id: Fact.of(figure) for figure in read_published_figures(path)}


def _check(path: Path, totals: Totals) -> None:
    parts = [(part, _sum(totals, part), whole, _sum(totals, whole)) for part, whole in _PARTS]
    parts.append((
        "complaints_and_reports_received", totals.complaints_and_reports,
        "items_received", totals.count("items_received"),
    ))  # fmt: skip
    for part, part_value, whole, whole_value in parts:
        if part_value > whole_value:
            raise SettingsError(
                f"totals {path.name}: expected {part} within {whole} ({whole_value}), "
                f"got {part_value}. Mend the file."
            )
    for entries, holders in _HELD:
        if _sum(totals, entries) and not _sum(totals, holders):
            raise SettingsError(
                f"totals {path.name}: expected somebody who holds {entries}"
                f" ({_sum(totals, entries)}), got 0 as {holders}. Mend the file."
            )
    for rate in _STAFFING_RATES:
        _check_staffing(path, totals, rate)
    for rate in _ALWAYS_WHOLE:
        if totals.stated(rate) != 100:
            raise SettingsError(
                f"totals {path.name}: expected {rate} to be 100, the only value that the demo can "
                f"deliver, got {totals.stated(rate)}. Mend the file."
            )


def _sum(totals: Totals, names: str) -> int:
    """A count, or counts added and taken away."""
    added, _, taken = names.partition(" - ")
    return sum(map(totals.count, added.split(" + "))) - (totals.count(taken) if taken else 0)


def _check_staffing(path: Path, totals: Totals, rate: str) -> None:
    """The rate must be that of whole units: 24 staffed can be 96 % but not 97 %."""
    stated = totals.stated(rate)
    staffed = int(totals.stated(rate.replace("staffing_rate", "staffed")))
    obliged = totals.whole_of(staffed, rate) if 0 < stated <= 100 else 0
    if not obliged or not totals.is_share(staffed, obliged, rate):
        raise SettingsError(
            f"totals {path.name}: expected a {rate} that {staffed} staffed units can be, "
            f"got {stated}. Mend the file."
        )
