"""Great Expectations in place on DuckDB: it answers, errors are errors, and nothing leaks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import Engine, event

from pipelines.errors import GateError
from pipelines.quality import buffered_dialect
from pipelines.quality import self_test as self_tests
from pipelines.quality.rule_kinds import ROW_KINDS, TABLE_KINDS
from pipelines.quality.rule_terms import ask_where
from pipelines.quality.self_test import self_test
from pipelines.quality.suites import Rule, RuleMeta, Suite, SuiteMeta
from pipelines.quality.validation import RuleOutcome, carry_out, check_table
from pipelines.settings import PROJECT_ROOT
from tests.machine import PATIENCE_SECONDS

PHONE = "13812345678"


def make_rule(
    kind: str, severity: str = "critical", identifier: str = "checked", **kwargs: object
) -> Rule:
    meta = RuleMeta(id=identifier, level="row", owner="statistics", meaning="有误，请核对")
    return Rule.model_validate({"type": kind, "kwargs": kwargs, "severity": severity, "meta": meta})


def sql(query: str, identifier: str = "checked") -> Rule:
    return make_rule(
        "unexpected_rows_expectation", identifier=identifier, unexpected_rows_query=query
    )


def make_database(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema ledgers")
        connection.execute(
            "create table ledgers.items as select range as number,"
            f" case when range = 7 then '{PHONE}' else 'ok' end as kind from range(30000)"
        )
    return path


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return make_database(tmp_path / "build.duckdb")


def suite_of(*rules: Rule) -> Suite:
    meta = SuiteMeta(table="ledgers.items", label="事项台账", owner="statistics")
    return Suite(name="items", meta=meta, expectations=rules)


def test_the_self_test_passes_and_leaves_no_kind_of_expectation_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It raises when a kind does not work; the faults below show that it can."""
    tried: set[str] = set()

    def carry_out_and_note(*given: Any, **more: Any) -> dict[str, list[RuleOutcome]]:
        tried.update(rule.type for rule in given[2])
        return carry_out(*given, **more)

    monkeypatch.setattr(self_tests, "carry_out", carry_out_and_note)
    self_test()
    assert tried == ROW_KINDS | TABLE_KINDS


def test_the_self_test_fails_without_the_buffered_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(buffered_dialect._BufferedContext, "post_exec")
    with pytest.raises(GateError):
        self_test()


def test_the_self_test_fails_without_columns_from_duckdb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(buffered_dialect.BufferedDialect, "get_columns")
    with pytest.raises(GateError):
        self_test()


@pytest.mark.parametrize(
    ("changed", "other"),
    [("_PACKAGES", ("dagster",)), ("hash_of_room", lambda _: "other code")],
)
def test_what_a_proof_rests_on_is_what_is_installed_and_our_code(
    monkeypatch: pytest.MonkeyPatch, changed: str, other: object
) -> None:
    before = self_tests.installed()
    assert self_tests.installed() == before
    monkeypatch.setattr(self_tests, changed, other)
    assert self_tests.installed() != before


def test_a_check_counts_its_bad_rows_and_keeps_the_order_of_the_suite(database: Path) -> None:
    known = make_rule(
        "expect_column_values_to_be_in_set", identifier="known", column="kind", value_set=["ok"]
    )
    given = make_rule("expect_column_values_to_not_be_null", identifier="given", column="kind")
    high = sql("select * from {batch} where number >= 29000", identifier="high")
    results = check_table(database, "ledgers.items", suite_of(high, given, known))
    assert [(r.success, r.rows_affected) for r in results] == [(False, 1000), (True, 0), (False, 1)]


def test_a_warning_does_not_block_and_a_critical_failure_does(database: Path) -> None:
    tells = sql("select * from {batch}", identifier="tells").model_copy(
        update={"severity": "warning"}
    )
    suite = suite_of(tells, sql("select * from {batch}", identifier="stops"))
    assert [r.blocks for r in check_table(database, "ledgers.items", suite)] == [False, True]


@pytest.mark.parametrize(
    "broken",
    [
        sql("select * from {batch} where no_such_column = 1"),
        sql("select * from {batch} where cast(kind as integer) = 1"),
        make_rule("expect_column_values_to_not_be_null", column="no_such_column"),
        make_rule("expect_column_values_to_be_in_set", column="kind"),
    ],
    ids=["unknown column in SQL", "cast error", "unknown column", "missing argument"],
)
def test_an_error_inside_a_check_is_neither_pass_nor_failure(database: Path, broken: Rule) -> None:
    with pytest.raises(GateError, match="checked"):
        carry_out(database, ["ledgers.items"], [broken])


def test_of_two_broken_rules_the_first_is_named_with_its_own_error(database: Path) -> None:
    first = sql("select * from {batch} where no_such_column = 1", identifier="first")
    second = sql("select * from {batch} where nor_this = 1", identifier="second")
    good = sql("select * from {batch} where number < 0", identifier="good")
    with pytest.raises(GateError, match=r"rule first: .*no_such_column"):
        carry_out(database, ["ledgers.items"], [good, first, second])


def test_all_rules_of_a_table_that_count_rows_are_asked_in_one_query(database: Path) -> None:
    rules = [
        sql("select * from {batch} where number > 10"),
        sql("select number from {batch} qualify count(*) over (partition by kind) > 1"),
        sql("with odd as (select * from {batch} where number % 2 = 1) select * from odd"),
    ]
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        outcomes = carry_out(database, ["ledgers.items"], rules)["ledgers.items"]
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert [o.rows_affected for o in outcomes] == [29989, 29999, 15000]
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("kind like '1%' or kind = ':x{3}'", 1),
        ("regexp_full_match(kind, '[0-9]{11}')", 1),
        ("number in (select 1 union all select 2)", 2),
        ("kind = 'ok' -- the others", 29999),
        ("kind <> 'ok' and cast(kind as bigint) > 0", 1),
        ("number > 1 or null", 29998),
    ],
)
def test_a_condition_counts_the_rows_that_a_query_with_it_finds(
    database: Path, condition: str, found: int
) -> None:
    kind, kwargs = ask_where("ledgers", condition)
    outcomes = carry_out(database, ["ledgers.items"], [make_rule(kind, **kwargs)])["ledgers.items"]
    assert outcomes[0].row_query is not None
    rows = duckdb.connect(str(database), read_only=True).execute(outcomes[0].row_query).fetchall()
    assert (outcomes[0].rows_affected, len(rows)) == (found, found)


def test_rows_are_counted_also_when_the_table_has_none(database: Path) -> None:
    """An aggregate has one row of an empty table, and one of a table of thousands."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table ledgers.none as from ledgers.items limit 0")
    rules = [
        sql("with kept as (from ledgers.items) select * from kept where number < 5 -- {batch}"),
        sql("select * from {batch} where number >= 0"),
    ]
    for table, counts in (("none", [5, 0]), ("items", [5, 30000])):
        outcomes = carry_out(database, [f"ledgers.{table}"], rules)[f"ledgers.{table}"]
        assert [o.rows_affected for o in outcomes] == counts


def test_what_only_charts_and_distributions_need_is_not_imported() -> None:
    """Half of the import; whoever needs it later gets it."""
    script = (
        "import sys\n"
        "from pipelines.quality.self_test import self_test\n"
        "self_test()\n"
        "assert not {'altair', 'scipy.stats'} & set(sys.modules)\n"
        "import altair, scipy.stats\n"
        "assert altair.Chart and scipy.stats.norm\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=PATIENCE_SECONDS)


def test_a_table_that_is_not_there_is_an_error(database: Path) -> None:
    with pytest.raises(GateError, match=r"ledgers\.others"):
        carry_out(database, ["ledgers.others"], [sql("select * from {batch}")])


def test_no_value_of_the_data_reaches_a_result_a_message_or_a_log(
    database: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    known = make_rule("expect_column_values_to_be_in_set", column="kind", value_set=["ok"])
    found = carry_out(database, ["ledgers.items"], [known, sql("select * from {batch}")])
    with pytest.raises(GateError) as caught:
        carry_out(
            database, ["ledgers.items"], [sql("select * from {batch} where kind::date is null")]
        )
    printed = "".join(capfd.readouterr())
    assert PHONE not in f"{found}{caught.value}{caught.value.__cause__}{printed}{caplog.text}"


def test_a_whole_table_of_bad_rows_is_counted_without_fetching_it(database: Path) -> None:
    outcome = carry_out(database, ["ledgers.items"], [sql("select * from {batch}")])
    assert outcome["ledgers.items"][0].rows_affected == 30000


def test_a_result_that_was_cut_refuses_to_be_read_as_whole(database: Path) -> None:
    from sqlalchemy import create_engine, text

    buffered_dialect.register_dialect()
    engine = create_engine(f"duckdb+buffered:///{database}?access_mode=read_only")
    with engine.connect() as connection:
        assert len(connection.execute(text("select * from ledgers.items")).fetchmany(200)) == 200
        with pytest.raises(MemoryError):
            connection.execute(text("select * from ledgers.items")).fetchall()
    engine.dispose()


def test_the_file_is_free_for_the_next_writer_after_a_check(database: Path) -> None:
    check_table(database, "ledgers.items", suite_of(sql("select * from {batch} where number < 0")))
    writer = f"import duckdb; duckdb.connect({str(database)!r}).execute('create table t (a int)')"
    subprocess.run([sys.executable, "-c", writer], check=True, timeout=PATIENCE_SECONDS)


@pytest.mark.parametrize("folder", ["有 空格", "a$HOME", "100%25", "x=1&y#z", "[ab]*"])
def test_a_warehouse_may_lie_under_any_name(tmp_path: Path, folder: str) -> None:
    database = make_database(tmp_path / folder / "build.duckdb")
    results = check_table(database, "ledgers.items", suite_of(sql("select * from {batch}")))
    assert results[0].rows_affected == 30000


def test_nothing_is_written_and_nothing_shown_beside_the_results(tmp_path: Path) -> None:
    script = (
        "from pipelines.quality.self_test import self_test\n"
        "import sys\n"
        "assert 'great_expectations' not in sys.modules\n"
        "self_test()\n"
    )
    home = tmp_path / "home"
    home.mkdir()
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(PROJECT_ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    assert (done.stdout, done.stderr, list(home.rglob("*"))) == ("", "", [])
