"""Figures counted from the registers' rows, one after another, in plain Python.

Nothing is shared with the pipeline's SQL, nor with the recipes but the column names. What does not
belong here: reading the files (landed), disputes (count_disputes).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from demo.spelling import Row
from tests.demo.count_disputes import litigations, reconsiderations
from tests.demo.count_rows import Figures, Rows, rate, size, within
from tests.demo.statutory_terms import working_days_after

_TEN_MILLION = 10_000_000
_REPORTED_WITHIN, _DISPOSED_WITHIN = 5, 90


def count_registers(rows: Rows, start: date, end: date) -> dict[tuple[str, int], Decimal]:
    """Value by indicator and year; a stock is that of the year's last day, a rate a fraction."""
    counted: dict[tuple[str, int], Decimal] = {}
    for year in range(start.year, end.year + 1):
        day = min(date(year, 12, 31), end)
        first = max(date(year, 1, 1), start)
        found = [count(rows, first, day) for count in (_activities, _listings, _recognitions)]
        found += [count(rows, first, day) for count in (_certificates, _food)]
        found += [count(rows, first, day, end) for count in (reconsiderations, litigations)]
        found += [count(rows, day) for count in (_stated, _equipment, _prepaid)]
        counted |= {(name, year): value for figures in found for name, value in figures.items()}
    return counted


def _activities(rows: Rows, first: date, last: date) -> Figures:
    def done(table: str, *kinds: str, **wanted: str) -> list[Any]:
        return within(
            rows[f"activities__{table}"], "happened_on", first, last, activity_kind=kinds, **wanted
        )

    visits = ("worry_relief_visit", "startup_express_visit", "newcomer_visit")
    hours = done("training_events", "online_law_study")
    return {
        "ip_country_handbooks": size(done("publications", "country_ip_handbook")),
        "case_explanation_issues": size(done("publications", "case_explanation")),
        "implementation_plans": size(done("publications", "implementation_plan")),
        "individual_business_actions": size(done("publications", "individual_business_action")),
        "laws_studied": size({r["document_no"] for r in done("publications", "law_studied")}),
        "platform_group_standards": size(
            done("standards", "group_standard", level="national", field="platform_governance")
        ),
        "platform_compliance_classes": size(done("training_events", "platform_compliance_class")),
        "newcomer_trainings": size(done("training_events", "newcomer_training")),
        "ip_law_trainings": size(done("training_events", "ip_law_training")),
        "group_law_studies": size(done("training_events", "group_law_study")),
        "law_study_hours": sum((row["hours"] for row in hours), Decimal(0)),
        "enforcement_campaigns": size(done("campaigns", "led_campaign")),
        "firm_service_visits": size(done("service_visits", *visits)),
        "public_opinion_handled": size(done("public_opinion", "handled_opinion")),
        "major_contracts": size(done("decisions_reviewed", "major_contract")),
        "major_decisions": size(done("decisions_reviewed", "major_decision")),
    }


def _is_listed(row: Row, day: date) -> bool:
    since, until = row["listed_on"], row["delisted_on"]
    return since <= day and (until is None or until > day)


def _listings(rows: Rows, first: date, last: date) -> Figures:
    def stock(table: str, matches: Callable[[Any], bool]) -> Decimal:
        listed = (row for row in rows[f"listings__{table}"] if _is_listed(row, last))
        return size(row for row in listed if matches(row))

    def new(table: str, kind: str) -> Decimal:
        return size(within(rows[f"listings__{table}"], "listed_on", first, last, listing_kind=kind))

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
        return within(
            rows["recognitions__items"], "recognised_on", first, last,
            programme=programme, level=levels,
        )  # fmt: skip

    firms = given("contract_trustworthy_firm", "national", "provincial", "municipal", "district")
    return {
        "patent_gold_awards": size(given("china_patent_award", "gold")),
        "patent_silver_awards": size(given("china_patent_award", "silver")),
        "patent_excellence_awards": size(given("china_patent_award", "excellence")),
        "data_ip_typical_cases": size(given("data_ip_case", "provincial")),
        "contract_trustworthy_firms": size({(r["holder_uscc"], r["level"]) for r in firms}),
        "trade_secret_provincial_sites_new": size(given("trade_secret_site", "provincial")),
        "trade_secret_city_bases_new": size(given("trade_secret_base", "municipal")),
        "quality_service_typical_cases": size(given("quality_service_case", "delta")),
        "typical_cases_selected": size(
            given("enforcement_case", "national", "provincial", "municipal")
        ),
        "law_publicity_cases": size(given("law_publicity_case", "provincial")),
        "staff_honours": size(given("staff_honour", "provincial", "municipal")),
    }


def _stated(rows: Rows, last: date) -> Figures:
    """What the newest document states of the year's end."""
    year_end = date(last.year, 12, 31)
    said = within(rows["external_figures__statements"], "period_end_on", year_end, year_end)
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
        if row["issued_on"] <= last <= row["valid_until"]
        and (row["withdrawn_on"] is None or row["withdrawn_on"] > last)
    ]
    handled = within(
        rows["ccc_exemptions__applications"], "handled_on", first, last,
        outcome=("granted", "refused"),
    )  # fmt: skip
    return {
        "brand_certificates": size(held),
        "brand_certified_firms": size({row["firm_uscc"] for row in held}),
        "brand_certificates_new": size(within(certificates, "issued_on", first, last)),
        "brand_certified_firms_new": size(
            day for day in first_issued.values() if first <= day <= last
        ),
        "data_ip_registrations": size(
            within(rows["data_ip__registrations"], "registered_on", first, last)
        ),
        "ccc_exemptions": size(handled),
    }


def _is_supervised_elsewhere(row: Row) -> bool:
    on_site = row["used_at"] in ("building_site", "municipal_site")
    return on_site and row["equipment_kind"] in ("crane", "site_vehicle")


def _equipment(rows: Rows, last: date) -> Figures:
    """By unit and kind of equipment: a director, and the officers that are needed."""

    def is_in(since: Any, until: Any) -> bool:
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
            and not _is_supervised_elsewhere(row)
        ]
        staffed = [row for row in obliged if is_staffed(row)]
        figures[f"equipment_{unit_kind}s_staffed"] = size(staffed)
        figures[f"equipment_{unit_kind}s_obliged"] = size(obliged)
        figures |= rate(len(staffed), len(obliged), f"equipment_{unit_kind}s_staffing_rate")
    return figures


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
        figures |= rate(len(finished), len(due), name)
    return figures


def _after(days: int) -> Callable[[date], date]:
    return lambda day: day + timedelta(days=days)


def _publication_due(disposed: date) -> date:
    return working_days_after(disposed, 20)


def _prepaid(rows: Rows, last: date) -> Figures:
    listed: list[Any] = [
        row
        for row in rows["prepaid_merchants__merchants"]
        if row["trade"] in ("beauty", "hairdressing") and _is_listed(row, last)
    ]
    covered = [r for r in listed if r["covered_on"] is not None and r["covered_on"] <= last]
    return rate(len(covered), len(listed), "prepaid_coverage_rate")
