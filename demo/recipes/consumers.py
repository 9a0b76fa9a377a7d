"""What protects consumers: food samples with their follow-up, and merchants of prepaid services.

From a scene to the rows of the two sources, as known at the demo's end.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

from demo.scene import CALIBRATED_DAY, Entry, Scene, in_order, of_kinds
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
    groups = {
        ("supervision", True): failures,
        ("supervision", False): passes,
        **{(kind, failed): 1 + passes // 20 for kind in _OTHER_KINDS for failed in (True, False)},
    }
    rows: list[Row] = []
    flow = partial(scene.flow, days_ahead=20, season=_SAMPLING)
    for (kind, failed), number, entry in of_kinds(flow, "food", groups):
        sampled = entry.day - timedelta(days=12 + entry.below("sampled before", 12))
        if sampled <= scene.end:
            sample: Row = {
                "sample_no": f"CJ{number}",
                "sampling_kind": kind,
                "被抽样单位": f"{entry.person.name}食品店",
                "street": entry.street,
                "sampled_on": sampled,
                "result_received_on": scene.by_end(entry.day),
                **(_followed_up(scene, entry) if failed else {}),
            }
            rows += [{**sample, **item} for item in _items(entry, failed, scene.end)]
    return in_order(rows, "sampled_on", "sample_no")


def _items(entry: Entry, failed: bool, end: date) -> list[Row]:
    """Two or three test items of a sample; of a failed one, one or two failed."""
    verdicts = ("passed", "failed" if failed else "passed") if entry.day <= end else (None, None)
    return [
        {
            "test_item": _TEST_ITEMS[(entry.place + step) % len(_TEST_ITEMS)],
            "verdict": verdicts[step >= 1],
        }
        for step in range(2 + entry.place % 2)
    ]


def _followed_up(scene: Scene, entry: Entry) -> Row:
    """Reported, disposed of and published in time; before PUNCTUAL_FROM some late or never."""
    received, draw = entry.day, entry.below("follow-up", 1000)
    is_slow = received < PUNCTUAL_FROM and entry.place % 6 == 2
    is_forgotten = received < PUNCTUAL_FROM and entry.place % 12 == 2
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
    span, scale = (CALIBRATED_DAY - _COVERAGE_FROM).days, float(scene.totals.scale)
    totals = {
        trade: max(_FEWEST_MERCHANTS, round(usual * scale)) for trade, usual in _MERCHANTS.items()
    }
    everyone = list(of_kinds(scene.stock, "prepaid", totals))
    # As many merchants of the published trades as the published coverage leaves out.
    listed = sorted(
        (entry.luck, number)
        for trade, number, entry in everyone
        if trade in COVERED_TRADES and entry.holds(CALIBRATED_DAY)
    )
    _, covered_in_all = scene.totals.part_of([len(listed)], "prepaid_coverage_rate")
    left_out = {number for _, number in listed[covered_in_all:]}
    rows: list[Row] = []
    for trade, number, entry in everyone:
        after = entry.below("covered", span)
        covered = max(_COVERAGE_FROM + timedelta(days=after), entry.day)
        if entry.day > CALIBRATED_DAY:
            covered = entry.day + timedelta(days=after % 30)
        is_never = number in left_out or (trade not in COVERED_TRADES and after % 5 > 1)
        is_gone = entry.until is not None and covered >= entry.until
        rows.append({
            "merchant_no": f"YF{number}",
            "商户名称": f"{entry.person.name}的店",
            "trade": trade,
            "street": entry.street,
            "listed_on": entry.day,
            "delisted_on": entry.until,
            "covered_on": None if is_never or is_gone else scene.by_end(covered),
        })  # fmt: skip
    return in_order(rows, "listed_on", "merchant_no")


RECIPES = {
    "food_samples__test_results": test_results,
    "prepaid_merchants__merchants": merchants,
}
