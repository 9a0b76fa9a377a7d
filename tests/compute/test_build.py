"""A night makes what has changed, from what was kept, and the same bytes as from scratch."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compute.projects import (
    IS_KEY,
    SALES,
    STAFF,
    TOTALS,
    Nights,
    Rows,
    ledger,
    made,
    project,
    table,
)

SALES_OF_MAY: Rows = (("苹果", 3), ("梨", 5))
MORE_SALES: Rows = (*SALES_OF_MAY, ("桃", 7))


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    found = Nights(tmp_path)
    assert made(found.run(SALES_OF_MAY)) == {
        "ledgers.sales", "ledgers.staff", "indicators.totals", "is_key_sales_item",
    }  # fmt: skip
    return found


def test_a_night_with_nothing_new_makes_nothing(nights: Nights) -> None:
    before = nights.files()
    results = nights.run(SALES_OF_MAY)
    assert made(results) == set()
    assert all(result.is_good for result in results)
    assert nights.files() == before
    assert nights.ask("from indicators.totals order by all") == [(1, "staff"), (8, "sales")]


def test_what_has_changed_is_made_with_all_that_reads_it_and_nothing_else(nights: Nights) -> None:
    assert made(nights.run(MORE_SALES)) == {
        "ledgers.sales", "indicators.totals", "is_key_sales_item",
    }  # fmt: skip
    assert nights.ask("select total from indicators.totals where ledger = 'sales'") == [(15,)]


def test_what_comes_out_the_same_makes_nothing_behind_it_anew(nights: Nights) -> None:
    """The rows come in another order, or another way."""
    other = table("ledgers.sales", ledger("sales").sql + " where true", *ledger("sales").reads)
    assert made(nights.run(SALES_OF_MAY, of=project(other))) == {"ledgers.sales"}


def test_a_day_of_another_source_makes_no_ledger_anew(nights: Nights) -> None:
    changed = made(nights.run(SALES_OF_MAY, through={STAFF: "2025-01-15"}))
    assert "ledgers.staff" in changed
    assert "ledgers.sales" not in changed


def test_a_table_cannot_see_the_day_of_a_source_that_it_is_not_made_from(nights: Nights) -> None:
    """Were it shown, its own key would not know of it."""
    curious = table(
        "ledgers.sales",
        'select item, amount, days.through from "build"."staging"."sales"'
        ' cross join "build"."staging"."days" as days',
        "staging.sales",
        "staging.days",
    )
    through = {SALES: "2025-01-10", STAFF: "2025-01-15"}
    nights.run(SALES_OF_MAY, through=through, of=project(curious))
    assert nights.ask("select distinct cast(through as varchar) from ledgers.sales") == [
        ("2025-01-10",)
    ]


def test_what_was_kept_is_found_again_after_other_nights(nights: Nights) -> None:
    before = nights.files()
    nights.run(MORE_SALES)
    assert made(nights.run(SALES_OF_MAY)) == set()
    assert nights.files() == before


def test_from_scratch_all_is_made_and_is_the_same(nights: Nights) -> None:
    before = nights.files()
    assert len(made(nights.run(SALES_OF_MAY, from_scratch=True))) == 4
    assert nights.files() == before


def test_a_test_that_finds_rows_fails_and_nothing_behind_its_table_is_made(nights: Nights) -> None:
    """And so it does in the next night, though nobody asks again."""
    for _ in range(2):
        results = {r.subject.name: r for r in nights.run((("梨", 1), ("梨", 2)))}
        assert (results[IS_KEY.name].state, results[IS_KEY.name].rows) == ("failed", 1)
        assert results["indicators.totals"].state == "skipped"
        assert results["ledgers.staff"].state == "done"
    assert nights.run(MORE_SALES)[-1].is_good


def test_of_several_tests_the_one_that_cannot_be_carried_out_is_named(nights: Nights) -> None:
    broken = IS_KEY.model_copy(update={"name": "broken", "sql": "select nobody from ledgers.sales"})
    results = nights.run(SALES_OF_MAY, of=project(tests=(broken, IS_KEY)))
    states = {r.subject.name: r.state for r in results}
    assert (states["broken"], states[IS_KEY.name]) == ("error", "done")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select 1.5::double as total, 'a' as ledger", "floating point or HUGEINT in total"),
        ("select sum(1) as total, 'a' as ledger", "floating point or HUGEINT in total"),
        ("select {'x': 1.5::float} as total, 'a' as ledger", "floating point or HUGEINT in total"),
        ("select 'a' as ledger", "expected the published columns total, got a table with ledger"),
        ("select nobody from nowhere", "nowhere"),
    ],
)
def test_a_table_that_two_runs_would_make_differently_is_refused(
    nights: Nights, sql: str, said: str
) -> None:
    other = TOTALS.model_copy(update={"sql": sql})
    (result,) = (r for r in nights.run(SALES_OF_MAY, of=project(other)) if r.state == "error")
    assert result.subject.name == "indicators.totals"
    assert said in result.message


def test_a_table_that_reads_what_is_not_there_says_so_and_stops_no_other(nights: Nights) -> None:
    lost = table("ledgers.lost", "from ledgers.gone", "ledgers.gone")
    results = {r.subject.name: r for r in nights.run(SALES_OF_MAY, of=project(lost))}
    assert results["ledgers.lost"].state == "error"
    assert results["ledgers.lost"].message.startswith(
        "expected all that it reads, got no ledgers.gone. Mend the name in the model"
    )
    assert results["indicators.totals"].is_good


def test_columns_that_leave_stand_first_and_rows_are_sorted(nights: Nights) -> None:
    assert nights.ask("select * from indicators.totals") == [(1, "staff"), (8, "sales")]


class Said(NamedTuple):
    """What a night is told; `lost` is a file of the store that is removed or cut before it."""

    sales: Rows = ()
    staff: Rows = ()
    through: str = "2025-01-10"
    definition: int = 0
    lost: int | None = None


def rows_of(items: str) -> st.SearchStrategy[Rows]:
    return st.lists(st.tuples(st.sampled_from(items), st.integers(0, 3)), max_size=4).map(tuple)


CHANGES = st.one_of(
    st.fixed_dictionaries({"sales": rows_of("甲乙丙")}),
    st.fixed_dictionaries({"staff": rows_of("丁戊")}),
    st.fixed_dictionaries({"through": st.sampled_from(["2025-01-10", "2025-01-14"])}),
    st.fixed_dictionaries({"definition": st.integers(0, 2)}),
    st.fixed_dictionaries({"lost": st.integers(0, 5)}),
)


@settings(max_examples=12)
@given(st.lists(CHANGES, min_size=1, max_size=6))
def test_whatever_came_before_a_night_gives_the_bytes_of_one_from_scratch(
    changes: list[dict[str, Any]],
) -> None:
    """Deliveries, corrections, days, definitions, and files of the store that are lost or cut."""
    with TemporaryDirectory() as kept, TemporaryDirectory() as fresh:
        nights, said = Nights(Path(kept)), Said()
        for change in changes:
            said = said._replace(**{"lost": None} | change)
            run(nights, said)
        scratch = Nights(Path(fresh))
        run(scratch, said)
        assert nights.files() == scratch.files()
        assert nights.ask("from indicators.totals") == scratch.ask("from indicators.totals")


def run(nights: Nights, said: Said) -> None:
    if said.lost is not None:
        _spoil(nights, said.lost)
    sold = ledger("sales")
    times = f"amount * {said.definition + 1} as amount"
    changed = sold.model_copy(update={"sql": sold.sql.replace("amount", times, 1)})
    of = project(changed, tests=())
    nights.run(said.sales, said.staff, {SALES: said.through}, of)


def _spoil(nights: Nights, number: int) -> None:
    files = sorted(nights.layout.store.rglob("*.*"))
    if files:
        path = files[number % len(files)]
        if number % 2:
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:-3] + b"xxx")
