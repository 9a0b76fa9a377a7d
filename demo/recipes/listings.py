"""The lists of who holds a status: live commerce, platforms, devices, consumer sites, talents.

One function per list, from a scene to its rows; a row holds from one day until, perhaps, another.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from demo.scene import Scene, Stay
from demo.spelling import Row

TEN_MILLION = Decimal(10_000_000)
"""Yuan a year: a room or brand counts as large above it, and not at it."""
_STEP = 100  # yuan: 0.01 万元
_PLATFORMS = (
    "sales_platform", "service_platform", "social_platform", "information_platform",
    "computing_platform", "finance_platform",
)  # fmt: skip
_LEAVING = 40  # one recognised site in so many has lost its status since


class _Group(NamedTuple):
    kind: str
    total: int
    is_green: bool
    is_large: bool


def _live_groups(scene: Scene) -> Sequence[_Group]:
    count = scene.totals.count
    green, large = count("green_live_rooms"), count("live_rooms_over_10m")
    both = min(green, large) // 3
    return (
        _Group("live_base", count("green_live_bases"), True, True),
        _Group("live_base", 4, False, True),
        _Group("live_room", both, True, True),
        _Group("live_room", green - both, True, False),
        _Group("live_room", large - both, False, True),
        _Group("live_room", 12, False, False),
        _Group("live_brand", count("live_brands_over_10m"), False, True),
        _Group("live_brand", 9, False, False),
    )


def live_commerce_sites(scene: Scene) -> list[Row]:
    """Bases, rooms and brands, green or not, large or not; a few sell for exactly ten million."""
    found: list[tuple[Stay, Row]] = []
    for order, group in enumerate(_live_groups(scene), start=1):
        stays = scene.stock(f"live commerce {order}", group.total)
        numbers = [stay.number for stay in stays]
        firms = scene.below(f"live holder {order}", numbers, len(scene.firms.codes))
        above = scene.below(f"turnover {order}", numbers, 400_000)
        for stay, firm, steps in zip(stays, firms, above, strict=True):
            sales = TEN_MILLION + (steps + 1) * _STEP
            if not group.is_large:
                sales = TEN_MILLION - (steps % 90_000 * _STEP if stay.number else 0)
            found.append((stay, {
                "entry_no": f"ZB{order}{stay.number:010d}",
                "名称": f"滨江{scene.firms.names[firm][2:4]}直播",
                "listing_kind": group.kind,
                "is_green": str(group.is_green).lower(),
                "turnover_yuan": sales,
                **_held(scene, firm, stay),
            }))  # fmt: skip
    return _in_order(found)


def platform_enterprises(scene: Scene) -> list[Row]:
    """Enterprises in the pool, each once."""
    stays = scene.stock("platform", scene.totals.count("platform_enterprises"))
    firms = scene.firms.of(scene.dice, "platform_enterprises", len(stays))
    return [
        {
            "entry_no": firm.uscc,
            "企业名称": firm.name,
            "listing_kind": _PLATFORMS[place % len(_PLATFORMS)],
            "street": firm.street,
            "listed_on": stay.since,
            "delisted_on": stay.until,
        }
        for place, (stay, firm) in enumerate(zip(stays, firms, strict=True))
    ]


def innovative_devices(scene: Scene) -> list[Row]:
    """Devices of class three, which are published, and of class two."""
    totals = {"class_3_device": scene.totals.count("innovative_devices"), "class_2_device": 6}
    found: list[tuple[Stay, Row]] = []
    for order, (kind, total) in enumerate(totals.items(), start=2):
        stays = scene.stock(kind, total)
        chosen = scene.below(kind, [stay.number for stay in stays], len(scene.firms.codes))
        for stay, firm in zip(stays, chosen, strict=True):
            found.append((stay, {
                "entry_no": f"CQTS{stay.since.year}{order}{stay.number:08d}",
                "产品名称": "植入式器械",
                "listing_kind": kind,
                **_held(scene, firm, stay),
            }))  # fmt: skip
    return _in_order(found)


def _held(scene: Scene, firm: int, stay: Stay) -> Row:
    """Which firm holds an entry, where and how long."""
    return {
        "holder_uscc": scene.firms.codes[firm],
        "street": scene.firms.streets[firm],
        "listed_on": stay.since,
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
    rows = _recognised(scene, "RC", "姓名", {
        "live_streamer": scene.totals.count("live_streamers_trained"),
        "internet_marketer": scene.totals.count("internet_marketers_certified"),
        "advertising_expert": scene.totals.count("advertising_experts"),
    })  # fmt: skip
    chosen = scene.below("employer", list(range(len(rows))), len(scene.firms.names))
    return [
        {**row, "工作单位": scene.firms.names[firm]} for row, firm in zip(rows, chosen, strict=True)
    ]


def _recognised(scene: Scene, prefix: str, named: str, totals: dict[str, int]) -> list[Row]:
    """Entries of each kind by the day of listing, under the name of a person."""
    found: list[tuple[Stay, Row]] = []
    for order, (kind, total) in enumerate(totals.items(), start=1):
        moments = scene.flow(kind, total)
        numbers = [moment.number for moment in moments]
        days = scene.below(f"{kind} leaving", numbers, 700)
        columns = zip(
            moments, days, scene.streets(kind, numbers), scene.persons(kind, numbers), strict=True
        )
        for moment, waited, street, person in columns:
            leaves = moment.day.fromordinal(moment.day.toordinal() + waited + 1)
            is_gone = moment.place % _LEAVING == 7 and leaves <= scene.end
            until = leaves if is_gone else None
            found.append((Stay(moment.number, moment.day, until), {
                "entry_no": f"{prefix}{moment.year}{order}{moment.place + 1:05d}",
                named: person if named == "姓名" else f"{person}的店",
                "listing_kind": kind,
                "street": street,
                "listed_on": moment.day,
                "delisted_on": until,
            }))  # fmt: skip
    return _in_order(found)


def _in_order(found: list[tuple[Stay, Row]]) -> list[Row]:
    found.sort(key=lambda entry: (entry[0].since, str(entry[1]["entry_no"])))
    return [row for _, row in found]


RECIPES = {
    "listings__live_commerce_sites": live_commerce_sites,
    "listings__platform_enterprises": platform_enterprises,
    "listings__innovative_devices": innovative_devices,
    "listings__consumer_sites": consumer_sites,
    "listings__talents": talents,
}
