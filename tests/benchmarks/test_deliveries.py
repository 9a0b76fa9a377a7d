"""The deliveries that benchmarks make are such as contracts describe, or refusals are measured."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from benchmarks.deliveries import LAST_DAY, MACROS, Size, change_complaints, write_deliveries
from demo.identities import credit_codes
from pipelines.hashing import hash_file
from pipelines.settings import PROJECT_ROOT
from pipelines.sources.contracts import SourceTable, read_contracts
from tests.sources.bureau import Bureau

SIZE = Size.of(0.0001)
ROWS = {
    "complaints__items": SIZE.complaints,
    "registrations__events": SIZE.events,
    "penalty_cases__cases": SIZE.cases,
    "ip_pledges__pledged_rights": SIZE.rights,
}


def _contract(table: str) -> SourceTable:
    return read_contracts(PROJECT_ROOT / "dbt_project")[table]


def _write(sources: Path) -> None:
    for table in ROWS:
        (sources / table.partition("__")[0]).mkdir(parents=True)
    write_deliveries(sources, SIZE, "512MB")


@pytest.fixture
def bureau(tmp_path: Path) -> Bureau:
    bureau = Bureau(tmp_path)
    _write(bureau.layout.sources)
    return bureau


def test_every_row_lands_and_a_later_night_takes_what_changed_since(bureau: Bureau) -> None:
    for table, rows in ROWS.items():
        report = bureau.land(_contract(table), LAST_DAY)
        assert (report.rows, report.held, report.waiting) == (rows, [], []), table
        assert {extract.rows_rejected for extract in report.extracts} == {0}
    for later, recent in enumerate((True, False), start=1):
        day = LAST_DAY + timedelta(days=later)
        changed = change_complaints(bureau.layout.sources, SIZE, day, recent=recent)
        assert changed == SIZE.complaints // 100
        report = bureau.land(_contract("complaints__items"), day)
        # Increments overlap: those of the two days before come again.
        assert changed <= report.rows < SIZE.complaints // 10


def test_a_size_is_the_same_files_whenever_it_is_made(bureau: Bureau, tmp_path: Path) -> None:
    _write(tmp_path / "again")
    made = bureau.layout.sources
    files = [path.relative_to(made) for path in made.rglob("*") if path.is_file()]
    assert len(files) > 60
    assert [p for p in files if hash_file(made / p) != hash_file(tmp_path / "again" / p)] == []


def test_the_credit_codes_have_both_their_checks() -> None:
    with duckdb.connect() as session:
        session.execute(MACROS)
        made = session.execute("select code_of(1, 10000000 + i) from range(2000) t(i)").fetchall()
    assert [code for (code,) in made if not _has_checks(code)] == []
    # What the demo draws by other means shows that the checks are asked rightly.
    numbers, kinds, areas = np.arange(2000), np.repeat(1, 2000), np.repeat(330108, 2000)
    assert all(map(_has_checks, credit_codes(numbers, kinds, areas, np.repeat(False, 2000))))


def _has_checks(code: str) -> bool:
    """GB 11714 over the organisation's eight digits, GB 32100 over the whole."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    organisation = np.dot([int(digit) for digit in code[8:16]], [3, 7, 9, 10, 5, 8, 4, 2])
    weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
    whole = np.dot([alphabet.index(character) for character in code[:17]], weights)
    return (code[16], code[17]) == ("0X987654321"[organisation % 11], alphabet[-whole % 31])
