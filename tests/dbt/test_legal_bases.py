"""Rules and citations rest on words that stand in the law, and say where nothing was found."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.dbt.build_database import DBT_PROJECT
from tests.machine import LAW_TEXTS, needs_law_texts

FILES = {
    "行政复议法": {"1999年，2017年修正": "行政复议法(2017", "2023年修订": "行政复议法(2023"},
    "市场监督管理投诉举报处理暂行办法": {"总局令第20号": "投诉举报处理暂行办法"},
    "民法典": {"": "民法典·"},
}
"""Of a law of several editions the one that is meant; a title that its file writes otherwise."""
ARTICLES_OF_2026 = {
    # 总局令第20号: 总局令第121号
    "第三条": "第三条", "第七条": "第九条", "第十四条": "第十五条", "第二十条": "第二十二条",
    "第二十一条": "第二十三条、第四十五条", "第二十二条": "第二十四条", "第三十一条": "第三十五条",
    "第三十四条": "第三十八条", "第三十九条": "第四十四条",
}  # fmt: skip


def seed(name: str) -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


BASES = seed("legal_bases")
RULES = seed("statutory_rules")


def files_of(basis: dict[str, str]) -> list[Path]:
    """The files of the law that a citation names, where they are at hand."""
    named = FILES.get(basis["title"], {}).get(basis["number"])
    return [
        path
        for path in LAW_TEXTS.glob("*.md")
        if (path.name.startswith(named) if named else _title(path) == basis["title"])
    ]


def _title(path: Path) -> str:
    return path.stem.partition("(")[0].partition("_")[0]


def without_blanks(text: str) -> str:
    return "".join(text.split())


@needs_law_texts
def test_the_words_of_every_citation_stand_in_its_law() -> None:
    quoted = [basis for basis in BASES if basis["words"]]
    assert len(quoted) > len(BASES) / 2
    assert [basis["title"] for basis in quoted if not files_of(basis)] == []
    unfounded = [
        (basis["basis_id"], basis["words"])
        for basis in quoted
        if not any(
            basis["words"] in without_blanks(path.read_text(encoding="utf-8"))
            for path in files_of(basis)
        )
    ]
    assert unfounded == []


@needs_law_texts
def test_the_words_of_every_citation_stand_in_the_article_that_it_names() -> None:
    """The text of an article runs to the next; of several that are named one has the words."""
    astray = [
        (basis["basis_id"], basis["article"])
        for basis in BASES
        if basis["words"]
        and not any(
            basis["words"] in text
            for path in files_of(basis)
            for text in articles_of(path, basis["article"])
        )
    ]
    assert astray == []


def articles_of(path: Path, named: str) -> list[str]:
    """The texts of the articles that a citation names; a span names its first and its last."""
    lines = [without_blanks(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found: list[str] = []
    for article in named.replace("至", "、").split("、"):
        number = article[: article.index("条") + 1]
        inside = False
        for line in lines:
            bare = line.lstrip("&emsp;*")
            bare = bare.partition(">")[2] if bare.startswith("<span") else bare
            if bare.startswith("第") and "条" in bare[:9]:
                inside = bare.startswith(number)
                found += [""] if inside else []
            if inside:
                found[-1] += line
    return found


@pytest.mark.parametrize("basis", BASES, ids=lambda b: f"{b['basis_id']}-{b['valid_from']}")
def test_a_citation_quotes_its_text_or_says_what_is_open(basis: dict[str, str]) -> None:
    match basis["mark"]:
        case "text":
            assert len(basis["words"]) >= len("可以延长三十日")
            assert basis["article"]
        case "check":
            assert basis["question"]
        case _:
            assert basis["mark"] == "own"
            assert not basis["article"]
            assert not basis["words"]


@pytest.mark.parametrize("rule", RULES, ids=lambda r: f"{r['rule_id']}-{r['valid_from']}")
def test_a_rule_rests_on_a_citation_that_gives_its_days(rule: dict[str, str]) -> None:
    """The number of days stands in the words, in figures or in Chinese."""
    held = [
        basis
        for basis in BASES
        if basis["basis_id"] == rule["basis_id"]
        and (basis["valid_to"] or "9999") >= rule["valid_from"]
        and (rule["valid_to"] or "9999") >= basis["valid_from"]
    ]
    assert held
    if rule["rule_id"] in ("reconsideration_deemed_acceptance", "report_restart"):
        return  # the law refers to the days of another rule
    for basis in held:
        if basis["words"] and rule["days"]:
            assert any(text in basis["words"] for text in (rule["days"], chinese(rule["days"])))


def chinese(number: str) -> str:
    digits = "零一二三四五六七八九"
    tens, ones = divmod(int(number), 10)
    whole = ("" if tens == 1 else digits[tens] if tens else "") + ("十" if tens else "")
    return whole + (digits[ones] if ones or not tens else "")


def test_a_rule_that_a_higher_one_displaces_says_so_and_is_displaced_throughout() -> None:
    displaced = [rule for rule in RULES if rule["is_applied"] == "false"]
    assert [(r["rule_id"], r["days"], r["day_kind"]) for r in displaced] == [
        ("complaint_mediation", "45", "working")
    ]
    for rule in displaced:
        assert "为准" in rule["note"]
        assert any(
            other["rule_id"] == rule["rule_id"]
            and other["is_applied"] == "true"
            and other["valid_from"] <= rule["valid_from"]
            and (other["valid_to"] or "9999") >= rule["valid_to"]
            for other in RULES
        )


def test_the_articles_of_the_rules_on_complaints_moved_in_2026_as_they_were_mapped() -> None:
    moved = {
        (old["article"], new["article"])
        for old in BASES
        for new in BASES
        if old["basis_id"] == new["basis_id"] != "reporter_information"
        and (old["number"], new["number"]) == ("总局令第20号", "总局令第121号")
    }
    assert moved == set(ARTICLES_OF_2026.items())
