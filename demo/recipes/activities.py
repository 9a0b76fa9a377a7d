"""The working lists: what the bureau issued, taught, reviewed, ran, visited and settled.

One function per list, from a scene to its rows; each row happened on one day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from demo.allocation import split_amount
from demo.scene import Entry, Scene, in_order
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
_VISIT_SHARES = {"worry_relief_visit": 60, "startup_express_visit": 25, "newcomer_visit": 15}


def _entries(scene: Scene, prefix: str, totals: Mapping[str, int]) -> list[tuple[Entry, Row]]:
    """The entries of each kind, in order of the day, under one row of numbers."""
    found: list[tuple[Entry, Row]] = []
    for order, (kind, total) in enumerate(totals.items(), start=1):
        for moment in scene.flow(f"{prefix} {kind}", total):
            number = f"{prefix}{moment.year}-{order}{moment.place + 1:04d}"
            row: Row = {"entry_no": number, "activity_kind": kind, "happened_on": moment.day}
            found.append((moment, row))
    return sorted(found, key=lambda entry: (entry[0].day, str(entry[1]["entry_no"])))


def publications(scene: Scene) -> list[Row]:
    """Titles, issues and documents issued, and the laws studied, some of them twice in a year."""
    count = scene.totals.count
    rows: list[Row] = [
        {**row, "名称": f"第{moment.place + 1}期({moment.year})",
         "document_no": f"杭滨市监〔{moment.year}〕{moment.place + 1}号"}
        for moment, row in _entries(scene, "FB", {
            "country_ip_handbook": count("ip_country_handbooks"),
            "case_explanation": count("case_explanation_issues"),
            "implementation_plan": count("implementation_plans"),
            "individual_business_action": count("individual_business_actions"),
            "other": 5,
        })
    ]  # fmt: skip
    laws = count("laws_studied") + MORE_LAWS
    for moment in scene.flow("law studied", laws, extra=laws // _STUDIED_AGAIN + 1):
        studied = scene.volume(laws, moment.year)
        law = moment.place % studied + moment.year % 5
        rows.append({
            "entry_no": f"XF{moment.year}-{moment.place + 1:04d}",
            "activity_kind": "law_studied",
            "名称": _LAWS[law % len(_LAWS)],
            "document_no": f"国务院令第{601 + law}号",
            "happened_on": moment.day,
        })  # fmt: skip
    return in_order(rows, "happened_on", "entry_no")


def training_events(scene: Scene) -> list[Row]:
    """Classes, trainings and study meetings; the hours of online study add up to their total."""
    count = scene.totals.count
    hours = int(scene.totals.stated("law_study_hours") * 100)
    records = max(1, round(hours / 100 / _HOURS_PER_RECORD))
    entries = _entries(scene, "PX", {
        "platform_compliance_class": count("platform_compliance_classes"),
        "newcomer_training": count("newcomer_trainings"),
        "ip_law_training": count("ip_law_trainings"),
        "group_law_study": count("group_law_studies"),
        "online_law_study": records,
        "other": 6,
    })  # fmt: skip
    usual = {CALIBRATED_YEAR: hours}
    by_year = {
        year: _hours(
            scene,
            year,
            usual.get(year, scene.volume(hours // _HALF_HOUR, year) * _HALF_HOUR),
            scene.volume(records, year),
        )
        for year in scene.years
    }
    return [
        {
            **row,
            "主题": _SUBJECTS[str(row["activity_kind"])],
            "主讲人": moment.person.name,
            "hours": by_year[moment.year][moment.place]
            if row["activity_kind"] == "online_law_study"
            else Decimal(2),
        }
        for moment, row in entries
    ]


def _hours(scene: Scene, year: int, total: int, records: int) -> list[Decimal]:
    """Hours of each record of a year, in half hours; they add up to the total (hundredths)."""
    weights = 0.5 + scene.dice.of(range(records)).uniform(f"study hours {year}")
    split = split_amount(total, weights, least=_HALF_HOUR, step=_HALF_HOUR, what="law_study_hours")
    return [Decimal(hundredths) / 100 for hundredths in split.tolist()]


def decisions_reviewed(scene: Scene) -> list[Row]:
    """Contracts, decisions and documents reviewed; what is under review has no day yet."""
    count = scene.totals.count
    rows: list[Row] = [
        {**row, "名称": f"第{moment.place + 1}次审查"}
        for moment, row in _entries(scene, "HF", {
            "major_contract": count("major_contracts"),
            "major_decision": count("major_decisions"),
            "normative_document": 6,
            "ordinary_contract": 30,
        })
    ]  # fmt: skip
    under_review = ("ordinary_contract", "major_contract", "normative_document")
    rows += [
        {"entry_no": f"HF{scene.end.year}-9{n:04d}", "activity_kind": kind, "名称": "审查中"}
        for n, kind in enumerate(under_review, start=1)
    ]
    return rows


def standards(scene: Scene) -> list[Row]:
    """Standards by kind, level and field; one combination is what is published."""
    combinations = (
        ("T/ZPG", "group_standard", "national", "platform_governance",
         scene.totals.count("platform_group_standards")),
        ("T/ZZB", "group_standard", "national", "manufacturing", 2),
        ("T/HZB", "group_standard", "provincial", "platform_governance", 2),
        ("GB/T", "national_standard", "national", "platform_governance", 1),
        ("YY/T", "industry_standard", None, "manufacturing", 3),
        ("DB3301/T", "local_standard", "municipal", "services", 4),
        ("DB33/T", "local_standard", "provincial", "intellectual_property", 1),
    )  # fmt: skip
    rows: list[Row] = [
        {
            "entry_no": f"{series} {100 * order + moment.place + 1}-{moment.year}",
            "标准名称": f"管理规范第{moment.place + 1}部分",
            "activity_kind": kind,
            "level": level,
            "field": field,
            "happened_on": moment.day,
        }
        for order, (series, kind, level, field, total) in enumerate(combinations, start=1)
        for moment in scene.flow(f"standard {series}", total)
    ]
    return in_order(rows, "happened_on", "entry_no")


def campaigns(scene: Scene) -> list[Row]:
    """Enforcement campaigns, led and joined."""
    led = scene.totals.count("enforcement_campaigns")
    subjects = ("民生领域", "预付式消费", "网络直播", "食品安全", "特种设备", "知识产权")
    return [
        {**row, "行动名称": f"{subjects[moment.number % len(subjects)]}专项整治"}
        for moment, row in _entries(
            scene, "ZX", {"led_campaign": led, "joined_campaign": led // 4 + 1}
        )
    ]


def service_visits(scene: Scene) -> list[Row]:
    """Visits to firms under three programmes, and others that no programme counts."""
    total = scene.totals.count("firm_service_visits")
    shares = {kind: total * share // 100 for kind, share in _VISIT_SHARES.items()}
    shares["worry_relief_visit"] += total - sum(shares.values())
    # Rounded to a year together, so that the programmes add up in every year.
    flow = scene.flow("visit", total)
    kinds = scene.dice.of(range(total)).shares("visit kind", list(shares.values()))
    visits = [(moment, list(shares)[kinds[moment.place % total]]) for moment in flow]
    visits += [(moment, "other") for moment in scene.flow("other visit", total // 18 + 1)]
    visits.sort(key=lambda visit: (visit[0].day, visit[1] == "other", visit[0].number))
    return [
        {
            "entry_no": f"ZQ{moment.number + 500_000 * (kind == 'other')}",
            "activity_kind": kind,
            "firm_uscc": moment.firm.uscc,
            "contact_name": moment.person.name,
            "happened_on": moment.day,
        }
        for moment, kind in visits
    ]


def public_opinion(scene: Scene) -> list[Row]:
    """Matters found and how they ended; what ends after the demo is still open."""
    longest = 6
    handled = scene.totals.count("public_opinion_handled")
    totals = {"handled_opinion": handled, "unfounded_opinion": handled // 9 + 1}
    rows: list[Row] = []
    for order, (kind, total) in enumerate(totals.items(), start=1):
        for moment in scene.flow(kind, total, days_ahead=longest):
            found = moment.day - timedelta(days=moment.below("handled in", longest) + 1)
            happened = scene.by_end(moment.day)
            if found <= scene.end:
                rows.append({
                    "entry_no": f"YQ{moment.year}{order}{moment.place + 1:04d}",
                    "内容摘要": f"网民{moment.person.name}发帖反映商家拒绝退款",
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
