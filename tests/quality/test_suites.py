"""Suites are read strictly: a declaration that says nothing useful is refused with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.errors import ContractError
from pipelines.quality.rule_kinds import UNEXPECTED_ROWS
from pipelines.quality.stewards import read_stewards
from pipelines.quality.suite_files import read_suites
from pipelines.quality.suites import Suite
from pipelines.settings import PROJECT_ROOT
from pipelines.sources.contracts import read_contracts

STEWARDS = {"statistics": {"name_zh": "综合统计岗", "owns": "台账"}}


def rule(**changes: Any) -> dict[str, Any]:
    said = {
        "id": "given",
        "meaning": "编号为空，请补录",
        "type": "expect_column_values_to_not_be_null",
        "kwargs": {"column": "item_no"},
    } | changes
    return {key: value for key, value in said.items() if value is not None}


def ask(**way: Any) -> dict[str, Any]:
    """A rule that asks in this way."""
    return rule(**{"type": None, "kwargs": None} | way)


def declare(folder: Path, *rules: dict[str, Any], **meta: Any) -> Path:
    (folder / "_stewards.yml").write_text(yaml.safe_dump(STEWARDS, allow_unicode=True))
    suite = {
        "name": "items",
        "meta": {"table": "ledgers.items", "label": "事项台账", "owner": "statistics"} | meta,
        "expectations": list(rules),
    }
    (folder / "items.yml").write_text(yaml.safe_dump(suite, allow_unicode=True))
    return folder


def test_a_suite_is_read_by_the_table_it_gates(tmp_path: Path) -> None:
    suite = read_suites(declare(tmp_path, rule()))["items"]
    assert (suite.table, [r.meta.id for r in suite.rules("row")]) == ("ledgers.items", ["given"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (rule(type="expect_everything_to_be_fine"), "expect_everything_to_be_fine"),
        (rule(meaning=""), "meta.meaning"),
        (rule(meaning="English only"), "meta.meaning"),
        (rule(owner="nobody"), "nobody"),
        (rule(level="cell"), "level"),
        (rule(severity="urgent"), "severity"),
        (rule(type="expect_table_row_count_to_be_between", kwargs={}), "names no rows"),
        (rule(surplus=1), "surplus"),
        (ask(query="select 1"), "{batch}"),
        (ask(), "given: expected where (a condition), query"),
        (ask(where="item_no is null", query="from {batch}"), "got where and query"),
        (ask(where="item_no is null", kwargs={"column": "item_no"}), "got where"),
        (ask(type=UNEXPECTED_ROWS, kwargs={"unexpected_rows_query": "from {batch}"}),
         "expected where (a condition), query"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_used_is_refused_naming_the_file(
    tmp_path: Path, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(ContractError) as caught:
        read_suites(declare(tmp_path, wrong))
    assert "items.yml" in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("table", "label", "owner"),
    [
        ("ledgers.items", "事项台账", None),
        ("ledgers.items", "", "statistics"),
        ("landing.items", "", "statistics"),
    ],
)
def test_what_has_no_contract_says_what_it_is_called_and_who_answers_for_it(
    tmp_path: Path, table: str, label: str, owner: str | None
) -> None:
    with pytest.raises(ContractError, match=r"meta\.label and meta\.owner: expected"):
        read_suites(declare(tmp_path, rule(), table=table, label=label, owner=owner))


@pytest.mark.parametrize(
    ("table", "understood"),
    [
        ("ledgers.items", ("critical", "row", "select * from {batch} where item_no < 1")),
        ("indicators.items", ("critical", "figure", "select * from {batch} where item_no < 1")),
        ("landing.items",
         ("critical", "row", "select _extract_id, _row_number from {batch} where item_no < 1")),
    ],
)  # fmt: skip
def test_a_rule_says_only_what_is_its_own(
    tmp_path: Path, table: str, understood: tuple[str, ...]
) -> None:
    landed = {"label": "", "owner": None} if table.startswith("landing") else {}
    short = ask(where="item_no < 1", **({"owner": "statistics"} if landed else {}))
    (found,) = read_suites(declare(tmp_path, short, table=table, **landed))["items"].expectations
    assert (found.severity, found.meta.level, found.query) == understood
    assert found.meta.owner == "statistics"


def test_a_brace_in_a_condition_is_a_brace(tmp_path: Path) -> None:
    (found,) = read_suites(declare(tmp_path, ask(where="item_no ~ '[0-9]{4}'")))[
        "items"
    ].expectations
    assert found.query is not None
    assert found.query.format(batch="t") == "select * from t where item_no ~ '[0-9]{4}'"


def test_a_rule_may_differ_from_its_table(tmp_path: Path) -> None:
    own = ask(query="from {batch}", severity="warning", level="figure", owner="statistics")
    (found,) = read_suites(declare(tmp_path, own))["items"].expectations
    assert (found.severity, found.meta.level) == ("warning", "figure")
    assert found.query == "from {batch}"


def test_two_rules_of_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="given: expected distinct rule ids"):
        read_suites(declare(tmp_path, rule(), rule()))


def test_a_file_that_is_named_otherwise_than_its_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="Name the file after the table"):
        read_suites(declare(tmp_path, rule(), table="ledgers.others"))


def test_a_figure_rule_on_a_landed_table_is_refused(tmp_path: Path) -> None:
    figure = rule(level="figure", owner="statistics")
    with pytest.raises(ContractError, match="no figures"):
        read_suites(declare(tmp_path, figure, table="landing.items", label="", owner=None))


def test_the_hash_changes_with_a_rule_and_with_the_functions(tmp_path: Path) -> None:
    landed = {"table": "landing.items", "label": "", "owner": None}
    folder = declare(tmp_path, rule(owner="statistics"), **landed)
    before = read_suites(folder)["items"].hash
    (folder / "_functions.sql").write_text("create macro one() as 1;")
    with_function = read_suites(folder)["items"].hash
    declare(folder, rule(owner="statistics", severity="warning"), **landed)
    assert len({before, with_function, read_suites(folder)["items"].hash}) == 3


def test_the_reading_is_the_same_twice(tmp_path: Path) -> None:
    folder = declare(tmp_path, rule())
    assert read_suites(folder)["items"].hash == read_suites(folder)["items"].hash


def test_every_source_table_and_ledger_of_the_bureau_is_gated(suites: dict[str, Suite]) -> None:
    contracts = read_contracts(PROJECT_ROOT / "dbt_project")
    ledgers = {p.stem for p in (PROJECT_ROOT / "dbt_project/models/ledgers").glob("*/*.sql")}
    figures = {"indicator_values", "indicator_comparisons"}
    assert set(suites) == set(contracts) | ledgers | figures


def test_rules_of_a_landed_table_belong_to_its_steward(suites: dict[str, Suite]) -> None:
    for name, table in read_contracts(PROJECT_ROOT / "dbt_project").items():
        assert {r.meta.owner for r in suites[name].expectations} == {table.steward}


def test_a_missing_table_of_stewards_is_said(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"_stewards\.yml"):
        read_stewards(tmp_path)


def test_a_steward_without_a_chinese_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "_stewards.yml").write_text("enforcement: {owns: 案件}")
    with pytest.raises(ContractError, match="name_zh"):
        read_stewards(tmp_path)


def test_a_suite_that_is_no_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    folder = declare(tmp_path, rule())
    with (folder / "items.yml").open("a") as file:
        file.write("meta: [\n")
    with pytest.raises(ContractError, match=r"items\.yml: expected YAML in UTF-8, got line \d+: "):
        read_suites(folder)
