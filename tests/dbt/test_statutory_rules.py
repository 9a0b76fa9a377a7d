"""The statutory rules rest on words that stand in the law, and say where nothing was found."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from tests.dbt.build_database import DBT_PROJECT, PROJECT_ROOT

LAWS = Path(
    os.environ.get("ZHIBIAO_LAW_TEXTS", PROJECT_ROOT.parent / "shared" / "reference" / "law")
)
"""One Markdown file a law, its name beginning with the law's title; not in the repository."""
FILES = {
    "行政复议法（1999年）": "行政复议法(2017",
    "行政复议法（2023年修订）": "行政复议法(2023",
    "市场监督管理投诉举报处理暂行办法": "投诉举报处理暂行办法",
}
"""Of a law of several editions the one that is meant; a title that its file shortens."""


def rules() -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / "statutory_rules.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def marked(mark: str) -> list[dict[str, str]]:
    return [rule for rule in rules() if rule["mark"] == mark]


def law_of(article: str) -> Path | None:
    """The file of the law that is named first, where it is at hand."""
    for title, begins in FILES.items():
        if article.startswith(title):
            return next(LAWS.glob(f"{begins}*.md"), None)
    named = [path for path in LAWS.glob("*.md") if article.startswith(_title(path))]
    return max(named, key=lambda path: len(_title(path)), default=None)


def _title(path: Path) -> str:
    return path.stem.partition("(")[0].partition("_")[0]


@pytest.mark.skipif(
    not LAWS.is_dir(), reason=f"no law texts in {LAWS}; ZHIBIAO_LAW_TEXTS names their folder"
)
def test_the_words_of_every_rule_stand_in_its_law() -> None:
    read = {rule["article"]: law_of(rule["article"]) for rule in marked("text")}
    assert [article for article, path in read.items() if path is None] == []
    texts = {
        article: "".join(path.read_text(encoding="utf-8").split())
        for article, path in read.items()
        if path is not None
    }
    unfounded = [r["rule_id"] for r in marked("text") if r["words"] not in texts[r["article"]]]
    assert unfounded == []
    assert min(len(rule["words"]) for rule in marked("text")) >= len("可以延长三十日")


def test_a_rule_that_a_higher_one_displaces_says_so_and_is_displaced_throughout() -> None:
    displaced = [rule for rule in rules() if rule["is_applied"] == "false"]
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
            for other in rules()
        )


@pytest.mark.parametrize("rule", marked("service standard"), ids=lambda rule: rule["rule_id"])
def test_what_no_text_says_cites_the_bureaus_own_standard(rule: dict[str, str]) -> None:
    assert rule["article"] == "本局服务标准"
    assert rule["words"] == ""
    assert "未见" in rule["note"] or "法律未定" in rule["note"]
