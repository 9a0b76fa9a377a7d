"""The lists of who holds a status: live commerce, platforms, devices, consumer sites, talents.

One function per list, from a scene to its rows; a row holds from one day until, perhaps, another.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from demo.scene import Entry, Firm, Scene, in_order
from demo.spelling import Row

TEN_MILLION = Decimal(10_000_000)
"""Yuan a year: a room or brand counts as large above it, and not at it."""
_STEP = 100  # yuan: 0.01 万元
_PLATFORMS = (
    "sales_platform", "service_platform", "social_platform", "information_platform",
    "computing_platform", "finance_platform",
)  # fmt: skip
_LEAVING = 40  # one recognised site in so many has lost its status since


def _live_groups(scene: Scene) -> Sequence[tuple[str, int, bool, bool]]:
    """Kind, how many, whether green and whether large."""
    count = scene.totals.count
    green, large = count("green_live_rooms"), count("live_rooms_over_10m")
    both = min(green, large) // 3
    return (
        ("live_base", count("green_live_bases"), True, True),
        ("live_base", 4, False, True),
        ("live_room", both, True, True),
        ("live_room", green - both, True, False),
        ("live_room", large - both, False, True),
        ("live_room", 12, False, False),
        ("live_brand", count("live_brands_over_10m"), False, True),
        ("live_brand", 9, False, False),
    )


def live_commerce_sites(scene: Scene) -> list[Row]:
    """Bases, rooms and brands, green or not, large or not; a few sell for exactly ten million."""
    rows: list[Row] = []
    for order, (kind, total, is_green, is_large) in enumerate(_live_groups(scene), start=1):
        for stay in scene.stock(f"live commerce {order}", total):
            steps = stay.below("turnover", 400_000)
            sales = TEN_MILLION + (steps + 1) * _STEP
            if not is_large:
                sales = TEN_MILLION - (steps % 90_000 * _STEP if stay.number else 0)
            rows.append({
                "entry_no": f"ZB{order}{stay.number:010d}",
                "名称": f"滨江{stay.firm.name[2:4]}直播",
                "listing_kind": kind,
                "is_green": str(is_green).lower(),
                "turnover_yuan": sales,
                **_held(stay.firm, stay),
            })  # fmt: skip
    return in_order(rows, "listed_on", "entry_no")


def platform_enterprises(scene: Scene) -> list[Row]:
    """Enterprises in the pool, each once."""
    stays = scene.stock("platform", scene.totals.count("platform_enterprises"))
    firms = scene.some_firms("platform_enterprises", len(stays))
    return [
        {
            "entry_no": firm.uscc,
            "企业名称": firm.name,
            "listing_kind": _PLATFORMS[place % len(_PLATFORMS)],
            "street": firm.street,
            "listed_on": stay.day,
            "delisted_on": stay.until,
        }
        for place, (stay, firm) in enumerate(zip(stays, firms, strict=True))
    ]


def innovative_devices(scene: Scene) -> list[Row]:
    """Devices of class three, which are published, and of class two."""
    totals = {"class_3_device": scene.totals.count("innovative_devices"), "class_2_device": 6}
    rows: list[Row] = [
        {
            "entry_no": f"CQTS{stay.day.year}{order}{stay.number:08d}",
            "产品名称": "植入式器械",
            "listing_kind": kind,
            **_held(stay.firm, stay),
        }
        for order, (kind, total) in enumerate(totals.items(), start=2)
        for stay in scene.stock(kind, total)
    ]
    return in_order(rows, "listed_on", "entry_no")


def _held(firm: Firm, stay: Entry) -> Row:
    """Which firm holds an entry, where and how long."""
    return {
        "holder_uscc": firm.uscc,
        "street": firm.street,
        "listed_on": stay.day,
        "delisted_on": stay.until,
    }


def consumer_sites(scene: Scene) -> list[Row]:
    """Sites recognised in each year; some lose the status later."""
    return _recognised(scene, "FX", "名称", {
        "demonstration_canteen": scene.totals.count("demonstration_canteens"),
        "trusted_farm_market": scene.totals.count("trusted_farm_markets"),
        "common_prosperity_stall": scene.totals.count("common_prosperity_stalls"),
        "trusted_consumption_unit": scene.totals.count("trusted_consumption_units"),
        "trusted_business_area": scene.totals.count("trusted_business_areas_new"),
    })  # fmt: skip


def talents(scene: Scene) -> list[Row]:
    """Persons listed or certified in each year, and where they work."""
    return _recognised(scene, "RC", "姓名", {
        "live_streamer": scene.totals.count("live_streamers_trained"),
        "internet_marketer": scene.totals.count("internet_marketers_certified"),
        "advertising_expert": scene.totals.count("advertising_experts"),
    })  # fmt: skip


def _recognised(scene: Scene, prefix: str, named: str, totals: dict[str, int]) -> list[Row]:
    """Entries of each kind by the day of listing, under the name of a person."""
    rows: list[Row] = []
    for order, (kind, total) in enumerate(totals.items(), start=1):
        for moment in scene.flow(kind, total):
            leaves = moment.day + timedelta(days=moment.below("leaving", 700) + 1)
            is_leaving = moment.place % _LEAVING == 7
            is_person = named == "姓名"
            rows.append({
                "entry_no": f"{prefix}{moment.year}{order}{moment.place + 1:05d}",
                named: moment.person.name if is_person else f"{moment.person.name}的店",
                "listing_kind": kind,
                **({"工作单位": moment.firm.name} if is_person else {}),
                "street": moment.street,
                "listed_on": moment.day,
                "delisted_on": scene.by_end(leaves) if is_leaving else None,
            })  # fmt: skip
    return in_order(rows, "listed_on", "entry_no")


RECIPES = {
    "listings__live_commerce_sites": live_commerce_sites,
    "listings__platform_enterprises": platform_enterprises,
    "listings__innovative_devices": innovative_devices,
    "listings__consumer_sites": consumer_sites,
    "listings__talents": talents,
}
