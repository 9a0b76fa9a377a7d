"""The whole night over the demo bureau at full size."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from demo.bureau import DEFAULT_SEED
from demo.deliveries import imagine
from demo.scene import Scene
from demo.totals import read_totals
from pipelines.sources.contracts import read_contracts
from tests.demo.count_history import count_years
from tests.demo.count_registers import count_registers
from tests.demo.delivered import published_facts, shown
from tests.demo.personal_values import personal_samples
from tests.night.bureau import Bureau
from tests.night.conftest import ANOTHER_BUREAU

PUBLISHED = Path("demo/published_2024.csv")
UNDER_ANOTHER_NAME = {"closure_rate": "due_closure_rate"}
"""Published figures that come out under a definition other than the plain one."""


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_published_figures_of_2024_come_out_of_the_records(full_bureau: Bureau) -> None:
    published = published_facts()
    assert published
    for indicator, row in published.items():
        expected = Decimal(row["published"])
        name = UNDER_ANOTHER_NAME.get(indicator, indicator)
        computed = full_bureau.figure(name, int(row["period"][:4]))
        assert isinstance(computed, Decimal)
        if indicator == "laws_studied":  # 20部以上: counted from records, and more
            assert shown(computed, row) > expected
        else:
            assert shown(computed, row) == expected, indicator


def _reconcile(bureau: Bureau, published: Path) -> dict[str, dict[str, str]]:
    done = bureau.run("reconcile", str(published.resolve()), "--format", "json")
    assert done.returncode == 0, done.stdout
    return {line["indicator_id"]: line for line in json.loads(done.stdout)}


def test_all_published_figures_reconcile_with_the_release(full_bureau: Bureau) -> None:
    lines = _reconcile(full_bureau, PUBLISHED)
    assert len(lines) == 76
    assert {line["status"] for line in lines.values()} == {"match"}
    assert "due_closure_rate" in lines["closure_rate"]["remark"]


def test_another_bureau_with_other_totals_and_another_seed_reconciles_too(
    small_bureau: Bureau,
) -> None:
    lines = _reconcile(small_bureau, ANOTHER_BUREAU)
    assert len(lines) == 76
    assert lines["equipment_users_staffing_rate"]["computed"] == "95"
    assert lines["head_court_attendance_rate"]["published"] == "90"
    others = published_facts()
    assert sum(lines[name]["published"] != others[name]["published"] for name in lines) > 60


def test_a_figure_that_was_typed_wrong_does_not_reconcile(
    small_bureau: Bureau, tmp_path: Path
) -> None:
    wrong = tmp_path / "published.csv"
    wrong.write_text(ANOTHER_BUREAU.read_text(encoding="utf-8").replace(",57,", ",58,"))
    done = small_bureau.run("reconcile", str(wrong), "--format", "csv")
    assert done.returncode == 1
    assert "ccc_exemptions,58,57,件,differs,-1" in done.stdout


def test_the_published_closure_rate_is_the_one_over_items_that_were_due(
    full_bureau: Bureau,
) -> None:
    assert full_bureau.figure("due_closure_rate", 2024) == 1
    assert full_bureau.figure("closure_rate", 2024) != 1
    assert full_bureau.figure("on_time_closure_rate", 2024) != 1


def test_every_figure_that_is_counted_from_the_delivered_files_comes_out(
    full_bureau: Bureau,
) -> None:
    """Those of the registers are counted from their rows before they were spelled."""
    start, end = date(2023, 1, 1), date(2025, 1, 15)
    rows: Any = imagine(Scene.of(DEFAULT_SEED, read_totals(None, Decimal(1)), start, end))
    counted = {
        **count_years(full_bureau.sources, range(2023, 2026), end),
        **count_registers(rows, start, end),
    }
    assert len(counted) > 300
    rows = full_bureau.query(
        "select indicator_id, year(period_start), value from indicator_values"
        " where period_grain = 'year' and breakdown = 'total' and length(area_code) = 6"
    )
    computed = {(name, year): value for name, year, value in rows}
    assert {key: computed[key] for key in counted} == counted


def test_the_night_ends_by_telling_what_it_did(full_bureau: Bureau) -> None:
    said = (full_bureau.root / "night.out").read_text()
    assert full_bureau.current.resolve().name in said
    assert "演示数据（合成）" in said
    assert "新设市场经营主体" in said
    assert "25,284" in said
    assert "98.09 暂定" in said
    assert "“统一社会信用代码”不合编码规则" in said
    assert "warehouse/digests" in said
    assert said.count(".venv/bin/zhibiao ") == 3
    page = full_bureau.current.resolve() / "report" / "index.html"
    assert page.is_file()
    assert f"  {page}\n" in said


def test_the_summary_keeps_the_reports_order_and_peoples_names(full_bureau: Bureau) -> None:
    said = (full_bureau.root / "night.out").read_text()
    assert said.index("新设市场经营主体") < said.index("新设企业") < said.index("罚没金额")
    assert "zhibiao show new_market_entities" in said
    assert "直播电商名录" in said
    assert "listings__" not in said


def test_without_a_terminal_each_step_is_one_line(full_bureau: Bureau) -> None:
    lines = (full_bureau.root / "night.err").read_text().splitlines()
    steps = [line for line in lines if line.startswith("[")]
    assert steps == [line for line in lines if line.strip()]
    assert steps[-1].startswith(f"[{len(steps)}/{len(steps)}] release__current done")


def test_no_row_is_lost_between_delivery_and_ledger(full_bureau: Bureau) -> None:
    operations = sqlite3.connect(full_bureau.warehouse / "operations.sqlite")
    delivered = dict(
        operations.execute("select source_table, sum(rows_delivered) from verdicts group by 1")
    )
    accounted = dict(
        operations.execute(
            "select source_table, sum(rows_loaded + rows_quarantined + rows_duplicate)"
            " from verdicts group by 1"
        )
    )
    operations.close()
    assert delivered == accounted
    assert delivered
    quarantine = full_bureau.warehouse / "quarantine"
    rows = duckdb.sql(
        f"select count(distinct (filename, _row_number)) from"
        f" read_parquet('{quarantine}/registrations/events/*.parquet', filename = true)"
    ).fetchall()
    assert rows == [(10,)]


def test_no_personal_value_goes_past_landing(full_bureau: Bureau) -> None:
    samples = personal_samples(full_bureau.sources)
    assert len(samples) > 100
    needles = [sample.encode() for sample in samples]
    connection = duckdb.connect()
    connection.execute("create table samples as select unnest(?) as value", [samples])
    for path in full_bureau.warehouse.rglob("*"):
        if not path.is_file() or path.is_symlink():
            continue
        if path.suffix == ".parquet":
            _assert_absent(connection, path)
            continue
        if path.suffix == ".duckdb" and "releases" in path.parts:
            continue  # compressed; the same tables are checked as Parquet
        content = path.read_bytes()
        assert not [n for n in needles if n in content], path


def _assert_absent(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    relation = f"read_parquet('{path}')"
    columns = [
        name
        for name, kind, *_ in connection.execute(f"describe from {relation}").fetchall()
        if kind == "VARCHAR"
    ]
    if not columns:
        return
    quoted = ", ".join(f"coalesce(\"{c}\", '')" for c in columns)
    found = connection.execute(
        f"select count(*) from {relation} as t, lateral (select unnest([{quoted}]) as cell)"
        " where cell in (from samples)"
    ).fetchall()
    assert found == [(0,)], path


def test_a_night_with_nothing_new_on_a_warehouse_that_kept_only_landing_gives_equal_bytes(
    bureau: Bureau,
) -> None:
    before = bureau.current.resolve()
    parquet = _hashes(before / "parquet")
    landing = _hashes(bureau.warehouse / "landing")
    for name in ("build", "releases", "quarantine", "dagster"):
        shutil.rmtree(bureau.warehouse / name)
    (bureau.warehouse / "current").unlink()
    for path in bureau.warehouse.glob("operations.sqlite*"):
        path.unlink()

    bureau.night()

    assert bureau.current.resolve().name == before.name
    assert _hashes(bureau.current.resolve() / "parquet") == parquet
    assert _hashes(bureau.warehouse / "landing") == landing


def test_the_release_is_one_whole(full_bureau: Bureau) -> None:
    release = full_bureau.current.resolve()
    manifest = json.loads((release / "manifest.json").read_text())
    assert manifest["release_id"] == release.name
    assert manifest["is_synthetic"] is True
    assert {extract["table"] for extract in manifest["extracts"]} == set(
        read_contracts(Path("dbt_project"))
    )
    assert full_bureau.query("select distinct release_id from indicator_values") == [
        (release.name,)
    ]
    page = (release / "report" / "index.html").read_text()
    assert "新设市场经营主体" in page
    assert "合成" in page


@pytest.mark.parametrize("breakdown", ["entity_kind", "industry_section_code"])
def test_breakdowns_and_streets_add_up_to_the_district(full_bureau: Bureau, breakdown: str) -> None:
    total = full_bureau.figure("new_market_entities", 2024)
    by_part = full_bureau.query(
        "select sum(value) from indicator_values where indicator_id = 'new_market_entities'"
        " and period_grain = 'year' and year(period_start) = 2024 and breakdown = ?"
        " and length(area_code) = 6",
        breakdown,
    )
    by_street = full_bureau.query(
        "select sum(value), count(*) from indicator_values where indicator_id ="
        " 'new_market_entities' and period_grain = 'year' and year(period_start) = 2024"
        " and breakdown = 'total' and length(area_code) = 9"
    )
    assert by_part == [(total,)]
    assert by_street == [(total, 3)]
