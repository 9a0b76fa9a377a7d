"""Delivered rows of a very small bureau: what the ledger tests build from, as of 2025-01-15.

What belongs here: rows under the senders' names, in the spelling that landing gives values. What
does not: expectations.
"""

from __future__ import annotations

from collections.abc import Iterable

from tests.dbt.build_database import Row
from tests.dbt.system_rows import SYSTEM_ROWS

ENTERPRISE = "91330108MA27XGJF14"
HOUSEHOLD = "92330103MA2B1CD28L"
FOREIGN_BRANCH = "91330108MA28YYYY7A"


def _registration(number: str, kind: str, day: str, code: str, **others: str | None) -> Row:
    row = {
        "业务流水号": number,
        "业务类型": kind,
        "核准日期": day,
        "统一社会信用代码": code,
        "市场主体名称": "b7e1f0c2",
        "市场主体类别": "企业",
        "行业代码": "6513",
        "所属街道": "西兴街道",
        "法定代表人": "0d5c9a41",
    }
    return {**row, **others}


REGISTRATIONS = [
    _registration("R1", "设立", "2022-12-31", ENTERPRISE, 注册资本="50万人民币"),
    # The code was typed in lower case.
    _registration(
        "R2",
        "设立",
        "2024-02-29",
        HOUSEHOLD.lower(),
        市场主体类别=None,
        企业类型="有限责任公司",
        行业代码=None,
        注册资本="5,000(万美元)",
        _extract_id="202403.v001.00000000",
    ),
    # Declared as another kind than the code says: a household that has become an enterprise.
    _registration("R3", "变更", "2024-03-01", HOUSEHOLD, 市场主体类别="企业"),
    _registration("R4", "注销", "2024-04-30", HOUSEHOLD, 市场主体类别="个体工商户"),
    _registration("R5", "注销", "2024-05-06", "93330108MA28888888", 所属街道="330108003",
                  市场主体类别="农民专业合作社分支机构", 行业代码="9999"),
    _registration("R6", "设立", "2025-01-16", ENTERPRISE),
    # Revoked, cancelled and restored: on the register, and not active.
    _registration("R7", "设立", "2024-06-03", FOREIGN_BRANCH, 市场主体类别="外国公司分支机构"),
    _registration("R8", "吊销", "2024-06-28", FOREIGN_BRANCH, 市场主体类别=None),
    _registration("R9", "撤销设立登记", "2024-07-01", FOREIGN_BRANCH, 市场主体类别=None),
    _registration("S1", "撤销变更登记", "2024-07-02", ENTERPRISE),
    _registration("S2", "恢复登记", "2024-08-30", FOREIGN_BRANCH, 市场主体类别=None),
    _registration("S3", "撤销注销登记", "2025-01-15", HOUSEHOLD, 市场主体类别=None),
]  # fmt: skip


def _item(number: str, kind: str, received: str, **others: str | None) -> Row:
    row = {
        "item_no": number,
        "submission_no": f"S{number}",
        "item_kind": kind,
        "channel": "互联网",
        "received_at": received,
        "status": "待受理",
        "is_extended": "false",
        "street_code": "330108001",
        "industry_code": "6513",
        "complainant_name": "5e0c3d19",
        "updated_at": received,
    }
    return {**row, **others}


COMPLAINTS = [
    _item("C1", "投诉", "2024-12-31 23:59:59", status="不予受理", closed_at="2025-01-10 23:59:59"),
    _item("C2", "投诉", "2024-10-08 09:00:00", accepted_at="2024-10-10 09:00:00",
          closed_at="2024-12-14 10:00:00", status="达成调解"),
    _item("C3", "举报", "2024-11-01 09:00:00", status="不予立案", closed_at="2024-11-25 09:00:00"),
    _item("C4", "举报", "2024-11-01 09:00:00", is_extended="true", status="立案",
          closed_at="2024-12-02 09:00:00", channel=None),
    _item("C5", "咨询", "2025-01-13 09:00:00", industry_code=None),
    _item("C6", "举报", "2024-12-20 09:00:00", status="不再另行处理",
          closed_at="2025-01-13 17:00:00"),
    _item("C7", "举报", "2024-12-20 09:00:00", status="无管辖权告知",
          closed_at="2025-01-14 09:00:00"),
]  # fmt: skip


def _right(contract: str, right: str, **others: str | None) -> Row:
    row = {
        "质押合同编号": contract,
        "登记日期": "2024-03-05",
        "出质人": "77aa01be",
        "所属街道": "浦沿街道",
        "权利类型": "数据知识产权",
        "权利号": right,
        "质押金额(万元)": "1200.50",
        "金额类型": "担保金额",
    }
    return {**row, **others}


IP_PLEDGES = [
    _right("P1", "1"),
    _right("P1", "2"),
    _right("P2", "3", 权利类型="专利权", 金额类型="授信额度"),
    _right("P2", "4", 权利类型="商标权", 金额类型="授信额度"),
    _right("P3", "5", 金额类型="最高债权额"),
]

PENALTY_CASES: list[Row] = [
    {
        "case_no": "D1",
        "filed_on": "2024-01-02",
        "case_field": "食品",
        "street_code": "330108002",
        "party_kind": "自然人",
        "party_name": "90fe2b7c",
        "is_panel_reviewed": "true",
        "updated_at": "2024-03-01 10:00:00",
        "decisions": """[
            {"decision_no": "D1-1", "kind": "行政处罚", "decided_on": "2024-02-29",
             "fine_yuan": 9000, "confiscated_gains_yuan": 1000.00, "collected_yuan": 500.5},
            {"decision_no": "D1-2", "kind": "不予处罚", "decided_on": "2024-02-01",
             "fine_yuan": 0, "statutory_floor_yuan": 3000.25}]""",
    },
    {
        "case_no": "D2",
        "filed_on": "2025-01-15",
        "procedure": "普通程序",
        "case_field": "价格",
        "street_code": "330108002",
        "is_panel_reviewed": "false",
        "updated_at": "2025-01-15 10:00:00",
        "decisions": "[]",
    },
    {
        "case_no": "D3",
        "filed_on": "2024-02-29",
        "procedure": "简易程序",
        "case_field": "价格",
        "street_code": "330108002",
        "is_panel_reviewed": "false",
        "updated_at": "2024-02-29 10:00:00",
        "decisions": """[
            {"decision_no": "D3-1", "kind": "行政处罚", "decided_on": "2024-02-29",
             "fine_yuan": 200}]""",
    },
]


def _keyed(key: str, numbers: Iterable[str], **others: str | None) -> list[Row]:
    return [{key: number, **others} for number in numbers]


# Two lists of one register, and a lister who leaves on a day still to come.
LISTINGS: dict[str, list[Row]] = {
    "listings__live_commerce_sites": _keyed(
        "编号", ["L1", "L2"], 类型="直播间", 绿色认定="是", 所属街道="西兴街道",
        认定日期="2024-12-31", 退出日期="2025-01-16", **{"年销售额(万元)": "1000.0001"},
    ),
    "listings__talents": _keyed(
        "编号", ["L1"], 姓名="4d1f3a90", 人才类别="数字广告专家", 所属街道="330108003",
        认定日期="2025-01-15",
    ),
}  # fmt: skip

# One entry of a list after the other; the contract is under review, the second standard to come.
ACTIVITIES: dict[str, list[Row]] = {
    "activities__publications": _keyed(
        "编号", ["A1", "A2"], 类型="学习法律法规规章", 文号="国令778", 日期="2024-02-29"
    ),
    "activities__training_events": _keyed(
        "编号", ["A1"], 类型="网络学法", 学时="1.5", 主讲人="c08e11d7", 日期="2025-01-15"
    ),
    "activities__decisions_reviewed": _keyed("编号", ["A1"], 类型="重大合同"),
    "activities__standards": [
        *_keyed("标准编号", ["T/1"], 标准类型="团体标准", 层级="国家级", 领域="平台治理",
                发布日期="2024-12-31"),
        *_keyed("标准编号", ["T/2"], 标准类型="团体标准", 发布日期="2025-01-16"),
    ],
    "activities__campaigns": _keyed("行动编号", ["A1"], 组织方式="牵头", 启动日期="2024-03-15"),
    "activities__service_visits": _keyed(
        "visit_no", ["A1"], programme="解忧工作室", contact_name="e1b2c3d4",
        visited_on="2024-03-15",
    ),
    "activities__public_opinion": _keyed(
        "舆情编号", ["A1"], 处置状态="处置中", 发现日期="2024-12-30"
    ),
}  # fmt: skip

RECOGNITIONS = [
    *_keyed("编号", ["G1", "G2"], 项目="守合同重信用企业", 等级="市级",
            统一社会信用代码=ENTERPRISE.lower(), 授予单位="市局", 认定日期="2024-12-31"),
    *_keyed("编号", ["G3"], 项目="个人荣誉", 等级="省级", 对象="aa55cc77", 认定日期="2025-01-15"),
    *_keyed("编号", ["G4"], 项目="个人荣誉", 等级="省级", 认定日期="2025-01-16"),
]  # fmt: skip

SCORE = {"数据项": "法律知识竞赛平均分", "性质": "不低于", "发布单位": "竞赛组委会"}
EXTERNAL_FIGURES: list[Row] = [
    {**SCORE, "所属期末": end, "数值": value, "文件名称": title, "发布日期": published}
    for end, value, title, published in [
        ("2024-12-31", "99.90", "初步通报", "2024-11-30"),
        ("2024-12-31", "99.94", "通报", "2025-01-15"),
        ("2024-12-31", "99.99", "更正", "2025-01-16"),
        ("2024-06-30", "98", "半年通报", "2024-07-01"),
    ]
]

ROWS: dict[str, list[Row]] = {
    **SYSTEM_ROWS,
    "registrations__events": REGISTRATIONS,
    "complaints__items": COMPLAINTS,
    "ip_pledges__pledged_rights": IP_PLEDGES,
    "penalty_cases__cases": PENALTY_CASES,
    **LISTINGS,
    **ACTIVITIES,
    "recognitions__items": RECOGNITIONS,
    "external_figures__statements": EXTERNAL_FIGURES,
}
"""Per source table; every value of a personal column is a pseudonym, as landing leaves it."""
