"""Certificates, registrations and applications: brand certificates, data IP, CCC exemptions.

From a scene to the rows of the three systems.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from demo.scene import CALIBRATED_DAY, Firm, Scene, in_order, of_kinds
from demo.spelling import Row
from demo.totals import CALIBRATED_YEAR

_VALID_YEARS = 5
_ENDED = 5  # certificates that ended by the calibrated day
_KINDS = ("manufacturing", "services", "farm_produce", "construction")
_DATA_KINDS = ("enterprise_data", "enterprise_data", "enterprise_data", "public_data",
               "personal_data")  # fmt: skip
_CANCELLED = 30  # one registration in so many is cancelled later
_CLOCK = "10:30:00"


def brand_certificates(scene: Scene) -> list[Row]:
    """Certificates of the firms that hold one, and some that have run out or were withdrawn.

    Of the calibrated year's, so many went to firms that never had one, the others to firms that
    did.
    """
    count = scene.totals.count
    issued, new_firms = count("brand_certificates_new"), count("brand_certified_firms_new")
    old_firms = count("brand_certified_firms") - new_firms
    holders, year = old_firms + new_firms, CALIBRATED_YEAR
    later = [e for e in scene.flow("brand certificate", issued) if e.day > CALIBRATED_DAY]
    firms = scene.some_firms("brand_certified_firms", holders + _ENDED + len(later))
    rows = [
        *_issued_before(scene, firms[:old_firms], count("brand_certificates") - issued),
        *_ended(firms[holders : holders + _ENDED]),
    ]
    for place, day in enumerate(
        scene.spread("brand, new", issued, date(year, 2, 5), date(year, 11, 29))
    ):
        holder = old_firms + place if place < new_firms else place % max(old_firms, 1)
        rows.append(_certificate(firms[holder], day, f"B{place:05d}"))
    for place, entry in enumerate(later):
        holder = holders + _ENDED + place if entry.place % 2 else place % holders
        rows.append(_certificate(firms[holder], entry.day, f"D{place:05d}"))
    known = in_order(
        (r for r in rows if scene.by_end(r["issued_on"])), "issued_on", "certificate_no"
    )
    return [
        {
            **row,
            "certificate_kind": _KINDS[place % 7 % len(_KINDS)],
            "withdrawn_on": scene.by_end(row["withdrawn_on"]),
        }
        for place, row in enumerate(known)
    ]


def _issued_before(scene: Scene, firms: list[Firm], total: int) -> list[Row]:
    """Certificates from before the calibrated year that are valid at its end.

    Each firm has one at least; the year before brought about as many, and as many new firms, as
    the calibrated one.
    """
    last_year = CALIBRATED_YEAR - 1
    recent = min(scene.volume(scene.totals.count("brand_certificates_new"), last_year), total)
    newcomers = scene.volume(scene.totals.count("brand_certified_firms_new"), last_year)
    newcomers = min(newcomers, recent, max(len(firms) - 1, 0))
    first = date(CALIBRATED_YEAR - _VALID_YEARS + 1, 1, 6)
    days = [
        *scene.spread("brand, old", total - recent, first, date(last_year - 1, 12, 20)),
        *scene.spread("brand, recent", recent, date(last_year, 2, 1), date(last_year, 12, 20)),
    ]
    settled = len(firms) - newcomers
    rows = [
        _certificate(
            firms[place % settled if place < total - newcomers else place - total],
            day,
            f"A{place:05d}",
        )
        for place, day in enumerate(days)
    ]
    if rows:
        rows[0]["valid_until"] = CALIBRATED_DAY  # valid on its last day, too
    return rows


def _certificate(firm: Firm, issued: date, number: str) -> Row:
    return {
        "certificate_no": f"PZB{issued.year}{number}",
        "企业名称": firm.name,
        "firm_uscc": firm.uscc,
        "street": firm.street,
        "issued_on": issued,
        "valid_until": issued.replace(year=issued.year + _VALID_YEARS, day=min(issued.day, 28)),
        "withdrawn_on": None,
    }


def _ended(firms: list[Firm]) -> Iterator[Row]:
    """Run out on the day before the calibrated one, withdrawn on that day or before."""
    for place, firm in enumerate(firms):
        issued = date(CALIBRATED_YEAR - 4 + place % 3, 5, 11 + place)
        row = _certificate(firm, issued, f"C{place:05d}")
        if place == 0:
            yield {**row, "valid_until": CALIBRATED_DAY - timedelta(days=1)}
        else:
            yield {**row, "withdrawn_on": CALIBRATED_DAY - timedelta(days=70 * (place - 1))}


def data_ip_registrations(scene: Scene) -> list[Row]:
    """Registrations by day; some are cancelled later and still count in their year."""
    rows: list[Row] = []
    for entry in scene.flow("data ip", "data_ip_registrations"):
        cancelled = entry.day + timedelta(days=entry.below("cancelled", 500) + 20)
        rows.append({
            "certificate_no": f"SJZC{entry.year}3301{entry.place + 1:06d}",
            "registered_on": entry.day,
            "data_kind": _DATA_KINDS[entry.below("kind", len(_DATA_KINDS))],
            "applicant_name": entry.firm.name,
            "applicant_uscc": entry.firm.uscc,
            "street": entry.firm.street,
            "cancelled_on": scene.by_end(cancelled) if entry.place % _CANCELLED == 11 else None,
        })  # fmt: skip
    return rows


def ccc_applications(scene: Scene) -> list[Row]:
    """Applications by the day they were handled; what is handled after the demo is open."""
    longest = 9
    handled = scene.totals.count("ccc_exemptions")
    kinds = {"granted": handled, "withdrawn": handled // 30 + 1}
    rows: list[Row] = []
    flow = partial(scene.flow, days_ahead=longest)
    for kind, number, entry in of_kinds(flow, "ccc", kinds):
        applied = entry.day - timedelta(days=entry.below("handled in", longest) + 1)
        day = scene.by_end(entry.day)
        outcome = "refused" if kind == "granted" and entry.place % 17 == 5 else kind
        if applied <= scene.end:
            rows.append({
                "application_no": f"CCC{number}",
                "applicant_uscc": entry.firm.uscc,
                "contact_phone": entry.person.phone,
                "street": entry.firm.street,
                "applied_on": applied,
                "handled_on": day,
                "outcome": outcome if day else "open",
                "updated_at": f"{day or applied} {_CLOCK}",
            })  # fmt: skip
    return in_order(rows, "application_no")


RECIPES = {
    "brand_certificates__certificates": brand_certificates,
    "data_ip__registrations": data_ip_registrations,
    "ccc_exemptions__applications": ccc_applications,
}
