"""What protects consumers: food samples with their follow-up, and merchants of prepaid services.

From a scene to the rows of the two sources, as known at the demo's end.
"""

from __future__ import annotations

from datetime import date, timedelta

from demo.scene import CALIBRATED_DAY, Entry, Scene, in_order
from demo.spelling import Row
from demo.totals import CALIBRATED_YEAR
from demo.volumes import Season

PUNCTUAL_FROM = date(CALIBRATED_YEAR, 7, 1)
"""Failed samples whose result came since are all followed up in time; before, a few were not."""
_SAMPLES, _FEWEST_SAMPLES = 1500, 150
_FAILURES, _FEWEST_FAILURES = 72, 48
_OTHER_KINDS = ("risk_monitoring", "evaluation")
# Autumn brings the campaigns whose failures fall due around the turn of the year.
_SAMPLING = Season(
    months=(0.9, 0.5, 0.9, 0.9, 1.0, 1.0, 0.9, 0.9, 1.6, 1.8, 1.6, 1.2),
    weekdays=(1.0, 1.1, 1.1, 1.0, 1.0, 0.1, 0.1),
    holiday=0.0,
)
_TEST_ITEMS = ("铅", "菌落总数", "苯甲酸", "农药残留", "标签")
COVERED_TRADES = ("beauty", "hairdressing")
"""The trades whose coverage is published."""
_MERCHANTS = {"beauty": 84, "hairdressing": 71, "fitness": 46, "tutoring": 38, "bathing": 22}
_FEWEST_MERCHANTS = 12
_COVERAGE_FROM = date(CALIBRATED_YEAR - 2, 11, 1)


def test_results(scene: Scene) -> list[Row]:
    """One row per sample and test item, by the day of the result."""
    scale = float(scene.totals.scale)
    failures = max(_FEWEST_FAILURES, round(_FAILURES * scale))
    passes = max(_FEWEST_SAMPLES, round(_SAMPLES * scale))
    groups = [
        ("supervision", True, failures),
        ("supervision", False, passes),
        *((kind, failed, 1 + passes // 20) for kind in _OTHER_KINDS for failed in (True, False)),
    ]
    rows: list[Row] = []
    for order, (kind, failed, total) in enumerate(groups):
        flow = scene.flow(f"food {kind} {failed}", total, days_ahead=20, season=_SAMPLING)
        for moment in flow:
            sampled = moment.day - timedelta(days=12 + moment.below("sampled before", 12))
            if sampled <= scene.end:
                sample: Row = {
                    "sample_no": f"CJ{moment.year}{order}{moment.place + 1:06d}",
                    "sampling_kind": kind,
                    "被抽样单位": f"{moment.person.name}食品店",
                    "street": moment.street,
                    "sampled_on": sampled,
                    "result_received_on": scene.by_end(moment.day),
                    **(_followed_up(scene, moment) if failed else {}),
                }
                rows += [{**sample, **item} for item in _items(moment, failed, scene.end)]
    return in_order(rows, "sampled_on", "sample_no")


def _items(moment: Entry, failed: bool, end: date) -> list[Row]:
    """Two or three test items of a sample; of a failed one, one or two failed."""
    is_known = moment.day <= end
    count = 2 + moment.place % 2
    first = moment.place % len(_TEST_ITEMS)
    return [
        {
            "test_item": _TEST_ITEMS[(first + step) % len(_TEST_ITEMS)],
            "verdict": ("failed" if failed and step >= 1 else "passed") if is_known else None,
        }
        for step in range(count)
    ]


def _followed_up(scene: Scene, moment: Entry) -> Row:
    """Reported, disposed of and published in time; before PUNCTUAL_FROM some late or never."""
    received, draw = moment.day, moment.below("follow-up", 1000)
    is_slow = received < PUNCTUAL_FROM and moment.place % 6 == 2
    is_forgotten = received < PUNCTUAL_FROM and moment.place % 12 == 2
    reported = received + timedelta(days=12 if is_slow else draw % 2)
    disposed = received + timedelta(days=(100 if is_slow else 18) + draw % 40)
    published = disposed + timedelta(days=(45 if is_slow else 2) + draw % 8)
    return {
        "reported_on": None if is_forgotten else scene.by_end(reported),
        "disposed_on": scene.by_end(disposed),
        "published_on": None if is_forgotten else scene.by_end(published),
    }


def merchants(scene: Scene) -> list[Row]:
    """Merchants by trade; the published trades were covered one after another."""
    rows: list[Row] = []
    span = (CALIBRATED_DAY - _COVERAGE_FROM).days
    scale = float(scene.totals.scale)
    stays_of = {
        trade: scene.stock(f"prepaid {trade}", max(_FEWEST_MERCHANTS, round(usual * scale)))
        for trade, usual in _MERCHANTS.items()
    }
    passed_over = _never_covered(scene, stays_of)
    for order, (trade, stays) in enumerate(stays_of.items(), start=1):
        for stay in stays:
            after = stay.below("covered", span)
            covered = max(_COVERAGE_FROM + timedelta(days=after), stay.day)
            if stay.day > CALIBRATED_DAY:
                covered = stay.day + timedelta(days=after % 30)
            is_left_out = (trade, stay.number) in passed_over or (
                trade not in COVERED_TRADES and after % 5 > 1
            )
            is_gone = stay.until is not None and covered >= stay.until
            rows.append({
                "merchant_no": f"YF{order}{stay.number:010d}",
                "商户名称": f"{stay.person.name}的店",
                "trade": trade,
                "street": stay.street,
                "listed_on": stay.day,
                "delisted_on": stay.until,
                "covered_on": None if is_left_out or is_gone else scene.by_end(covered),
            })  # fmt: skip
    return in_order(rows, "listed_on", "merchant_no")


def _never_covered(scene: Scene, stays_of: dict[str, list[Entry]]) -> set[tuple[str, int]]:
    """As many merchants of the published trades as the published coverage leaves out."""
    listed = sorted(
        (stay.luck, trade, stay.number)
        for trade in COVERED_TRADES
        for stay in stays_of[trade]
        if stay.holds(CALIBRATED_DAY)
    )
    _, covered = scene.totals.part_of([len(listed)], "prepaid_coverage_rate")
    return {(trade, number) for _, trade, number in listed[covered:]}


RECIPES = {
    "food_samples__test_results": test_results,
    "prepaid_merchants__merchants": merchants,
}
