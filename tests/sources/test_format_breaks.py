"""Format breaks: a column that is written otherwise from some row on, told from slips."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import duckdb
import pyarrow as pa
import pytest

from pipelines.errors import ExtractHeldError
from pipelines.sources.connectors.interface import ROW_NUMBER, Batch, Reading
from pipelines.sources.screening import screen
from tests.sources.bureau import Bureau, columns, csv_contract, csv_text

AMERICAN, BRITISH = "%m/%d/%Y", "%d/%m/%Y"
NEW_YEAR = date(2024, 1, 1)


def finding(
    texts: Sequence[str], data_type: str = "date", *, sensitivity: str = "internal", **said: object
) -> str | None:
    """The refusal of a delivery whose second column holds these texts from row 2 on."""
    if data_type in ("date", "timestamp"):
        said = {"formats": [AMERICAN], **said}
    field = {"data_type": data_type, "sensitivity": sensitivity, **said}
    table = csv_contract(fields=columns(编号="text", 日期=field))
    rows = pa.table(
        {
            "编号": pa.array([str(n) for n in range(len(texts))]),
            "日期": pa.array(list(texts), pa.string()),
            ROW_NUMBER: pa.array(range(2, len(texts) + 2), pa.int64()),
        }
    )
    with duckdb.connect() as session:
        session.create_function("pseudonym", lambda text: f"p1_{text}", ["VARCHAR"], "VARCHAR")
        try:
            screen(session, table, Reading(len(texts), iter([Batch(rows)])))
        except ExtractHeldError as refusal:
            return f"{refusal.reason}：{refusal}"
    return None


def days(count: int, *, per_day: int = 1, start: date = NEW_YEAR) -> list[date]:
    """A list kept by date."""
    return [start + timedelta(days=n // per_day) for n in range(count)]


def any_days(count: int) -> list[date]:
    """A list in no order."""
    return [NEW_YEAR + timedelta(days=n * n * 7919 % 366) for n in range(count)]


def written(said: Sequence[date], form: Callable[[int], str]) -> list[str]:
    return [day.strftime(form(place)) for place, day in enumerate(said)]


def changing_at(place: int) -> Callable[[int], str]:
    return lambda at: AMERICAN if at < place else BRITISH


def test_a_file_that_changes_from_month_first_to_day_first_half_way_names_the_row() -> None:
    """Of a list in no order, the first row that fails: days up to the twelfth read as dates."""
    said = any_days(400)
    first = next(n for n, day in enumerate(said) if n >= 200 and day.day > 12)
    found = finding(written(said, changing_at(200)))
    assert found is not None
    assert found.startswith(f"format_changed：人员：“日期”列自第 {first + 2} 行起直到末尾格式有变")
    assert "/" not in found


def test_few_rows_at_the_end_suffice() -> None:
    """Below the share at which a column counts as retyped: 18 of 600."""
    assert finding(written(any_days(600), changing_at(570))) is not None


@pytest.mark.parametrize("per_day", [1, 7])
def test_a_list_kept_by_date_names_the_very_row_also_when_no_value_fails(per_day: int) -> None:
    """Days 4 to 12 of a month, written the other way round, are all dates."""
    until_the_twelfth = days(31 + 12, per_day=1)
    said = [day for day in until_the_twelfth for _ in range(per_day)]
    changed = said.index(date(2024, 2, 4))
    found = finding(written(said, changing_at(changed)))
    assert found is not None
    assert f"自第 {changed + 2} 行起疑似日、月互换" in found


def test_newest_first_is_an_order_too() -> None:
    said = list(reversed(days(43)))  # down to 1 January
    changed = said.index(date(2024, 1, 9))
    found = finding(written(said, changing_at(changed)))
    assert found is not None
    assert f"自第 {changed + 2} 行起疑似日、月互换" in found


def test_a_beginning_in_the_other_order_is_found_as_well() -> None:
    """The last row of it is named."""
    said = days(60)
    found = finding(written(said, lambda at: BRITISH if at < 10 else AMERICAN))
    assert found is not None
    assert "至第 11 行为止疑似日、月互换" in found


def test_timestamps_and_day_first_contracts_are_looked_at_alike() -> None:
    said = [day.strftime("%d/%m/%Y 08:00") for day in days(34)]
    said += [day.strftime("%m/%d/%Y 08:00") for day in days(8, start=date(2024, 2, 4))]
    assert finding(said, "timestamp", formats=["%d/%m/%Y %H:%M"]) is not None
    assert finding(said[:34], "timestamp", formats=["%d/%m/%Y %H:%M"]) is None


@pytest.mark.parametrize(
    "said",
    [
        days(400),
        list(reversed(days(400, per_day=3))),
        any_days(400),
        days(40) + any_days(40),
        days(40) + [date(2024 + n // 12, n % 12 + 1, 5) for n in range(40)],  # then monthly
        days(30) + days(30, start=date(2021, 3, 1)),  # one year's list under another's
        sorted(any_days(30)),
    ],
    ids=["kept", "newest first", "no order", "half", "monthly", "pasted", "sparse"],
)
def test_right_dates_in_any_order_are_no_break(said: list[date]) -> None:
    assert finding(written(said, lambda _: AMERICAN)) is None


def test_dates_that_begin_with_the_year_are_not_asked_for_their_order() -> None:
    """Nobody writes year, day, month; a monthly list would look like one."""
    said = days(20) + [date(2024, n, 2) for n in range(2, 12)]
    texts = [day.strftime("%Y-%m-%d") for day in said]
    assert finding(texts, formats=["%Y-%m-%d"]) is None


@pytest.mark.parametrize(
    ("data_type", "good", "bad"),
    [
        ("date", "01/31/2024", "31.1.2024"),
        ("timestamp", "01/31/2024", "2024-01-31 08:00"),
        ("integer", "12", "十二"),
        ("decimal", "1,234.5", "1.234,5"),
        ("boolean", "是", "不详"),
        ("json", "{}", "{"),
    ],
)
def test_a_run_to_the_end_or_a_long_one_in_the_middle_holds_and_slips_do_not(
    data_type: str, good: str, bad: str
) -> None:
    """Five at the end, ten elsewhere; as many slips, here and there, are bad rows."""
    ending = finding([good] * 200 + [bad] * 5, data_type)
    assert ending is not None
    assert "自第 202 行起直到末尾" in ending
    middle = finding([good] * 100 + [bad] * 10 + [good] * 200, data_type)
    assert middle is not None
    assert "自第 102 行至第 111 行" in middle
    assert finding([good] * 200 + [bad] * 4, data_type) is None
    assert finding([good] * 100 + [bad] * 9 + [good] * 200, data_type) is None
    assert finding(([good] * 30 + [bad]) * 20, data_type) is None
    for said in (ending, middle):
        assert bad not in said


def test_personal_columns_are_covered_without_their_values() -> None:
    said = written(any_days(600), changing_at(560))
    found = finding(said, sensitivity="personal")
    assert found is not None
    assert "format_changed" in found


def test_a_column_that_fails_throughout_is_retyped_and_not_broken() -> None:
    found = finding(written(any_days(100), lambda _: BRITISH))
    assert found is not None
    assert found.startswith("columns_retyped")


def test_empty_cells_neither_make_nor_break_a_run() -> None:
    found = finding(["01/31/2024", ""] * 100 + ["x", "", ""] * 6)
    assert found is not None
    assert "自第 202 行起直到末尾" in found


def test_a_break_in_a_file_of_long_records_names_the_record_and_the_line(bureau: Bureau) -> None:
    """Each record has two lines of the file."""
    fields = columns(编号="text", 日期={"data_type": "date", "formats": [AMERICAN]})
    texts = written(days(43), changing_at(34))
    rows = [[f"{n}\n号", text] for n, text in enumerate(texts)]
    bureau.drop("people/人员_202412.csv", csv_text(rows, ["编号", "日期"]))
    (held,) = bureau.land(csv_contract(fields=fields)).held
    found = re.search(r"第 (\d+) 条记录（文件第 (\d+) 行）", held.message)
    assert found is not None
    assert int(found[2]) == 2 * int(found[1]) - 2


def test_the_delivery_is_held_and_lands_when_it_is_mended(bureau: Bureau) -> None:
    fields = columns(编号="text", 日期={"data_type": "date", "formats": [AMERICAN]})
    table = csv_contract(fields=fields)

    def drop(form: Callable[[int], str]) -> None:
        texts = written(days(43), form)
        rows = [[str(n), text] for n, text in enumerate(texts)]
        bureau.drop("people/人员_202412.csv", csv_text(rows, ["编号", "日期"]))

    drop(changing_at(34))
    report = bureau.land(table)
    assert (report.extracts, [held.reason for held in report.held]) == ([], ["format_changed"])
    drop(lambda _: AMERICAN)
    assert len(bureau.land(table).extracts) == 1
