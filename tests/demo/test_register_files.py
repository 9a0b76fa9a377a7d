"""The registers' files are those that their contracts describe, with the slips of a hand."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from demo.bureau import DemoSummary
from demo.delivery import Delivery, deliver, file_of
from demo.recipes import RECIPES
from demo.spelling import Row, Verbatim, ledger_name, spell
from pipelines.errors import ContractError
from pipelines.sources.contracts import SourceTable, SqlDialect
from tests.demo.delivered import is_valid_code
from tests.demo.landed import Landed, land
from tests.sources.bureau import Bureau

END = date(2025, 1, 15)


def test_summary_lists_every_source_table(demo: DemoSummary) -> None:
    """Each with rows; a contract that the demo has no recipe of is delivered by nobody."""
    assert set(demo.rows) == set(RECIPES)
    assert min(demo.rows.values()) > 0


def test_every_register_lands_with_the_announced_counts(
    demo: DemoSummary, landed: dict[str, Landed]
) -> None:
    """Repeated rows are dropped, days that do not exist are rejected, the others quarantined."""
    for table, found in landed.items():
        broken = {
            what.split(", ", 1)[1]: count
            for what, count in demo.mistakes.items()
            if what.startswith(f"{table}: broken rows, ")
        }
        assert found.outcomes == Counter(
            delivered=demo.rows[table],
            duplicate=demo.mistakes.get(f"{table}: duplicate rows", 0),
            rejected=broken.pop("no such day", 0),
            quarantined=sum(broken.values()),
        ), table


def test_every_list_kept_by_hand_has_mistakes(
    demo: DemoSummary, tables: dict[str, SourceTable]
) -> None:
    """Two broken rows and a repeated one; databases have none; every kind of mistake occurs."""
    kinds = set()
    for table in tables.values():
        said = {w.split(": ", 1)[1]: n for w, n in demo.mistakes.items() if w.startswith(table.id)}
        by_hand = not isinstance(table.dialect, SqlDialect)
        assert said.pop("duplicate rows", 0) == by_hand
        assert sum(said.values()) == 2 * by_hand, table.id
        kinds |= set(said)
    assert len(kinds) == 5


def test_credit_codes_of_good_rows_are_valid(landed: dict[str, Landed]) -> None:
    """Firms are those of the register."""
    columns = {"holder_uscc", "firm_uscc", "applicant_uscc"}
    codes = {
        row[name]
        for found in landed.values()
        for row in found.rows
        for name in columns & row.keys()
        if row[name] is not None
    } | {row["entry_no"] for row in landed["listings__platform_enterprises"].rows}
    assert len(codes) > 200
    assert all(map(is_valid_code, codes))


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("listings__live_commerce_sites", "listed_on"),
        ("listings__platform_enterprises", "listed_on"),
        ("activities__public_opinion", "发现日期"),
        ("data_ip__registrations", "registered_on"),
        ("reconsiderations__cases", "applied_on"),
    ],
    ids=["workbook", "CSV in GB18030", "CSV in UTF-8", "JSON lines", "database"],
)
def test_a_day_reads_back_as_itself_in_every_form(
    tables: dict[str, SourceTable], tmp_path: Path, table: str, column: str
) -> None:
    """Date cells, day numbers and every spelling mean the same day."""
    contract = tables[table]
    needed = {
        ledger_name(c): next(iter(c.words.values()), "330108001" if c.as_ == "street" else "是")
        for c in contract.columns
        if c.required and c.data_type != "date"
    }
    key = ledger_name(next(c for c in contract.columns if c.name == contract.key[0]))
    rows: list[Row] = [{**needed, key: f"{n}", column: date(2024, 3, 5)} for n in range(20)]
    bureau = Bureau(tmp_path)
    (tmp_path / "warehouse").mkdir()
    deliver(
        bureau.layout.sources / file_of(contract, f"{END:%Y%m%d}"),
        [Delivery(contract, spell(contract, rows))],
    )
    found = land(bureau, contract, END)
    assert [row[column] for row in found.rows] == [date(2024, 3, 5)] * 20


def test_one_workbook_holds_several_lists(demo: DemoSummary) -> None:
    """One sheet each, under the names of the contracts."""
    (path,) = (demo.sources / "lists").glob("工作台账_*.xlsx")
    assert openpyxl.load_workbook(path).sheetnames == ["编印发布", "培训学习", "合法性审查"]


def test_amounts_of_a_workbook_are_numbers_or_typed_text(demo: DemoSummary) -> None:
    """In 万元, some with a thousands comma, below a title that says what they are."""
    (path,) = (demo.sources / "lists").glob("直播电商名录_*.xlsx")
    title, _, *rows = openpyxl.load_workbook(path)["名录"].iter_rows(values_only=True)
    assert title[0] == "直播电商名录(演示数据)"
    typed = [row[4] for row in rows if isinstance(row[4], str)]
    assert 0 < len(typed) < len(rows) / 4
    assert all(re.fullmatch(r"[\d,]+\.\d\d", text) for text in typed)
    assert any("," in text for text in typed)


def test_one_database_holds_several_tables(demo: DemoSummary) -> None:
    """With keys, as an application keeps them."""
    with closing(sqlite3.connect(demo.sources / "legal_affairs" / "disputes.db")) as database:
        names = database.execute("select name from sqlite_master where type = 'table'").fetchall()
        columns = database.execute("pragma table_info(hearings)").fetchall()
    assert {name for (name,) in names} == {"hearings", "reconsiderations"}
    assert [column[1] for column in columns if column[5]] == ["case_no", "instance", "hearing_no"]


def test_a_word_that_the_contract_does_not_know_is_refused(
    tables: dict[str, SourceTable],
) -> None:
    """A recipe that has fallen behind its contract says so, a slip is delivered as it stands."""
    talents = tables["listings__talents"]
    with pytest.raises(ContractError, match=r"expected a code of .*, got 'juggler'"):
        spell(talents, [{"listing_kind": "juggler"}])
    with pytest.raises(ContractError, match=r"expected columns of the contract, got \['kind'\]"):
        spell(talents, [{"kind": "live_streamer"}])
    assert spell(talents, [{"listing_kind": Verbatim("杂耍")}])[0][2] == "杂耍"
