"""Published figures as a file holds them, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.errors import SettingsError
from pipelines.reports.published_figures import (
    MOST_BYTES,
    Bound,
    PublishedFigure,
    read_published_figures,
)

HEADING = "indicator_id,published,unit,period"


def read(folder: Path, *lines: str, heading: str = HEADING) -> list[PublishedFigure]:
    path = folder / "figures.csv"
    path.write_text("\n".join((heading, *lines)) + "\n", encoding="utf-8")
    return read_published_figures(path)


def test_a_figure_keeps_the_precision_that_it_was_published_with(tmp_path: Path) -> None:
    figure = read(tmp_path, "penalty_amount,255.80,万元,2024")[0]
    assert (figure.text, figure.number, figure.decimals) == ("255.80", Decimal("255.8"), 2)


def test_columns_of_the_annual_list_are_read_in_any_order_and_with_a_mark(tmp_path: Path) -> None:
    path = tmp_path / "figures.csv"
    heading = "no,period,note,unit,name_zh,published,kind,ledger,grain,indicator_id\r\n"
    line = '38,2024,"one, two",件,立案,223,count,penalty_cases,case,cases_filed\r\n\r\n'
    path.write_bytes(b"\xef\xbb\xbf" + (heading + line).encode())
    figures = read_published_figures(path)
    assert [(f.indicator_id, f.text, f.unit, f.period_text) for f in figures] == [
        ("cases_filed", "223", "件", "2024")
    ]


@pytest.mark.parametrize(
    ("line", "kind", "bound", "plain_unit"),
    [
        ("laws_studied,20,部以上,2024", "", Bound.AT_LEAST, "部"),
        ("shortlist_rank,25,名以内,2024", "", Bound.AT_MOST, "名"),
        ("laws_studied,20,部,2024", "lower_bound", Bound.AT_LEAST, "部"),
        ("penalty_amount,2,万元以上,2024", "lower_bound", Bound.AT_LEAST, "万元"),
        ("cases_filed,20,件,2024", "count", None, "件"),
        ("closure_rate,100,％,2024", "ratio", None, "%"),
    ],
)
def test_the_unit_or_the_kind_makes_a_bound(
    tmp_path: Path, line: str, kind: str, bound: Bound | None, plain_unit: str
) -> None:
    figure = read(tmp_path, f"{line},{kind}", heading=f"{HEADING},kind")[0]
    assert (figure.bound, figure.plain_unit) == (bound, plain_unit)


GOOD = "cases_filed,223,件,2024"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (['"cases_filed",22"3,件,2024', GOOD], "line 2: expected a number"),
        ([GOOD, "penalty_amount,1e3,元,2024"], r"line 3: .* in published, got '1e3'"),
        ([GOOD, 'penalty_amount,"1,412",元,2024'], r"line 3: .* in published, got '1,412'"),
        ([GOOD, "penalty_amount,10.6万,元,2024"], "line 3: expected a number"),
        ([GOOD, "penalty_amount,,元,2024"], "line 3: expected a number"),
        ([GOOD, "penalty_amount,NaN,元,2024"], "line 3: expected a number"),
        ([GOOD, "penalty_amount,２２３,元,2024"], "line 3: expected a number"),
        ([GOOD, f"penalty_amount,{'9' * 19},元,2024"], "line 3: expected a number"),
        ([GOOD, "penalty_amount,3,,2024"], "line 3: expected a unit"),
        ([GOOD, "penalty_amount,3,=1+2,2024"], "line 3: expected a unit"),
        ([GOOD, "=penalty,3,元,2024"], "line 3: expected an id"),
        ([GOOD, "penalty_amount,3,元,2024-13"], "line 3: period: expected 2024"),
        ([GOOD, "penalty_amount,3,元,2024-02-30"], "line 3: period: expected a day"),
        ([GOOD, "penalty_amount,3,元"], "line 3: expected 4 columns, got 3"),
        ([GOOD, "penalty_amount,3,元,2024,more"], "line 3: expected 4 columns, got 5"),
        ([GOOD, "", GOOD], "line 4: expected each figure once, .* as in line 2"),
        (["a,1,件,2024-12", "a,1,件,2024-12-31"], "line 3: expected each figure once"),
        ([GOOD, 'a,1,件,"2024'], "line 3: expected CSV"),
        ([], "line 1: expected at least one figure"),
    ],
)
def test_a_line_that_is_no_figure_is_refused_by_its_number(
    tmp_path: Path, lines: list[str], said: str
) -> None:
    with pytest.raises(SettingsError, match=f"^figures.csv, {said}"):
        read(tmp_path, *lines)


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("indicator_id,published,unit", "got no 'period'"),
        (f"{HEADING},colour", "got also 'colour'"),
        (f"{HEADING},unit", "got twice 'unit'"),
        ("indicator_id;published;unit;period", "got no 'indicator_id"),
    ],
)
def test_another_heading_is_refused(tmp_path: Path, heading: str, said: str) -> None:
    with pytest.raises(SettingsError, match=rf"line 1: expected the columns .*{said}"):
        read(tmp_path, GOOD, heading=heading)


def test_a_bound_in_two_directions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="line 2: expected one direction of the bound"):
        read(tmp_path, "laws_studied,20,部以上,2024,upper_bound", heading=f"{HEADING},kind")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"{HEADING}\n{GOOD}\nb,1,件,2024\n".encode("gb18030"), "line 2: expected UTF-8"),
        (b"", "line 1: expected the columns"),
        (b"x" * (MOST_BYTES + 1), "line 1: expected a file of at most 1,000,000 bytes"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "figures.csv"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=f"^figures.csv, {said}"):
        read_published_figures(path)
