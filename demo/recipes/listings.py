"""The lists of who holds a status: live commerce, platforms, devices, consumer sites, talents.

One function per list, from a scene to its rows; a row holds from one day until, perhaps, another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal

from demo.scene import Entry, Firm, Scene, in_order, of_kinds
from demo.spelling import Row

TEN_MILLION = Decimal(10_000_000)
"""Yuan a year: a room or brand counts as large above it, and not at it."""
_STEP = 100  # yuan: 0.01 万元
_PLATFORMS = (
    "sales_platform", "service_platform", "social_platform", "information_platform",
    "computing_platform", "finance_platform",
)  # fmt: skip
_LEAVING = 40  # one recognised site in so many has lost its status since


def live_commerce_sites(scene: Scene) -> list[Row]:
    """Bases, rooms and brands, green or not, large or not; a few sell for exactly ten million."""
    count = scene.totals.count
    green, large = count("green_live_rooms"), count("live_rooms_over_10m")
    both = min(green, large) // 3
    groups: dict[tuple[str, bool, bool], str | int] = {
        ("live_base", True, True): "green_live_bases",
        ("live_base", False, True): 4,
        ("live_room", True, True): both,
        ("live_room", True, False): green - both,
        ("live_room", False, True): large - both,
        ("live_room", False, False): 12,
        ("live_brand", False, True): "live_brands_over_10m",
        ("live_brand", False, False): 9,
    }
    rows: list[Row] = []
    for (kind, is_green, is_large), number, entry in of_kinds(scene.stock, "live commerce", groups):
        steps = entry.below("turnover", 400_000)
        sales = TEN_MILLION + (steps + 1) * _STEP
        if not is_large:
            sales = TEN_MILLION - (steps % 90_000 * _STEP if entry.number else 0)
        rows.append({
            "entry_no": f"ZB{number}",
            "名称": f"滨江{entry.firm.name[2:4]}直播",
            "listing_kind": kind,
            "is_green": str(is_green).lower(),
            "turnover_yuan": sales,
            "holder_uscc": entry.firm.uscc,
            **_listed(entry, entry.firm),
        })  # fmt: skip
    return in_order(rows, "listed_on", "entry_no")


def _listed(entry: Entry, firm: Firm) -> Row:
    """Where the firm is that holds an entry, and how long it does."""
    return {"street": firm.street, "listed_on": entry.day, "delisted_on": entry.until}


def platform_enterprises(scene: Scene) -> list[Row]:
    """Enterprises in the pool, each once."""
    entries = scene.stock("platform", scene.totals.count("platform_enterprises"))
    firms = scene.some_firms("platform_enterprises", len(entries))
    return [
        {
            "entry_no": firm.uscc,
            "企业名称": firm.name,
            "listing_kind": _PLATFORMS[place % len(_PLATFORMS)],
            **_listed(entry, firm),
        }
        for place, (entry, firm) in enumerate(zip(entries, firms, strict=True))
    ]


def innovative_devices(scene: Scene) -> list[Row]:
    """Devices of class three, which are published, and of class two."""
    rows = [
        {
            "entry_no": f"CQTS{number}",
            "产品名称": "植入式器械",
            "listing_kind": kind,
            "holder_uscc": entry.firm.uscc,
            **_listed(entry, entry.firm),
        }
        for kind, number, entry in of_kinds(
            scene.stock, "device", {"class_3_device": "innovative_devices", "class_2_device": 6}
        )
    ]
    return in_order(rows, "listed_on", "entry_no")


def consumer_sites(scene: Scene) -> list[Row]:
    """Sites recognised in each year; some lose the status later."""
    totals = {
        "demonstration_canteen": "demonstration_canteens",
        "trusted_farm_market": "trusted_farm_markets",
        "common_prosperity_stall": "common_prosperity_stalls",
        "trusted_consumption_unit": "trusted_consumption_units",
        "trusted_business_area": "trusted_business_areas_new",
    }
    return _recognised(scene, "FX", totals, lambda entry: {"名称": f"{entry.person.name}的店"})


def talents(scene: Scene) -> list[Row]:
    """Persons listed or certified in each year, and where they work."""
    totals = {
        "live_streamer": "live_streamers_trained",
        "internet_marketer": "internet_marketers_certified",
        "advertising_expert": "advertising_experts",
    }
    return _recognised(
        scene, "RC", totals, lambda entry: {"姓名": entry.person.name, "工作单位": entry.firm.name}
    )


def _recognised(
    scene: Scene, prefix: str, totals: Mapping[str, str], named: Callable[[Entry], Row]
) -> list[Row]:
    """Entries of each kind by the day of listing."""
    rows: list[Row] = []
    for kind, number, entry in of_kinds(scene.flow, prefix, totals):
        leaves = entry.day + timedelta(days=entry.below("leaving", 700) + 1)
        rows.append({
            "entry_no": f"{prefix}{number}",
            **named(entry),
            "listing_kind": kind,
            "street": entry.street,
            "listed_on": entry.day,
            "delisted_on": scene.by_end(leaves) if entry.place % _LEAVING == 7 else None,
        })  # fmt: skip
    return in_order(rows, "listed_on", "entry_no")


RECIPES = {
    "listings__live_commerce_sites": live_commerce_sites,
    "listings__platform_enterprises": platform_enterprises,
    "listings__innovative_devices": innovative_devices,
    "listings__consumer_sites": consumer_sites,
    "listings__talents": talents,
}
