"""Conditions and formulas in words, by the labels of a release."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.reports.words import Words
from tests.reports.entries import make_entry

LABELS = """
create table labels (ledger varchar, column_name varchar, code varchar, label_zh varchar);
insert into labels values
    ('penalty_cases', 'filed_on', null, '立案日期'),
    ('penalty_cases', 'fine_yuan', null, '罚款金额'),
    ('penalty_cases', 'party_uscc', null, '当事人'),
    ('penalty_cases', 'is_due', null, '是否到期'),
    ('penalty_cases', 'case_field', null, '案件领域'),
    ('penalty_cases', 'case_field', 'food', '食品'),
    ('penalty_cases', 'case_field', 'drug', '药品');
"""


@pytest.fixture
def words() -> Iterator[Words]:
    with duckdb.connect() as connection:
        connection.execute(LABELS)
        yield Words(connection)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("", ""),
        ("case_field = 'food'", "“案件领域”为“食品”"),
        (
            "(case_field in ('food', 'drug')) and (is_due)",
            "“案件领域”为“食品”或“药品”，且“是否到期”为“是”",
        ),
        ("not is_due or filed_on is null", "“是否到期”为“否”，或“立案日期”为空"),
        ("filed_on is not null", "“立案日期”不为空"),
        ("fine_yuan >= 10000", "“罚款金额”不小于“10000”"),
        ("filed_on < date '2024-01-01'", "“立案日期”小于“2024-01-01”"),
        ("fine_yuan between 1 and 2", ""),
        ("fine_yuan + 1 = 2", ""),
        ("no sql (", ""),
    ],
)  # fmt: skip
def test_a_condition_is_said_in_words_or_left_out(words: Words, condition: str, said: str) -> None:
    assert words.filter(make_entry("cases_filed", filter=condition)) == said


@pytest.mark.parametrize(
    ("kind", "formula", "said"),
    [
        ("count", "count(*)", "记录数"),
        ("stock", "sum(1)", "记录数"),
        ("sum", "sum(fine_yuan)", "“罚款金额”合计"),
        ("median", "median(fine_yuan)", "“罚款金额”的中位数"),
        ("percentile", "percentile(0.9, fine_yuan)", "“罚款金额”的第90百分位数"),
        ("rank", "max(fine_yuan)", "“罚款金额”"),
        (
            "distinct",
            "count(distinct (party_uscc || ' ' || case_field))",
            "不同“当事人”、“案件领域”的个数",
        ),
        ("ratio", "fines / cases", "罚款 ÷ 立案"),
        ("ratio", "count(*) filter (where is_due) / cases", "（“是否到期”为“是”的记录数） ÷ 立案"),
    ],
)  # fmt: skip
def test_a_formula_is_said_in_words(words: Words, kind: str, formula: str, said: str) -> None:
    catalogue = {
        "fines": make_entry("fines", label_zh="罚款"),
        "cases": make_entry("cases", label_zh="立案"),
    }
    assert words.formula(make_entry("x", kind=kind, formula=formula), catalogue) == said


def test_days_and_breakdowns_have_names_and_a_breakdowns_own_codes_too(words: Words) -> None:
    entry = make_entry("x", breakdowns="case_field, is_due")
    assert (words.time(entry), words.breakdowns(entry)) == ("立案日期", "案件领域、是否到期")
    codes = ("food", "unknown", "total", "new")
    said = [words.code("penalty_cases", "case_field", code) for code in codes]
    assert said == ["食品", "未填", "合计", "new"]


def test_a_release_without_labels_says_nothing_in_words() -> None:
    with duckdb.connect() as connection:
        words, entry = Words(connection), make_entry("x", filter="is_due")
        assert (words.filter(entry), words.formula(entry, {}), words.time(entry)) == ("", "", "")
        assert words.code("penalty_cases", "case_field", "food") == "food"
