"""Admission: which extracts are in use, which rows, and how far each source reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.errors import GateError
from pipelines.sources.admission import admit, choose_extracts, extracts_in_use
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract
from pipelines.sources.freshness import extract_state
from pipelines.sources.refusals import HeldDelivery
from tests.sources.bureau import NIGHT, PEOPLE, Bureau, csv_contract, csv_text
from tests.sources.databases import change, fill_sqlite, items_contract


def quarantine(bureau: Bureau, extract: Extract, *row_numbers: int) -> None:
    """Write an extract's quarantine as the gate does: always, also when it is empty."""
    source, table = extract.source_table.split("__")
    folder = bureau.layout.quarantine / source / table
    folder.mkdir(parents=True, exist_ok=True)
    lines = ", ".join(f"({number}, 'a'), ({number}, 'b')" for number in row_numbers)
    query = f"values {lines}" if lines else "select 1::bigint, 'a' where false"
    with duckdb.connect() as session:
        session.execute(
            f"copy (select col0::bigint as _row_number, col1 as rule_id from ({query})"
            f" as lines(col0, col1)) to '{folder / extract.extract_id}.parquet'"
        )


def admitted(
    bureau: Bureau,
    table: SourceTable,
    accepted: Sequence[Extract],
    columns: str,
    held: Sequence[HeldDelivery] = (),
) -> list[tuple[Any, ...]]:
    """What dbt sees of a table's view."""
    contracts = {table.id: table}
    ids = {table.id: [extract.extract_id for extract in accepted]}
    admit(
        bureau.layout,
        contracts,
        choose_extracts(bureau.layout, contracts, ids, held, NIGHT),
        business_date=NIGHT,
        settings=bureau.settings,
    )
    with duckdb.connect(str(bureau.layout.build_database), read_only=True) as database:
        return database.execute(f"select {columns} from landing.{table.id} order by all").fetchall()


def test_a_view_gives_the_columns_the_extract_and_the_row(bureau: Bureau) -> None:
    """Text as landed; quarantined rows are absent, by extract and row number."""
    for first_number, month in ((0, "202411"), (3, "202412")):
        rows = [[str(first_number + n), "张", "2024-12-01", "1"] for n in range(3)]
        bureau.drop(f"people/人员_{month}.csv", csv_text(rows))
    first, second = bureau.land(csv_contract()).extracts
    quarantine(bureau, first, 3)
    quarantine(bureau, second)
    found = admitted(
        bureau,
        csv_contract(),
        [first, second],
        '"编号", typeof("金额"), _extract_id, _row_number',
    )
    assert found == [
        ("0", "VARCHAR", first.extract_id, 2),
        ("2", "VARCHAR", first.extract_id, 4),
        ("3", "VARCHAR", second.extract_id, 2),
        ("4", "VARCHAR", second.extract_id, 3),
        ("5", "VARCHAR", second.extract_id, 4),
    ]


def test_what_a_view_shows_is_told_by_a_hash_wherever_the_warehouse_lies(
    tmp_path: Path,
) -> None:
    """Of the extracts, and of what their quarantine holds."""

    def shown(place: str, cell: str = "1", *quarantined: int) -> str:
        bureau = Bureau(tmp_path / place)
        bureau.drop("people/人员_202412.csv", csv_text([["1", "", "2024-12-01", cell]]))
        table = csv_contract()
        (extract,) = bureau.land(table).extracts
        quarantine(bureau, extract, *quarantined)
        contracts, ids = {table.id: table}, {table.id: [extract.extract_id]}
        admission = choose_extracts(bureau.layout, contracts, ids, (), NIGHT)
        given = admit(
            bureau.layout, contracts, admission, business_date=NIGHT, settings=bureau.settings
        )
        assert set(given) == {
            "landing.people__events", "night.business_day", "night.covered_spans",
            "night.extract_states",
        }  # fmt: skip
        return given["landing.people__events"]

    first = shown("a")
    assert shown("b") == first
    assert shown("c", "1", 2) != first
    assert shown("d", "2") != first


def test_the_newest_row_of_a_key_counts_in_an_increment(bureau: Bureau) -> None:
    """A quarantined newest row leaves the last good one in use."""
    fill_sqlite(bureau.layout.sources / "complaints" / "c.sqlite")
    (first,) = bureau.land(items_contract()).extracts
    change(
        bureau,
        "update items set amount = '7', updated_at = '2025-01-11' || substr("
        "updated_at, 11) where item_no in ('A1', 'A2')",
    )
    (second,) = bureau.land(items_contract()).extracts
    quarantine(bureau, first)
    quarantine(bureau, second, 2)
    found = admitted(bureau, items_contract(), [first, second], "item_no, amount, _extract_id")
    assert found == [
        ("A1", "7", second.extract_id),
        ("A2", "0.10", first.extract_id),
        ("A3", None, first.extract_id),
    ]


def test_the_night_is_written_for_dbt(bureau: Bureau) -> None:
    """One row each; a database left by a killed night is replaced."""
    bureau.drop("people/人员_202412.csv", csv_text([["1", "张", "", "1"]]))
    (extract,) = bureau.land(csv_contract()).extracts
    quarantine(bureau, extract)
    bureau.layout.build.mkdir(parents=True, exist_ok=True)
    bureau.layout.build_database.write_bytes(b"half")
    admitted(bureau, csv_contract(), [extract], "1")
    with duckdb.connect(str(bureau.layout.build_database), read_only=True) as database:
        day = database.execute("from night.business_day").fetchall()
        states = database.execute("from night.extract_states").fetchall()
    assert day == [(NIGHT,)]
    assert states == [("people__events", date(2024, 12, 31), None, None)]


def test_without_any_accepted_extract_of_any_table_the_gate_closes(bureau: Bureau) -> None:
    """With where the files are expected, or what to mend."""
    with pytest.raises(GateError, match=r"1 source tables, got none landed.*ZHIBIAO_SOURCES"):
        admitted(bureau, csv_contract(), [], "1")
    bureau.drop("people/人员_202412.csv", csv_text([["1", "张", "", "1"]]))
    bureau.land(csv_contract())
    with pytest.raises(GateError, match="extracts of 1 and none accepted"):
        admitted(bureau, csv_contract(), [], "1")


def test_a_table_without_an_accepted_extract_is_an_empty_view(bureau: Bureau) -> None:
    """The others go on; how far it reaches is nowhere."""
    people, items = csv_contract(), csv_contract(source="others")
    bureau.drop("people/人员_202412.csv", csv_text([["1", "张", "", "1"]]))
    (extract,) = bureau.land(people).extracts
    quarantine(bureau, extract)
    contracts = {table.id: table for table in (people, items)}
    accepted = {people.id: [extract.extract_id]}
    admission = choose_extracts(bureau.layout, contracts, accepted, [], NIGHT)
    admit(
        bureau.layout,
        contracts,
        admission,
        business_date=NIGHT,
        settings=bureau.settings,
    )
    with duckdb.connect(str(bureau.layout.build_database), read_only=True) as database:
        empty = database.execute(
            "select 编号, _extract_id, _row_number from landing.others__events"
        )
        assert empty.fetchall() == []
        states = database.execute(
            "select data_through, reason from night.extract_states where source_table = ?",
            [items.id],
        ).fetchall()
        spans = database.execute("select source_table from night.covered_spans").fetchall()
    assert states == [(None, "人员：尚无可用的数据。")]
    assert spans == [(people.id,)]


def test_an_extract_whose_manifest_is_damaged_stops_no_other(bureau: Bureau) -> None:
    """Of its own table neither; landing tells of it."""
    for month in ("202411", "202412"):
        bureau.drop(f"people/人员_{month}.csv", csv_text([[month, "张", "", "1"]]))
    first, second = bureau.land(csv_contract()).extracts
    quarantine(bureau, first)
    (second.folder / "manifest.json").write_text("{")
    found = admitted(bureau, csv_contract(), [first, second], '"编号", _extract_id')
    assert found == [("202411", first.extract_id)]
    (held,) = bureau.land(csv_contract()).mended
    assert (held.reason, "manifest.json" in held.message) == ("landing_damaged", True)


def test_the_newest_delivery_of_a_key_counts_across_periods(bureau: Bureau) -> None:
    """As landed, not as named: November anew after December counts. Rows without a key all stay."""
    table = csv_contract(
        fields=[{**column, "required": False} for column in PEOPLE],
        key=["编号"],
    )
    header = [["1", "张", "2024-11-30", "1"], ["", "李", "2024-11-30", "2"]]
    bureau.drop("people/人员_202411.csv", csv_text(header))
    bureau.drop(
        "people/人员_202412.csv", csv_text([["1", "张", "2024-12-01", "3"], ["", "", "", "4"]])
    )
    first, second = bureau.land(table).extracts
    bureau.drop("people/人员_202411.csv", csv_text([["1", "张", "2024-11-29", "5"], *header[1:]]))
    (again,) = bureau.land(table).extracts
    for extract in (first, second, again):
        quarantine(bureau, extract)
    found = admitted(bureau, table, [first, second, again], '"编号", "金额", _extract_id')
    assert found == [
        ("1", "5", again.extract_id),
        (None, "2", again.extract_id),
        (None, "4", second.extract_id),
    ]


def test_a_lost_quarantine_closes_the_gate(bureau: Bureau) -> None:
    """Its rows would come back as if they were good."""
    bureau.drop("people/人员_202412.csv", csv_text([["1", "张", "", "1"]]))
    (extract,) = bureau.land(csv_contract()).extracts
    with pytest.raises(GateError, match="expected the quarantine"):
        admitted(bureau, csv_contract(), [extract], "1")


@pytest.fixture
def template(bureau: Bureau) -> Extract:
    """Any extract, to make others of."""
    bureau.drop("people/人员_202412.csv", csv_text([["1", "张", "", "1"]]))
    return bureau.land(csv_contract()).extracts[0]


def months(template: Extract, *slots: str) -> list[Extract]:
    """One extract a slot, in the order given; a repeated slot is a new version."""
    extracts: list[Extract] = []
    for sequence, slot in enumerate(slots, start=1):
        start = date(int(slot[:4]), int(slot[4:]), 1)
        end = date(start.year + start.month // 12, start.month % 12 + 1, 1)
        extracts.append(
            replace(
                template,
                slot=slot,
                extract_id=f"{slot}.{sequence}",
                sequence=sequence,
                covers_from=start,
                data_through=min(NIGHT, date.fromordinal(end.toordinal() - 1)),
            )
        )
    return extracts


def test_the_newest_accepted_version_of_each_period_is_in_use(template: Extract) -> None:
    """A held newer version leaves the older one in use."""
    extracts = months(template, "202411", "202412", "202411", "202412")
    accepted = [e.extract_id for e in extracts[:3]]
    used = extracts_in_use(csv_contract(), extracts, accepted)
    assert [e.extract_id for e in used] == ["202412.2", "202411.3"]


def test_the_newest_accepted_full_delivery_is_in_use(template: Extract) -> None:
    """And nothing when none was accepted."""
    extracts = months(template, "202411", "202412")
    table = csv_contract(delivery="full")
    assert extracts_in_use(table, extracts, [e.extract_id for e in extracts]) == extracts[1:]
    assert extracts_in_use(table, extracts, ["202411.1"]) == extracts[:1]
    assert extracts_in_use(table, extracts, []) == []


def stale_from(
    table: SourceTable,
    extracts: list[Extract],
    used: list[Extract],
    held: Sequence[HeldDelivery] = (),
    night: date = NIGHT,
) -> date | None:
    """The day from which figures are stale, with a reason."""
    state = extract_state(table, extracts, used, held, night)
    assert state.reason is not None or state.stale_from is None
    return state.stale_from


def covered(
    table: SourceTable,
    extracts: list[Extract],
    used: list[Extract],
    held: Sequence[HeldDelivery] = (),
    night: date = NIGHT,
) -> list[tuple[str, str, bool]]:
    """The days that the data in use speaks for."""
    spans = extract_state(table, extracts, used, held, night).covered
    return [(f"{s.covers_from}", f"{s.covers_through}", s.is_stale) for s in spans]


def delivery(slot: str) -> HeldDelivery:
    """A refused delivery."""
    return HeldDelivery("people__events", "x", slot, "truncated", "…")


def test_a_period_whose_newest_delivery_is_held_is_stale_and_no_other(template: Extract) -> None:
    """Held by the gate or refused before landing: what was accepted before of it stays in use."""
    table = csv_contract()
    extracts = months(template, "202411", "202412", "202501", "202411")
    fresh = [extracts[3], extracts[1], extracts[2]]
    november = ("2024-11-01", "2024-11-30")
    later = [("2024-12-01", "2024-12-31", False), ("2025-01-01", "2025-01-15", False)]
    assert covered(table, extracts, fresh) == [(*november, False), *later]
    assert covered(table, extracts, extracts[:3]) == [(*november, True), *later]
    assert covered(table, extracts, fresh, [delivery("202411")]) == [(*november, True), *later]
    assert stale_from(table, extracts, extracts[:3]) is None
    state = extract_state(table, extracts, extracts[:3], (), NIGHT)
    assert state.reason == "人员：202411 的最新交付未通过检查。数据可用至 2025-01-15。"


def test_a_period_that_was_never_delivered_is_not_covered(template: Extract) -> None:
    """In between, told; at the end, told when it is late; and held at its first delivery."""
    table = csv_contract()
    gap = months(template, "202410", "202412")
    spans = [("2024-10-01", "2024-10-31", False), ("2024-12-01", "2024-12-31", False)]
    assert covered(table, gap, gap) == spans
    state = extract_state(table, gap, gap, (), NIGHT)
    assert state.data_through == date(2024, 12, 31)
    assert "2024-11-01 至 2024-11-30 没有交付" in (state.reason or "")
    three = months(template, "202410", "202411", "202412")
    assert covered(table, three, [three[0], three[2]]) == spans
    assert covered(table, gap, gap, [delivery("202411")]) == spans


def test_a_period_cut_short_and_never_delivered_again_is_stale_after_the_cut(
    template: Extract,
) -> None:
    """Written on 20 November, followed by December."""
    november, december = months(template, "202411", "202412")
    cut = replace(november, data_through=date(2024, 11, 20))
    assert covered(csv_contract(), [cut, december], [cut, december]) == [
        ("2024-11-01", "2024-11-20", False),
        ("2024-11-21", "2024-11-30", True),
        ("2024-12-01", "2024-12-31", False),
    ]


def test_daily_deliveries_may_skip_days_and_spans_may_overlap(template: Extract) -> None:
    friday, monday, year = (
        replace(
            template, slot=slot, extract_id=slot, sequence=n, covers_from=start, data_through=end
        )
        for n, (slot, start, end) in enumerate(
            [
                ("20250110", date(2025, 1, 10), date(2025, 1, 10)),
                ("20250113", date(2025, 1, 13), date(2025, 1, 13)),
                ("2024", date(2024, 1, 1), date(2024, 12, 31)),
            ]
        )
    )
    table = csv_contract()
    assert covered(table, [friday, monday], [friday, monday]) == [
        ("2025-01-10", "2025-01-10", False),
        ("2025-01-11", "2025-01-13", False),
    ]
    (december,) = months(template, "202412")
    assert covered(table, [year, december], [year, december]) == [
        ("2024-01-01", "2024-12-31", False)
    ]


def test_a_past_night_knows_the_days_until_then(template: Extract) -> None:
    """Later periods speak for later days; nothing is late that came later."""
    table = csv_contract(max_age_days=15)
    extracts = months(template, "202411", "202412", "202501")
    night = date(2024, 12, 10)
    state = extract_state(table, extracts, extracts, (), night)
    assert (state.data_through, state.stale_from, state.reason) == (night, None, None)
    assert [span.covers_through for span in state.covered] == [date(2024, 11, 30), night]
    held = [delivery("202501")]
    assert extract_state(table, extracts, extracts[:2], held, night).reason is None
    assert extract_state(table, extracts, extracts, (), date(2024, 10, 1)).data_through is None


@pytest.mark.parametrize("way", ["full", "increment"])
def test_figures_are_stale_from_the_day_after_the_data_in_use(template: Extract, way: str) -> None:
    """When the newest delivery was held, or the source was away."""
    table = (csv_contract(delivery="full") if way == "full" else items_contract()).model_copy(
        update={"max_age_days": 45}
    )
    extracts = months(template, "202411", "202412")
    assert stale_from(table, extracts, extracts) is None
    assert stale_from(table, extracts, extracts[:1]) == date(2024, 12, 1)
    assert stale_from(table, extracts, extracts, [delivery("all")]) == date(2025, 1, 1)


def test_old_data_is_stale_after_its_allowed_age(template: Extract) -> None:
    """On the last allowed day it is not."""
    extracts = months(template, "202412")
    table = csv_contract(max_age_days=15)
    assert stale_from(table, extracts, extracts, night=date(2025, 1, 15)) is None
    assert stale_from(table, extracts, extracts, night=date(2025, 1, 16)) == date(2025, 1, 1)


def test_an_older_delivery_leaves_the_newer_one_in_no_doubt(template: Extract) -> None:
    """What is in use reaches further than what was offered."""
    extracts = months(template, "202412")
    for way, slot in (("full", "all"), ("period", "202412")):
        older = replace(delivery(slot), reason="older_delivery")
        assert stale_from(csv_contract(delivery=way), extracts, extracts, [older]) is None


def test_extracts_with_and_without_line_numbers_are_one_view(bureau: Bureau) -> None:
    """A line break in a cell of one month changes nothing of the other."""
    bureau.drop("people/人员_202411.csv", csv_text([["1", "张", "", "1"]]))
    bureau.drop(
        "people/人员_202412.csv", csv_text([["2", "李\n四", "", "2"], ["3", "王", "", "3"]])
    )
    extracts = bureau.land(csv_contract()).extracts
    for extract in extracts:
        quarantine(bureau, extract)
    assert admitted(bureau, csv_contract(), extracts, '"编号", _row_number') == [
        ("1", 2),
        ("2", 2),
        ("3", 3),
    ]
