"""Numbers are never typed: the three files follow the release, and say no number of their own."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from tests.reports.annual.reading import (
    Files,
    Rows,
    document_rows,
    drawn_texts,
    page_rows,
    read_pictures,
    render,
    workbook_rows,
)

# Every value of the release becomes a number that occurs once and nowhere else, in plain units.
REPLACED = """
update indicators set kind = 'count', display_scale = '', unit_label = '件', is_main = true;
update indicator_values set status = 'final', numerator = null, denominator = null,
    value = 1000000 + rowid * 7;
update indicator_comparisons set change_on_year = (1000 + rowid * 7) / 1000;
"""
FIGURES = """
select i.label_zh, this.value::bigint, last.value::bigint, round(c.change_on_year * 100, 1)
from indicators as i
join indicator_values as this using (indicator_id)
join indicator_comparisons as c using (indicator_id, period_grain, period_start, area_code)
join indicator_values as last on last.indicator_id = i.indicator_id
    and last.period_grain = 'year' and last.period_start = '2023-01-01'
    and last.area_code = '330108'
where this.period_grain = 'year' and this.period_start = '2024-01-01'
    and this.area_code = '330108'
"""
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
DATING = re.compile(r"\d+[年月]")


@pytest.fixture(scope="module")
def replaced(marked_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of the same release with other values everywhere."""
    database = tmp_path_factory.mktemp("replaced") / "indicators.duckdb"
    database.write_bytes(marked_release.read_bytes())
    with duckdb.connect(str(database)) as connection:
        connection.execute(REPLACED)
    return database


@pytest.fixture(scope="module")
def followed(replaced: Path) -> Files:
    return render(replaced)


def stated(rows: Rows) -> set[tuple[str, str, str, str]]:
    return {(row[0], row[1], row[3], row[4]) for section in rows.values() for row in section}


def test_the_tables_of_all_three_say_the_releases_values_and_nothing_else(
    replaced: Path, followed: Files
) -> None:
    with duckdb.connect(str(replaced), read_only=True) as connection:
        found = connection.execute(FIGURES).fetchall()
    expected = {(label, f"{v:,}", f"{b:,}", f"+{c:,.1f}%") for label, v, b, c in found}
    assert len(expected) == 14
    assert stated(workbook_rows(followed)) == expected
    assert stated(document_rows(followed)) == expected
    assert stated(page_rows(followed)) == expected


def test_the_charts_say_the_releases_values_and_nothing_else(
    replaced: Path, followed: Files
) -> None:
    with duckdb.connect(str(replaced), read_only=True) as connection:
        values = connection.execute("select value::bigint from indicator_values").fetchall()
    texts = [DATING.sub("", text) for text in drawn_texts(followed)]
    numbers = {number for text in texts for number in NUMBER.findall(text)}
    assert len(numbers) > 100
    assert numbers <= {f"{value:,}" for (value,) in values}


def test_the_pictures_of_the_document_follow(report: Files, followed: Files) -> None:
    assert set(read_pictures(report)).isdisjoint(read_pictures(followed))
