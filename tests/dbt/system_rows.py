"""Delivered rows of the smaller systems of the very small bureau, as of 2025-01-15.

What belongs here: rows of the systems that have a ledger of their own; `ledger_rows` takes them in.
What does not: expectations.
"""

from __future__ import annotations

from tests.dbt.build_database import Row

FIRM = "91330108MA27XGJF14"

DATA_IP: list[Row] = [
    {"certificate_no": "Z1", "registered_on": "2024-12-31", "data_kind": "企业数据",
     "applicant_name": "1f70c3aa", "street": "西兴街道"},
    {"certificate_no": "Z2", "registered_on": "2025-01-15", "data_kind": "公共数据",
     "street": "330108002", "cancelled_on": "2025-01-15"},
]  # fmt: skip

# The first runs out on the day on which the second begins, in another street.
BRAND_CERTIFICATES: list[Row] = [
    {"证书编号": "B1", "统一社会信用代码": FIRM.lower(), "认证类别": "浙江制造",
     "所属街道": "西兴街道", "发证日期": "2022-01-01", "有效期至": "2024-12-31"},
    {"证书编号": "B2", "统一社会信用代码": FIRM, "认证类别": "浙江服务",
     "所属街道": "浦沿街道", "发证日期": "2024-12-31", "有效期至": "2027-12-30"},
]  # fmt: skip

CCC_EXEMPTIONS: list[Row] = [
    {"application_no": "E1", "contact_phone": "2ab9e610", "street_code": "330108002",
     "applied_on": "2024-12-31", "handled_on": "2025-01-15", "outcome": "准予免办",
     "updated_at": "2025-01-15 10:00:00"},
    {"application_no": "E2", "street_code": "330108002", "applied_on": "2025-01-15",
     "outcome": "办理中", "updated_at": "2025-01-15 10:00:00"},
]  # fmt: skip

# S1's officer begins on the last day of the year, which is the last of S2's obligation; before, the
# director of this maker of boilers doubles as officer. Its crane is of a building site.
EQUIPMENT_UNITS: list[Row] = [
    {"unit_no": "S1", "unit_name": "3c55d801", "unit_kind": "生产单位", "street_code": "330108001",
     "equipment_kind": "锅炉", "obliged_from": "2024-11-30"},
    {"unit_no": "S1", "unit_kind": "生产单位", "street_code": "330108001",
     "equipment_kind": "起重机械", "used_at": "房屋建筑工地", "obliged_from": "2024-11-30"},
    {"unit_no": "S2", "unit_kind": "使用单位", "street_code": "330108003",
     "equipment_kind": "电梯", "officers_required": "1",
     "obliged_from": "2024-12-01", "obliged_until": "2024-12-31"},
    {"unit_no": "S3", "unit_kind": "使用单位", "street_code": "330108003",
     "obliged_from": "2025-01-16"},
]  # fmt: skip

ROLE_HOLDERS: list[Row] = [
    {"holding_no": "H1", "unit_no": "S1", "person_name": "47e0b9f2", "role": "质量安全总监",
     "person_id_number": "b16a20c5", "held_from": "2023-05-05"},
    {"holding_no": "H2", "unit_no": "S1", "role": "质量安全员", "person_id_number": "0d77e3f4",
     "held_from": "2024-12-31"},
    {"holding_no": "H3", "unit_no": "S2", "role": "安全员", "equipment_kind": "电梯",
     "held_from": "2023-05-05", "held_until": "2024-12-31"},
    {"holding_no": "H4", "unit_no": "S1", "role": "质量安全员", "person_id_number": "b16a20c5",
     "held_from": "2023-05-05"},
    {"holding_no": "H5", "unit_no": "S2", "role": "安全总监", "held_from": "2023-05-05"},
]  # fmt: skip

# The sixtieth day of F1 is a Sunday, that of F2 the Monday after it. The reviews of F4, F5
# and F6 ended without a decision, that of F4 today.
RECONSIDERATIONS: list[Row] = [
    {"case_no": "F1", "applicant": "58a1d4c6", "applied_on": "2024-11-10",
     "accepted_on": "2024-11-13", "notified_on": "2024-11-22", "procedure": "普通程序",
     "is_extended": "false", "concluded_on": "2025-01-13", "result": "驳回"},
    {"case_no": "F2", "applied_on": "2024-11-10", "accepted_on": "2024-11-14",
     "notified_on": "2024-11-25", "procedure": "普通程序", "is_extended": "false",
     "concluded_on": "2025-01-14", "result": "维持"},
    {"case_no": "F3", "applied_on": "2025-01-15", "is_extended": "false"},
    {"case_no": "F4", "applied_on": "2025-01-08", "is_extended": "false"},
    {"case_no": "F5", "applied_on": "2023-12-27", "is_extended": "false"},
    {"case_no": "F6", "applied_on": "2024-01-02", "is_extended": "false",
     "concluded_on": "2024-03-11", "result": "维持"},
    {"case_no": "F7", "applied_on": "2024-10-08", "accepted_on": "2024-10-14",
     "is_extended": "true", "extension_days": "10", "suspended_days": "3",
     "concluded_on": "2024-12-27", "result": "维持"},
]  # fmt: skip

LITIGATIONS: list[Row] = [
    {"case_no": "X1", "instance": "一审", "hearing_no": "1", "plaintiff": "69c2e7d0",
     "filed_on": "2024-09-30", "heard_on": "2024-12-31", "head_present": "未出庭"},
    {"case_no": "X1", "instance": "一审", "hearing_no": "2", "filed_on": "2024-09-30",
     "heard_on": "2025-01-15", "head_present": "副职", "judged_on": "2025-01-15"},
    {"case_no": "X1", "instance": "二审", "hearing_no": "1", "filed_on": "2025-01-15",
     "heard_on": "2025-02-20", "head_present": None},
    {"case_no": "X2", "instance": "一审", "hearing_no": "1", "filed_on": "2024-09-30",
     "heard_on": "2024-12-30", "head_present": "共同被告负责人"},
    {"case_no": "X2", "instance": "一审", "hearing_no": "2", "filed_on": "2024-09-30",
     "heard_on": "2025-01-10", "head_present": "其他分管负责人", "is_head_called": "true"},
    {"case_no": "X3", "instance": "一审", "hearing_no": "1", "filed_on": "2024-09-30",
     "heard_on": "2024-12-30", "head_present": "正职", "is_head_called": "true"},
    {"case_no": "X3", "instance": "一审", "hearing_no": "2", "filed_on": "2024-09-30",
     "heard_on": "2025-01-10", "head_present": "未出庭", "is_head_called": "true"},
]  # fmt: skip

# One of two items failed; twenty working days after 17 December are over on 15 January.
_SAMPLE = {"抽检性质": "监督抽检", "所属街道": "长河街道", "抽样日期": "2024-12-10",
           "被抽样单位": "7bd3f8e1", "报告送达日期": "2024-12-17"}  # fmt: skip
FOOD_SAMPLES: list[Row] = [
    {**_SAMPLE, "抽样编号": "K1", "检验项目": "铅", "检验结论": "合格"},
    {**_SAMPLE, "抽样编号": "K1", "检验项目": "苏丹红", "检验结论": "不合格",
     "上报日期": "2024-12-23", "核查处置完成日期": "2024-12-17"},
    {**_SAMPLE, "抽样编号": "K2", "检验项目": "铅", "检验结论": "合格"},
]  # fmt: skip

PREPAID_MERCHANTS: list[Row] = [
    {"商户编号": "M1", "商户名称": "8ce4a9f2", "行业": "美容", "所属街道": "长河街道",
     "纳入日期": "2024-12-31", "市场化项目覆盖日期": "2025-01-15"},
    {"商户编号": "M2", "行业": "健身", "所属街道": "长河街道", "纳入日期": "2024-12-31",
     "退出日期": "2025-01-15"},
]  # fmt: skip

SYSTEM_ROWS: dict[str, list[Row]] = {
    "data_ip__registrations": DATA_IP,
    "brand_certificates__certificates": BRAND_CERTIFICATES,
    "ccc_exemptions__applications": CCC_EXEMPTIONS,
    "special_equipment__units": EQUIPMENT_UNITS,
    "special_equipment__role_holders": ROLE_HOLDERS,
    "reconsiderations__cases": RECONSIDERATIONS,
    "litigations__hearings": LITIGATIONS,
    "food_samples__test_results": FOOD_SAMPLES,
    "prepaid_merchants__merchants": PREPAID_MERCHANTS,
}
