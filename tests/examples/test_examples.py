"""The examples, each laid over a copy of the project, in one night over their real files.

The same copy takes the indicator that docs/add-an-indicator.md adds, as it stands there. What the
release says is compared with a count made straight from the files, by the standard library alone.
The files are not in the repository: ZHIBIAO_EXAMPLE_DATA names their folder.
"""

from __future__ import annotations

import csv
import re
import shutil
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pytest

from demo.bureau import write_demo
from tests.machine import EXAMPLE_DATA, NO_EXAMPLE_DATA
from tests.night.bureau import Bureau
from tests.shared_builds import build_once

ROOT = Path(__file__).resolve().parents[2]
NEW_YORK = EXAMPLE_DATA / "nyc_council_casework_2021_2025.csv"
MONTREAL = EXAMPLE_DATA / "montreal_violations.csv"
DELIVERED = {
    "nyc_casework/casework_20250115.csv": NEW_YORK,
    "montreal/violations_20250115.csv": MONTREAL,
}
PERSONAL = ("proprietaire", "etablissement", "adresse")

ADDED = re.compile(r"```yaml\n# (?P<file>\S+)\n(?P<entry>.*?)```", re.DOTALL)

Figures = dict[int, tuple[Decimal, ...]]


def _run_the_night(root: Path) -> None:
    bureau = Bureau(root)
    project = bureau.root / "project"
    for part in ("dbt_project", "expectations"):
        built = shutil.ignore_patterns("target", "logs")
        shutil.copytree(ROOT / part, project / part, ignore=built)
        for example in ("nyc_casework", "montreal_food_penalties"):
            shutil.copytree(ROOT / "examples" / example / part, project / part, dirs_exist_ok=True)
    with (project / "dbt_project" / "seeds" / "legal_bases.csv").open(
        "a", encoding="utf-8"
    ) as seed:
        for example in ("nyc_casework", "montreal_food_penalties"):
            seed.write((ROOT / "examples" / example / "legal_bases.csv").read_text("utf-8"))
    _add_the_indicator_of_the_docs(project)
    write_demo(bureau.sources, scale=0.02)
    for name, file in DELIVERED.items():
        (bureau.sources / name).parent.mkdir()
        shutil.copy(file, bureau.sources / name)
    bureau.night("--date", "2025-01-15")


def _add_the_indicator_of_the_docs(project: Path) -> None:
    """One entry in one file, and nothing else."""
    (added,) = ADDED.finditer((ROOT / "docs" / "add-an-indicator.md").read_text(encoding="utf-8"))
    with (project / added["file"]).open("a", encoding="utf-8") as metrics:
        metrics.write("\n" + added["entry"])


@pytest.fixture(scope="module")
def bureau(shared_folder: Path) -> Bureau:
    """A small demo bureau with both examples, after its first night. Read only."""
    if not all(file.is_file() for file in DELIVERED.values()):
        pytest.skip(NO_EXAMPLE_DATA)
    return Bureau(build_once(shared_folder, "examples", _run_the_night))


def _read(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _published(bureau: Bureau, indicator: str, columns: str = "value") -> Figures:
    rows = bureau.query(
        f"select year(period_start), {columns} from indicator_values where indicator_id = ?"
        " and period_grain = 'year' and breakdown = 'total' and area_code = '330108'",
        indicator,
    )
    return {int(str(year)): tuple(Decimal(str(part)) for part in parts) for year, *parts in rows}


def test_the_closure_rate_of_new_york_is_the_one_counted_from_the_file(bureau: Bureau) -> None:
    """By year of opening; a case on two rows is one case, and the rows of a case agree."""
    cases = {(row["unique_key"], row["opendate"], row["closedate"]) for row in _read(NEW_YORK)}
    opened: dict[int, int] = defaultdict(int)
    closed: dict[int, int] = defaultdict(int)
    for _, opened_on, closed_on in cases:
        opened[int(opened_on[:4])] += 1
        closed[int(opened_on[:4])] += closed_on != ""
    counted = {
        year: (
            (Decimal(closed[year]) / opened[year]).quantize(Decimal("1e-6"), ROUND_HALF_UP),
            Decimal(closed[year]),
            Decimal(opened[year]),
        )
        for year in opened
    }
    assert sorted(counted) == [2021, 2022, 2023, 2024, 2025]
    published = _published(bureau, "nyc_closure_rate", "value, numerator, denominator")
    assert published == counted


def test_cases_by_borough_are_those_of_the_rows_that_name_one(bureau: Bureau) -> None:
    boroughs: dict[str, str] = {}
    for row in _read(NEW_YORK):
        if row["opendate"].startswith("2022"):
            boroughs[row["unique_key"]] = boroughs.get(row["unique_key"]) or row["borough"].lower()
    counted: dict[str, int] = defaultdict(int)
    for borough in boroughs.values():
        counted[borough or "unknown"] += 1
    published = bureau.query(
        "select breakdown_value, value from indicator_values where period_grain = 'year'"
        " and indicator_id = 'nyc_cases_opened' and breakdown = 'borough'"
        " and year(period_start) = 2022"
    )
    assert {str(borough): value for borough, value in published} == counted


def test_cases_and_fines_of_montreal_are_those_counted_from_the_file(bureau: Bureau) -> None:
    """By year of the judgement, from 2011; 2025 has begun, and nothing is in it yet."""
    cases: dict[int, int] = defaultdict(int)
    fines: dict[int, Decimal] = defaultdict(Decimal)
    for row in _read(MONTREAL):
        cases[int(row["date_jugement"][:4])] += 1
        fines[int(row["date_jugement"][:4])] += Decimal(row["montant"])
    assert sorted(cases) == list(range(2011, 2025))
    nothing = {2025: (Decimal(0),)}
    counted = {year: (Decimal(number),) for year, number in cases.items()}
    assert _published(bureau, "montreal_penalties") == counted | nothing
    assert _published(bureau, "montreal_fines") == {y: (f,) for y, f in fines.items()} | nothing


def test_figures_are_final_until_the_year_that_is_not_over(bureau: Bureau) -> None:
    rows = bureau.query(
        "select distinct indicator_id, status, min(year(period_start)), max(year(period_start))"
        " from indicator_values where period_grain = 'year' and breakdown = 'total'"
        " and indicator_id in ('nyc_closure_rate', 'montreal_fines') group by all order by all"
    )
    assert rows == [
        ("montreal_fines", "final", 2011, 2024),
        ("montreal_fines", "provisional", 2025, 2025),
        ("nyc_closure_rate", "final", 2021, 2024),
        ("nyc_closure_rate", "provisional", 2025, 2025),
    ]


def test_the_figures_of_the_bureau_begin_where_they_did(bureau: Bureau) -> None:
    rows = bureau.query(
        "select distinct min(period_start)::varchar from indicator_values"
        " where indicator_id not like 'nyc_%' and indicator_id not like 'montreal_%'"
        " group by indicator_id"
    )
    assert rows == [("2023-01-01",)]


def test_nothing_of_the_real_files_is_quarantined_and_two_offences_are_told(
    bureau: Bureau,
) -> None:
    rows = bureau.query(
        "select source_table, rows_delivered, rows_loaded, rows_quarantined from extracts"
        " where source_table in ('nyc_casework__cases', 'montreal__food_penalties') order by all"
    )
    assert rows == [("montreal__food_penalties", 7106, 7106, 0),
                    ("nyc_casework__cases", 83486, 83486, 0)]  # fmt: skip
    assert "判决日期早于违法日期" in bureau.digests()


def _landed(bureau: Bureau) -> list[dict[str, str]]:
    """Landed rows of Montréal, in the order of the file."""
    folder = bureau.warehouse / "landing" / "montreal" / "food_penalties"
    (path,) = folder.glob("*/data.parquet")
    with duckdb.connect() as connection:
        cursor = connection.execute(f"from '{path}' order by _row_number")
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_texts_with_line_breaks_land_whole_in_their_own_rows(bureau: Bureau) -> None:
    """117 descriptions end in a line break; landing trims the ends of a text and nothing else."""
    delivered, landed = list(_read(MONTREAL)), _landed(bureau)
    broken = [row for row in delivered if "\n" in row["description"]]
    assert len(broken) == 117
    for column in ("id_poursuite", "description", "categorie"):
        assert [row[column] for row in landed] == [row[column].strip() for row in delivered]


def _texts_of_the_release(bureau: Bureau) -> set[str]:
    """Every text that stands in a cell of the release, whatever holds it."""
    folder = bureau.current.resolve()
    found: set[str] = set()
    with duckdb.connect() as connection:
        connection.execute(f"attach '{folder / 'indicators.duckdb'}' as release (read_only)")
        tables = connection.execute(
            "select database_name || '.' || schema_name || '.' || table_name from duckdb_tables()"
            " where database_name = 'release'"
        ).fetchall()
        relations = [name for (name,) in tables]
        relations += [f"'{path}'" for path in folder.glob("parquet/**/*.parquet")]
        assert len(relations) > 20
        for relation in relations:
            for row in connection.execute(f"from {relation}").fetchall():
                found |= {value for value in row if isinstance(value, str)}
    found.add((folder / "manifest.json").read_text(encoding="utf-8"))
    found.add((folder / "report" / "index.html").read_text(encoding="utf-8"))
    (workbook,) = folder.glob("report/*.xlsx")
    with zipfile.ZipFile(workbook) as parts:
        found |= {parts.read(name).decode() for name in parts.namelist()}
    return found


def test_no_name_and_no_address_of_montreal_is_in_the_release_or_landed(bureau: Bureau) -> None:
    values = {row[column] for row in _read(MONTREAL) for column in PERSONAL}
    assert len(values) > 5000
    landed = {row[column] for row in _landed(bureau) for column in PERSONAL}
    assert not values & landed
    texts = _texts_of_the_release(bureau)
    assert any("montreal_fines" in text for text in texts)
    assert not values & texts
    # Short names occur within other words; from eight letters on they do not.
    everything = "\0".join(texts) + bureau.digests()
    assert [value for value in values if len(value) >= 8 and value in everything] == []


def test_one_entry_adds_an_indicator_from_figure_to_catalogue(bureau: Bureau) -> None:
    """Counted by hand in the ledger of the same release; the demo has such cases in each year."""
    counted = bureau.query(
        "select year(filed_on), count(*) from penalty_cases"
        " where case_field = 'food' and procedure = 'ordinary' group by all"
    )
    by_year = {str(year): n for year, n in counted}
    published = _published(bureau, "food_cases_filed")
    assert set(published) == {2023, 2024, 2025}
    assert sum(n for (n,) in published.values()) > 0
    assert published == {year: (by_year.get(str(year), 0),) for year in published}
    assert bureau.query(
        "select label_zh, formula, filter from indicators where indicator_id = 'food_cases_filed'"
    ) == [("食品案件立案", "count(*)", "procedure = 'ordinary' and case_field = 'food'")]
    (report,) = bureau.current.resolve().glob("report/index.html")
    assert "食品案件立案" in report.read_text(encoding="utf-8")
