"""A district of another city with five streets, from declarations alone; one source delivers.

Nothing of the code knows the district. And a contract whose source has not delivered anything yet
stops no night: what rests on it is missing, and said to be.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from stdnum.cn import uscc

from tests.night.bureau import Bureau

PROJECT = Path(__file__).resolve().parents[2]
DISTRICT = "991007"
STREETS = ("东湖镇", "南浦街道", "西园街道", "北塘乡", "中和街道")
PER_STREET = (1, 2, 3, 4, 5)
ELSEWHERE = "西兴街道"
TABLE = "registrations__events"


def _declare(project: Path) -> None:
    """Its areas, its sections and its district, each in the one place that states it."""
    for name in ("dbt_project", "expectations"):
        shutil.copytree(PROJECT / name, project / name, ignore=shutil.ignore_patterns("target"))
    streets = [
        f"{DISTRICT}{n:03d},{name},street,{DISTRICT},," for n, name in enumerate(STREETS, start=1)
    ]
    areas = [
        "area_code,area_name,level,parent_code,valid_from,valid_to",
        "991000,临江市,city,990000,,",
    ]
    areas += [f"{DISTRICT},青川区,district,991000,,", *streets]
    (project / "dbt_project" / "seeds" / "areas.csv").write_text("\n".join(areas) + "\n")
    for path, old, new in (
        ("dbt_project/dbt_project.yml", '"330108"', f'"{DISTRICT}"'),
        ("expectations/_stewards.yml", "登记注册科", "行政审批科"),
    ):
        text = (project / path).read_text()
        assert old in text
        (project / path).write_text(text.replace(old, new))


def _credit_code(number: int) -> str:
    organisation = f"MA{number:06d}"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    checked = 11 - sum(w * digits.index(c) for w, c in zip(weights, organisation, strict=True)) % 11
    check = "X" if checked == 10 else str(checked % 11)
    code = f"91{DISTRICT}{organisation}{check}"
    return code + uscc.calc_check_digit(code)


def _register(sources: Path, first: date, last: date) -> None:
    """As many establishments a month in each street as PER_STREET says, by name and by code."""
    columns = [
        "业务流水号", "业务类型", "核准日期", "统一社会信用代码", "市场主体名称",
        "市场主体类别", "企业类型", "行业代码", "注册资本", "经营范围", "法定代表人",
        "联系电话", "住所", "所属街道", "登记机关",
    ]  # fmt: skip
    folder, number, month = sources / "registrations", 0, first
    folder.mkdir(parents=True)
    while month <= last:
        written = io.StringIO()
        writer = csv.DictWriter(written, columns, restval="")
        writer.writeheader()
        in_month = [*zip(STREETS, PER_STREET, strict=True)]
        if month == last:
            in_month.append((ELSEWHERE, 1))
        for place, (street, count) in enumerate(in_month, start=1):
            for _ in range(count):
                number += 1
                writer.writerow(
                    {
                        "业务流水号": f"QC{number:06d}",
                        "业务类型": "设立",
                        "核准日期": month + timedelta(days=number % 28),
                        "统一社会信用代码": _credit_code(number),
                        "市场主体名称": f"青川{number}号商行",
                        "市场主体类别": "企业",
                        "行业代码": "6513",
                        "注册资本": "50万人民币",
                        "所属街道": street
                        if number % 2 or street == ELSEWHERE
                        else f"{DISTRICT}{place:03d}",
                        "登记机关": "青川区市场监督管理局",
                    }
                )
        (folder / f"registrations_{month:%Y%m}.csv").write_text(
            written.getvalue(), encoding="gb18030"
        )
        month = (month.replace(day=28) + timedelta(days=4)).replace(day=1)


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    bureau = Bureau(tmp_path_factory.mktemp("another_district"))
    _declare(bureau.root / "project")
    _register(bureau.sources, date(2023, 1, 1), date(2024, 12, 1))
    bureau.night("--date", "2024-12-31")
    return bureau


def test_its_figures_are_those_of_its_own_streets(district: Bureau) -> None:
    rows = district.query(
        "select area_name, value, status from indicator_values left join areas using (area_code)"
        " where indicator_id = 'new_market_entities' and period_grain = 'year'"
        " and period_end = date '2024-12-31' and breakdown = 'total' order by area_code"
    )
    by_street = [
        (name, Decimal(12 * n), "final") for name, n in zip(STREETS, PER_STREET, strict=True)
    ]
    assert rows == [("青川区", Decimal(12 * 15), "final"), *by_street]


def test_no_other_district_is_named(district: Bureau) -> None:
    page = (district.current / "report" / "index.html").read_text()
    assert "青川区" in page
    for name in ("滨江", ELSEWHERE, "330108"):
        assert name not in page
        assert name not in district.digests()
    assert "行政审批科" in page


def test_what_rests_on_sources_without_any_delivery_is_missing_and_said_to_be(
    district: Bureau,
) -> None:
    stated = district.query(
        "select count(*), count(value), count(*) filter (where status <> 'missing')"
        " from indicator_values where indicator_id not in ("
        f"select indicator_id from indicator_sources where source_table = '{TABLE}')"
    )
    ((count, values, others),) = stated
    assert count
    assert (values, others) == (0, 0)
    status = json.loads(district.run("status", "--format", "json").stdout)
    late = [source for source in status["freshness"] if source["data_through"] is None]
    assert len(late) == len(status["freshness"]) - 1
    assert all("尚无可用的数据" in source["reason"] for source in late)


def test_a_row_of_another_district_is_set_aside(district: Bureau) -> None:
    quarantined = district.query("select extract_id, rows_quarantined from extracts")
    assert [rows for extract, rows in quarantined if str(extract).startswith("202412.")] == [1]
    assert sum(int(str(rows)) for _, rows in quarantined) == 1
    assert "所属街道" in district.digests()
