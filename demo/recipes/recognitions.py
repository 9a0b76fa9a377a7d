"""Awards, typical cases, recognised firms and honours, and the figures that other bodies state.

From a scene to the rows of the two lists. What is recognised at a level that is not published
stands beside what is.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from demo.scene import Scene, in_order, of_kinds
from demo.spelling import Row
from demo.totals import CALIBRATED_YEAR

_PERSON, _FIRM, _CASE = range(3)
_PROGRAMMES: dict[tuple[str, tuple[str, ...], int], str | int] = {
    ("china_patent_award", ("gold",), _FIRM): "patent_gold_awards",
    ("china_patent_award", ("silver",), _FIRM): "patent_silver_awards",
    ("china_patent_award", ("excellence",), _FIRM): "patent_excellence_awards",
    ("data_ip_case", ("provincial",), _CASE): "data_ip_typical_cases",
    ("data_ip_case", ("municipal",), _CASE): 2,
    ("trade_secret_site", ("provincial",), _FIRM): "trade_secret_provincial_sites_new",
    ("trade_secret_site", ("municipal",), _FIRM): 4,
    ("trade_secret_base", ("municipal",), _FIRM): "trade_secret_city_bases_new",
    ("trade_secret_base", ("provincial",), _FIRM): 1,
    ("quality_service_case", ("delta",), _CASE): "quality_service_typical_cases",
    ("quality_service_case", ("provincial",), _CASE): 2,
    ("enforcement_case", ("provincial", "municipal", "national"), _CASE): "typical_cases_selected",
    ("enforcement_case", ("district",), _CASE): 5,
    ("law_publicity_case", ("provincial",), _CASE): "law_publicity_cases",
    ("law_publicity_case", ("municipal",), _CASE): 2,
    ("staff_honour", ("municipal", "provincial"), _PERSON): "staff_honours",
    ("staff_honour", ("district",), _PERSON): 10,
    ("other", ("municipal", "district"), _CASE): 3,
}
"""How many a year of a programme, over these levels in turn, for a holder of this sort."""


def items(scene: Scene) -> list[Row]:
    """One row per holder and recognition."""
    rows = _trustworthy_firms(scene)
    programmes = of_kinds(scene.flow, "recognition", _PROGRAMMES)
    for (programme, levels, holder), number, entry in programmes:
        rows.append({
            "recognition_no": f"HJ{number}",
            "programme": programme,
            "level": levels[entry.place % len(levels)],
            "对象": (entry.person.name, entry.firm.name, "案例编写组")[holder],
            "holder_uscc": entry.firm.uscc if holder == _FIRM else None,
            "granted_by": "演示授予单位",
            "recognised_on": entry.day,
        })  # fmt: skip
    return in_order(rows, "recognised_on", "recognition_no")


def _trustworthy_firms(scene: Scene) -> list[Row]:
    """So many pairs of firm and level a year: one firm at two levels, one pair stated twice."""
    levels = ("municipal", "provincial", "district")
    total = scene.totals.count("contract_trustworthy_firms")
    firms = scene.some_firms(
        "contract_trustworthy_firms", max(scene.volume(total, year) for year in scene.years)
    )
    rows: list[Row] = []
    for entry in scene.flow("trustworthy", total, extra=1):
        # The second firm is the first at another level; the last row repeats the first.
        place = entry.place % scene.volume(total, entry.year)
        firm = firms[0 if place == 1 else place]
        rows.append({
            "recognition_no": f"HJ{entry.year}00{entry.place + 1:05d}",
            "programme": "contract_trustworthy_firm",
            "level": levels[place % len(levels)],
            "对象": firm.name,
            "holder_uscc": firm.uscc,
            "granted_by": "演示授予单位",
            "recognised_on": entry.day,
        })  # fmt: skip
    return rows


class _External(NamedTuple):
    bound: str
    issued_by: str
    title: str
    step: Decimal
    """By how much the value of the year before differs."""


_EXTERNAL = {
    "wipo_award_shortlist_rank": _External("at_most", "演示奖项组委会", "入围公告", Decimal(5)),
    "data_ip_pledge_city_rank": _External("exact", "演示市局", "质押统计通报", Decimal(1)),
    "platform_enterprises_city_rank": _External("exact", "演示市局", "平台统计通报", Decimal(1)),
    "new_enterprises_city_rank": _External("exact", "演示市局", "经营主体通报", Decimal(1)),
    "innovative_devices_province_rank": _External("exact", "演示省局", "器械审批通报", Decimal(1)),
    "law_contest_average_score": _External("at_least", "演示竞赛组委会", "成绩公告",
                                           Decimal("-0.14")),
}  # fmt: skip
_CORRECTED = "platform_enterprises_city_rank"
"""Stated too early in a first bulletin; the later one holds."""


def statements(scene: Scene) -> list[Row]:
    """What other bodies state of each year, published in the January after it."""
    rows: list[Row] = []
    # A year further back than other lists: of last year nothing may be published yet.
    for year in range(scene.years.start - 1, scene.end.year + 1):
        for order, (figure, said) in enumerate(_EXTERNAL.items()):
            earlier = max(CALIBRATED_YEAR - year, 0)
            stated = scene.totals.stated(figure) + said.step * earlier
            row: Row = {
                "figure_name": figure,
                "period_end_on": date(year, 12, 31),
                "stated_value": stated,
                "bound": said.bound,
                "document_title": f"{year}年{said.title}",
                "issued_by": said.issued_by,
                "published_on": date(year + 1, 1, 8 + order),
            }
            if figure == _CORRECTED:
                early = {
                    "stated_value": stated + 1,
                    "document_title": f"{year}年{said.title}(快报)",
                    "published_on": date(year + 1, 1, 5),
                }
                rows.append({**row, **early})
            rows.append(row)
    return [row for row in rows if str(row["published_on"]) <= scene.end.isoformat()]


RECIPES = {
    "recognitions__items": items,
    "external_figures__statements": statements,
}
