"""What a correct pipeline must compute from the registers, counted from the rows.

One row after another, in plain Python: nothing is shared with the pipeline's SQL, nor with the
recipes but the column names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np

from pipelines.demo.registers.scene import year_ends
from pipelines.demo.registers.spelling import Row
from pipelines.demo.working_days import add_working_days, day_number, next_working_day, to_date

Rows = dict[str, list[Row]]
Figures = dict[str, Decimal]
_SIX_PLACES = Decimal("0.000001")
_TEN_MILLION = 10_000_000
_HEADS = {"principal", "deputy", "other_head", "codefendant_head"}
_REPORTED_WITHIN, _DISPOSED_WITHIN = 5, 90


def registers_truth(rows: Rows, start: date, end: date) -> dict[tuple[str, int], Decimal]:
    """Value by indicator and year; a stock is that of the year's last day, a rate a fraction."""
    truth: dict[tuple[str, int], Decimal] = {}
    for year, day in year_ends(start, end):
        first = max(date(year, 1, 1), start)
        found = [count(rows, first, day) for count in (_activities, _listings, _recognitions)]
        found += [count(rows, first, day) for count in (_certificates, _food)]
        found += [count(rows, first, day, end) for count in (_reconsiderations, _litigations)]
        found += [count(rows, day) for count in (_stated, _equipment, _prepaid)]
        truth |= {(name, year): value for figures in found for name, value in figures.items()}
    return truth


def _within(
    rows: Iterable[Row], column: str, first: date, last: date, **wanted: object
) -> list[Any]:
    """Rows whose day lies within a period, with these values (or one of a tuple of values)."""
    return [
        row
        for row in rows
        if (day := row.get(column)) is not None
        and first <= day <= last  # type: ignore[operator]
        and all(
            row.get(name) in (value if isinstance(value, tuple) else (value,))
            for name, value in wanted.items()
        )
    ]


def _size(rows: Iterable[Any]) -> Decimal:
    return Decimal(len(list(rows)))


def _rate(part: int, whole: int, name: str) -> Figures:
    """The fraction with six decimals; nothing where there is no whole."""
    if not whole:
        return {}
    return {name: (Decimal(part) / whole).quantize(_SIX_PLACES, ROUND_HALF_UP)}


def _activities(rows: Rows, first: date, last: date) -> Figures:
    def done(table: str, *kinds: str, **wanted: str) -> list[Any]:
        return _within(
            rows[f"activities__{table}"], "happened_on", first, last, activity_kind=kinds, **wanted
        )

    visits = ("worry_relief_visit", "startup_express_visit", "newcomer_visit")
    hours = done("training_events", "online_law_study")
    return {
        "ip_country_handbooks": _size(done("publications", "country_ip_handbook")),
        "case_explanation_issues": _size(done("publications", "case_explanation")),
        "implementation_plans": _size(done("publications", "implementation_plan")),
        "individual_business_actions": _size(done("publications", "individual_business_action")),
        "laws_studied": _size({r["document_no"] for r in done("publications", "law_studied")}),
        "platform_group_standards": _size(
            done("standards", "group_standard", level="national", field="platform_governance")
        ),
        "platform_compliance_classes": _size(done("training_events", "platform_compliance_class")),
        "newcomer_trainings": _size(done("training_events", "newcomer_training")),
        "ip_law_trainings": _size(done("training_events", "ip_law_training")),
        "group_law_studies": _size(done("training_events", "group_law_study")),
        "law_study_hours": sum((row["hours"] for row in hours), Decimal(0)),
        "enforcement_campaigns": _size(done("campaigns", "led_campaign")),
        "firm_service_visits": _size(done("service_visits", *visits)),
        "public_opinion_handled": _size(done("public_opinion", "handled_opinion")),
        "major_contracts": _size(done("decisions_reviewed", "major_contract")),
        "major_decisions": _size(done("decisions_reviewed", "major_decision")),
    }


def _is_listed(row: Row, day: date) -> bool:
    since, until = row["listed_on"], row["delisted_on"]
    return since <= day and (until is None or until > day)  # type: ignore[operator]


def _listings(rows: Rows, first: date, last: date) -> Figures:
    def stock(table: str, matches: Callable[[Any], bool]) -> Decimal:
        listed = (row for row in rows[f"listings__{table}"] if _is_listed(row, last))
        return _size(row for row in listed if matches(row))

    def new(table: str, kind: str) -> Decimal:
        return _size(
            _within(rows[f"listings__{table}"], "listed_on", first, last, listing_kind=kind)
        )

    def live(kind: str) -> Callable[[Any], bool]:
        return lambda row: row["listing_kind"] == kind and row["is_green"] == "true"

    def large(kind: str) -> Callable[[Any], bool]:
        return lambda row: row["listing_kind"] == kind and row["turnover_yuan"] > _TEN_MILLION

    return {
        "green_live_bases": stock("live_commerce_sites", live("live_base")),
        "green_live_rooms": stock("live_commerce_sites", live("live_room")),
        "live_rooms_over_10m": stock("live_commerce_sites", large("live_room")),
        "live_brands_over_10m": stock("live_commerce_sites", large("live_brand")),
        "platform_enterprises": stock("platform_enterprises", lambda _: True),
        "innovative_devices": stock(
            "innovative_devices", lambda row: row["listing_kind"] == "class_3_device"
        ),
        "demonstration_canteens": new("consumer_sites", "demonstration_canteen"),
        "trusted_farm_markets": new("consumer_sites", "trusted_farm_market"),
        "common_prosperity_stalls": new("consumer_sites", "common_prosperity_stall"),
        "trusted_consumption_units": new("consumer_sites", "trusted_consumption_unit"),
        "trusted_business_areas_new": new("consumer_sites", "trusted_business_area"),
        "live_streamers_trained": new("talents", "live_streamer"),
        "internet_marketers_certified": new("talents", "internet_marketer"),
        "advertising_experts": new("talents", "advertising_expert"),
    }


def _recognitions(rows: Rows, first: date, last: date) -> Figures:
    def given(programme: str, *levels: str) -> list[Any]:
        return _within(
            rows["recognitions__items"], "recognised_on", first, last,
            programme=programme, level=levels,
        )  # fmt: skip

    firms = given("contract_trustworthy_firm", "national", "provincial", "municipal", "district")
    return {
        "patent_gold_awards": _size(given("china_patent_award", "gold")),
        "patent_silver_awards": _size(given("china_patent_award", "silver")),
        "patent_excellence_awards": _size(given("china_patent_award", "excellence")),
        "data_ip_typical_cases": _size(given("data_ip_case", "provincial")),
        "contract_trustworthy_firms": _size({(r["holder_uscc"], r["level"]) for r in firms}),
        "trade_secret_provincial_sites_new": _size(given("trade_secret_site", "provincial")),
        "trade_secret_city_bases_new": _size(given("trade_secret_base", "municipal")),
        "quality_service_typical_cases": _size(given("quality_service_case", "delta")),
        "typical_cases_selected": _size(
            given("enforcement_case", "national", "provincial", "municipal")
        ),
        "law_publicity_cases": _size(given("law_publicity_case", "provincial")),
        "staff_honours": _size(given("staff_honour", "provincial", "municipal")),
    }


def _stated(rows: Rows, last: date) -> Figures:
    """What the newest document states of the year's end."""
    year_end = date(last.year, 12, 31)
    said = _within(rows["external_figures__statements"], "period_end_on", year_end, year_end)
    said.sort(key=lambda row: row["published_on"])
    return {row["figure_name"]: row["stated_value"] for row in said}


def _certificates(rows: Rows, first: date, last: date) -> Figures:
    certificates = rows["brand_certificates__certificates"]
    first_issued: dict[Any, date] = {}
    for row in certificates:
        issued: Any = row["issued_on"]
        first_issued[row["firm_uscc"]] = min(first_issued.get(row["firm_uscc"], issued), issued)
    held: list[Any] = [
        row
        for row in certificates
        if row["issued_on"] <= last <= row["valid_until"]  # type: ignore[operator]
        and (row["withdrawn_on"] is None or row["withdrawn_on"] > last)  # type: ignore[operator]
    ]
    handled = _within(
        rows["ccc_exemptions__applications"], "handled_on", first, last,
        outcome=("granted", "refused"),
    )  # fmt: skip
    return {
        "brand_certificates": _size(held),
        "brand_certified_firms": _size({row["firm_uscc"] for row in held}),
        "brand_certificates_new": _size(_within(certificates, "issued_on", first, last)),
        "brand_certified_firms_new": _size(
            day for day in first_issued.values() if first <= day <= last
        ),
        "data_ip_registrations": _size(
            _within(rows["data_ip__registrations"], "registered_on", first, last)
        ),
        "ccc_exemptions": _size(handled),
    }


def _equipment(rows: Rows, last: date) -> Figures:
    """By unit and kind of equipment: a director, and the officers that are needed."""

    def is_in(since: Any, until: Any) -> bool:  # noqa: ANN401 - a row's values
        return bool(since <= last and (until is None or until >= last))

    holders: dict[Any, list[Any]] = {}
    for row in rows["special_equipment__role_holders"]:
        if is_in(row["held_from"], row["held_until"]):
            holders.setdefault(row["unit_no"], []).append(row)

    def is_staffed(row: Row) -> bool:
        required: Any = row["officers_required"] or 1
        kind: Any = row["equipment_kind"]
        serving = {kind} if kind == "lift" else {kind, None}
        found = [
            each
            for each in holders.get(row["unit_no"], [])
            if kind is None or each["equipment_kind"] in serving
        ]
        people = {
            role: {each["person_no"] for each in found if each["role"] == role}
            for role in ("director", "officer")
        }
        if row["unit_kind"] == "producer" and kind == "boiler":
            people["officer"] -= people["director"]
        return bool(people["director"]) and len(people["officer"]) >= int(required)

    figures: Figures = {}
    for unit_kind in ("producer", "user"):
        obliged = [
            row
            for row in rows["special_equipment__units"]
            if row["unit_kind"] == unit_kind
            and is_in(row["obliged_from"], row["obliged_until"])
            and row["used_at"] not in ("building_site", "municipal_site")
        ]
        staffed = [row for row in obliged if is_staffed(row)]
        figures[f"equipment_{unit_kind}s_staffed"] = _size(staffed)
        figures[f"equipment_{unit_kind}s_obliged"] = _size(obliged)
        figures |= _rate(len(staffed), len(obliged), f"equipment_{unit_kind}s_staffing_rate")
    return figures


def _reconsiderations(rows: Rows, first: date, last: date, end: date) -> Figures:
    """Cases by the day of the notice, and what was due and concluded in time by the end."""
    new = _within(rows["reconsiderations__cases"], "notified_on", first, last)
    due_days = [(_reconsideration_due(row), row["concluded_on"]) for row in new]
    due = [(day, concluded) for day, concluded in due_days if day <= end]
    on_time = [1 for day, concluded in due if concluded is not None and concluded <= day]
    return {
        "reconsiderations_new": _size(new),
        "reconsiderations_due": _size(due),
        "reconsiderations_concluded_on_time": _size(on_time),
        "reconsiderations_not_yet_due": _size(new) - _size(due),
        **_rate(len(on_time), len(due), "reconsideration_on_time_rate"),
    }


def _reconsideration_due(row: dict[str, Any]) -> date:
    """The last day of the period, or the next working day."""
    days = 30 if row["procedure"] == "summary" else 60
    if row["is_extended"] and row["procedure"] != "summary":
        granted = row["extension_days"]
        days += 30 if granted is None else min(granted, 30)
    days += (row["suspended_days"] or 0) + (row["excluded_days"] or 0)
    last = day_number(row["accepted_on"] or _deemed_accepted(row["applied_on"])) + days
    return to_date(int(next_working_day(np.asarray([last]))[0]))


def _deemed_accepted(applied: date) -> date:
    """When the review has ended without a decision; under the law before, the day of receipt."""
    return _working_days_after(applied, 5) if applied.year >= 2024 else applied


def _litigations(rows: Rows, first: date, last: date, end: date) -> Figures:
    hearings = rows["litigations__hearings"]
    filed = _within(hearings, "filed_on", first, last, instance="first")
    heard: dict[Any, list[Any]] = {}
    for row in hearings:
        if row["heard_on"] is not None and row["heard_on"] <= end:  # type: ignore[operator]
            heard.setdefault((row["case_no"], row["instance"]), []).append(row)
    due = [r for r in heard.values() if first <= min(row["heard_on"] for row in r) <= last]
    attended = [r for r in due if _has_attended(r)]
    principal = [r for r in attended if any(row["head_present"] == "principal" for row in r)]
    return {
        "litigations_first_instance": _size({row["case_no"] for row in filed}),
        "litigations_heard": _size(due),
        **_rate(len(attended), len(due), "head_court_attendance_rate"),
        **_rate(len(principal), len(due), "principal_attendance_rate"),
    }


def _has_attended(held: list[Any]) -> bool:
    """A head came once, and to each later hearing that the court had called the head to."""
    held = sorted(held, key=lambda row: (row["heard_on"], row["hearing_no"]))
    came = [row["head_present"] in _HEADS for row in held]
    later = zip(held[1:], came[1:], strict=True)
    return any(came) and all(is_there or not row["is_head_called"] for row, is_there in later)


def _food(rows: Rows, first: date, last: date) -> Figures:
    """What was done by the end, late or not, of what fell due in the period and by then."""
    failed: dict[Any, Any] = {
        row["sample_no"]: row
        for row in rows["food_samples__test_results"]
        if row["verdict"] == "failed" and row["sampling_kind"] == "supervision"
    }
    figures: Figures = {}
    for name, since, done, due_day in (
        ("food_failure_report_rate", "result_received_on", "reported_on", _after(_REPORTED_WITHIN)),
        ("food_disposal_rate", "result_received_on", "disposed_on", _after(_DISPOSED_WITHIN)),
        ("food_publication_rate", "disposed_on", "published_on", _publication_due),
    ):
        due = [
            row[done]
            for row in failed.values()
            if row[since] is not None and first <= due_day(row[since]) <= last
        ]
        finished = [1 for done_on in due if done_on is not None]
        figures |= _rate(len(finished), len(due), name)
    return figures


def _after(days: int) -> Callable[[date], date]:
    return lambda day: day + timedelta(days=days)


def _publication_due(disposed: date) -> date:
    return _working_days_after(disposed, 20)


def _working_days_after(day: date, count: int) -> date:
    return to_date(int(add_working_days(np.asarray([day_number(day)]), count)[0]))


def _prepaid(rows: Rows, last: date) -> Figures:
    listed: list[Any] = [
        row
        for row in rows["prepaid_merchants__merchants"]
        if row["trade"] in ("beauty", "hairdressing") and _is_listed(row, last)
    ]
    covered = [r for r in listed if r["covered_on"] is not None and r["covered_on"] <= last]
    return _rate(len(covered), len(listed), "prepaid_coverage_rate")
