"""`zhibiao reconcile`: a file of published figures against a release."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.night.bureau import Bureau

COLUMNS = [
    "indicator_id", "published", "computed", "unit", "status", "difference", "version", "remark",
]  # fmt: skip


def write(folder: Path, *lines: str) -> str:
    path = folder / "published.csv"
    path.write_text("\n".join(("indicator_id,published,unit,period", *lines)) + "\n", "utf-8")
    return str(path)


def true_line(bureau: Bureau, indicator: str = "new_market_entities") -> str:
    """What the release itself would publish."""
    return f"{indicator},{Decimal(str(bureau.figure(indicator, 2024))):.0f},家,2024"


def test_figures_that_all_match_exit_with_success(
    zhibiao: Command, small_bureau: Bureau, tmp_path: Path
) -> None:
    file = write(tmp_path, true_line(small_bureau), true_line(small_bureau, "new_enterprises"))
    answer = zhibiao("reconcile", file, on=small_bureau)
    assert answer.code == 0, answer.err
    assert small_bureau.current.resolve().name in answer.out
    assert answer.out.endswith("共 2 项：一致 2 项，不一致 0 项，缺少 0 项。\n")


@pytest.mark.parametrize(
    ("line", "status"),
    [("new_enterprises,1,家,2024", "differs"), ("new_enterprise,1,家,2024", "missing")],
)
def test_one_figure_that_does_not_match_fails_the_file(
    zhibiao: Command, small_bureau: Bureau, tmp_path: Path, line: str, status: str
) -> None:
    file = write(tmp_path, true_line(small_bureau), line)
    answer = zhibiao("reconcile", file, "--format", "json", on=small_bureau)
    assert answer.code == 1
    listed = json.loads(answer.out)
    assert [row["status"] for row in listed] == ["match", status]
    assert list(listed[0]) == COLUMNS
    # Which definition the release's value follows.
    assert [row["version"] for row in listed] == [2, 2 if status == "differs" else None]


def test_the_figures_come_as_csv_and_nothing_else(
    zhibiao: Command, small_bureau: Bureau, tmp_path: Path
) -> None:
    value = Decimal(str(small_bureau.figure("penalty_amount", 2024))) / 10_000
    file = write(tmp_path, f"penalty_amount,{value:.2f},万元,2024")
    answer = zhibiao("reconcile", file, "--format", "csv", on=small_bureau)
    assert (answer.code, answer.err) == (0, "")
    heading, row = csv.reader(io.StringIO(answer.out))
    said = dict(zip(heading, row, strict=True))
    assert list(said) == COLUMNS
    assert (said["published"], Decimal(said["computed"])) == (f"{value:.2f}", value)
    assert Decimal(said["difference"]) == value - Decimal(f"{value:.2f}")


def test_a_file_that_is_no_list_of_figures_is_refused_before_a_release_is_asked(
    zhibiao: Command, tmp_path: Path
) -> None:
    answer = zhibiao("reconcile", write(tmp_path, "cases_filed,many,件,2024"))
    assert (answer.code, answer.out) == (78, "")
    assert "published.csv, line 2: expected a number" in answer.err


def test_without_a_release_there_is_nothing_to_compare_with(
    zhibiao: Command, tmp_path: Path
) -> None:
    answer = zhibiao("reconcile", write(tmp_path, "cases_filed,1,件,2024"))
    assert answer.code == 66
