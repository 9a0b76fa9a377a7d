"""Certificates, registrations and applications: brand certificates, data IP, CCC exemptions.

From a scene to the rows of the three systems.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from demo.scene import CALIBRATED_DAY, Firm, Scene, in_order
from demo.spelling import Row
from demo.totals import CALIBRATED_YEAR

_VALID_YEARS = 5
_ENDED = 5  # certificates that ended by the calibrated day
_KINDS = ("manufacturing", "services", "farm_produce", "construction")
_DATA_KINDS = ("enterprise_data", "enterprise_data", "enterprise_data", "public_data",
               "personal_data")  # fmt: skip
_CANCELLED = 30  # one registration in so many is cancelled later
_CLOCK = "10:30:00"


@dataclass(frozen=True)
class _Certificate:
    """A brand certificate."""

    number: str
    firm: Firm
    issued_on: date
    valid_until: date
    withdrawn_on: date | None

    def row(self, end: date, place: int) -> Row:
        """The certificate as it is known on a day."""
        withdrawn = self.withdrawn_on
        return {
            "certificate_no": self.number,
            "企业名称": self.firm.name,
            "firm_uscc": self.firm.uscc,
            "certificate_kind": _KINDS[place % 7 % len(_KINDS)],
            "street": self.firm.street,
            "issued_on": self.issued_on,
            "valid_until": self.valid_until,
            "withdrawn_on": withdrawn if withdrawn and withdrawn <= end else None,
        }


def brand_certificates(scene: Scene) -> list[Row]:
    """Certificates of the firms that hold one, and some that have run out or were withdrawn.

    Of the calibrated year's, so many went to firms that never had one, the others to firms that
    did.
    """
    count = scene.totals.count
    issued, new_firms = count("brand_certificates_new"), count("brand_certified_firms_new")
    old_firms = count("brand_certified_firms") - new_firms
    old = count("brand_certificates") - issued
    later = [m for m in scene.flow("brand certificate", issued) if m.year > CALIBRATED_YEAR]
    holders = old_firms + new_firms
    firms = scene.some_firms("brand_certified_firms", holders + _ENDED + len(later))
    certificates = _issued_before(scene, firms[:old_firms], old)
    year = CALIBRATED_YEAR
    days = scene.spread("brand, new", issued, date(year, 2, 5), date(year, 11, 29))
    for place, day in enumerate(days):
        holder = old_firms + place if place < new_firms else place % max(old_firms, 1)
        certificates.append(_certificate(firms[holder], day, f"B{place:05d}"))
    certificates += _ended(firms[holders:][:_ENDED])
    for place, moment in enumerate(later):
        holder = holders + _ENDED + place if moment.place % 2 else place % holders
        certificates.append(_certificate(firms[holder], moment.day, f"D{place:05d}"))
    certificates.sort(key=lambda certificate: (certificate.issued_on, certificate.number))
    return [
        certificate.row(scene.end, place)
        for place, certificate in enumerate(certificates)
        if certificate.issued_on <= scene.end
    ]


def _issued_before(scene: Scene, firms: list[Firm], total: int) -> list[_Certificate]:
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
    holders = [place % settled for place in range(total - newcomers)] if settled else []
    rows = [
        _certificate(firms[holder], day, f"A{place:05d}")
        for place, (day, holder) in enumerate(
            zip(days, [*holders, *range(settled, len(firms))], strict=True)
        )
    ]
    if rows:
        rows[0] = replace(rows[0], valid_until=CALIBRATED_DAY)  # valid on its last day, too
    return rows


def _certificate(firm: Firm, issued: date, number: str) -> _Certificate:
    until = issued.replace(year=issued.year + _VALID_YEARS, day=min(issued.day, 28))
    return _Certificate(f"PZB{issued.year}{number}", firm, issued, until, None)


def _ended(firms: list[Firm]) -> list[_Certificate]:
    """Run out on the day before the calibrated one, withdrawn on that day or before."""
    found = []
    for place, firm in enumerate(firms):
        issued = date(CALIBRATED_YEAR - 4 + place % 3, 5, 11 + place)
        certificate = _certificate(firm, issued, f"C{place:05d}")
        ends = CALIBRATED_DAY - timedelta(days=max(70 * (place - 1), 0))
        found.append(
            replace(certificate, withdrawn_on=ends)
            if place
            else replace(certificate, valid_until=CALIBRATED_DAY - timedelta(days=1))
        )
    return found


def data_ip_registrations(scene: Scene) -> list[Row]:
    """Registrations by day; some are cancelled later and still count in their year."""
    rows: list[Row] = []
    for moment in scene.flow("data ip", scene.totals.count("data_ip_registrations")):
        cancelled = moment.day + timedelta(days=moment.below("cancelled", 500) + 20)
        is_cancelled = moment.place % _CANCELLED == 11
        rows.append({
            "certificate_no": f"SJZC{moment.year}3301{moment.place + 1:06d}",
            "registered_on": moment.day,
            "data_kind": _DATA_KINDS[moment.below("kind", len(_DATA_KINDS))],
            "applicant_name": moment.firm.name,
            "applicant_uscc": moment.firm.uscc,
            "street": moment.firm.street,
            "cancelled_on": scene.by_end(cancelled) if is_cancelled else None,
        })  # fmt: skip
    return rows


def ccc_applications(scene: Scene) -> list[Row]:
    """Applications by the day they were handled; what is handled after the demo is open."""
    longest = 9
    handled = scene.totals.count("ccc_exemptions")
    rows: list[Row] = []
    for order, total in enumerate((handled, handled // 30 + 1)):
        moments = scene.flow(f"ccc {order}", total, days_ahead=longest)
        for moment in moments:
            applied = moment.day - timedelta(days=moment.below("handled in", longest) + 1)
            day = scene.by_end(moment.day)
            outcome = "withdrawn" if order else "refused" if moment.place % 17 == 5 else "granted"
            if applied <= scene.end:
                rows.append({
                    "application_no": f"CCC{moment.year}{order}{moment.place + 1:05d}",
                    "applicant_uscc": moment.firm.uscc,
                    "contact_phone": moment.person.phone,
                    "street": moment.firm.street,
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
