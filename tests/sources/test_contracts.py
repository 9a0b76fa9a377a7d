"""Contracts: what they may not say is refused when they are read, with what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from pipelines.errors import ContractError
from pipelines.sources.contracts import SourceTable, read_contracts
from tests.sources.bureau import PEOPLE, columns, contract, csv_contract
from tests.sources.workbooks import pledge_contract

JSON = {"connector": "jsonl", "location": "people/{period}.jsonl"}
SQL = {"connector": "sql", "location": "people/people.db", "relation": "people"}


def with_column(**said: Any) -> SourceTable:
    """The people's contract with one more column."""
    return csv_contract(fields=[*PEOPLE, {"name": "列", **said}])


def json_contract(path: str, **dialect: Any) -> SourceTable:
    fields = [*PEOPLE, {"name": "列", "data_type": "text", "path": path}]
    return contract({**JSON, **dialect}, fields=fields)


@pytest.mark.parametrize(
    ("data_type", "said"),
    [
        ("text", {"times": 10000, "as": "x"}),
        ("date", {"times": 10000, "as": "x"}),
        ("integer", {"words": {"是": "yes"}}),
        ("boolean", {"words": {"是": "yes"}}),
        ("text", {"formats": ["%Y-%m-%d"]}),
        ("decimal", {"formats": ["serial"]}),
        ("text", {"may_lie_ahead": True}),
        ("json", {"not_before": "日期"}),
        ("text", {"earliest": "1900-01-01"}),
        ("integer", {"latest": "2200-01-01"}),
        ("text", {"minimum": 0}),
        ("date", {"maximum": 9}),
        ("date", {"day_only": True, "as": "x"}),
        ("timestamp", {"if_empty": "2024-01-01 00:00:00", "as": "x"}),
        ("json", {"if_empty": "[]", "as": "x"}),
    ],
)
def test_a_word_on_a_type_that_it_does_not_reach_is_refused(
    data_type: str, said: dict[str, Any]
) -> None:
    """It would be accepted and do nothing."""
    (word,) = said.keys() - {"as"}
    with pytest.raises(ValidationError, match=rf"column 列: expected `{word}` on .*{data_type}"):
        with_column(data_type=data_type, **said)


@pytest.mark.parametrize(
    ("data_type", "said"),
    [
        ("decimal", {"times": 10000, "as": "x"}),
        ("text", {"if_empty": "无", "as": "x"}),
        ("timestamp", {"day_only": True, "as": "x"}),
        ("text", {"words": {"是": "yes"}}),
        ("integer", {"minimum": 0}),
        ("decimal", {"maximum": 0.5}),
        ("timestamp", {"may_lie_ahead": True}),
        ("timestamp", {"not_before": "日期"}),
    ],
)
def test_a_personal_column_is_judged_by_nothing_that_comes_after_its_pseudonym(
    data_type: str, said: dict[str, Any]
) -> None:
    with_column(data_type=data_type, **said)
    with pytest.raises(ValidationError, match="on a personal column"):
        with_column(data_type=data_type, sensitivity="personal", **said)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"data_type": "decimal", "times": 100}, "expected `as` beside `times`"),
        ({"data_type": "text", "if_empty": "无"}, "expected `as` beside `if_empty`"),
        ({"data_type": "timestamp", "day_only": True}, "expected `as` beside `day_only`"),
        (
            {"data_type": "text", "as": "x", "if_empty": "无", "required": True},
            "expected `required` or `if_empty`",
        ),
        (
            {"data_type": "text", "as": "x", "if_empty": "无", "words": {"是": "yes"}},
            "one of its words for `if_empty`, got '无'",
        ),
        ({"data_type": "text", "as": "x", "if_empty": ""}, "as a text lands, got ''"),
        ({"data_type": "boolean", "as": "x", "if_empty": "否"}, "as a boolean lands, got '否'"),
        ({"data_type": "integer", "as": "x", "if_empty": "1.5"}, "as a integer lands, got '1.5'"),
        (
            {"data_type": "decimal", "as": "x", "if_empty": "0", "minimum": 1},
            "`if_empty` within 1 and None, got 0",
        ),
        (
            {"data_type": "date", "earliest": "2000-01-02", "latest": "2000-01-01"},
            "2000-01-02 after 2000-01-01",
        ),
        ({"data_type": "decimal", "minimum": 2, "maximum": 1}, "2 above 1"),
        ({"data_type": "text", "words": {" 是": "yes"}}, "`words` without blanks"),
        ({"data_type": "text", "words": {"N/A": "none"}}, "got 'N/A' as both"),
        ({"data_type": "date", "formats": ["%Y%m%d", "%Y%m%d"]}, "distinct `formats`"),
        ({"data_type": "date", "not_before": "列"}, "name another column"),
        ({"data_type": "date", "not_before": "编号"}, "got '编号' \\(text, internal\\)"),
        ({"data_type": "date", "not_before": "无"}, "not_before names '无'"),
        ({"data_type": "text", "path": "$.x"}, "`path` with the jsonl connector only"),
        ({"data_type": "text", "name": "列 "}, "without blanks around it"),
        ({"data_type": "text", "label": "列"}, "label` that is not the name, got '列'"),
        ({"data_type": "text", "label": "kind"}, "a Chinese `label`.* got 'kind'"),
        (
            {"data_type": "text", "name": "kind", "label": ""},
            "column kind: expected a Chinese `label`.* 'none'",
        ),
        ({"data_type": "text", "label": "编号"}, "expected distinct labels, got '编号' 2 times"),
    ],
)
def test_a_column_that_contradicts_itself_or_its_table_is_refused(
    said: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ValidationError, match=problem):
        with_column(**said)


@pytest.mark.parametrize("name", ["%Y-%m", "%m-%d", "abc", "%Q", "年月日"])
def test_a_format_that_tells_no_day_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="tell a year, month and day, got"):
        with_column(data_type="date", formats=[name])


@pytest.mark.parametrize(
    ("formats", "example"),
    [
        (["%m/%d/%Y", "%d/%m/%Y"], "is 20"),
        (["%Y-%m-%d", "%Y-%d-%m"], "is 20"),
        (["%d.%m.%y", "%Y-%m-%d", "%y.%m.%d"], "'%d.%m.%y' and '%y.%m.%d'|'%y.%m.%d' and"),
        (["%m-%d-%y", "%y-%m-%d"], "is 20"),
        (["%Y%m%d", "%Y%d%m"], "is 20"),
        (["%y%m%d", "serial"], "serial"),
        (["%-m/%-d/%Y", "%-d/%-m/%Y"], "is 20"),
    ],
)
@pytest.mark.parametrize("data_type", ["date", "timestamp"])
def test_formats_under_which_one_text_is_two_days_are_refused(
    formats: list[str], example: str, data_type: str
) -> None:
    """Half of the days of a year would load wrong, and nobody would see it."""
    with pytest.raises(ValidationError, match=f"a text means one day, got .*({example})"):
        with_column(data_type=data_type, formats=formats)


@pytest.mark.parametrize(
    "formats",
    [
        ["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y.%m.%d", "serial"],
        ["%Y%m%d", "%d%m%Y"],
        ["%m/%d/%Y", "%m/%d/%y"],
        ["%m/%d/%Y", "%d.%m.%Y", "%B %d, %Y"],
        ["%Y%m%d", "serial"],
    ],
)
def test_formats_that_no_text_can_confuse_are_accepted(formats: list[str]) -> None:
    assert with_column(data_type="date", formats=formats).columns[-1].formats == tuple(formats)


def test_formats_that_only_an_implausible_day_would_confuse_are_accepted() -> None:
    """020115 is 15 January 2002 or, as a day number, a day of 1955."""
    fields = {"data_type": "date", "formats": ["%y%m%d", "serial"]}
    with pytest.raises(ValidationError, match="a text means one day"):
        with_column(**fields)
    assert with_column(**fields, earliest="2020-01-01")


@pytest.mark.parametrize("path", ["firm.uscc", "/firm/uscc", "$firm", "$", "$.", "$.a[", "$.a[*]"])
def test_a_json_path_that_names_no_one_value_is_refused(path: str) -> None:
    """Without `$.` the database took it for a name, and every value was empty."""
    with pytest.raises(ValidationError, match="column 列: expected a JSON path of one value"):
        json_contract(path)


@pytest.mark.parametrize("path", ["$.firm.uscc", '$."列 1"', "$[0].a", "$.a[0].b"])
def test_a_json_path_of_one_value_is_accepted(path: str) -> None:
    assert json_contract(path).columns[-1].path == path


@pytest.mark.parametrize(
    ("ignored", "problem"),
    [
        (["firm.name"], "ignored: expected a JSON path"),
        (["$.a", "$.a"], "distinct paths in ignored"),
        (["$.firm.uscc"], "is the path of a column"),
    ],
)
def test_ignored_paths_are_held_to_the_same(ignored: list[str], problem: str) -> None:
    assert json_contract("$.firm.uscc", ignored=["$.parties[*].name"])
    with pytest.raises(ValidationError, match=problem):
        json_contract("$.firm.uscc", ignored=ignored)


@pytest.mark.parametrize("marker", ["合 计", "合　计", " 合计", "合计：", ""])
def test_a_footer_marker_that_could_never_be_found_is_refused(marker: str) -> None:
    """Cells are compared without their blanks and the colon at their end."""
    with pytest.raises(ValidationError, match="footer_marker"):
        pledge_contract(footer_marker=marker)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"footer_marker": None}, "expected a footer_marker beside it"),
        ({"footer_sums": ["权利号"]}, "expected columns of numbers"),
        ({"fill_down": ["登记日期", "登记日期"]}, "distinct names in fill_down"),
        ({"fill_down": ["无"]}, "fill_down names '无'"),
        ({"nulls": ["", " - "]}, "texts without blanks around them"),
        ({"nulls": ["", "-", "-"]}, "distinct nulls"),
        ({"nulls": ["-"]}, 'expected "" among them'),
        ({"location": "{period}/台账.xlsx"}, "at most once, in the name of a file"),
        ({"location": "{period}/台账_{period}.xlsx"}, "at most once, in the name of a file"),
        ({"location": "{period}_{period}.xlsx"}, "at most once, in the name of a file"),
    ],
)
def test_what_a_workbook_cannot_mean_is_refused(said: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        pledge_contract(**said)


@pytest.mark.parametrize(
    ("said", "delivery", "problem"),
    [
        ({"overlap_days": 3}, "increment", "expected delivery increment and a cursor"),
        ({"overlap_days": 3, "cursor": "日期"}, "full", "expected delivery increment and a cursor"),
        ({"cursor": "编号"}, "increment", "cursor: expected a date or timestamp"),
        ({"cursor": "无"}, "increment", "cursor names '无'"),
        ({"location": "people_{period}.db"}, "full", "at most once, in the name of a file"),
        ({"location": "people_{period}.db"}, "period", "delivery period needs"),
    ],
)
def test_what_a_database_cannot_mean_is_refused(
    said: dict[str, Any], delivery: str, problem: str
) -> None:
    with pytest.raises(ValidationError, match=problem):
        contract({**SQL, **said}, delivery=delivery)


def test_names_are_distinct_and_known() -> None:
    for fields, key, problem in (
        ([*PEOPLE, *columns(编号="text")], ["编号"], "distinct column names, got '编号'"),
        (PEOPLE, ["编号", "编号"], "distinct names in key"),
        (PEOPLE, ["无"], "key names '无'"),
    ):
        with pytest.raises(ValidationError, match=problem):
            csv_contract(fields=fields, key=key)


def test_the_refusal_names_the_file_and_the_table(tmp_path: Path) -> None:
    """What a maintainer reads when the night does not start."""
    folder = tmp_path / "models" / "staging" / "people"
    folder.mkdir(parents=True)
    table = {
        "name": "events",
        "config": {
            "meta": {
                "label": "人员",
                "steward": "registration",
                "contract_version": 1,
                "delivery": "full",
                "max_age_days": 9,
                "key": ["编号"],
                "dialect": {"connector": "csv", "location": "a.csv", "encoding": "utf-8"},
            }
        },
        "columns": [{"name": "编号", "data_type": "text", "config": {"meta": {"times": 3}}}],
    }
    declared = {"sources": [{"name": "people", "tables": [table]}]}
    (folder / "_people.yml").write_text(yaml.safe_dump(declared), encoding="utf-8")
    with pytest.raises(ContractError, match=r"_people\.yml, people__events: .*`times` on integer"):
        read_contracts(tmp_path)


@pytest.mark.parametrize("content", [b"sources: [\n  - {name: a", "来源".encode("gbk")])
def test_a_contract_that_is_no_yaml_is_refused(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "models" / "staging" / "people"
    folder.mkdir(parents=True)
    (folder / "_people.yml").write_bytes(content)
    with pytest.raises(ContractError, match=r"people/_people\.yml: expected YAML in UTF-8, got "):
        read_contracts(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "- sources",
        "sources",
        "sources: {name: a}",
        "sources: [a]",
        "sources: [{name: a, tables: 3}]",
        "sources: [{name: a, tables: [b]}]",
        "sources: [{name: a, tables: [{name: b, config: {meta: {dialect: {}}}, columns: [c]}]}]",
        "sources: [{tables: [{name: b, config: {meta: {dialect: {}}}}]}]",
    ],
)
def test_yaml_of_another_shape_is_no_contract(tmp_path: Path, content: str) -> None:
    """It would end the night as a defect of the program."""
    folder = tmp_path / "models" / "staging" / "people"
    folder.mkdir(parents=True)
    (folder / "_people.yml").write_text(content)
    with pytest.raises(ContractError, match=r"_people\.yml"):
        read_contracts(tmp_path)
