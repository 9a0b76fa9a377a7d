"""Suites are read strictly: a declaration that says nothing useful is refused with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.errors import ContractError
from pipelines.quality.rule_kinds import UNEXPECTED_ROWS
from pipelines.quality.stewards import read_stewards
from pipelines.quality.suites import Suite, read_suites
from pipelines.settings import PROJECT_ROOT
from pipelines.sources.contracts import read_contracts

STEWARDS = {"statistics": {"name_zh": "综合统计岗", "owns": "台账"}}


def rule(**changes: Any) -> dict[str, Any]:
    meta = {"id": "given", "level": "row", "owner": "statistics", "meaning": "编号为空，请补录"}
    return {
        "type": "expect_column_values_to_not_be_null",
        "kwargs": {"column": "item_no"},
        "severity": "critical",
        "meta": meta | changes.pop("meta", {}),
    } | changes


def declare(folder: Path, *rules: dict[str, Any], **meta: str) -> Path:
    (folder / "_stewards.yml").write_text(yaml.safe_dump(STEWARDS, allow_unicode=True))
    suite = {
        "name": "items",
        "meta": {"table": "ledgers.items", "label": "事项台账"} | meta,
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
        (rule(meta={"meaning": ""}), "meta.meaning"),
        (rule(meta={"meaning": "English only"}), "meta.meaning"),
        (rule(meta={"owner": "nobody"}), "nobody"),
        (rule(meta={"level": "cell"}), "meta.level"),
        (rule(severity="urgent"), "severity"),
        (rule(type="expect_table_row_count_to_be_between", kwargs={}), "names no rows"),
        (rule(type=UNEXPECTED_ROWS, kwargs={"unexpected_rows_query": "select 1"}), "{batch}"),
        (rule(surplus=1), "surplus"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_used_is_refused_naming_the_file(
    tmp_path: Path, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(ContractError) as caught:
        read_suites(declare(tmp_path, wrong))
    assert "items.yml" in str(caught.value)
    assert said in str(caught.value)


def test_a_rule_without_an_owner_is_refused(tmp_path: Path) -> None:
    ownerless = rule()
    del ownerless["meta"]["owner"]
    with pytest.raises(ContractError, match="owner"):
        read_suites(declare(tmp_path, ownerless))


def test_two_rules_of_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="given: expected distinct rule ids"):
        read_suites(declare(tmp_path, rule(), rule()))


def test_a_file_that_is_named_otherwise_than_its_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="Name the file after the table"):
        read_suites(declare(tmp_path, rule(), table="ledgers.others"))


def test_a_figure_rule_on_a_landed_table_is_refused(tmp_path: Path) -> None:
    figure = rule(meta={"level": "figure"})
    with pytest.raises(ContractError, match="no figures"):
        read_suites(declare(tmp_path, figure, table="landing.items", label=""))


def test_the_hash_changes_with_a_rule_and_with_the_functions(tmp_path: Path) -> None:
    folder = declare(tmp_path, rule(), table="landing.items", label="")
    before = read_suites(folder)["items"].hash
    (folder / "_functions.sql").write_text("create macro one() as 1;")
    with_function = read_suites(folder)["items"].hash
    declare(folder, rule(severity="warning"), table="landing.items", label="")
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
