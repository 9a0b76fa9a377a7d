"""The legal document of a release in Chinese Markdown: what a lawyer reads and signs.

What belongs here: arranging rules, citations, changed definitions and open questions. What does
not: the facts, which are seeds and declarations that the release carries, and figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby

import duckdb

from pipelines.errors import ReleaseError
from pipelines.reports.catalogue import CatalogueEntry, has_table, read_catalogue, read_records
from pipelines.reports.legal_bases import (
    FIELDS,
    MARKS,
    LegalBasis,
    cite_all,
    read_legal_bases,
    say_day,
    say_span,
)

_TABLES = ("legal_bases", "indicator_legal_bases", "statutory_rules", "indicator_versions")
_DAY_KINDS = {
    "working": "{}个工作日",
    "calendar": "{}日",
    "calendar_rolling": "{}日，最后一日为休息日的顺延",
    "month_rolling": "{}个月，最后一日为休息日的顺延",
    "none": "不设期限",
}
_INTRODUCTION = """\
# 指标的法律依据

本文由 `zhibiao law` 从发布中的期限规则、依据和指标目录生成，不手改。供法制机构核对、签字。

- **已核对原文**：与法律文本逐字核对，引文是决定期限或者口径的原文。
- **待核对**：文本未取得，或者是否适用有疑问，见“待确认的问题”。
- **无法定口径**：未见法律规定，依据是本局或者发布单位的记录、标准。
- 期限自起算日的次日起算；起算日有效的规定适用于整个期限。
- 同一依据先后由不同文本规定的，分行列出；指标按其所属期间内有效的文本引用。
"""
_MULTIPLES = {"十": 10, "百": 100}
_SIGNATURE = ("核对人", "职务", "日期", "意见")


def write_law(connection: duckdb.DuckDBPyConnection) -> str:
    """The document as Markdown, the same for the same definitions whatever the figures are.

    Raises:
        ReleaseError: when the release was made before citations were a table.
    """
    missing = [name for name in _TABLES if not has_table(connection, name)]
    if missing:
        raise ReleaseError(
            f"release: expected the tables {', '.join(_TABLES)}, got none of {', '.join(missing)}. "
            "It was made by an older version; take a newer release with --release."
        )
    catalogue = read_catalogue(connection)
    cited = read_legal_bases(connection)
    bases = _read_bases(connection)
    users = _users(catalogue, cited)
    return "\n".join(
        [
            _INTRODUCTION,
            *_rules(connection, bases),
            *_sources(bases, users),
            *_indicators(catalogue, cited),
            *_changes(connection, catalogue),
            *_questions(bases, users),
            "## 六、核对签字\n",
            *_table(_SIGNATURE, [("　",) * len(_SIGNATURE)] * 2),
        ]
    )


def _read_bases(connection: duckdb.DuckDBPyConnection) -> list[LegalBasis]:
    """Every citation once, texts of law before records, those of one text together."""
    records = read_records(
        connection,
        f"select {FIELDS} from legal_bases order by basis_id, valid_from",
    )
    bases = [LegalBasis(**said) for said in records]
    return sorted(bases, key=lambda b: (b.mark == "own", b.title, b.number, _number_of(b.article)))


def _number_of(article: str) -> int:
    """The number of the first article that is named, 四十六 of 第四十六条第三款; 0 without one."""
    number = digit = 0
    for sign in article[1:].partition("条")[0]:
        if sign in _MULTIPLES:
            number, digit = number + max(digit, 1) * _MULTIPLES[sign], 0
        else:
            digit = max("零一二三四五六七八九".find(sign), 0)
    return number + digit


def _users(
    catalogue: Mapping[str, CatalogueEntry], cited: Mapping[str, Sequence[LegalBasis]]
) -> dict[str, list[str]]:
    """The Chinese names of the indicators that rest on each basis."""
    users: dict[str, list[str]] = {}
    for key, entry in catalogue.items():
        for basis_id in dict.fromkeys(basis.basis_id for basis in cited.get(key, ())):
            users.setdefault(basis_id, []).append(entry.label_zh)
    return users


def _rules(connection: duckdb.DuckDBPyConnection, bases: Sequence[LegalBasis]) -> Iterator[str]:
    yield "## 一、期限规则\n"
    rows = []
    for rule in read_records(
        connection,
        "select name_zh, valid_from, valid_to, days, day_kind, is_applied, basis_id,"
        " coalesce(note, '') as note from statutory_rules"
        " order by rule_id, valid_from, is_applied desc",
    ):
        held = [
            basis
            for basis in bases
            if basis.basis_id == rule["basis_id"]
            and (basis.valid_from or date.min) <= (rule["valid_to"] or date.max)
            and (basis.valid_to or date.max) >= rule["valid_from"]
        ]
        held.sort(key=lambda basis: basis.valid_from or date.min)
        rows.append((
            rule["name_zh"],
            say_span(rule["valid_from"], rule["valid_to"]),
            "当日" if rule["days"] == 0 else _DAY_KINDS[rule["day_kind"]].format(rule["days"]),
            "适用" if rule["is_applied"] else "不适用",
            "；".join(basis.citation for basis in held),
            rule["note"],
        ))  # fmt: skip
    yield from _table(("规则", "起算日", "期限", "是否适用", "依据", "说明"), rows)


def _sources(bases: Sequence[LegalBasis], users: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield "## 二、依据\n"
    headings = ("条款", "有效期间", "核对", "原文", "说明", "指标数", "编号")
    own = [basis for basis in bases if basis.mark == "own"]
    for source, group in groupby((b for b in bases if b.mark != "own"), key=lambda b: b.source):
        yield f"### {source}\n"
        yield from _table(headings, [_cite(basis, basis.article, users) for basis in group])
    yield "### 没有法律规定的\n"
    yield from _table(("名称", *headings[1:]), [_cite(basis, basis.title, users) for basis in own])


def _cite(
    basis: LegalBasis, name: str, users: Mapping[str, Sequence[str]]
) -> tuple[str | int, ...]:
    return (
        name or "全文",
        say_span(basis.valid_from, basis.valid_to),
        MARKS[basis.mark],
        f"“{basis.words}”" if basis.words else "",
        basis.note,
        len(users.get(basis.basis_id, ())),
        f"`{basis.basis_id}`",
    )


def _indicators(
    catalogue: Mapping[str, CatalogueEntry], cited: Mapping[str, Sequence[LegalBasis]]
) -> Iterator[str]:
    yield "## 三、各指标的依据\n"
    for owner, entries in groupby(catalogue.values(), key=lambda entry: entry.owner_name):
        yield f"### {owner}\n"
        yield from _table(
            ("指标", "版本", "定义", "依据"),
            [
                (
                    entry.label_zh,
                    entry.version,
                    entry.definition + (f"注意：{entry.ambiguity}" if entry.ambiguity else ""),
                    cite_all(cited.get(entry.indicator_id, ())),
                )
                for entry in entries
            ],
        )


def _changes(
    connection: duckdb.DuckDBPyConnection, catalogue: Mapping[str, CatalogueEntry]
) -> Iterator[str]:
    """What changed, once, with the indicators that it changed and their versions since."""
    yield "## 四、变更过的定义\n"
    changed: dict[tuple[date, str], list[str]] = {}
    for said in read_records(
        connection,
        "from indicator_versions where version > 1 order by valid_from, indicator_id, version",
    ):
        label = catalogue[said["indicator_id"]].label_zh
        changed.setdefault((said["valid_from"], said["change_zh"]), []).append(
            f"{label}（第{said['version']}版）"
        )
    yield from _table(
        ("启用日期", "变更内容", "指标"),
        [(say_day(day), change, "、".join(labels)) for (day, change), labels in changed.items()],
    )


def _questions(bases: Sequence[LegalBasis], users: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield "## 五、待确认的问题\n"
    asked: dict[tuple[str, str], dict[str, None]] = {}
    for basis in bases:
        if basis.question:
            labels = asked.setdefault((basis.citation, basis.question), {})
            labels.update(dict.fromkeys(users.get(basis.basis_id, ())))
    yield from _table(
        ("序号", "依据", "问题", "所涉指标"),
        [
            (number, citation, question, "、".join(labels))
            for number, ((citation, question), labels) in enumerate(asked.items(), start=1)
        ],
    )


def _table(headings: Sequence[str], rows: Iterable[Sequence[str | int]]) -> Iterator[str]:
    yield _line(headings)
    yield _line(["---"] * len(headings))
    for row in rows:
        yield _line([str(cell).replace("|", "\\|").replace("\n", " ") for cell in row])
    yield ""


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
