"""Awards, typical cases, recognised firms and honours, and the figures that other bodies state.

From a scene to the rows of the two lists. What is recognised at a level that is not published
stands beside what is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from demo.scene import Entry, Scene, in_order
from demo.spelling import Row
from demo.totals import CALIBRATED_YEAR

_PERSON, _FIRM, _CASE = range(3)


class _Programme(NamedTuple):
    """So many a year, over these levels in turn."""

    code: str
    levels: Sequence[str]
    total: int
    holder: int


def _programmes(scene: Scene) -> Sequence[_Programme]:
    count = scene.totals.count
    return (
        _Programme("china_patent_award", ("gold",), count("patent_gold_awards"), _FIRM),
        _Programme("china_patent_award", ("silver",), count("patent_silver_awards"), _FIRM),
        _Programme("china_patent_award", ("excellence",), count("patent_excellence_awards"), _FIRM),
        _Programme("data_ip_case", ("provincial",), count("data_ip_typical_cases"), _CASE),
        _Programme("data_ip_case", ("municipal",), 2, _CASE),
        _Programme("trade_secret_site", ("provincial",),
                   count("trade_secret_provincial_sites_new"), _FIRM),
        _Programme("trade_secret_site", ("municipal",), 4, _FIRM),
        _Programme("trade_secret_base", ("municipal",),
                   count("trade_secret_city_bases_new"), _FIRM),
        _Programme("trade_secret_base", ("provincial",), 1, _FIRM),
        _Programme("quality_service_case", ("delta",),
                   count("quality_service_typical_cases"), _CASE),
        _Programme("quality_service_case", ("provincial",), 2, _CASE),
        _Programme("enforcement_case", ("provincial", "municipal", "national"),
                   count("typical_cases_selected"), _CASE),
        _Programme("enforcement_case", ("district",), 5, _CASE),
        _Programme("law_publicity_case", ("provincial",), count("law_publicity_cases"), _CASE),
        _Programme("law_publicity_case", ("municipal",), 2, _CASE),
        _Programme("staff_honour", ("municipal", "provincial"), count("staff_honours"), _PERSON),
        _Programme("staff_honour", ("district",), 10, _PERSON),
        _Programme("other", ("municipal", "district"), 3, _CASE),
    )  # fmt: skip


def items(scene: Scene) -> list[Row]:
    """One row per holder and recognition."""
    rows = _trustworthy_firms(scene)
    for order, programme in enumerate(_programmes(scene), start=1):
        for moment in scene.flow(f"recognition {order}", programme.total):
            is_firm = programme.holder == _FIRM
            rows.append({
                "recognition_no": f"HJ{moment.year}{order:02d}{moment.place + 1:03d}",
                "programme": programme.code,
                "level": programme.levels[moment.place % len(programme.levels)],
                "对象": (moment.person.name, moment.firm.name, "案例编写组")[programme.holder],
                "holder_uscc": moment.firm.uscc if is_firm else None,
                "granted_by": "演示授予单位",
                "recognised_on": moment.day,
            })  # fmt: skip
    return in_order(rows, "recognised_on", "recognition_no")


def _trustworthy_firms(scene: Scene) -> list[Row]:
    """So many pairs of firm and level a year: one firm at two levels, one pair stated twice."""
    levels = ("municipal", "provincial", "district")
    total = scene.totals.count("contract_trustworthy_firms")
    most = max(scene.volume(total, year) for year in scene.years)
    firms = scene.some_firms("contract_trustworthy_firms", most)

    def holding(moment: Entry) -> tuple[int, int]:
        """Firm and level. The second firm stands at another level too; the last row repeats it."""
        pairs = scene.volume(total, moment.year)
        if moment.place == pairs:
            return 0, 0
        if moment.place == 1:
            return 0, 1
        return moment.place, moment.place % len(levels)

    rows: list[Row] = []
    for moment in scene.flow("trustworthy", total, extra=1):
        firm, level = holding(moment)
        rows.append({
            "recognition_no": f"HJ{moment.year}00{moment.place + 1:04d}",
            "programme": "contract_trustworthy_firm",
            "level": levels[level],
            "对象": firms[firm].name,
            "holder_uscc": firms[firm].uscc,
            "granted_by": "演示授予单位",
            "recognised_on": moment.day,
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
                rows.append({
                    **row,
                    "stated_value": stated + 1,
                    "document_title": f"{year}年{said.title}(快报)",
                    "published_on": date(year + 1, 1, 5),
                })  # fmt: skip
            rows.append(row)
    return [row for row in rows if str(row["published_on"]) <= scene.end.isoformat()]


RECIPES = {
    "recognitions__items": items,
    "external_figures__statements": statements,
}
