"""The working lists: what the bureau issued, taught, reviewed, ran, visited and settled.

One function per list, from a scene to its rows; each row happened on one day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from functools import partial

from demo.allocation import split_amount
from demo.scene import Entry, Scene, in_order, of_kinds
from demo.spelling import Row
from demo.totals import CALIBRATED_YEAR

MORE_LAWS = 3
"""The published number of laws studied is a lower bound: so many more were."""
_STUDIED_AGAIN = 8  # one law in so many is studied a second time in the year
_HALF_HOUR = 50  # hundredths of an hour
_HOURS_PER_RECORD = 2
_LAWS = (
    "消费者权益保护法实施条例", "反不正当竞争法", "食品安全法实施条例", "特种设备安全法",
    "广告法", "价格法", "行政处罚法", "行政复议法", "公司法", "商标法实施条例", "计量法",
    "标准化法", "市场监督管理投诉举报处理办法", "网络交易监督管理办法",
)  # fmt: skip
_SUBJECTS = {
    "platform_compliance_class": "平台经济合规e课堂",
    "newcomer_training": "入市第一课合规培训",
    "ip_law_training": "知识产权法治和业务培训",
    "group_law_study": "局党委理论学习中心组集体学法",
    "online_law_study": "网络学法",
    "other": "科室业务交流",
}
_CAMPAIGNS = ("民生领域", "预付式消费", "网络直播", "食品安全", "特种设备", "知识产权")


def _entries(scene: Scene, prefix: str, totals: Mapping[str, str | int]) -> list[tuple[Entry, Row]]:
    """The entries of each kind, in order of the day."""
    entries: list[tuple[Entry, Row]] = [
        (
            entry,
            {"entry_no": f"{prefix}{number}", "activity_kind": kind, "happened_on": entry.day},
        )
        for kind, number, entry in of_kinds(scene.flow, prefix, totals)
    ]
    return sorted(entries, key=lambda entry: (entry[0].day, str(entry[1]["entry_no"])))


def publications(scene: Scene) -> list[Row]:
    """Titles, issues and documents issued, and the laws studied, some of them twice in a year."""
    rows: list[Row] = [
        {
            **row,
            "名称": f"第{entry.place + 1}期({entry.year})",
            "document_no": f"杭滨市监〔{entry.year}〕{entry.place + 1}号",
        }
        for entry, row in _entries(scene, "FB", {
            "country_ip_handbook": "ip_country_handbooks",
            "case_explanation": "case_explanation_issues",
            "implementation_plan": "implementation_plans",
            "individual_business_action": "individual_business_actions",
            "other": 5,
        })
    ]  # fmt: skip
    laws = scene.totals.count("laws_studied") + MORE_LAWS
    for entry in scene.flow("law studied", laws, extra=laws // _STUDIED_AGAIN + 1):
        law = entry.place % scene.volume(laws, entry.year) + entry.year % 5
        rows.append({
            "entry_no": f"XF{entry.year}{entry.place + 1:05d}",
            "activity_kind": "law_studied",
            "名称": _LAWS[law % len(_LAWS)],
            "document_no": f"国务院令第{601 + law}号",
            "happened_on": entry.day,
        })  # fmt: skip
    return in_order(rows, "happened_on", "entry_no")


def training_events(scene: Scene) -> list[Row]:
    """Classes, trainings and study meetings; the hours of online study add up to their total."""
    hours = int(scene.totals.stated("law_study_hours") * 100)
    records = max(1, round(hours / 100 / _HOURS_PER_RECORD))
    by_year = {year: _study_hours(scene, year, hours, records) for year in scene.years}
    return [
        {
            **row,
            "主题": _SUBJECTS[str(row["activity_kind"])],
            "主讲人": entry.person.name,
            "hours": by_year[entry.year][entry.place]
            if row["activity_kind"] == "online_law_study"
            else Decimal(2),
        }
        for entry, row in _entries(scene, "PX", {
            "platform_compliance_class": "platform_compliance_classes",
            "newcomer_training": "newcomer_trainings",
            "ip_law_training": "ip_law_trainings",
            "group_law_study": "group_law_studies",
            "online_law_study": records,
            "other": 6,
        })
    ]  # fmt: skip


def _study_hours(scene: Scene, year: int, total: int, records: int) -> list[Decimal]:
    """Hours of each record of a year, in half hours; they add up to the total (hundredths)."""
    if year != CALIBRATED_YEAR:
        total = scene.volume(total // _HALF_HOUR, year) * _HALF_HOUR
    draws = scene.dice.of(range(scene.volume(records, year)))
    weights = 0.5 + draws.uniform(f"study hours {year}")
    split = split_amount(total, weights, least=_HALF_HOUR, step=_HALF_HOUR, what="law_study_hours")
    return [Decimal(hundredths) / 100 for hundredths in split.tolist()]


def decisions_reviewed(scene: Scene) -> list[Row]:
    """Contracts, decisions and documents reviewed; what is under review has no day yet."""
    rows: list[Row] = [
        {**row, "名称": f"第{entry.place + 1}次审查"}
        for entry, row in _entries(scene, "HF", {
            "major_contract": "major_contracts",
            "major_decision": "major_decisions",
            "normative_document": 6,
            "ordinary_contract": 30,
        })
    ]  # fmt: skip
    under_review = ("ordinary_contract", "major_contract", "normative_document")
    rows += [
        {"entry_no": f"HF{scene.end.year}99{n:05d}", "activity_kind": kind, "名称": "审查中"}
        for n, kind in enumerate(under_review, start=1)
    ]
    return rows


def standards(scene: Scene) -> list[Row]:
    """Standards by series, kind, level and field; one combination is what is published."""
    rows: list[Row] = [
        {
            "entry_no": f"{series} {number[4:]}-{entry.year}",
            "标准名称": f"管理规范第{entry.place + 1}部分",
            "activity_kind": kind,
            "level": level,
            "field": field,
            "happened_on": entry.day,
        }
        for (series, kind, level, field), number, entry in of_kinds(scene.flow, "standard", {
            ("T/ZPG", "group_standard", "national", "platform_governance"):
                "platform_group_standards",
            ("T/ZZB", "group_standard", "national", "manufacturing"): 2,
            ("T/HZB", "group_standard", "provincial", "platform_governance"): 2,
            ("GB/T", "national_standard", "national", "platform_governance"): 1,
            ("YY/T", "industry_standard", None, "manufacturing"): 3,
            ("DB3301/T", "local_standard", "municipal", "services"): 4,
            ("DB33/T", "local_standard", "provincial", "intellectual_property"): 1,
        })
    ]  # fmt: skip
    return in_order(rows, "happened_on", "entry_no")


def campaigns(scene: Scene) -> list[Row]:
    """Enforcement campaigns, led and joined."""
    led = scene.totals.count("enforcement_campaigns")
    return [
        {**row, "行动名称": f"{_CAMPAIGNS[entry.number % len(_CAMPAIGNS)]}专项整治"}
        for entry, row in _entries(
            scene, "ZX", {"led_campaign": led, "joined_campaign": led // 4 + 1}
        )
    ]


def service_visits(scene: Scene) -> list[Row]:
    """Visits to firms under three programmes, and others that no programme counts."""
    total = scene.totals.count("firm_service_visits")
    express, newcomer = total * 25 // 100, total * 15 // 100
    return [
        {**row, "firm_uscc": entry.firm.uscc, "contact_name": entry.person.name}
        for entry, row in _entries(scene, "ZQ", {
            "worry_relief_visit": total - express - newcomer,
            "startup_express_visit": express,
            "newcomer_visit": newcomer,
            "other": total // 18 + 1,
        })
    ]  # fmt: skip


def public_opinion(scene: Scene) -> list[Row]:
    """Matters found and how they ended; what ends after the demo is still open."""
    longest = 6
    handled = scene.totals.count("public_opinion_handled")
    kinds = {"handled_opinion": handled, "unfounded_opinion": handled // 9 + 1}
    rows: list[Row] = []
    flow = partial(scene.flow, days_ahead=longest)
    for kind, number, entry in of_kinds(flow, "opinion", kinds):
        found = entry.day - timedelta(days=entry.below("handled in", longest) + 1)
        happened = scene.by_end(entry.day)
        if found <= scene.end:
            rows.append({
                "entry_no": f"YQ{number}",
                "内容摘要": f"网民{entry.person.name}发帖反映商家拒绝退款",
                "发现日期": found,
                "activity_kind": kind if happened else "open_opinion",
                "happened_on": happened,
            })  # fmt: skip
    return in_order(rows, "发现日期", "entry_no")


RECIPES = {
    "activities__publications": publications,
    "activities__training_events": training_events,
    "activities__decisions_reviewed": decisions_reviewed,
    "activities__standards": standards,
    "activities__campaigns": campaigns,
    "activities__service_visits": service_visits,
    "activities__public_opinion": public_opinion,
}
